"""Running the checks, keeping what they found, and overriding warnings with a reason.

Errors block a text; a warning blocks it until somebody says why it may stand. Both are kept, so that they can be
listed and filtered. An override is tied to the words that it was given for: when they change, it lapses.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.editing.checks import answers, questions, texts
from bot.editing.checks.answers import Draft, Limits
from bot.editing.checks.findings import Finding
from bot.editing.checks.rivals import Rival
from bot.editing.fields import Problem
from bot.editing.model import Actor, Fields, RefusedError, TextKey, Working
from bot.knowledge.days import day_at
from bot.knowledge.schema import Fact
from bot.storage import Database, examples
from bot.storage import checks as stored
from bot.storage.checks import Override, Place, StoredFinding

logger = logging.getLogger(__name__)

LEAST_REASON = 5
"""Letters that a reason has at least: "ok" explains nothing to the next reader."""

MOST_REASON = 1000
PAGE_SIZE = 50
_STORED_AT_ONCE = 500

REASON_NEEDED = "Write in a few words why this warning may stand; your colleagues will read it."
NOT_OVERRIDABLE = "Only warnings can be overridden. Correct the text."


@dataclass(frozen=True)
class Remark:
    """A finding in its place, with the override that lets it stand."""

    finding: Finding
    place: Place
    override: Override | None = None

    @property
    def blocks(self) -> bool:
        """Whether the text can go no further: an error, or a warning that nobody has overridden."""
        return self.finding.severity == "error" or self.override is None


def place_of(key: TextKey) -> Place:
    """Return where findings about a text are kept."""
    return Place(key.question, key.situation, key.language)


def place_at(question: str, situation: str = "", language: str = "") -> Place:
    """Return a place by its parts: a text, or without a language a question."""
    return Place(question, situation, language)


async def check_text(
    session: AsyncSession, pack: str, key: TextKey, fields: Fields, limits: Limits | None = None, *, keep: bool = True
) -> list[Remark]:
    """Check a text as it stands in the form.

    Args:
        session: the caller's unit of work.
        pack: the pack.
        key: which text.
        fields: the form (bot.editing.fields); facts, links and end of validity are the approved ones where it has none.
        limits: from where on warnings are given.
        keep: whether the findings are stored; False for a look in passing.

    Returns:
        Remarks, errors first.
    """
    limits = limits or Limits()
    body = await stored.pack_body(session, pack)
    approved = [each for each in await stored.answers(session, pack, key.question) if each.situation == key.situation]
    answer = approved[0] if approved else None
    cited = list(fields.get("facts") or (answer.facts if answer else []))
    draft = Draft(
        language=key.language,
        body=fields,
        facts=cited,
        links=list(fields.get("links") or []),
        valid_until=_day(fields.get("valid_until")) if "facts" in fields or not answer else answer.valid_until,
        siblings={code: text for code, text in (answer.texts if answer else {}).items() if code != key.language},
    )
    facts = await _facts(session, pack, cited, fields)
    found = answers.check(draft, facts, body.get("always_allowed_numbers", []), _today(body), limits)
    place = place_of(key)
    if keep:
        await stored.replace(session, pack, place, [_to_store(place, finding) for finding in found])
    return await with_overrides(session, pack, place, found)


def _day(value: Any) -> dt.date | None:
    try:
        return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
    except ValueError:
        return None


def _today(body: Mapping[str, Any], moment: dt.datetime | None = None) -> dt.date:
    return day_at(body.get("time_zone", "UTC"), moment)


async def _facts(session: AsyncSession, pack: str, ids: Sequence[str], fields: Fields) -> dict[str, Fact]:
    """Return the cited facts, with what the draft itself says about them: new ones, and days of comparison."""
    bodies = await stored.fact_bodies(session, pack, ids)
    for source in fields.get("sources") or []:
        if isinstance(source, dict) and source.get("id") in ids:
            bodies[source["id"]] = {name: value for name, value in source.items() if name != "id"}
    for line in fields.get("confirmed") or []:
        fact, _, day = str(line).partition(" ")
        if fact in bodies and _day(day):
            bodies[fact] = {**bodies[fact], "verified_on": day}
    facts = {}
    for name, body in bodies.items():
        try:
            facts[name] = Fact.model_validate(body)
        except ValidationError:
            continue  # a fact that is still being written counts as none, and the check says so
    return facts


async def with_overrides(session: AsyncSession, pack: str, place: Place, found: Sequence[Finding]) -> list[Remark]:
    """Join findings with the overrides that still hold for them."""
    given = await stored.overrides(session, pack, place)
    return [
        Remark(finding, place, given.get((finding.key, finding.basis_hash)) if finding.severity == "warning" else None)
        for finding in found
    ]


def _to_store(place: Place, finding: Finding) -> StoredFinding:
    return StoredFinding(
        place=place,
        key=finding.key,
        code=finding.code,
        severity=finding.severity,
        field=finding.field,
        values=dict(finding.values),
        basis=finding.basis_hash,
        found_at=dt.datetime.now(dt.UTC),
    )


async def override(
    session: AsyncSession, pack: str, place: Place, key: str, basis: str, reason: str, actor: Actor
) -> None:
    """Let a warning stand for a reason.

    Args:
        session: the caller's unit of work.
        pack: the pack.
        place: the text or question.
        key, basis: which finding, about which words (`Finding.key`, `Finding.basis_hash`).
        reason: why; kept with the person's name.
        actor: who.

    Raises:
        RefusedError: it is an error, or the reason says nothing.
    """
    reason = " ".join(reason.split())
    if sum(letter.isalpha() for letter in reason) < LEAST_REASON:
        raise RefusedError(REASON_NEEDED)
    # Words that have changed meanwhile give another basis, for which this override then says nothing.
    if key.partition(":")[0] not in texts.OVERRIDABLE or len(key) > 200 or not re.fullmatch(r"[0-9a-f]{64}", basis):
        raise RefusedError(NOT_OVERRIDABLE)
    given = Override(key, basis, reason[:MOST_REASON], actor.name, dt.datetime.now(dt.UTC))
    await stored.add_override(session, pack, place, given, actor.id)
    subject = " ".join(part for part in (place.question, place.situation, place.language) if part)
    await audit.record(session, actor.id, "check.override", subject, {"finding": key, "reason": given.reason})


class Checks:
    """Findings over a whole pack."""

    def __init__(self, database: Database, pack: str, limits: Limits | None = None) -> None:
        """Prepare.

        Args:
            database: where content and findings are.
            pack: the pack.
            limits: from where on warnings are given.
        """
        self._database = database
        self._pack = pack
        self.limits = limits or Limits()
        self._running: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether everything is being checked now."""
        return self._running is not None and not self._running.done()

    def start(self, find_rivals: Callable[[], Awaitable[Mapping[str, Rival]]]) -> None:
        """Check everything in the background, unless that is under way.

        Args:
            find_rivals: finds the questions that compete; see bot.editing.examples.
        """
        if not self.is_running:
            self._running = asyncio.create_task(self._run(find_rivals))

    async def _run(self, find_rivals: Callable[[], Awaitable[Mapping[str, Rival]]]) -> None:
        try:
            await self.run_all(await find_rivals())
        except Exception as error:
            # Nobody waits for this task: the page goes on showing what was found before.
            logger.warning("Checking everything failed: %s", error)

    async def is_stale(self) -> bool:
        """Whether everything was last checked before today at the authority, or never: dates pass without a change."""
        async with self._database.reading() as session:
            last = await stored.last_run(session, self._pack)
            body = await stored.pack_body(session, self._pack)
        return last is None or _today(body, last) < _today(body)

    async def run_all(self, rivals: Mapping[str, Rival] | None = None) -> int:
        """Check every approved text and every question, and keep what is found. Takes seconds for a large pack.

        Args:
            rivals: which questions compete; None keeps what was last found about that.

        Returns:
            How many findings there are.
        """
        async with self._database.reading() as session:
            body = await stored.pack_body(session, self._pack)
            bodies = await stored.fact_bodies(session, self._pack)
            approved = await stored.answers(session, self._pack)
            titles = await stored.titles(session, self._pack)
            example_counts, test_counts = await examples.counts(session, self._pack)
            if rivals is None:
                known, _ = await stored.page(session, self._pack, code="competes", size=100_000)
                rivals = {
                    each.place.question: Rival(str(each.values["other"]), int(each.values["share"]) / 100)
                    for each in known
                }
        facts = {name: Fact.model_validate(fact) for name, fact in bodies.items()}
        allowed, today = body.get("always_allowed_numbers", []), _today(body)
        found: list[tuple[Place, list[Finding]]] = []
        spoken: dict[str, dict[str, set[str]]] = {}
        for answer in approved:
            spoken.setdefault(answer.question, {})[answer.situation] = set(answer.texts)
            for language, text in answer.texts.items():
                siblings = {code: other for code, other in answer.texts.items() if code != language}
                draft = Draft(language, text, answer.facts, list(answer.links), answer.valid_until, siblings)
                place = Place(answer.question, answer.situation, language)
                found.append((place, answers.check(draft, facts, allowed, today, self.limits)))
        for name in titles:
            counts = example_counts.get(name, 0), test_counts.get(name, 0)
            of_question = questions.check(
                body.get("languages", []), spoken.get(name, {}), *counts, rivals.get(name), self.limits
            )
            found.append((Place(name), list(of_question)))
        async with self._database.work() as session:
            in_work = await stored.clear(session, self._pack)
        rows = [_to_store(place, each) for place, findings in found if place not in in_work for each in findings]
        # A part at a time: a unit of work holds up everybody who wants to write. A page that is read meanwhile shows a
        # part of the list and says that the check is under way.
        for start in range(0, len(rows), _STORED_AT_ONCE):
            async with self._database.work() as session:
                stored.add(session, self._pack, rows[start : start + _STORED_AT_ONCE])
        async with self._database.work() as session:
            await stored.set_run(session, self._pack, dt.datetime.now(dt.UTC))
        return sum(len(findings) for _, findings in found)

    async def check(self, key: TextKey, fields: Fields, *, keep: bool = True) -> list[Remark]:
        """Check a text as it stands in the form; see `check_text`."""
        async with self._database.work() if keep else self._database.reading() as session:
            return await check_text(session, self._pack, key, fields, self.limits, keep=keep)

    async def settle(self, key: TextKey, left: Working) -> None:
        """Check what is left of a text whose draft was closed: the approved text, or nothing."""
        async with self._database.work() as session:
            if left.exists:
                await check_text(session, self._pack, key, left.fields, self.limits)
            else:
                await stored.replace(session, self._pack, place_of(key), [])

    async def blocking(self, key: TextKey, fields: Fields) -> list[Problem]:
        """Return what keeps a text from review and approval: errors, and warnings that nobody has overridden."""
        return [
            Problem(remark.finding.field, texts.MESSAGES[remark.finding.code], dict(remark.finding.values))
            for remark in await self.check(key, fields)
            if remark.blocks
        ]

    async def of_question(self, question: str, *, keep: bool = False) -> list[Remark]:
        """Check a question's languages, examples and tests.

        Args:
            question: which.
            keep: whether the findings are stored: after a change.
        """
        async with self._database.work() if keep else self._database.reading() as session:
            body = await stored.pack_body(session, self._pack)
            answered = {each.situation: set(each.texts) for each in await stored.answers(session, self._pack, question)}
            _, example_count = await examples.examples(session, self._pack, question, size=1)
            test_count = len(await examples.tests(session, self._pack, question))
            known, _ = await stored.page(session, self._pack, code="competes", question=question)
            values = known[0].values if known else {}
            rival = Rival(str(values["other"]), int(values["share"]) / 100) if known else None
            languages = body.get("languages", [])
            found = sorted(
                questions.check(languages, answered, example_count, test_count, rival, self.limits),
                key=lambda finding: finding.severity != "error",
            )
            place = Place(question)
            if keep:
                await stored.replace(session, self._pack, place, [_to_store(place, finding) for finding in found])
            return await with_overrides(session, self._pack, place, found)

    async def page(
        self, *, severity: str = "", code: str = "", language: str = "", question: str = "", number: int = 1
    ) -> tuple[list[StoredFinding], int]:
        """Return a page of PAGE_SIZE stored findings and how many there are; see bot.storage.checks.page."""
        async with self._database.reading() as session:
            return await stored.page(
                session,
                self._pack,
                severity=severity,
                code=code,
                language=language,
                question=question,
                offset=(max(number, 1) - 1) * PAGE_SIZE,
                size=PAGE_SIZE,
            )

    async def summary(self) -> tuple[dict[str, int], dt.datetime | None]:
        """Return how many findings there are by code, and when everything was last checked."""
        async with self._database.reading() as session:
            return await stored.counts(session, self._pack), await stored.last_run(session, self._pack)

    async def override(self, place: Place, key: str, basis: str, reason: str, actor: Actor) -> None:
        """Let a warning stand; see `override`."""
        async with self._database.work() as session:
            await override(session, self._pack, place, key, basis, reason, actor)
