"""Looking things up in the content that is live."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from bot.errors import GuidepostError
from bot.knowledge.days import day_at
from bot.knowledge.schema import Answer, AnswerText, Aspect, Content, Fact, Question, Source

MOST_CHOICES = 3
"""How many questions are offered when it is not sure which was meant."""

MOST_STARTS = 6
"""How many questions are offered to start from where the pack names none."""

STANDALONE_VARIABLE = "GUIDEPOST_ACTION_SERVER"
"""Set in the processes of an action server, where no turn puts a library in place."""


class NoLibraryError(GuidepostError):
    """An action ran where no content was put in place for it."""

    code = "no_library"


@dataclass(frozen=True)
class Chosen:
    """An answer as it is to be given.

    Attributes:
        answer: the variant for the person's situation.
        text: what is said, in `language`.
        language: the person's, or the next best one that the answer has.
        sources: without repetitions, in the order of the facts.
        verified_on: the earliest day on which one of its facts was checked.
        expired: whether its last day has passed.
    """

    question: Question
    answer: Answer
    text: AnswerText
    language: str
    sources: list[Source]
    verified_on: dt.date
    expired: bool


class Library:
    """Read access to one release's content."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.pack = content.pack
        self._questions = {question.id: question for question in content.questions}

    def question(self, question_id: str) -> Question | None:
        """Return a question by id."""
        return self._questions.get(question_id)

    def start_questions(self) -> list[Question]:
        """Return the questions to start from: the pack's own, or, when all of these were retired, the first of each topic."""
        named = [question for name in self.pack.start_questions if (question := self.question(name))]
        first = {question.topic: question for question in reversed(self.content.questions)}
        return named or [first[topic] for topic in self.pack.topics if topic in first][:MOST_STARTS]

    def candidates(self, ranking: list[dict[str, Any]], most: int = MOST_CHOICES) -> list[str]:
        """Return the ids of the questions to ask back with: the best of a classifier's ranking that are ours to answer."""
        return [entry["name"] for entry in ranking if entry["name"] in self._questions][:most]

    def follow_up(self, question: Question, aspect: Aspect) -> Question | None:
        """Return the question that an aspect leads to when the answer itself does not have it, or None."""
        of_topic = self.pack.follow_ups.get(question.topic, {})
        found = self.question(question.follow_ups.get(aspect) or of_topic.get(aspect) or "")
        return None if found is question else found

    def title(self, question: Question, language: str) -> str:
        """Return a question's title in a language or the next best one."""
        return question.title[self._language(question.title, language)]

    def name(self, texts: dict[str, str], language: str) -> str:
        """Return a text that is given by language, in a language or the next best one."""
        return texts[self._language(texts, language)]

    def other_language(self, texts: dict[str, str], language: str) -> str | None:
        """Return the language in which `name` or `title` give a text, or None when it is the wanted one."""
        spoken = self._language(texts, language)
        return None if spoken == language else spoken

    def _language(self, available: dict[str, object] | dict[str, str] | dict[str, AnswerText], wanted: str) -> str:
        order: list[str] = [wanted, *self.pack.fallbacks.get(wanted, []), *self.pack.fallback_languages]
        return next((language for language in order if language in available), next(iter(available)))

    def today(self) -> dt.date:
        """Return today's date where the authority is."""
        return day_at(self.pack.time_zone)

    def choose(self, question: Question, language: str, situation: str | None, today: dt.date | None = None) -> Chosen:
        """Pick what to say to a question.

        Args:
            question: the question.
            language: the person's language.
            situation: the person's situation, or None when it is not known.
            today: the day that validity is compared with; default today at the authority.

        Returns:
            The variant for the situation, else the one for everybody; in the language, else the next best.
        """
        default = next(answer for answer in question.answers if answer.situation is None)
        fitting = [answer for answer in question.answers if situation and answer.situation == situation]
        answer = fitting[0] if fitting else default
        spoken = self._language(answer.texts, language)
        facts = [self.content.facts[key] for key in answer.facts if key in self.content.facts]
        end = answer.valid_until
        return Chosen(
            question=question,
            answer=answer,
            text=answer.texts[spoken],
            language=spoken,
            sources=_sources(facts),
            verified_on=min(fact.verified_on for fact in facts),
            expired=end is not None and end < (today or self.today()),
        )

    def emergency_sources(self) -> list[Source]:
        """Return the sources of the emergency numbers."""
        return _sources([self.content.facts[key] for key in self.pack.emergency_facts if key in self.content.facts])


def _sources(facts: list[Fact]) -> list[Source]:
    by_url: dict[str, Source] = {}
    for fact in facts:
        by_url.setdefault(fact.source.url, fact.source)
    return list(by_url.values())


_current: ContextVar[Library] = ContextVar("guidepost_library")


@contextmanager
def in_place(library: Library) -> Iterator[None]:
    """Let actions that run inside the block answer from a library."""
    token = _current.set(library)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Library:
    """Return the library that was put in place for this turn; in an action server of its own, that of the live release.

    Raises:
        NoLibraryError: there is neither.
    """
    library = _current.get(None)
    if library is None and os.environ.get(STANDALONE_VARIABLE):
        from bot.knowledge.standalone import live_library

        library = live_library()
    if library is None:
        raise NoLibraryError("No content is in place: actions run inside bot.knowledge.library.in_place().")
    return library
