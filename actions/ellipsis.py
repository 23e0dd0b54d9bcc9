"""Short messages that only make sense with the answer just given: "and in Gyumri?", "and if I am a foreigner?"."""

from __future__ import annotations

import re
from typing import Any, cast

from actions.base import Turn, answer
from bot.conversation.messages import Reply
from bot.knowledge.schema import ASPECTS, Aspect, Question

Answered = tuple[Reply, list[dict[str, Any]]]

_MOST_WORDS = 8
_BARE = 5
"""A message of so few words that names a situation or a place says it about the answer just given."""

_OPENINGS = re.compile(
    r"\s*(?:իսկ|բա|ու|և|եւ|եթե|а|и|ну а|если|and|but|if|what about|how about|what if|un|bet|ja|a ja|bəs|və|əgər|і|й|якщо|але)\b",
    re.IGNORECASE,
)
_UNDECIDED = ("nlu_fallback", "out_of_scope", "follow_up")
_WHERE: Aspect = "where"


def follow_up(turn: Turn, last: Question, aspect: Aspect) -> Answered:
    """Answer an aspect of the last answer, or the question that it leads to where the answer does not have it."""
    chosen = turn.library.choose(last, turn.language, turn.situation)
    leads_to = None if getattr(chosen.text, aspect) else turn.library.follow_up(last, aspect)
    return answer(turn, leads_to) if leads_to else answer(turn, last, aspect)


def aspect_of(turn: Turn) -> Aspect | None:
    """Return the aspect that a message asks about, as far as it was understood."""
    topic, _, aspect = (turn.understood.get("name") or "").partition("/")
    return cast(Aspect, aspect) if topic == "follow_up" and aspect in ASPECTS else None


def read_with_last(turn: Turn) -> Answered | None:
    """Answer a short message from the last answer: an aspect of it, or the situation or the place that is named.

    Returns:
        What an action returns, or None when the message stands on its own.
    """
    last = turn.library.question(turn.last_question or "")
    words = len(turn.reading.split())
    if last is None or words > _MOST_WORDS:
        return None
    undecided = turn.intent.get("name") in _UNDECIDED
    leaning = bool(_OPENINGS.match(turn.reading)) or undecided
    entities = {entity["entity"]: entity["value"] for entity in turn.entities}
    situation = entities.get("situation")
    if situation and (leaning or words <= _BARE) and situation in {variant.situation for variant in last.answers}:
        turn.situation = situation
        return answer(turn, last)
    if "place" in entities and leaning:
        return follow_up(turn, last, _WHERE)
    aspect = aspect_of(turn)
    return follow_up(turn, last, aspect) if aspect and undecided else None
