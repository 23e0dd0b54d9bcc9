"""Conversations, what came in and what went out. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t


@dataclass(frozen=True)
class StoredInbound:
    """A message as it was accepted."""

    id: int
    conversation_id: str
    body: dict[str, Any]
    answered: bool


@dataclass(frozen=True)
class StoredReply:
    """A reply with its number, which rises within the conversation."""

    id: int
    inbound_id: int | None
    body: dict[str, Any]


async def accept(
    session: AsyncSession, *, conversation: str, pack: str, channel: str, message_id: str, body: dict[str, Any]
) -> StoredInbound:
    """Store a message once.

    Returns:
        The stored message; the earlier one when the same `message_id` was accepted before.
    """
    now = dt.datetime.now(dt.UTC)
    row = await session.get(t.ConversationRow, conversation)
    if row is None:
        session.add(
            t.ConversationRow(id=conversation, pack=pack, channel=channel, language=None, created_at=now, last_at=now)
        )
        await session.flush()
    else:
        row.last_at = now
    query = select(t.InboundRow).where(
        t.InboundRow.conversation_id == conversation, t.InboundRow.message_id == message_id
    )
    known = await session.scalar(query)
    if known is None:
        known = t.InboundRow(
            conversation_id=conversation, message_id=message_id, received_at=now, body=body, answered=False
        )
        session.add(known)
        await session.flush()
    return StoredInbound(known.id, conversation, known.body, known.answered)


async def waiting(session: AsyncSession, conversation: str) -> list[StoredInbound]:
    """Return a conversation's messages that are not answered yet, in the order of their arrival."""
    query = (
        select(t.InboundRow)
        .where(t.InboundRow.conversation_id == conversation, t.InboundRow.answered.is_(False))
        .order_by(t.InboundRow.id)
    )
    return [StoredInbound(row.id, row.conversation_id, row.body, row.answered) for row in await session.scalars(query)]


async def conversations_waiting(session: AsyncSession) -> list[str]:
    """Return the conversations that have messages without an answer."""
    query = select(t.InboundRow.conversation_id).where(t.InboundRow.answered.is_(False)).distinct()
    return list(await session.scalars(query))


async def tracker(session: AsyncSession, conversation: str) -> list[dict[str, Any]] | None:
    """Return the events that Rasa needs for the next turn."""
    row = await session.get(t.ConversationRow, conversation)
    return (row.tracker or {}).get("events") if row else None


async def language(session: AsyncSession, conversation: str) -> str | None:
    """Return the language in which a conversation was last answered."""
    found: str | None = await session.scalar(
        select(t.ConversationRow.language).where(t.ConversationRow.id == conversation)
    )
    return found


async def was_addressed(session: AsyncSession, conversation: str) -> bool:
    """Tell whether anything was said to the person before."""
    return bool(await session.scalar(select(exists().where(t.OutboundRow.conversation_id == conversation))))


async def finish(
    session: AsyncSession,
    *,
    inbound_id: int,
    conversation: str,
    events: list[dict[str, Any]] | None,
    language: str,
    replies: list[dict[str, Any]],
) -> list[StoredReply]:
    """Store a turn's result: replies, tracker and the mark that it was answered, all or nothing."""
    now = dt.datetime.now(dt.UTC)
    rows = [
        t.OutboundRow(conversation_id=conversation, inbound_id=inbound_id, created_at=now, body=body)
        for body in replies
    ]
    session.add_all(rows)
    values: dict[str, Any] = {"language": language, "last_at": now}
    if events is not None:
        values["tracker"] = {"events": events}
    await session.execute(update(t.ConversationRow).where(t.ConversationRow.id == conversation).values(**values))
    await session.execute(update(t.InboundRow).where(t.InboundRow.id == inbound_id).values(answered=True))
    await session.flush()
    return [StoredReply(row.id, inbound_id, row.body) for row in rows]


async def replies_to(session: AsyncSession, inbound_id: int) -> list[StoredReply]:
    """Return the replies to a message."""
    query = select(t.OutboundRow).where(t.OutboundRow.inbound_id == inbound_id).order_by(t.OutboundRow.id)
    return [StoredReply(row.id, row.inbound_id, row.body) for row in await session.scalars(query)]


async def replies_after(session: AsyncSession, conversation: str, reply_id: int) -> list[StoredReply]:
    """Return a conversation's replies with a higher number."""
    query = (
        select(t.OutboundRow)
        .where(t.OutboundRow.conversation_id == conversation, t.OutboundRow.id > reply_id)
        .order_by(t.OutboundRow.id)
    )
    return [StoredReply(row.id, row.inbound_id, row.body) for row in await session.scalars(query)]


async def history(session: AsyncSession, conversation: str) -> list[dict[str, Any]]:
    """Return a conversation for its person: what they wrote and what was replied, in order.

    What was said without having been asked, such as that the conversation goes on elsewhere, comes last, as turns
    whose message is None.
    """
    came = await session.scalars(
        select(t.InboundRow).where(t.InboundRow.conversation_id == conversation).order_by(t.InboundRow.id)
    )
    went = await session.scalars(
        select(t.OutboundRow).where(t.OutboundRow.conversation_id == conversation).order_by(t.OutboundRow.id)
    )
    replies: dict[int | None, list[dict[str, Any]]] = {}
    for row in went:
        replies.setdefault(row.inbound_id, []).append({"id": row.id, "reply": row.body})
    turns: list[dict[str, Any]] = [
        {"message_id": row.message_id, "message": row.body, "replies": replies.get(row.id, [])} for row in came
    ]
    unasked = [{"message_id": None, "message": None, "replies": [each]} for each in replies.get(None, [])]
    return [*turns, *unasked]


async def forget(session: AsyncSession, conversation: str) -> bool:
    """Delete a conversation with all its messages.

    Returns:
        Whether there was one.
    """
    await session.execute(delete(t.OutboundRow).where(t.OutboundRow.conversation_id == conversation))
    await session.execute(delete(t.InboundRow).where(t.InboundRow.conversation_id == conversation))
    deleted = await session.scalars(
        delete(t.ConversationRow).where(t.ConversationRow.id == conversation).returning(t.ConversationRow.id)
    )
    return deleted.first() is not None


async def forget_before(session: AsyncSession, moment: dt.datetime, most: int) -> int:
    """Delete conversations that were last active before a moment, `most` of them at a time.

    Returns:
        How many were deleted.
    """
    query = select(t.ConversationRow.id).where(t.ConversationRow.last_at < moment).limit(most)
    old = list(await session.scalars(query))
    for conversation in old:
        await forget(session, conversation)
    return len(old)


async def secret(session: AsyncSession, name: str, fresh: str) -> str:
    """Return a stored key, storing `fresh` when there is none yet."""
    row = await session.get(t.SecretRow, name)
    if row is None:
        row = t.SecretRow(name=name, value=fresh)
        session.add(row)
        await session.flush()
    return row.value
