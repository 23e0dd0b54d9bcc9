"""Updates of messengers: stored under their number before they are acknowledged, handled once, given up honestly."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from bot.faults import point
from bot.storage import Database, deliveries
from bot.storage.deliveries import StoredUpdate as StoredUpdate

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
"""How often an update is tried before it is given up, so that it does not hold up the ones behind it."""


class Inbox:
    """The stored updates of one channel."""

    def __init__(self, database: Database, channel: str) -> None:
        """Prepare.

        Args:
            database: where updates are kept.
            channel: the messenger's name.
        """
        self._database = database
        self.channel = channel

    async def take(self, updates: list[tuple[int, str, dict[str, Any] | None]]) -> list[bool]:
        """Store updates, each once, all or none.

        Args:
            updates: of each its number, its hashed chat and its body; a body of None is noted as handled.

        Returns:
            For each whether it was new.

        Raises:
            StorageError: nothing was stored; the messenger must send them again.
        """
        point("received")
        async with self._database.work() as session:
            fresh = [
                await deliveries.store_update(session, channel=self.channel, update_id=number, chat=chat, body=body)
                for number, chat, body in updates
            ]
        point("stored")
        return fresh

    async def newest(self) -> int | None:
        """Return the highest number that was ever taken."""
        async with self._database.work() as session:
            return await deliveries.newest_update(session, self.channel)

    async def chats_at_work(self) -> list[str]:
        """Return the chats that have something to handle or to send, e.g. from before a crash."""
        async with self._database.work() as session:
            return await deliveries.chats_at_work(session, self.channel)

    async def next(self, chat: str, upto: int) -> StoredUpdate | None:
        """Return the update of a chat to be handled next, of those numbered `upto` at most."""
        async with self._database.work() as session:
            return await deliveries.next_update(session, self.channel, chat, upto)

    async def given_up(self) -> list[StoredUpdate]:
        """Return the updates that were given up, oldest first."""
        async with self._database.work() as session:
            return await deliveries.dead_updates(session)

    async def retry(self, row_ids: list[int]) -> int:
        """Let given-up updates be handled again; returns how many there were."""
        async with self._database.work() as session:
            return await deliveries.revive(session, row_ids)

    async def forget_before(self, moment: dt.datetime) -> None:
        """Delete updates and messages from before a moment."""
        async with self._database.work() as session:
            await deliveries.forget_before(session, moment)

    async def failed(self, stored: StoredUpdate, problem: str, *, hopeless: bool = False) -> bool:
        """Note that an update could not be handled.

        Args:
            stored: the update.
            problem: what kind of error it was; never the update's own text.
            hopeless: another try would end the same way.

        Returns:
            Whether it was given up.
        """
        async with self._database.work() as session:
            attempts = await deliveries.count_attempt(session, stored.id, problem[:100])
            given_up = hopeless or attempts >= MOST_ATTEMPTS
            if given_up:
                await deliveries.end_update(session, stored.id, "dead", problem[:100])
        if given_up:
            logger.error(
                "Gave up on update %d of %s (%s). See: guidepost inbox list", stored.update_id, self.channel, problem
            )
        return given_up
