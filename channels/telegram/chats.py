"""One worker a chat: handles its updates in order and sends its messages in order, chats side by side."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable

from bot.conversation.inbox import Inbox, StoredUpdate
from bot.conversation.outbox import Outbox, Outgoing, StoredDelivery
from bot.errors import GuidepostError
from channels.telegram.sender import Fate, Sender

logger = logging.getLogger(__name__)

_AT_ONCE = 32
"""Chats that are worked on at the same time; further ones wait."""

_LONGEST_PAUSE = 60.0
_STORAGE_PAUSE = 2.0


class PoisonError(GuidepostError):
    """An update that can never be handled."""

    code = "poison"


class Chats:
    """The workers."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        sender: Sender,
        handle: Callable[[StoredUpdate], Awaitable[list[Outgoing]]],
        ask: Callable[[StoredDelivery], Awaitable[Outgoing | None]],
    ) -> None:
        """Prepare.

        Args:
            inbox, outbox: where updates and messages are stored.
            sender: sends.
            handle: finds out what answers an update; raises PoisonError for one that can never be handled.
            ask: returns the question to a person whether a message arrived, or None when it is not worth asking.
        """
        self._inbox, self._outbox, self._sender = inbox, outbox, sender
        self._handle, self._ask = handle, ask
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.upto: Callable[[], int] = lambda: 2**62
        """Up to which number updates may be handled."""

    def wake(self, chat: str) -> None:
        """Let a chat's worker look for work."""
        self._again.add(chat)
        if chat not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._work(chat), name="telegram-chat")
            self._tasks[chat] = task
            task.add_done_callback(lambda _: self._ended(chat))

    async def close(self, seconds: float = 3.0) -> None:
        """Stop: what is being sent is finished, what waits stays stored."""
        running = list(self._tasks.values())
        if running:
            await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, chat: str) -> None:
        self._tasks.pop(chat, None)
        if chat in self._again:
            self.wake(chat)

    async def _work(self, chat: str) -> None:
        pause = 1.0
        while chat in self._again:
            self._again.discard(chat)
            try:
                await self._until_done(chat)
            except GuidepostError as error:
                # The database does not answer: what is stored waits for it.
                logger.warning("A chat has to wait: %s", error.code)
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
                self._again.add(chat)

    async def _until_done(self, chat: str) -> None:
        while True:
            await self._send_waiting(chat)
            stored = await self._inbox.next(chat, self.upto())
            if stored is None:
                return
            async with self._room:
                await self._handle_one(stored)

    async def _handle_one(self, stored: StoredUpdate) -> None:
        try:
            outgoing = await self._handle(stored)
        except PoisonError as error:
            await self._inbox.failed(stored, str(error), hopeless=True)
        except Exception as error:
            if isinstance(error, GuidepostError) and error.code == "storage":
                raise  # not the update's fault: it waits for the database
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("An update failed: %s at %s:%s", type(error).__name__, place.filename, place.lineno)
            if not await self._inbox.failed(stored, type(error).__name__):
                await asyncio.sleep(_STORAGE_PAUSE / 10)
        else:
            await self._outbox.answer(stored, outgoing)

    async def _send_waiting(self, chat: str) -> None:
        waiting = await self._outbox.waiting(chat)
        if waiting and await self._outbox.is_closed(chat):
            await self._outbox.close(chat)
            return
        for delivery in waiting:
            if not await self._send_one(chat, delivery):
                return

    async def _send_one(self, chat: str, delivery: StoredDelivery) -> bool:
        """Send until it is decided what became of it; returns whether the chat is still open."""
        outgoing = Outgoing(delivery.body["method"], delivery.body["params"])
        pause, plain = 1.0, False
        while True:
            result = await self._sender.send(outgoing)
            match result.fate:
                case Fate.SENT:
                    await self._outbox.sent(delivery, result.message_id)
                    return True
                case Fate.UNSURE:
                    ask = await self._ask(delivery)
                    await self._outbox.unsure(delivery, ask)
                    if ask is not None:
                        self._again.add(chat)
                    return True
                case Fate.BLOCKED:
                    await self._outbox.close(chat)
                    return False
                case Fate.REFUSED if not plain and outgoing.method == "sendMessage":
                    # Better a plain answer than none.
                    plain = True
                    outgoing = Outgoing(
                        outgoing.method,
                        {
                            key: outgoing.params[key]
                            for key in ("chat_id", "text", "reply_markup")
                            if key in outgoing.params
                        },
                    )
                case Fate.REFUSED if outgoing.method == "editMessageText":
                    # What was to be changed is gone: say it anew.
                    kept = {key: value for key, value in outgoing.params.items() if key != "message_id"}
                    outgoing = Outgoing("sendMessage", kept)
                case Fate.REFUSED:
                    await self._outbox.undeliverable(delivery)
                    return True
                case Fate.LATER:
                    if result.moved_to is not None:
                        outgoing = Outgoing(outgoing.method, {**outgoing.params, "chat_id": result.moved_to})
                        continue
                    # A little longer than asked for: the clocks differ.
                    await asyncio.sleep(result.wait + 0.05 if result.wait is not None else pause)
                    pause = min(_LONGEST_PAUSE, pause * 2)
