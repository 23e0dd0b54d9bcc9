"""The state of every text: what the board shows, what a list to work through holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.editing.approved import pack_outline
from bot.editing.model import OPEN, TextKey
from bot.knowledge.days import day_at
from bot.storage import Database, board
from bot.storage.board import QuestionLine
from bot.storage.editing import Outline

State = Literal["missing", "sent_back", "draft", "in_review", "outdated", "failing", "expiring", "approved"]

STATES: tuple[State, ...] = (
    "missing",
    "sent_back",
    "draft",
    "in_review",
    "outdated",
    "failing",
    "expiring",
    "approved",
)
"""In the order of urgency: a cell shows the first that applies, and all of them as a list.

`missing`: no text and no draft. `sent_back`, `draft`, `in_review`: somebody is at it. `outdated`: the first language
changed since. `failing`: the live release did not understand one of its test questions. `expiring`: its last day is
near, or a cited fact has not been compared with its source for long; shown with the first language, where it is put
right. `approved`: nothing to do.
"""

PAGE_SIZE = 50


@dataclass(frozen=True)
class TextStatus:
    """The states that apply to one text."""

    key: TextKey
    title: str
    states: tuple[State, ...]

    @property
    def state(self) -> State:
        """Return the most urgent one."""
        return self.states[0]


@dataclass(frozen=True)
class Line:
    """A question on the board.

    Attributes:
        cells: by language, the states of all its texts in that language, most urgent first.
        texts: the same by text.
    """

    question: str
    topic: str
    title: str
    new: bool
    cells: dict[str, tuple[State, ...]]
    texts: list[TextStatus] = field(default_factory=list)

    @property
    def begun(self) -> list[TextStatus]:
        """Return the texts that somebody is working on."""
        return [text for text in self.texts if not set(OPEN).isdisjoint(text.states)]


@dataclass(frozen=True)
class Wanted:
    """What to show: empty means everything. `sort` is `content`, `title` or `state`."""

    state: str = ""
    language: str = ""
    topic: str = ""
    text: str = ""
    sort: str = "content"


@dataclass(frozen=True)
class Board:
    """One page of the board.

    Attributes:
        lines: this page's questions.
        total: how many questions fit what is wanted.
        counts: how many texts are in each state, in the wanted language and topic, with the wanted words.
    """

    languages: list[str]
    topics: dict[str, dict[str, str]]
    lines: list[Line]
    total: int
    counts: dict[State, int]


class Status:
    """The state of one pack's texts."""

    def __init__(self, database: Database, pack: str, *, expiring_days: int = 30, verified_days: int = 180) -> None:
        """Prepare.

        Args:
            database: where content and drafts are.
            pack: which content.
            expiring_days: days before an answer's last day from which on it counts as expiring.
            verified_days: days after which a fact must be compared with its source again.
        """
        self._database = database
        self._pack = pack
        self._soon = dt.timedelta(days=expiring_days)
        self._stale = dt.timedelta(days=verified_days)

    async def outline(self) -> Outline:
        """Return the pack's languages, topics and situations."""
        async with self._database.reading() as session:
            return await pack_outline(session, self._pack)

    async def lines(self, interface_language: str = "", today: dt.date | None = None) -> tuple[Outline, list[Line]]:
        """Return every question with the states of its texts; titles in the interface's language where there are such."""
        async with self._database.reading() as session:
            return await self._lines(session, interface_language, today)

    async def board(self, wanted: Wanted, page: int = 1, interface_language: str = "") -> Board:
        """Return a page of the board, PAGE_SIZE questions each."""
        outline, lines = await self.lines(interface_language)
        if wanted.topic:
            lines = [line for line in lines if line.topic == wanted.topic]
        lines = [line for line in lines if _mentions(line, wanted.text)]
        counts = dict.fromkeys(STATES, 0)
        for line in lines:
            for text in line.texts:
                if not wanted.language or text.key.language == wanted.language:
                    for state in text.states:
                        counts[state] += 1
        found = [line for line in lines if _fits(line, wanted)]
        if wanted.sort == "title":
            found.sort(key=lambda line: line.title.casefold())
        elif wanted.sort == "state":
            found.sort(key=lambda line: min(_urgency(line, wanted.language)))
        first = (max(page, 1) - 1) * PAGE_SIZE
        languages = [wanted.language] if wanted.language in outline.languages else outline.languages
        return Board(languages, outline.topics, found[first : first + PAGE_SIZE], len(found), counts)

    async def work_list(self, wanted: Wanted, interface_language: str = "") -> list[TextStatus]:
        """Return the texts that fit what is wanted one by one, to work through; most urgent first by request."""
        _, lines = await self.lines(interface_language)
        texts = [
            text
            for line in lines
            if not wanted.topic or line.topic == wanted.topic
            for text in line.texts
            if (not wanted.state or wanted.state in text.states)
            and (not wanted.language or text.key.language == wanted.language)
            and _mentions(line, wanted.text)
        ]
        if wanted.sort == "title":
            texts.sort(key=lambda text: text.title.casefold())
        elif wanted.sort == "state":
            texts.sort(key=lambda text: STATES.index(text.state))
        return texts

    async def question(self, question_id: str, interface_language: str = "") -> Line | None:
        """Return one question's line, or None when there is no such question."""
        async with self._database.reading() as session:
            _, lines = await self._lines(session, interface_language, only=question_id)
        return lines[0] if lines else None

    async def _lines(
        self, session: AsyncSession, language: str, today: dt.date | None = None, only: str | None = None
    ) -> tuple[Outline, list[Line]]:
        outline = await pack_outline(session, self._pack)
        source, today = outline.languages[0], today or day_at(outline.time_zone)
        answers = await board.answers(session, self._pack, only)
        spoken = await board.languages_of_answers(session, self._pack, only)
        cited = None if only is None else [fact for answer in answers for fact in answer.facts]
        verified = await board.verified(session, self._pack, cited)
        states: dict[tuple[str, str, str], set[State]] = {}
        situations: dict[str, list[str]] = {}

        def note(question: str, situation: str, code: str, state: State) -> None:
            states.setdefault((question, situation, code), set()).add(state)
            # A draft may be for people who have no answer yet.
            if situation not in situations.setdefault(question, [""]):
                situations[question].append(situation)

        for answer in answers:
            for code in spoken.get(answer.id, ()):
                note(answer.question, answer.situation, code, "approved")
            if self._expires(answer.valid_until, [verified[f] for f in answer.facts if f in verified], today):
                note(answer.question, answer.situation, source, "expiring")
        for draft in await board.open_drafts(session, self._pack, OPEN, only):
            note(draft.question, draft.situation, draft.language, draft.state)  # type: ignore[arg-type]  # one of OPEN
        for late in await board.outdated(session, self._pack, only):
            note(late.question, late.situation, late.language, "outdated")
        for miss in (await board.live_scores(session, self._pack)).get("misses", []):
            states.setdefault((miss["expected"], "", miss["language"]), set()).add("failing")
        questions = await board.questions(session, self._pack, only)
        return outline, [
            _line(question, situations.get(question.id, [""]), outline.languages, states, language)
            for question in questions
        ]

    def _expires(self, end: dt.date | None, verified: list[str], today: dt.date) -> bool:
        if end is not None and end <= today + self._soon:
            return True
        # Days as YYYY-MM-DD sort like the days themselves.
        return bool(verified) and min(verified) < (today - self._stale).isoformat()


def _line(
    question: QuestionLine,
    situations: list[str],
    languages: list[str],
    states: dict[tuple[str, str, str], set[State]],
    interface_language: str,
) -> Line:
    title = question.title.get(interface_language) or next(iter(question.title.values()), question.id)
    texts = [
        TextStatus(
            TextKey(question.id, situation, language),
            title,
            _ordered(states.get((question.id, situation, language), set())),
        )
        for situation in situations
        for language in languages
    ]
    cells = {
        language: _joined([text.states for text in texts if text.key.language == language]) for language in languages
    }
    return Line(question.id, question.id.partition("/")[0], title, question.new, cells, texts)


def _ordered(found: set[State]) -> tuple[State, ...]:
    if found == {"approved"}:
        return ("approved",)
    in_work = found & {"draft", "in_review", "sent_back"}
    if not in_work and "approved" not in found:
        found = {*found, "missing"}
    # "Approved" is what a text is when there is nothing else to say about it.
    others = found - {"approved"}
    return tuple(state for state in STATES if state in (others or {"approved"}))


def _joined(all_states: list[tuple[State, ...]]) -> tuple[State, ...]:
    if len(all_states) == 1:
        return all_states[0]
    found = {state for states in all_states for state in states}
    return tuple(state for state in STATES if state in found)


def _mentions(line: Line, text: str) -> bool:
    return text.casefold() in f"{line.title} {line.question}".casefold()


def _fits(line: Line, wanted: Wanted) -> bool:
    cells = [line.cells[wanted.language]] if wanted.language in line.cells else list(line.cells.values())
    return (not wanted.state or any(wanted.state in states for states in cells)) and _mentions(line, wanted.text)


def _urgency(line: Line, language: str) -> list[int]:
    cells = [line.cells[language]] if language in line.cells else list(line.cells.values())
    return [STATES.index(states[0]) for states in cells]
