"""The path of a message: stored, answered in order, stored with its reply, returned."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from bot.conversation.messages import HandoffBlock, Inbound, Reply, TextBlock, reply_from_rasa
from bot.errors import BadInputError, GuidepostError
from bot.faults import point
from bot.i18n import languages, texts, translate
from bot.knowledge.library import Library, in_place
from bot.storage import Database, conversations
from bot.storage.conversations import StoredInbound

logger = logging.getLogger(__name__)


_FORGOTTEN_AT_ONCE = 200
_CHOICE = re.compile(r"q:[a-z0-9_]+/[a-z0-9_]+|s:[a-z]+|l:[a-z]{2,3}|human")


class TurnProcessor(Protocol):
    """What the service needs of a loaded model; bot.rasa_runtime.processor.Processor is one."""

    async def turn(
        self, conversation: str, text: str, events: list[dict[str, Any]] | None, metadata: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
        """Answer one message; see the class."""
        ...

    async def understand(self, text: str) -> dict[str, Any]:
        """Return the parse result of a text that belongs to no conversation."""
        ...

    def parse_many(self, texts: list[str]) -> list[dict[str, Any]]:
        """Parse texts as if each came alone; see the class."""
        ...


@dataclass(frozen=True)
class Live:
    """What answers: content and model of one release."""

    release_id: int
    library: Library
    processor: TurnProcessor


@dataclass(frozen=True)
class Numbered:
    """A reply with its number, by which a channel can ask for what it missed."""

    id: int
    reply: Reply


class NoReplyError(GuidepostError):
    """The turn produced no reply; the message stays unanswered and can be tried again."""

    code = "no_reply"


class Conversations:
    """Takes messages in and gives replies out; one at a time per conversation, conversations side by side."""

    def __init__(
        self,
        database: Database,
        live: Callable[[], Live],
        retention_days: int,
        notice: Callable[[str], str | None] = lambda language: None,
    ) -> None:
        """Prepare.

        Args:
            database: where conversations are kept.
            live: returns the release that answers now.
            retention_days: how long a conversation is kept after its last message; told to people.
            notice: returns the emergency notice that stands now in a language, or None.
        """
        self._notice = notice
        self._database = database
        self._live = live
        self._retention_days = retention_days
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._listeners: dict[str, set[asyncio.Queue[Numbered]]] = {}

    async def handle(self, inbound: Inbound) -> list[Numbered]:
        """Answer a message.

        Returns:
            The replies to it, in order. A message that was handled before gets the same replies again.

        Raises:
            BadInputError: neither text nor choice.
            GuidepostError: the turn failed; the message is kept and answered when it is sent again.
        """
        if not inbound.text.strip() and not inbound.choice:
            raise BadInputError("The message is empty: send 'text' or 'choice'.")
        if inbound.choice and not _CHOICE.fullmatch(inbound.choice):
            raise BadInputError(f"'{inbound.choice}' is no choice that was offered.")
        async with self._database.work() as session:
            stored = await conversations.accept(
                session,
                conversation=inbound.conversation,
                pack=self._live().library.pack.pack,
                channel=inbound.channel,
                message_id=inbound.message_id,
                body=inbound.model_dump(mode="json"),
            )
        if not stored.answered:
            await self._answer_waiting(stored.conversation_id)
        async with self._database.work() as session:
            found = await conversations.replies_to(session, stored.id)
        return [Numbered(reply.id, Reply.model_validate(reply.body)) for reply in found]

    async def recover(self) -> int:
        """Answer what was accepted before a crash. Call once at start.

        Returns:
            How many conversations had something waiting.
        """
        async with self._database.work() as session:
            waiting = await conversations.conversations_waiting(session)
        for conversation in waiting:
            try:
                await self._answer_waiting(conversation)
            except GuidepostError as error:
                logger.warning("A message from before the restart could not be answered: %s", error.code)
        return len(waiting)

    async def introduction(self, language: str | None) -> Reply:
        """Return the first thing that is said to everybody: a machine, whose, what is kept, the way to a person."""
        library = self._live().library
        pack = library.pack
        # Every language that has interface texts, whether or not the pack's answers are written in it.
        spoken = language if language in {*pack.languages, *languages()} else pack.languages[0]
        text = translate(
            spoken,
            texts.INTRODUCTION,
            service=library.name(pack.service, spoken),
            days=self._retention_days,
            phone=pack.phone,
        )
        return Reply(outcome="smalltalk", language=spoken, blocks=[TextBlock(text=text)], introduction=True)

    async def opening(self, language: str | None) -> Reply:
        """Return what is shown before the first message: the introduction, beneath the emergency notice if one stands."""
        return self._with_notice(await self.introduction(language))

    def notice(self, language: str) -> str | None:
        """Return what stands at the top of every channel now, with its heading; mostly None."""
        notice = self._notice(language)
        return None if notice is None else f"{translate(language, texts.NOTICE)}\n{notice}"

    def _with_notice(self, reply: Reply) -> Reply:
        text = self.notice(reply.language)
        if text is None:
            return reply
        return reply.model_copy(update={"blocks": [TextBlock(text=text), *reply.blocks]})

    @staticmethod
    def _apology(live: Live, language: str | None) -> Reply:
        pack = live.library.pack
        spoken = language if language in pack.languages else pack.languages[0]
        text = translate(spoken, texts.PROBLEM, phone=pack.phone)
        return Reply(outcome="handoff", language=spoken, blocks=[HandoffBlock(text=text, phones=[pack.phone])])

    async def language(self, conversation: str) -> str | None:
        """Return the language in which a conversation was last answered, or None before the first answer."""
        async with self._database.work() as session:
            return await conversations.language(session, conversation)

    async def welcome(self, conversation: str, channel: str, language: str) -> None:
        """Note that a channel has introduced the assistant by itself, so that the first answer does not do it again."""
        inbound = Inbound(conversation=conversation, message_id="welcome", channel=channel, language=language)
        introduction = await self.introduction(language)
        async with self._order(conversation), self._database.work() as session:
            if await conversations.was_addressed(session, conversation):
                return
            stored = await conversations.accept(
                session,
                conversation=conversation,
                pack=self._live().library.pack.pack,
                channel=channel,
                message_id=inbound.message_id,
                body=inbound.model_dump(mode="json"),
            )
            await conversations.finish(
                session,
                inbound_id=stored.id,
                conversation=conversation,
                events=None,
                language=introduction.language,
                replies=[introduction.model_dump(mode="json")],
            )

    async def history(self, conversation: str) -> list[dict[str, Any]]:
        """Return a conversation for the person it belongs to."""
        async with self._database.work() as session:
            return await conversations.history(session, conversation)

    async def replies_after(self, conversation: str, reply_id: int) -> list[Numbered]:
        """Return the replies of a conversation with a number above `reply_id`."""
        async with self._database.work() as session:
            found = await conversations.replies_after(session, conversation, reply_id)
        return [Numbered(reply.id, Reply.model_validate(reply.body)) for reply in found]

    async def forget(self, conversation: str) -> bool:
        """Delete a conversation at its person's word; returns whether there was one."""
        async with self._order(conversation), self._database.work() as session:
            return await conversations.forget(session, conversation)

    async def forget_old(self) -> int:
        """Delete what is older than the retention time; returns how many conversations."""
        before = dt.datetime.now(dt.UTC) - dt.timedelta(days=self._retention_days)
        gone = 0
        while True:
            # In parts, so that messages that come in meanwhile are not kept waiting by a large backlog.
            async with self._database.work() as session:
                part = await conversations.forget_before(session, before, _FORGOTTEN_AT_ONCE)
            gone += part
            if part < _FORGOTTEN_AT_ONCE:
                return gone

    @asynccontextmanager
    async def listen(self, conversation: str) -> AsyncIterator[asyncio.Queue[Numbered]]:
        """Receive a conversation's replies as they are made."""
        queue: asyncio.Queue[Numbered] = asyncio.Queue(maxsize=100)
        self._listeners.setdefault(conversation, set()).add(queue)
        try:
            yield queue
        finally:
            self._listeners[conversation].discard(queue)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    @asynccontextmanager
    async def in_order(self, *some: str) -> AsyncIterator[None]:
        """Hold several conversations still: no message of theirs is answered inside the block."""
        async with AsyncExitStack() as held:
            # Always in the same order, or two movers could wait for each other forever.
            for conversation in sorted(set(some)):
                await held.enter_async_context(self._order(conversation))
            yield

    async def catch_up(self, conversation: str) -> None:
        """Answer what is waiting in a conversation, for whoever put messages there by another way than `handle`."""
        await self._answer_waiting(conversation)

    def announce(self, conversation: str, numbered: Numbered) -> None:
        """Show a stored reply to those who listen to its conversation."""
        for queue in self._listeners.get(conversation, ()):
            if not queue.full():
                queue.put_nowait(numbered)

    @asynccontextmanager
    async def _order(self, conversation: str) -> AsyncIterator[None]:
        """One at a time per conversation; the lock is dropped when nobody waits for it."""
        lock, users = self._locks.get(conversation, (asyncio.Lock(), 0))
        self._locks[conversation] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[conversation]
            if users == 1:
                del self._locks[conversation]
            else:
                self._locks[conversation] = (lock, users - 1)

    async def _answer_waiting(self, conversation: str) -> None:
        async with self._order(conversation):
            async with self._database.work() as session:
                waiting = await conversations.waiting(session, conversation)
            for stored in waiting:
                await self._turn(stored)

    async def _turn(self, stored: StoredInbound) -> None:
        inbound = Inbound.model_validate(stored.body)
        live = self._live()
        async with self._database.work() as session:
            events = await conversations.tracker(session, inbound.conversation)
            first = not await conversations.was_addressed(session, inbound.conversation)
        metadata = {"channel": inbound.channel, "language": inbound.language, **_chosen(inbound.choice, events)}
        kept: list[dict[str, Any]] | None
        try:
            with in_place(live.library):
                said, kept, _ = await live.processor.turn(
                    inbound.conversation, inbound.text or inbound.choice or "", events, metadata
                )
            point("parsed")
            reply = reply_from_rasa(said)
            if reply is None:
                raise NoReplyError("No action replied: does data/rules.yml have a rule for every intent of the domain?")
        except Exception as error:
            # A message that cannot be answered must not hold up the ones behind it. The error's own text may quote
            # what the person wrote, so only its place is logged.
            cause = error.__cause__ or error
            place = traceback.extract_tb(cause.__traceback__)[-1]
            logger.error("A turn failed: %s at %s:%s", type(cause).__name__, place.filename, place.lineno)
            reply, kept = self._apology(live, inbound.language), events
        # Above the reply and not above the introduction, which pages show once and may have shown before the notice.
        reply = self._with_notice(reply)
        replies = [await self.introduction(reply.language), reply] if first else [reply]
        async with self._database.work() as session:
            made = await conversations.finish(
                session,
                inbound_id=stored.id,
                conversation=inbound.conversation,
                events=kept,
                language=reply.language,
                replies=[each.model_dump(mode="json") for each in replies],
            )
        for number, each in zip(made, replies, strict=True):
            self.announce(inbound.conversation, Numbered(number.id, each))


def _chosen(choice: str | None, events: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Translate a choice into what the processor and the actions understand."""
    if not choice:
        return {}
    kind, _, value = choice.partition(":")
    if kind == "q":
        return {"chosen_intent": value}
    if kind == "l":
        return {"chosen_intent": f"control/language_{value}"}
    if kind == "s":
        last = [e["value"] for e in events or [] if e.get("event") == "slot" and e.get("name") == "last_question"]
        return {"chosen_intent": (last or ["nlu_fallback"])[-1], "situation": value}
    return {"chosen_intent": "control/human"}
