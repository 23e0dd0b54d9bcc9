"""Reading and writing what checks found, what was overridden, and the rows that a check of everything looks at."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t
from bot.storage import tables_studio as s


@dataclass(frozen=True)
class Place:
    """What a finding is about: a text (situation empty: for everybody), or a question (language empty)."""

    question: str
    situation: str = ""
    language: str = ""


@dataclass(frozen=True)
class StoredFinding:
    """A finding as it was stored, with the override that covers it, if any."""

    place: Place
    key: str
    code: str
    severity: str
    field: str
    values: dict[str, Any]
    basis: str
    found_at: dt.datetime
    reason: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class Override:
    """Why a warning stands."""

    key: str
    basis: str
    reason: str
    person: str
    at: dt.datetime


async def replace(session: AsyncSession, pack: str, place: Place, found: Sequence[StoredFinding]) -> None:
    """Store what was found in one place instead of what was found there before."""
    await session.execute(delete(s.CheckFindingRow).where(*_at(s.CheckFindingRow, pack, place)))
    add(session, pack, found)


def add(session: AsyncSession, pack: str, found: Sequence[StoredFinding]) -> None:
    """Store findings beside those that there are."""
    for each in found:
        session.add(
            s.CheckFindingRow(
                pack=pack,
                question=each.place.question,
                situation=each.place.situation,
                language=each.place.language,
                key=each.key,
                code=each.code,
                severity=each.severity,
                field=each.field,
                values=each.values,
                basis=each.basis,
                found_at=each.found_at,
            )
        )


async def clear(session: AsyncSession, pack: str) -> set[Place]:
    """Drop all findings of a pack but those about texts that are being worked on.

    Returns:
        The places of these texts.
    """
    draft, finding = s.DraftRow, s.CheckFindingRow
    in_work = [draft.pack == pack, draft.state.in_(("draft", "in_review", "sent_back"))]
    rows = await session.execute(select(draft.question, draft.situation, draft.language).where(*in_work))
    same = and_(
        draft.question == finding.question,
        draft.situation == finding.situation,
        draft.language == finding.language,
    )
    await session.execute(delete(finding).where(finding.pack == pack, ~exists(select(draft.id).where(*in_work, same))))
    return {Place(*row) for row in rows}


def _at(table: Any, pack: str, place: Place) -> list[ColumnElement[bool]]:
    return [
        table.pack == pack,
        table.question == place.question,
        table.situation == place.situation,
        table.language == place.language,
    ]


async def overrides(session: AsyncSession, pack: str, place: Place) -> dict[tuple[str, str], Override]:
    """Return the overrides of one place by key and basis, the newest where there are several."""
    rows = await session.scalars(
        select(s.CheckOverrideRow).where(*_at(s.CheckOverrideRow, pack, place)).order_by(s.CheckOverrideRow.id)
    )
    return {(r.key, r.basis): Override(r.key, r.basis, r.reason, r.person, r.at) for r in rows}


async def add_override(
    session: AsyncSession, pack: str, place: Place, override: Override, person_id: int | None
) -> None:
    """Remember why a warning stands."""
    session.add(
        s.CheckOverrideRow(
            pack=pack,
            question=place.question,
            situation=place.situation,
            language=place.language,
            key=override.key,
            basis=override.basis,
            reason=override.reason,
            person_id=person_id,
            person=override.person,
            at=override.at,
        )
    )


def _covering() -> ColumnElement[bool]:
    finding, override = s.CheckFindingRow, s.CheckOverrideRow
    return and_(
        override.pack == finding.pack,
        override.question == finding.question,
        override.situation == finding.situation,
        override.language == finding.language,
        override.key == finding.key,
        override.basis == finding.basis,
    )


async def page(
    session: AsyncSession,
    pack: str,
    *,
    severity: str = "",
    code: str = "",
    language: str = "",
    question: str = "",
    offset: int = 0,
    size: int = 50,
) -> tuple[list[StoredFinding], int]:
    """Return stored findings, filtered, and how many there are.

    Args:
        session: the unit of work.
        pack: the pack.
        severity: `error`, `warning` (that nobody overrode), `overridden`; empty: all.
        code, language, question: one of each, or empty.
        offset, size: which part of them.
    """
    finding = s.CheckFindingRow
    wanted: list[ColumnElement[bool]] = [finding.pack == pack]
    covered = exists(select(s.CheckOverrideRow.id).where(_covering()))
    if severity == "error":
        wanted.append(finding.severity == "error")
    elif severity == "warning":
        wanted += [finding.severity == "warning", ~covered]
    elif severity == "overridden":
        wanted.append(covered)
    for column, value in ((finding.code, code), (finding.language, language), (finding.question, question)):
        if value:
            wanted.append(column == value)
    total = await session.scalar(select(func.count()).select_from(finding).where(*wanted)) or 0
    rows = await session.scalars(
        select(finding)
        .where(*wanted)
        .order_by(finding.severity, finding.question, finding.situation, finding.language, finding.id)
        .offset(offset)
        .limit(size)
    )
    found = list(rows)
    places = {row.question for row in found}
    given = await session.scalars(
        select(s.CheckOverrideRow)
        .where(s.CheckOverrideRow.pack == pack, s.CheckOverrideRow.question.in_(places))
        .order_by(s.CheckOverrideRow.id)
    )
    reasons = {(o.question, o.situation, o.language, o.key, o.basis): o for o in given}
    return [
        _stored(row, reasons.get((row.question, row.situation, row.language, row.key, row.basis))) for row in found
    ], total


def _stored(row: s.CheckFindingRow, override: s.CheckOverrideRow | None) -> StoredFinding:
    return StoredFinding(
        place=Place(row.question, row.situation, row.language),
        key=row.key,
        code=row.code,
        severity=row.severity,
        field=row.field,
        values=row.values,
        basis=row.basis,
        found_at=row.found_at,
        reason=override.reason if override else None,
        person=override.person if override else None,
    )


async def counts(session: AsyncSession, pack: str) -> dict[str, int]:
    """Return how many findings there are by code."""
    rows = await session.execute(
        select(s.CheckFindingRow.code, func.count().label("number"))
        .where(s.CheckFindingRow.pack == pack)
        .group_by(s.CheckFindingRow.code)
    )
    return {row.code: row.number for row in rows}


async def last_run(session: AsyncSession, pack: str) -> dt.datetime | None:
    """Return when everything was last checked."""
    row = await session.get(s.CheckRunRow, pack)
    return row.at if row else None


async def set_run(session: AsyncSession, pack: str, at: dt.datetime) -> None:
    """Note that everything was checked."""
    await session.merge(s.CheckRunRow(pack=pack, at=at))


# What the checks look at


async def pack_body(session: AsyncSession, pack: str) -> dict[str, Any]:
    """Return what pack.yml says; empty when there is no such pack."""
    row = await session.get(t.PackRow, pack)
    return row.body if row else {}


async def fact_bodies(session: AsyncSession, pack: str, ids: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return facts by id: those asked for, or all."""
    query = select(t.FactRow).where(t.FactRow.pack == pack)
    if ids is not None:
        query = query.where(t.FactRow.id.in_(ids))
    return {row.id: row.body for row in await session.scalars(query)}


@dataclass(frozen=True)
class ApprovedAnswer:
    """An approved answer for one situation with all its texts."""

    question: str
    situation: str
    facts: list[str]
    links: list[dict[str, Any]]
    valid_until: dt.date | None
    texts: dict[str, dict[str, Any]]


async def answers(session: AsyncSession, pack: str, question: str | None = None) -> list[ApprovedAnswer]:
    """Return the approved answers of a question, or of all."""
    wanted = [t.AnswerRow.pack == pack]
    if question is not None:
        wanted.append(t.AnswerRow.question == question)
    rows = list(
        await session.scalars(select(t.AnswerRow).where(*wanted).order_by(t.AnswerRow.question, t.AnswerRow.position))
    )
    texts = await session.scalars(
        select(t.AnswerTextRow)
        .join(t.AnswerRow, t.AnswerRow.id == t.AnswerTextRow.answer_id)
        .where(*wanted)
        .order_by(t.AnswerTextRow.position)
    )
    by_answer: dict[int, dict[str, dict[str, Any]]] = {}
    for text in texts:
        by_answer.setdefault(text.answer_id, {})[text.language] = text.body
    return [
        ApprovedAnswer(
            row.question, row.situation or "", row.facts, row.links, row.valid_until, by_answer.get(row.id, {})
        )
        for row in rows
    ]


async def content_stamp(session: AsyncSession, pack: str) -> tuple[object, ...]:
    """Return values that change whenever approved texts do: by an approval, by taking files in, by a change of pack.yml."""
    answer, revision = t.AnswerRow, s.RevisionRow
    answered = await session.execute(
        select(func.count(), func.max(answer.id), func.sum(answer.id)).where(answer.pack == pack)
    )
    approved = await session.execute(select(func.count(), func.max(revision.id)).where(revision.pack == pack))
    taken_in = await session.get(t.SeedRow, pack)
    body = json.dumps(await pack_body(session, pack), sort_keys=True)
    digest = hashlib.sha256(body.encode("utf-8")).hexdigest()
    return (*answered.one(), *approved.one(), taken_in.imported_at if taken_in else None, digest)


async def titles(session: AsyncSession, pack: str) -> dict[str, dict[str, str]]:
    """Return the titles of the approved questions by id, in the pack's order."""
    rows = await session.execute(
        select(t.QuestionRow.id, t.QuestionRow.title).where(t.QuestionRow.pack == pack).order_by(t.QuestionRow.position)
    )
    return {row.id: row.title for row in rows}
