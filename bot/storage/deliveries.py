"""Updates of messengers and messages on their way to them. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t

UpdateState = Literal["waiting", "done", "dead"]
DeliveryState = Literal["waiting", "sent", "unsure", "undeliverable"]


@dataclass(frozen=True)
class StoredUpdate:
    """An update as it was taken."""

    id: int
    channel: str
    update_id: int
    chat: str
    received_at: dt.datetime
    attempts: int
    problem: str | None
    body: dict[str, Any] | None


@dataclass(frozen=True)
class StoredDelivery:
    """A message on its way."""

    id: int
    chat: str
    answers_to: int | None
    body: dict[str, Any]


async def store_update(
    session: AsyncSession, *, channel: str, update_id: int, chat: str, body: dict[str, Any] | None
) -> bool:
    """Store an update once.

    Args:
        session: the unit of work.
        channel: the messenger.
        update_id: its number there.
        chat: the hashed chat that it must be handled in order with.
        body: the update; None stores the number only, as handled.

    Returns:
        Whether it was new.
    """
    row = t.UpdateRow(
        channel=channel,
        update_id=update_id,
        chat=chat,
        received_at=dt.datetime.now(dt.UTC),
        state="waiting" if body is not None else "done",
        body=body,
        attempts=0,
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


async def newest_update(session: AsyncSession, channel: str) -> int | None:
    """Return the highest number that was taken."""
    found: int | None = await session.scalar(
        select(func.max(t.UpdateRow.update_id)).where(t.UpdateRow.channel == channel)
    )
    return found


async def chats_at_work(session: AsyncSession, channel: str) -> list[str]:
    """Return the chats that have something to handle or to send."""
    came = select(t.UpdateRow.chat).where(t.UpdateRow.channel == channel, t.UpdateRow.state == "waiting")
    goes = select(t.DeliveryRow.chat).where(t.DeliveryRow.channel == channel, t.DeliveryRow.state == "waiting")
    return list(await session.scalars(came.union(goes)))


async def next_update(session: AsyncSession, channel: str, chat: str, upto: int) -> StoredUpdate | None:
    """Return a chat's first update that waits, of those numbered `upto` at most."""
    query = (
        select(t.UpdateRow)
        .where(
            t.UpdateRow.state == "waiting",
            t.UpdateRow.chat == chat,
            t.UpdateRow.channel == channel,
            t.UpdateRow.update_id <= upto,
        )
        .order_by(t.UpdateRow.update_id)
        .limit(1)
    )
    row = await session.scalar(query)
    return _update(row) if row else None


async def end_update(session: AsyncSession, row_id: int, state: UpdateState, problem: str | None = None) -> None:
    """Mark an update as handled or as dead. What it said is kept of dead ones only."""
    values: dict[str, Any] = {"state": state, "problem": problem}
    if state == "done":
        values["body"] = None
    await session.execute(update(t.UpdateRow).where(t.UpdateRow.id == row_id).values(**values))


async def count_attempt(session: AsyncSession, row_id: int, problem: str) -> int:
    """Note that handling an update failed; returns how often it has."""
    query = (
        update(t.UpdateRow)
        .where(t.UpdateRow.id == row_id)
        .values(attempts=t.UpdateRow.attempts + 1, problem=problem)
        .returning(t.UpdateRow.attempts)
    )
    return int(await session.scalar(query) or 0)


async def dead_updates(session: AsyncSession) -> list[StoredUpdate]:
    """Return the updates that were given up, oldest first."""
    query = select(t.UpdateRow).where(t.UpdateRow.state == "dead").order_by(t.UpdateRow.id)
    return [_update(row) for row in await session.scalars(query)]


async def revive(session: AsyncSession, row_ids: list[int]) -> int:
    """Let given-up updates be handled again; returns how many there were."""
    query = (
        update(t.UpdateRow)
        .where(t.UpdateRow.id.in_(row_ids), t.UpdateRow.state == "dead", t.UpdateRow.body.is_not(None))
        .values(state="waiting", attempts=0)
        .returning(t.UpdateRow.id)
    )
    return len(list(await session.scalars(query)))


async def add_delivery(
    session: AsyncSession, *, channel: str, chat: str, body: dict[str, Any], answers_to: int | None
) -> int:
    """Store a message that is to be sent; returns its number."""
    row = t.DeliveryRow(
        channel=channel,
        chat=chat,
        created_at=dt.datetime.now(dt.UTC),
        state="waiting",
        answers_to=answers_to,
        body=body,
    )
    session.add(row)
    await session.flush()
    return row.id


async def deliveries(session: AsyncSession, channel: str, chat: str) -> list[StoredDelivery]:
    """Return what is to be sent to a chat, in order."""
    query = (
        select(t.DeliveryRow)
        .where(t.DeliveryRow.state == "waiting", t.DeliveryRow.chat == chat, t.DeliveryRow.channel == channel)
        .order_by(t.DeliveryRow.id)
    )
    return [StoredDelivery(r.id, r.chat, r.answers_to, r.body or {}) for r in await session.scalars(query)]


async def delivery(session: AsyncSession, row_id: int, chat: str) -> StoredDelivery | None:
    """Return a message of a chat whose text is still kept."""
    row = await session.get(t.DeliveryRow, row_id)
    if row is None or row.chat != chat or row.body is None:
        return None
    return StoredDelivery(row.id, row.chat, row.answers_to, row.body)


async def end_delivery(
    session: AsyncSession, row_id: int, state: DeliveryState, *, message_id: int | None = None, keep: bool = False
) -> None:
    """Mark what became of a message; its text goes unless it is to be kept for another try."""
    values: dict[str, Any] = {"state": state}
    if message_id is not None:
        values["message_id"] = message_id
    if not keep:
        values["body"] = None
    await session.execute(update(t.DeliveryRow).where(t.DeliveryRow.id == row_id).values(**values))


async def sent_messages(session: AsyncSession, chat: str, answers_to: int) -> list[int]:
    """Return the messenger's numbers of what was sent as the answer to a person's message, in order."""
    query = (
        select(t.DeliveryRow.message_id)
        .where(
            t.DeliveryRow.chat == chat,
            t.DeliveryRow.answers_to == answers_to,
            t.DeliveryRow.state == "sent",
            t.DeliveryRow.message_id.is_not(None),
        )
        .order_by(t.DeliveryRow.id)
    )
    return list(dict.fromkeys(number for number in await session.scalars(query) if number is not None))


async def is_closed(session: AsyncSession, chat: str) -> bool:
    """Tell whether a chat's person has blocked us."""
    return await session.get(t.ClosedChatRow, chat) is not None


async def close_chat(session: AsyncSession, chat: str) -> None:
    """Send nothing to a chat any more."""
    await session.merge(t.ClosedChatRow(chat=chat, since=dt.datetime.now(dt.UTC)))
    await session.execute(
        update(t.DeliveryRow)
        .where(t.DeliveryRow.chat == chat, t.DeliveryRow.state == "waiting")
        .values(state="undeliverable", body=None)
    )


async def open_chat(session: AsyncSession, chat: str) -> None:
    """Send to a chat again."""
    await session.execute(delete(t.ClosedChatRow).where(t.ClosedChatRow.chat == chat))


async def forget_chat(session: AsyncSession, chat: str) -> None:
    """Delete what is known of a chat; the numbers of its updates stay, without saying whose they were."""
    await session.execute(delete(t.DeliveryRow).where(t.DeliveryRow.chat == chat))
    await session.execute(
        update(t.UpdateRow)
        .where(t.UpdateRow.chat == chat, t.UpdateRow.state != "waiting")
        .values(chat="", body=None, problem=None, state="done")
    )


async def forget_before(session: AsyncSession, moment: dt.datetime) -> None:
    """Delete updates and messages from before a moment, whatever became of them."""
    await session.execute(delete(t.DeliveryRow).where(t.DeliveryRow.created_at < moment))
    newest = select(func.max(t.UpdateRow.update_id)).scalar_subquery()
    # The newest number stays: it is where a messenger is asked to go on.
    await session.execute(delete(t.UpdateRow).where(t.UpdateRow.received_at < moment, t.UpdateRow.update_id != newest))


def _update(row: t.UpdateRow) -> StoredUpdate:
    return StoredUpdate(
        row.id, row.channel, row.update_id, row.chat, row.received_at, row.attempts, row.problem, row.body
    )
