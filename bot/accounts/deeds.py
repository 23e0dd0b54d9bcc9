"""What the audit's actions are called: English texts for people, translated in `studio/locales`.

Whoever records a new action writes its words here; a test walks through the program and finds those without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TOOK_BACK = "release.take_back"

ACTIONS: dict[str, str] = {
    "account.add": "made an account",
    "account.change": "changed an account",
    "account.disable": "disabled an account",
    "account.enable": "enabled an account again",
    "account.password": "chose a new password",
    "account.password_reset": "gave somebody a new password",
    "account.provider": "joined an account with that of the service",
    "account.second_factor": "set up the second step",
    "account.second_factor_removed": "switched the second step off",
    "account.sign_in": "signed in",
    "account.signed_out": "signed somebody out everywhere",
    "answer.approve": "approved a text",
    "answer.remove": "approved that an answer is taken out",
    "check.override": "let a warning stand",
    "draft.discard": "discarded a draft",
    "draft.edit": "began to work on a text",
    "draft.restore": "took an earlier text up again",
    "draft.send_back": "sent a text back",
    "draft.submit": "submitted a text for review",
    "examples.add": "added examples",
    "examples.remove": "removed examples",
    "note.done": "ticked a note off",
    "note.write": "wrote a note to colleagues",
    "notice.publish": "published an emergency notice",
    "notice.withdraw": "withdrew an emergency notice",
    "place.change": "changed how a place is recognised",
    "question.create": "began a question",
    "question.propose_retiring": "proposed to retire a question",
    "question.restore": "restored a retired question",
    "question.retire": "approved that a question is retired",
    "question.throw_away": "threw a new question away",
    "release.build": "asked for a release to be built",
    "release.cancel_build": "cancelled a build",
    "release.cancel_schedule": "cancelled a schedule",
    "release.publish": "published a release",
    "release.schedule": "scheduled a release",
    TOOK_BACK: "took a release back; this one answers again",
    "tests.add": "added test questions",
    "tests.remove": "removed test questions",
}
"""Action, `thing.deed` → what the person did."""


def action_of(action: str, detail: Mapping[str, Any]) -> str:
    """Return the action that a line tells of.

    Taking back was once recorded as publishing of a kind. Such lines cannot be rewritten, the chain of check sums covers
    them; they are read as what they tell.
    """
    return TOOK_BACK if action == "release.publish" and detail.get("kind") == "back" else action
