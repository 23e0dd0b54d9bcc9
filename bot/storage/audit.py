"""Reading and appending the audit. The only place with SQL about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from bot.storage.tables_studio import AuditRow

_PAGE = 500


@dataclass(frozen=True)
class StoredEntry:
    """One line of the audit."""

    id: int
    at: dt.datetime
    person_id: int | None
    person: str
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str


async def last(session: AsyncSession) -> StoredEntry | None:
    """Return the newest line, and let nobody else append until the unit of work ends."""
    if session.get_bind().dialect.name == "postgresql":
        # SQLite's units of work exclude each other already.
        await session.execute(text("SELECT pg_advisory_xact_lock(4772661)"))
    row = await session.scalar(select(AuditRow).order_by(AuditRow.id.desc()).limit(1))
    return _entry(row) if row else None


async def append(session: AsyncSession, entry: StoredEntry) -> None:
    """Append a line."""
    session.add(AuditRow(**vars(entry)))
    await session.flush()


async def after(session: AsyncSession, entry_id: int) -> list[StoredEntry]:
    """Return up to 500 lines behind one, oldest first."""
    query = select(AuditRow).where(AuditRow.id > entry_id).order_by(AuditRow.id).limit(_PAGE)
    return [_entry(row) for row in await session.scalars(query)]


async def page(
    session: AsyncSession,
    *,
    action: str,
    person: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    offset: int,
    size: int,
) -> tuple[list[StoredEntry], int]:
    """Return lines, newest first, and how many there are in all.

    Args:
        session: the unit of work.
        action: only this action, or those that begin with it and a dot; empty: all.
        person: only this person's; empty: all.
        since: only from this moment on.
        until: only before this moment.
        offset: how many to skip.
        size: how many to return at most.
    """
    wanted: list[ColumnElement[bool]] = []
    if action:
        wanted.append(_is(action))
    if person:
        wanted.append(AuditRow.person == person)
    if since:
        wanted.append(AuditRow.at >= since)
    if until:
        wanted.append(AuditRow.at < until)
    total = await session.scalar(select(func.count()).select_from(AuditRow).where(*wanted))
    query = select(AuditRow).where(*wanted).order_by(AuditRow.id.desc()).offset(offset).limit(size)
    return [_entry(row) for row in await session.scalars(query)], total or 0


def _is(action: str) -> ColumnElement[bool]:
    # Lines of taking back from before it had an action of its own; see bot.accounts.deeds.action_of.
    went_back = (AuditRow.action == "release.publish") & (_kind() == "back")
    if action == "release.take_back":
        return (AuditRow.action == action) | went_back
    if action == "release.publish":
        return (AuditRow.action == action) & (_kind() != "back")
    return (AuditRow.action == action) | AuditRow.action.startswith(action + ".", autoescape=True)


def _kind() -> ColumnElement[str]:
    return func.coalesce(AuditRow.detail["kind"].as_string(), "")


async def names(session: AsyncSession) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the actions, those of releases with their kind, and the persons that occur, for choosing."""
    actions = await session.scalars(select(AuditRow.action).distinct())
    kinds = await session.scalars(select(_kind()).where(AuditRow.action == "release.publish").distinct())
    people = await session.scalars(select(AuditRow.person).distinct().order_by(AuditRow.person))
    found = [(action, "") for action in actions if action != "release.publish"]
    return [*found, *(("release.publish", kind) for kind in kinds)], list(people)


def _entry(row: AuditRow) -> StoredEntry:
    return StoredEntry(row.id, row.at, row.person_id, row.person, row.action, row.subject, row.detail, row.hash)
