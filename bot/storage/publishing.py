"""Builds, what they replayed, publications, schedules and notices. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t
from bot.storage.tables_studio import BuildRow, NoticeRow, PublicationRow, ReplayedRow, ScheduledRow

QUEUED, RUNNING, DONE, FAILED, CANCELLED, WAITING = "queued", "running", "done", "failed", "cancelled", "waiting"


@dataclass(frozen=True)
class StoredBuild:
    """A release that was asked for.

    Attributes:
        state: queued, running, done, failed or cancelled.
        source_release: the release whose content is built anew; None for the content as it is approved now.
        step, done, total, heartbeat: how far it is, from the file that its process writes; see bot.publishing.progress.
        release_id: what came of it.
        failure, detail: why nothing came of it: a code for people's texts, and the words of the error.
        replay: how the replayed real questions fared; see bot.publishing.replay.
    """

    id: int
    pack: str
    state: str
    asked_by: int | None
    asked_by_name: str
    asked_at: dt.datetime
    source_release: int | None
    step: str
    done: int
    total: int
    started_at: dt.datetime | None
    heartbeat: dt.datetime | None
    finished_at: dt.datetime | None
    release_id: int | None
    failure: str
    detail: str
    replay: dict[str, Any] | None


@dataclass(frozen=True)
class StoredReplayed:
    """A real question that is answered in another way than before."""

    id: int
    kind: str
    language: str
    text: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class StoredPublication:
    """One move of the live pointer."""

    id: int
    release_id: int
    before: int | None
    kind: str
    at: dt.datetime
    person: str
    reason: str


@dataclass(frozen=True)
class StoredSchedule:
    """A release that goes live at a time. `state`: waiting, done, failed or cancelled."""

    id: int
    release_id: int
    due: dt.datetime
    state: str
    asked_by: int | None
    asked_by_name: str
    asked_at: dt.datetime
    reason: str
    finished_at: dt.datetime | None
    detail: str


@dataclass(frozen=True)
class StoredNotice:
    """An emergency notice."""

    id: int
    texts: dict[str, str]
    until: dt.datetime
    published_at: dt.datetime
    published_by_name: str
    withdrawn_at: dt.datetime | None
    withdrawn_by_name: str


_BUILD = [getattr(BuildRow, name) for name in StoredBuild.__dataclass_fields__]
_REPLAYED = [getattr(ReplayedRow, name) for name in StoredReplayed.__dataclass_fields__]
_PUBLICATION = [getattr(PublicationRow, name) for name in StoredPublication.__dataclass_fields__]
_SCHEDULE = [getattr(ScheduledRow, name) for name in StoredSchedule.__dataclass_fields__]
_NOTICE = [getattr(NoticeRow, name) for name in StoredNotice.__dataclass_fields__]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def add_build(
    session: AsyncSession, pack: str, asked_by: int | None, asked_by_name: str, source_release: int | None
) -> int:
    """Put a build into the queue and return its number."""
    row = BuildRow(
        pack=pack,
        state=QUEUED,
        asked_by=asked_by,
        asked_by_name=asked_by_name,
        asked_at=_now(),
        source_release=source_release,
        step="",
        done=0,
        total=0,
        failure="",
        detail="",
    )
    session.add(row)
    await session.flush()
    return row.id


async def start_next_build(session: AsyncSession, pack: str) -> int | None:
    """Mark the oldest queued build of a pack as running, if none runs, and return its number."""
    # Two servers on one database take turns here; SQLite's units of work do so anyway.
    await session.scalar(select(t.PackRow.id).where(t.PackRow.id == pack).with_for_update())
    if await session.scalar(select(exists().where(BuildRow.pack == pack, BuildRow.state == RUNNING))):
        return None
    query = select(func.min(BuildRow.id)).where(BuildRow.pack == pack, BuildRow.state == QUEUED)
    number = await session.scalar(query)
    if number is not None:
        now = _now()
        await session.execute(
            update(BuildRow).where(BuildRow.id == number).values(state=RUNNING, started_at=now, heartbeat=now)
        )
    return number


async def is_running(session: AsyncSession, build_id: int) -> bool:
    """Tell whether a build is to go on: nobody has cancelled it."""
    return bool(await session.scalar(select(exists().where(BuildRow.id == build_id, BuildRow.state == RUNNING))))


async def finish_build(session: AsyncSession, build_id: int, state: str, **values: Any) -> bool:
    """End a build that is queued or running; returns whether it was."""
    changed = (
        update(BuildRow)
        .where(BuildRow.id == build_id, BuildRow.state.in_((QUEUED, RUNNING)))
        .values(state=state, finished_at=_now(), **values)
    )
    return (await session.scalar(changed.returning(BuildRow.id))) is not None


async def build(session: AsyncSession, pack: str, build_id: int) -> StoredBuild | None:
    """Return a build of a pack, or None."""
    row = (await session.execute(select(*_BUILD).where(BuildRow.pack == pack, BuildRow.id == build_id))).first()
    return StoredBuild(*row) if row else None


async def builds(session: AsyncSession, pack: str, states: tuple[str, ...], most: int = 20) -> list[StoredBuild]:
    """Return a pack's builds in some states, the newest first."""
    query = select(*_BUILD).where(BuildRow.pack == pack, BuildRow.state.in_(states))
    return [StoredBuild(*row) for row in await session.execute(query.order_by(BuildRow.id.desc()).limit(most))]


async def build_of_release(session: AsyncSession, pack: str, release_id: int) -> StoredBuild | None:
    """Return the newest build that a release came from, or None."""
    query = select(*_BUILD).where(BuildRow.pack == pack, BuildRow.release_id == release_id)
    row = (await session.execute(query.order_by(BuildRow.id.desc()).limit(1))).first()
    return StoredBuild(*row) if row else None


async def last_messages(session: AsyncSession, pack: str, before: int | None, most: int) -> list[tuple[int, str]]:
    """Return what people last typed to a pack, the newest first, as (number, text); choices are left out.

    Args:
        session: the unit of work.
        pack: the pack.
        before: only messages with a lower number.
        most: how many.
    """
    text = t.InboundRow.body["text"].as_string()
    query = (
        select(t.InboundRow.id, text)
        .join(t.ConversationRow, t.ConversationRow.id == t.InboundRow.conversation_id)
        .where(t.ConversationRow.pack == pack, text != "")
        .order_by(t.InboundRow.id.desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(t.InboundRow.id < before)
    return [(number, typed) for number, typed in await session.execute(query)]


async def add_replayed(session: AsyncSession, build_id: int, rows: list[dict[str, Any]]) -> None:
    """Store what was replayed; a message that was deleted meanwhile stays deleted."""
    known = set(
        await session.scalars(select(t.InboundRow.id).where(t.InboundRow.id.in_([r["inbound_id"] for r in rows])))
    )
    kept = [{"build_id": build_id, **row} for row in rows if row["inbound_id"] in known]
    if kept:
        await session.execute(insert(ReplayedRow), kept)


async def replayed(
    session: AsyncSession, build_id: int, kind: str, offset: int, most: int
) -> tuple[list[StoredReplayed], int]:
    """Return a page of a build's replayed questions of one kind, and how many there are."""
    chosen = (ReplayedRow.build_id == build_id, ReplayedRow.kind == kind)
    count = await session.scalar(select(func.count()).select_from(ReplayedRow).where(*chosen))
    query = select(*_REPLAYED).where(*chosen).order_by(ReplayedRow.id).offset(offset).limit(most)
    return [StoredReplayed(*row) for row in await session.execute(query)], count or 0


async def add_publication(
    session: AsyncSession,
    pack: str,
    release_id: int,
    *,
    before: int | None,
    kind: str,
    person_id: int | None,
    person: str,
    reason: str,
) -> None:
    """Remember a move of the live pointer."""
    session.add(
        PublicationRow(
            pack=pack,
            release_id=release_id,
            before=before,
            kind=kind,
            at=_now(),
            person_id=person_id,
            person=person,
            reason=reason,
        )
    )


async def publications(session: AsyncSession, pack: str, most: int = 20) -> list[StoredPublication]:
    """Return a pack's publications, the newest first."""
    query = select(*_PUBLICATION).where(PublicationRow.pack == pack).order_by(PublicationRow.id.desc()).limit(most)
    return [StoredPublication(*row) for row in await session.execute(query)]


async def release_page(
    session: AsyncSession, pack: str, offset: int, most: int
) -> tuple[list[tuple[int, dt.datetime, dict[str, Any]]], int]:
    """Return a page of a pack's releases, the newest first, as (number, made at, scores), and how many there are."""
    count = await session.scalar(select(func.count()).select_from(t.ReleaseRow).where(t.ReleaseRow.pack == pack))
    query = (
        select(t.ReleaseRow.id, t.ReleaseRow.created_at, t.ReleaseRow.scores)
        .where(t.ReleaseRow.pack == pack)
        .order_by(t.ReleaseRow.id.desc())
        .offset(offset)
        .limit(most)
    )
    return [(number, at, scores) for number, at, scores in await session.execute(query)], count or 0


async def add_schedule(
    session: AsyncSession,
    pack: str,
    release_id: int,
    due: dt.datetime,
    *,
    asked_by: int | None,
    asked_by_name: str,
    reason: str,
) -> int:
    """Store that a release is to go live at a time, and return the number of the schedule."""
    row = ScheduledRow(
        pack=pack,
        release_id=release_id,
        due=due,
        state=WAITING,
        asked_by=asked_by,
        asked_by_name=asked_by_name,
        asked_at=_now(),
        reason=reason,
        detail="",
    )
    session.add(row)
    await session.flush()
    return row.id


async def schedules(session: AsyncSession, pack: str, most: int = 20) -> list[StoredSchedule]:
    """Return a pack's schedules: those waiting, the next first, then those that are over, the last first."""
    chosen = select(*_SCHEDULE).where(ScheduledRow.pack == pack)
    waiting = await session.execute(chosen.where(ScheduledRow.state == WAITING).order_by(ScheduledRow.due))
    over = await session.execute(
        chosen.where(ScheduledRow.state != WAITING).order_by(ScheduledRow.id.desc()).limit(most)
    )
    return [StoredSchedule(*row) for row in [*waiting, *over]]


async def due_schedule(session: AsyncSession, pack: str, now: dt.datetime) -> StoredSchedule | None:
    """Return the schedule that is due first, or None."""
    chosen = (ScheduledRow.pack == pack, ScheduledRow.state == WAITING, ScheduledRow.due <= now)
    row = (await session.execute(select(*_SCHEDULE).where(*chosen).order_by(ScheduledRow.due).limit(1))).first()
    return StoredSchedule(*row) if row else None


async def finish_schedule(session: AsyncSession, pack: str, schedule_id: int, state: str, detail: str = "") -> bool:
    """End a schedule that waits; returns whether it did."""
    changed = (
        update(ScheduledRow)
        .where(ScheduledRow.pack == pack, ScheduledRow.id == schedule_id, ScheduledRow.state == WAITING)
        .values(state=state, finished_at=_now(), detail=detail)
    )
    return (await session.scalar(changed.returning(ScheduledRow.id))) is not None


async def end_schedules(session: AsyncSession, pack: str, release_id: int, detail: str) -> list[int]:
    """Cancel what waits to let a release go live; returns the numbers of the schedules."""
    changed = (
        update(ScheduledRow)
        .where(ScheduledRow.pack == pack, ScheduledRow.release_id == release_id, ScheduledRow.state == WAITING)
        .values(state=CANCELLED, finished_at=_now(), detail=detail)
    )
    return sorted(await session.scalars(changed.returning(ScheduledRow.id)))


async def add_notice(
    session: AsyncSession, pack: str, texts: dict[str, str], until: dt.datetime, person_id: int | None, person: str
) -> int:
    """Store a notice and return its number."""
    row = NoticeRow(
        pack=pack,
        texts=texts,
        until=until,
        published_at=_now(),
        published_by=person_id,
        published_by_name=person,
        withdrawn_by_name="",
    )
    session.add(row)
    await session.flush()
    return row.id


async def notices(session: AsyncSession, pack: str, most: int = 20) -> list[StoredNotice]:
    """Return a pack's notices, the newest first. Only the first can stand: a new notice takes the place of the last."""
    query = select(*_NOTICE).where(NoticeRow.pack == pack).order_by(NoticeRow.id.desc()).limit(most)
    return [StoredNotice(*row) for row in await session.execute(query)]


async def withdraw_notice(session: AsyncSession, pack: str, notice_id: int, person: str) -> None:
    """Take a notice back."""
    row = update(NoticeRow).where(NoticeRow.pack == pack, NoticeRow.id == notice_id)
    await session.execute(row.values(withdrawn_at=_now(), withdrawn_by_name=person))
