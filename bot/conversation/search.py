"""Searching the questions by meaning: the understanding that answers the chat, without storing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.conversation.service import Live

MAYBE_IN_DANGER = 0.6
"""From this probability the emergency numbers stand above what was asked for. On folds of the examples, with the
classifier's own threshold above it: 87 of 100 calls for help get the numbers, and 5 of 100 other messages."""

_EMERGENCY = "emergency"
_NEAR = 0.02
"""Questions less likely than this are not shown: they only share a word with what was meant."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        questions: ids of questions with their probabilities, the likeliest first; no more than ten.
        reading: what was typed, in its language's own letters: "inchpes" is read as «ինչպես».
        language: ISO 639-1 of what was typed, or None where it cannot be told.
        sure: whether the understanding takes the text for one of our subjects at all.
        danger: whether the person may be in danger.
    """

    questions: list[tuple[str, float]]
    reading: str
    language: str | None
    sure: bool
    danger: bool


class Search:
    """Finds questions by what is meant, in any language and any letters that the assistant reads."""

    def __init__(self, live: Callable[[], Live]) -> None:
        """Prepare.

        Args:
            live: returns the release that answers now.
        """
        self._live = live

    async def rank(self, text: str) -> Found:
        """Return the questions that a text may mean.

        Args:
            text: what the person typed; it is neither stored nor logged.
        """
        live = self._live()
        parsed = await live.processor.understand(text)
        understood = parsed.get("question") or {}
        intent = (parsed.get("intent") or {}).get("name")
        best = [(entry["name"], float(entry["score"])) for entry in understood.get("ranking", [])]
        ours = [(name, score) for name, score in best if live.library.question(name)]
        near = [(name, score) for name, score in ours if score >= _NEAR]
        return Found(
            # With nothing near, the nearest three are still better than an empty page; `sure` says what they are.
            questions=near or ours[:3],
            reading=parsed.get("reading") or text,
            language=(parsed.get("language") or {}).get("code"),
            sure=bool(near) and intent != "out_of_scope",
            danger=intent == _EMERGENCY or understood.get("urgent", 0.0) >= MAYBE_IN_DANGER,
        )
