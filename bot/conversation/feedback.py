"""Whether replies helped, in the words of those who got them."""

from __future__ import annotations

from typing import Literal

from bot.errors import GuidepostError
from bot.storage import Database, feedback

Rating = Literal["up", "down"]


class UnknownReplyError(GuidepostError):
    """The conversation has no reply of that number; it may have been erased."""

    code = "unknown_reply"
    status = 404
    public = "This conversation has no reply with that number: use the 'id' that came with the reply."


class Feedback:
    """Takes ratings."""

    def __init__(self, database: Database) -> None:
        """Prepare.

        Args:
            database: where conversations are kept.
        """
        self._database = database

    async def rate(self, conversation: str, reply_id: int, rating: Rating) -> None:
        """Keep a rating; a second one of the same reply replaces the first.

        Args:
            conversation: the conversation's id, see bot.conversation.identity.
            reply_id: the reply's number.
            rating: whether it helped.

        Raises:
            UnknownReplyError: the conversation has no such reply.
        """
        async with self._database.work() as session:
            if not await feedback.rate(session, conversation, reply_id, rating):
                raise UnknownReplyError(f"no reply {reply_id} in this conversation")
