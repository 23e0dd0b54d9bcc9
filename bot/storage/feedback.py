"""Ratings of replies. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage import tables as t


class FeedbackRow(t.Base):
    """Whether a reply helped, in its reader's eyes. Goes with the reply when the conversation is deleted."""

    __tablename__ = "feedback"
    reply_id: Mapped[int] = mapped_column(ForeignKey("outbound.id", ondelete="CASCADE"), primary_key=True)
    rating: Mapped[str] = mapped_column(String(4))
    rated_at: Mapped[dt.datetime] = mapped_column(t.Moment)


async def rate(session: AsyncSession, conversation: str, reply_id: int, rating: str) -> bool:
    """Keep a rating of a reply, in place of an earlier one.

    Returns:
        False when the conversation has no such reply; nothing is kept then.
    """
    query = select(t.OutboundRow.id).where(t.OutboundRow.conversation_id == conversation, t.OutboundRow.id == reply_id)
    if await session.scalar(query) is None:
        return False
    now = dt.datetime.now(dt.UTC)
    row = await session.get(FeedbackRow, reply_id)
    if row is None:
        session.add(FeedbackRow(reply_id=reply_id, rating=rating, rated_at=now))
    else:
        row.rating, row.rated_at = rating, now
    return True
