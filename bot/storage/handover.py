"""Codes that let a conversation go on elsewhere, and the moving itself. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, String, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage import tables as t


class HandoverRow(t.Base):
    """A code that is waiting to be used. Only its keyed hash is kept: whoever reads the table can use none."""

    __tablename__ = "handover"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), unique=True)
    expires_at: Mapped[dt.datetime] = mapped_column(t.Moment, index=True)


@dataclass(frozen=True)
class Moved:
    """What was moved: the conversation's language, how many messages of the person, the number of the last notice."""

    language: str | None
    messages: int
    notice_id: int


async def offer(
    session: AsyncSession,
    *,
    code_hash: str,
    conversation: str,
    pack: str,
    channel: str,
    now: dt.datetime,
    expires_at: dt.datetime,
) -> None:
    """Keep a code's hash in place of an earlier one of the same conversation, and drop the codes that have expired."""
    await _ensure(session, conversation, pack, channel, now)
    await session.execute(
        delete(HandoverRow).where((HandoverRow.conversation_id == conversation) | (HandoverRow.expires_at <= now))
    )
    session.add(HandoverRow(code_hash=code_hash, conversation_id=conversation, expires_at=expires_at))


async def conversation_of(session: AsyncSession, code_hash: str, now: dt.datetime) -> str | None:
    """Return the conversation that a code stands for, or None when the code is unknown, used or expired."""
    query = select(HandoverRow.conversation_id).where(HandoverRow.code_hash == code_hash, HandoverRow.expires_at > now)
    return await session.scalar(query)


async def use_up(session: AsyncSession, code_hash: str) -> bool:
    """Delete a code; returns False when somebody else has used it in the meantime."""
    gone = await session.scalars(
        delete(HandoverRow).where(HandoverRow.code_hash == code_hash).returning(HandoverRow.code_hash)
    )
    return gone.first() is not None


async def move(
    session: AsyncSession, *, source: str, target: str, pack: str, channel: str, notice: dict[str, Any]
) -> Moved:
    """Move messages, replies and tracker from one conversation to another, and leave a notice behind.

    Args:
        session: the unit of work.
        source: the conversation to move from; it stays, empty but for the notice.
        target: the conversation to move to; made when it does not exist. What was said in it before stays.
        pack: the pack of the target.
        channel: the channel of the target.
        notice: the reply that stays in the source.
    """
    now = dt.datetime.now(dt.UTC)
    await _ensure(session, target, pack, channel, now)
    old = (await session.scalars(select(t.ConversationRow).where(t.ConversationRow.id == source))).one()
    taken = set(await session.scalars(select(t.InboundRow.message_id).where(t.InboundRow.conversation_id == target)))
    messages = list(await session.scalars(select(t.InboundRow).where(t.InboundRow.conversation_id == source)))
    for row in messages:
        # Two channels may have numbered their messages alike.
        if row.message_id in taken:
            row.message_id = f"{row.message_id[:80]}#{row.id}"
        row.conversation_id = target
        row.body = row.body | {"conversation": target, "message_id": row.message_id}
    # Notices of earlier moves stay where they were said; replies go with their messages.
    await session.execute(
        update(t.OutboundRow)
        .where(t.OutboundRow.conversation_id == source, t.OutboundRow.inbound_id.is_not(None))
        .values(conversation_id=target)
    )
    values: dict[str, Any] = {"tracker": old.tracker, "last_at": now}
    if old.language:
        values["language"] = old.language
    if old.tracker is None:
        del values["tracker"]
    await session.execute(update(t.ConversationRow).where(t.ConversationRow.id == target).values(**values))
    left = t.OutboundRow(conversation_id=source, inbound_id=None, created_at=now, body=notice)
    session.add(left)
    old.tracker, old.last_at = None, now
    await session.flush()
    return Moved(old.language, len(messages), left.id)


async def language(session: AsyncSession, conversation: str) -> str | None:
    """Return the language that a conversation is held in, where it is known."""
    query = select(t.ConversationRow.language).where(t.ConversationRow.id == conversation)
    return await session.scalar(query)


async def waiting_codes(session: AsyncSession) -> int:
    """Return how many codes are kept, expired ones among them."""
    return int(await session.scalar(select(func.count()).select_from(HandoverRow)) or 0)


async def _ensure(session: AsyncSession, conversation: str, pack: str, channel: str, now: dt.datetime) -> None:
    if await session.get(t.ConversationRow, conversation) is None:
        session.add(
            t.ConversationRow(id=conversation, pack=pack, channel=channel, language=None, created_at=now, last_at=now)
        )
        await session.flush()
