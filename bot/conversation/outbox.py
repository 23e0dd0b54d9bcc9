"""Messages on their way to a messenger: stored with the mark that their update was handled, sent in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.faults import point
from bot.storage import Database, deliveries
from bot.storage.deliveries import StoredDelivery as StoredDelivery
from bot.storage.deliveries import StoredUpdate


@dataclass(frozen=True)
class Outgoing:
    """One call to the messenger.

    Attributes:
        method: the messenger's name of what to do, e.g. `sendMessage`.
        params: what goes with it, as plain JSON values.
        answering: the messenger's number of the person's message that this answers: when that is edited, this is, too.
    """

    method: str
    params: dict[str, Any]
    answering: int | None = None


class Outbox:
    """The stored messages of one channel."""

    def __init__(self, database: Database, channel: str) -> None:
        """Prepare.

        Args:
            database: where messages are kept.
            channel: the messenger's name.
        """
        self._database = database
        self._channel = channel

    async def answer(self, stored: StoredUpdate, outgoing: list[Outgoing]) -> None:
        """Store what answers an update together with the mark that it was handled: both or neither.

        Args:
            stored: the update.
            outgoing: what to send, in order.
        """
        async with self._database.work() as session:
            for each in outgoing:
                await self._add(session, stored.chat, each)
            await deliveries.end_update(session, stored.id, "done")
        point("answered")

    async def add(self, chat: str, outgoing: Outgoing) -> int:
        """Store something to send that answers no update; returns its number."""
        async with self._database.work() as session:
            return await self._add(session, chat, outgoing)

    async def _add(self, session: Any, chat: str, outgoing: Outgoing) -> int:
        body = {"method": outgoing.method, "params": outgoing.params}
        return await deliveries.add_delivery(
            session, channel=self._channel, chat=chat, body=body, answers_to=outgoing.answering
        )

    async def waiting(self, chat: str) -> list[StoredDelivery]:
        """Return what is to be sent to a chat, in order."""
        async with self._database.work() as session:
            return await deliveries.deliveries(session, self._channel, chat)

    async def sent(self, delivery: StoredDelivery, message_id: int | None) -> None:
        """Mark a message that the messenger has taken; its text is not kept."""
        point("sent")
        async with self._database.work() as session:
            await deliveries.end_delivery(session, delivery.id, "sent", message_id=message_id)

    async def unsure(self, delivery: StoredDelivery, ask: Outgoing | None) -> None:
        """Mark a message that may or may not have arrived, and ask the person instead of repeating it blindly."""
        async with self._database.work() as session:
            await deliveries.end_delivery(session, delivery.id, "unsure", keep=ask is not None)
            if ask is not None:
                await self._add(session, delivery.chat, ask)

    async def undeliverable(self, delivery: StoredDelivery) -> None:
        """Mark a message that the messenger will never take."""
        async with self._database.work() as session:
            await deliveries.end_delivery(session, delivery.id, "undeliverable")

    async def repeat(self, chat: str, number: int) -> Outgoing | None:
        """Return a message that was not sure to have arrived, once."""
        async with self._database.work() as session:
            found = await deliveries.delivery(session, number, chat)
            if found is None:
                return None
            await deliveries.end_delivery(session, number, "unsure")
        return Outgoing(found.body["method"], found.body["params"])

    async def sent_for(self, chat: str, answers_to: int) -> list[int]:
        """Return the messenger's numbers of what was sent as the answer to a person's message."""
        async with self._database.work() as session:
            return await deliveries.sent_messages(session, chat, answers_to)

    async def is_closed(self, chat: str) -> bool:
        """Tell whether a chat's person has blocked us."""
        async with self._database.work() as session:
            return await deliveries.is_closed(session, chat)

    async def close(self, chat: str) -> None:
        """Send nothing to a chat any more: its person has blocked us."""
        async with self._database.work() as session:
            await deliveries.close_chat(session, chat)

    async def reopen(self, chat: str) -> None:
        """Send to a chat again."""
        async with self._database.work() as session:
            await deliveries.open_chat(session, chat)

    async def forget(self, chat: str) -> None:
        """Delete what is known of a chat."""
        async with self._database.work() as session:
            await deliveries.forget_chat(session, chat)
