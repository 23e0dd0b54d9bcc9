"""Searching the questions by meaning: the understanding that answers the chat, without storing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.conversation.service import Live
from bot.knowledge.library import Library
from bot.knowledge.wording import akin, telling_words, words

MAYBE_IN_DANGER = 0.6
"""From this probability the emergency numbers stand above what was asked for. On folds of the examples, with the
classifier's own threshold above it: 87 of 100 calls for help get the numbers, and 5 of 100 other messages."""

_EMERGENCY = "emergency"
_UNSURE = ("nlu_fallback", "out_of_scope")

_HALF = 0.5
"""A search of which a title has more than half of the words is about our subjects, whatever the understanding says."""

_MOST = 8
"""How many questions are found at most."""

_TITLE = 0.3
"""What a title weighs that has all words of the search. A sentence is understood with a higher probability and keeps its
order; for a single word ("visa") the understanding has no favourite, and the titles that name it come first."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        questions: ids of questions with their scores, the best first; no more than eight.
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
        reading = parsed.get("reading") or text
        scores = {entry["name"]: float(entry["score"]) for entry in understood.get("ranking", [])}
        named = _named(live.library, (text, reading))
        total = {
            question.id: scores.get(question.id, 0.0) + _TITLE * named[question.id]
            for question in live.library.content.questions
            if question.id in scores or named[question.id]
        }
        best = sorted(total.items(), key=lambda each: -each[1])
        return Found(
            questions=best[:_MOST],
            reading=reading,
            language=(parsed.get("language") or {}).get("code"),
            sure=intent not in _UNSURE or max(named.values(), default=0.0) > _HALF,
            danger=intent == _EMERGENCY or understood.get("urgent", 0.0) >= MAYBE_IN_DANGER,
        )


def _named(library: Library, query: tuple[str, ...]) -> dict[str, float]:
    """Return for each question the share of the search's telling words that its title has, in the best language."""
    found = dict.fromkeys((question.id for question in library.content.questions), 0.0)
    for language in library.pack.languages:
        wanted = telling_words(query, library, language)
        for question in library.content.questions:
            there = words(question.title.get(language, ""))
            if wanted and there:
                share = sum(any(akin(word, each) for word in there) for each in wanted) / len(wanted)
                found[question.id] = max(found[question.id], share)
    return found
