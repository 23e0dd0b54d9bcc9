"""Say that something is not ours, and where to turn."""

from __future__ import annotations

from typing import Any

from actions.base import GuidepostAction, Turn, text_reply
from actions.ellipsis import read_with_last
from bot.conversation.messages import Reply
from bot.i18n import texts


class ActionOutOfScope(GuidepostAction):
    """The fallback for "not ours"."""

    def name(self) -> str:
        """Return the action's name."""
        return "action_out_of_scope"

    def reply(self, turn: Turn) -> tuple[Reply, list[dict[str, Any]]]:
        """Say so, with the phone and the subjects that are ours."""
        elliptic = read_with_last(turn)
        if elliptic:
            return elliptic
        reply = text_reply(turn, "out_of_scope", texts.OUT_OF_SCOPE)
        reply.topic = reply.question = None
        return reply, turn.slots()
