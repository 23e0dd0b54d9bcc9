"""Examples and test questions of a pack: looking at lines while they are typed, adding, removing.

They belong to the approved content as soon as they are added; what they change shows when a release is built from
it, and a release is tested before it answers anybody.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.editing.checks import patterns
from bot.editing.checks.examples import ExampleIndex, Line
from bot.editing.checks.findings import Finding
from bot.editing.checks.meaning import Meaning
from bot.editing.checks.rivals import Rival, rivals
from bot.editing.model import Actor, RefusedError, UnknownTextError
from bot.storage import Database, board, editing
from bot.storage import checks as findings
from bot.storage import examples as stored
from bot.storage.examples import StoredLine

logger = logging.getLogger(__name__)

MOST_LINES = 500
"""Lines that are taken at once."""

PAGE_SIZE = 50
_READ_AT_ONCE = 5_000
AUTHORED = "studio"
"""`source` of examples that were written here."""

BY_ITSELF = "auto"
"""Chosen instead of a language: told line by line."""

NOTHING_TYPED = "There is no line yet. Type or paste at least one."
TOO_MANY = "At most {most} lines are taken at once. Add the first part, then the rest."
LAST_TEST = "A question must keep at least one test question. Add another one first."
TEST_AND_EXAMPLE = "One of these lines is meanwhile an example or a test question. Look at the lines again."
NO_SUCH_LANGUAGE = "“{language}” is no language code. Choose a language from the list."
SEARCH_TOO_SLOW = "The pattern took too long. Write it more exactly."

_SCRIPTS = (
    (re.compile(r"[\u0531-\u0587]"), "hy"),
    (re.compile(r"[іїєґІЇЄҐ]"), "uk"),
    (re.compile(r"[\u0400-\u04ff]"), "ru"),
)

Detect = Callable[[list[str]], Awaitable[list[str | None]]]
"""Tells the language of texts; None where it cannot."""


@dataclass(frozen=True)
class Looked:
    """What became of pasted lines.

    Attributes:
        lines: all of them with what speaks against each; blank lines are left out.
        added: those that were taken.
    """

    lines: list[Line]
    added: list[Line]

    @property
    def left(self) -> list[Line]:
        """The lines that were not taken."""
        return [line for line in self.lines if line not in self.added]


class Examples:
    """The examples and test questions of one pack."""

    def __init__(self, database: Database, pack: str, detect: Detect | None = None) -> None:
        """Prepare.

        Args:
            database: where they are.
            pack: the pack.
            detect: tells the language of lines in Latin letters; without it they count as English.
        """
        self._database = database
        self._pack = pack
        self._detect = detect
        self._meaning: Meaning | None = None
        self._index: ExampleIndex | None = None
        self._stamp: tuple[int, ...] = ()
        self._building = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    # --- reading ----------------------------------------------------------------------------------------------------

    async def page(
        self, question: str, *, language: str = "", number: int = 1
    ) -> tuple[list[StoredLine], int, list[StoredLine]]:
        """Return a page of a question's examples (newest first), how many there are, and its test questions."""
        async with self._database.reading() as session:
            found, total = await stored.examples(
                session,
                self._pack,
                question,
                language=language,
                offset=(max(number, 1) - 1) * PAGE_SIZE,
                size=PAGE_SIZE,
            )
            return found, total, await stored.tests(session, self._pack, question)

    async def misses(self, question: str) -> dict[str, str | None]:
        """Return the test questions that the live release did not understand, with what it takes them for."""
        async with self._database.reading() as session:
            missed = (await board.live_scores(session, self._pack)).get("misses", [])
        return {miss["text"]: miss["got"] for miss in missed if miss["expected"] == question}

    async def search(self, question: str, pattern: str) -> tuple[list[StoredLine], Finding | None]:
        """Return a question's examples in which a pattern is found, or why it is refused.

        Raises:
            RefusedError: the time was up.
        """
        refused = patterns.check(pattern)
        if refused:
            return [], refused
        async with self._database.reading() as session:
            lines = await stored.all_of(session, self._pack, question)
        found = await asyncio.to_thread(patterns.search, pattern, [line.text for line in lines])
        if found is None:
            raise RefusedError(SEARCH_TOO_SLOW)
        return [line for line, hit in zip(lines, found, strict=True) if hit], None

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many examples and how many test questions there are by question."""
        async with self._database.reading() as session:
            return await stored.counts(session, self._pack)

    async def titles(self, question: str = "") -> dict[str, dict[str, str]]:
        """Return titles by question: of one, or of all; questions without an approved answer included."""
        async with self._database.reading() as session:
            if question:
                row = await editing.question(session, self._pack, question)
                new = row or await editing.new_question(session, self._pack, question)
                return {question: new.title} if new else {}
            approved = await findings.titles(session, self._pack)
            fresh = await editing.new_questions(session, self._pack)
        return approved | {row.question: row.title for row in fresh}

    # --- looking ----------------------------------------------------------------------------------------------------

    async def look(self, question: str, text: str, language: str, *, tests: bool = False) -> list[Line]:
        """Look at pasted lines without taking any.

        Args:
            question: whose examples or test questions they are to become.
            text: one line each.
            language: ISO 639-1, or `BY_ITSELF`.
            tests: whether they are to become test questions.

        Raises:
            RefusedError: too many lines, or no language.
        """
        lines = await self._with_languages(text, language)
        index = await self._ready()
        if tests:
            return await asyncio.to_thread(index.look_at_tests, question, lines)
        return await asyncio.to_thread(index.look, question, lines)

    async def _with_languages(self, text: str, language: str) -> list[tuple[str, str]]:
        lines = [tidy for line in text.splitlines() if (tidy := " ".join(line.split()))]
        if len(lines) > MOST_LINES:
            raise RefusedError(TOO_MANY, most=MOST_LINES)
        if language != BY_ITSELF:
            if not re.fullmatch(r"[a-z]{2,3}", language):
                raise RefusedError(NO_SUCH_LANGUAGE, language=language[:20])
            return [(line, language) for line in lines]
        told = [next((code for letters, code in _SCRIPTS if letters.search(line)), None) for line in lines]
        unknown = [line for line, code in zip(lines, told, strict=True) if code is None]
        detected = iter(await self._detect(unknown) if self._detect and unknown else [None] * len(unknown))
        return [(line, code or next(detected) or "en") for line, code in zip(lines, told, strict=True)]

    def warm(self) -> None:
        """Begin to read what lines are compared with, so that it is there when somebody starts to type."""
        if self._index is None and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        try:
            await self._ready()
        except Exception as error:
            # Nobody waits for this task; whoever types meets the same and is told.
            logger.warning("Reading the examples failed: %s", error)

    async def _ready(self) -> ExampleIndex:
        async with self._building:
            async with self._database.reading() as session:
                stamp = await stored.stamp(session, self._pack)
                if self._index is not None and stamp == self._stamp:
                    return self._index
                tests = await stored.all_tests(session, self._pack)
            examples = await self._all_examples()
            before = self._index

            def build() -> ExampleIndex:
                self._meaning = self._meaning or Meaning()
                return ExampleIndex(examples, tests, self._meaning, before)

            self._index = await asyncio.to_thread(build)
            self._stamp = stamp
            return self._index

    async def _all_examples(self) -> list[StoredLine]:
        """Read all examples, a part at a time: a unit of work holds up everybody who wants to write."""
        found: list[StoredLine] = []
        while True:
            async with self._database.reading() as session:
                part = await stored.examples_after(session, self._pack, found[-1].id if found else 0, _READ_AT_ONCE)
            found += part
            if len(part) < _READ_AT_ONCE:
                return found

    async def rivals(self) -> dict[str, Rival]:
        """Return the questions that compete, by question; see bot.editing.checks.rivals."""
        index = await self._ready()
        async with self._database.reading() as session:
            questions = set(await findings.titles(session, self._pack))
        rows = [at for at, name in enumerate(index.names) if name in questions]
        names, languages = [index.names[at] for at in rows], [index.languages[at] for at in rows]
        return await asyncio.to_thread(rivals, names, languages, index.vectors[rows]) if rows else {}

    # --- changing ---------------------------------------------------------------------------------------------------

    async def add(
        self, question: str, text: str, language: str, person: Actor, *, flagged_too: bool = False, tests: bool = False
    ) -> Looked:
        """Take pasted lines: those against which nothing speaks, and flagged ones where the person insists.

        Args:
            question: whose.
            text: one line each.
            language: ISO 639-1, or `BY_ITSELF`.
            person: who.
            flagged_too: whether lines with warnings are taken as well.
            tests: whether they become test questions.

        Raises:
            UnknownTextError: there is no such question.
            RefusedError: no line or too many, no language, or somebody added the same meanwhile.
        """
        lines = await self.look(question, text, language, tests=tests)
        if not lines:
            raise RefusedError(NOTHING_TYPED)
        wanted = [line for line in lines if not line.refused and (flagged_too or not line.findings)]
        if wanted:
            async with self._database.work() as session:
                await _must_be_known(session, self._pack, question)
                if await stored.stamp(session, self._pack) != self._stamp:
                    raise RefusedError(TEST_AND_EXAMPLE)
                pairs = [(line.text, line.language) for line in wanted]
                if tests:
                    await stored.add_tests(session, self._pack, question, pairs)
                else:
                    await stored.add_examples(session, self._pack, question, pairs, AUTHORED)
                deed = "tests.add" if tests else "examples.add"
                detail: dict[str, Any] = {"lines": [line.text for line in wanted]}
                flags = {line.text: [f.code for f in line.findings] for line in wanted if line.findings}
                if flags:
                    detail["flagged"] = flags
                await audit.record(session, person.id, deed, question, detail)
        return Looked(lines, wanted)

    async def remove(self, question: str, ids: Sequence[int], person: Actor, *, tests: bool = False) -> int:
        """Remove examples or test questions; returns how many there were.

        Raises:
            RefusedError: the question would be left without a test question.
        """
        async with self._database.work() as session:
            if tests:
                there = {line.id for line in await stored.tests(session, self._pack, question)}
                if there and there <= set(ids):
                    raise RefusedError(LAST_TEST)
                gone = await stored.remove_tests(session, self._pack, question, ids)
            else:
                gone = await stored.remove_examples(session, self._pack, question, ids)
            if gone:
                deed = "tests.remove" if tests else "examples.remove"
                await audit.record(session, person.id, deed, question, {"lines": [line.text for line in gone]})
        return len(gone)


async def _must_be_known(session: AsyncSession, pack: str, question: str) -> None:
    if await editing.question(session, pack, question) or await editing.new_question(session, pack, question):
        return
    raise UnknownTextError(f"no question {question}")
