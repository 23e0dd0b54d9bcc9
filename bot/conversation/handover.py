"""Letting a conversation go on elsewhere: from the website to the phone and back.

A person gets a code where the conversation is, and gives it where it shall go on. The code works once, for ten minutes.
It is random, so it says nothing by itself; of it only a keyed hash is stored.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.conversation.identity import Identity
from bot.conversation.messages import Reply, TextBlock
from bot.conversation.service import Conversations, Live, Numbered
from bot.errors import BadInputError, GuidepostError
from bot.i18n import texts, translate
from bot.storage import Database
from bot.storage import handover as stored

MINUTES = 10
"""How long a code works."""

LENGTH = 8
"""Letters of a code: 40 bits. With a thousand codes waiting at once, the tries that are let through in ten minutes hit
one with a probability below one in a million."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, so that no two of its letters are mixed up when read aloud or copied."""

_MEANT = str.maketrans("OILОІАВЕКМНРСТХ", "01101ABEKMHPCTX")
"""Letters that people type for one of ours: look-alikes, and Cyrillic ones from a keyboard that was not switched."""

_TRIES = 10
_TRIES_OF_ALL = 1_000
_MOST_SOURCES = 10_000


class WrongCodeError(GuidepostError):
    """There is no such code: mistyped, used already, or too old. Which of these is not told."""

    code = "wrong_code"
    status = 404
    public = (
        "This code does not work: it is mistyped, used already, or older than ten minutes. "
        "Ask for a new one where the conversation is."
    )


class TooManyTriesError(GuidepostError):
    """Somebody is guessing codes."""

    code = "too_many_tries"
    status = 429
    public = "Too many wrong codes. Please wait ten minutes and ask for a new one."


@dataclass(frozen=True)
class Taken:
    """What came over: the language of the conversation, where known, and how many messages of the person."""

    language: str | None
    messages: int


class Handover:
    """Gives codes and takes them."""

    def __init__(
        self,
        database: Database,
        conversations: Conversations,
        identity: Callable[[], Identity],
        live: Callable[[], Live],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """Prepare.

        Args:
            database: where conversations are kept.
            conversations: holds both conversations still while one becomes the other.
            identity: returns the maker of keyed hashes.
            live: returns the release that answers now, for the pack's name and phone.
            clock: returns the time, with a zone.
        """
        self._database = database
        self._conversations = conversations
        self._identity = identity
        self._live = live
        self._clock = clock
        self._tries = _Tries()

    async def offer(self, conversation: str, channel: str) -> str:
        """Return a fresh code for a conversation; an earlier one of the same conversation stops working.

        Args:
            conversation: the conversation's id (not its token).
            channel: the channel that it is on; used when nothing was said in it yet.
        """
        code = "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
        now = self._clock()
        async with self._database.work() as session:
            await stored.offer(
                session,
                code_hash=self._identity().handover(code),
                conversation=conversation,
                pack=self._live().library.pack.pack,
                channel=channel,
                now=now,
                expires_at=now + dt.timedelta(minutes=MINUTES),
            )
        return code

    async def take(
        self, code: str, to_conversation: str, *, channel: str = "telegram", source: str | None = None
    ) -> Taken:
        """Move the conversation that a code stands for: messages, replies and what the next turn needs to know.

        Args:
            code: as the person typed it; case, spaces and dashes do not matter.
            to_conversation: id of the conversation that goes on with it. What was said in it before stays.
            channel: the channel of `to_conversation`.
            source: whoever tries, for counting wrong codes; kept in memory only. Default: `to_conversation`.

        Raises:
            WrongCodeError: it is no code that works.
            TooManyTriesError: too many wrong ones came from the same source, or from all together.
            BadInputError: the conversation is there already.
        """
        who = source or to_conversation
        self._tries.check(who)
        code_hash = self._identity().handover(normalise(code))
        async with self._database.work() as session:
            origin = await stored.conversation_of(session, code_hash, self._clock())
        if origin is None:
            self._tries.failed(who)
            raise WrongCodeError("unknown, used or expired code")
        if origin == to_conversation:
            raise BadInputError("This code belongs to this very conversation: type it where you want to go on.")
        async with self._conversations.in_order(origin, to_conversation):
            async with self._database.work() as session:
                if not await stored.use_up(session, code_hash):
                    raise WrongCodeError("used in the meantime")
                notice = self._notice(await stored.language(session, origin), channel)
                moved = await stored.move(
                    session,
                    source=origin,
                    target=to_conversation,
                    pack=self._live().library.pack.pack,
                    channel=channel,
                    notice=notice.model_dump(mode="json"),
                )
            self._conversations.announce(origin, Numbered(moved.notice_id, notice))
        # A message that came in during the move is answered where it now belongs.
        await self._conversations.catch_up(to_conversation)
        return Taken(moved.language, moved.messages)

    def _notice(self, language: str | None, channel: str) -> Reply:
        spoken = language or self._live().library.pack.languages[0]
        message = texts.MOVED_TELEGRAM if channel == "telegram" else texts.MOVED
        return Reply(outcome="smalltalk", language=spoken, blocks=[TextBlock(text=translate(spoken, message))])


def normalise(code: str) -> str:
    """Return a code as it was given out, from what a person typed or read aloud."""
    return "".join(letter for letter in code.upper().translate(_MEANT) if letter.isalnum())[: LENGTH * 2]


def for_reading(code: str) -> str:
    """Return a code in two groups of four, as it is easier to copy."""
    return f"{code[:4]}-{code[4:]}"


class _Tries:
    """Counts wrong codes within ten minutes, by source and of all together. In memory: it shall not outlive a day."""

    def __init__(self) -> None:
        self._by_source: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []

    def check(self, source: str) -> None:
        since = time.monotonic() - MINUTES * 60
        self._all = [moment for moment in self._all if moment > since]
        own = [moment for moment in self._by_source.get(source, []) if moment > since]
        if len(own) >= _TRIES or len(self._all) >= _TRIES_OF_ALL:
            raise TooManyTriesError("too many wrong codes")

    def failed(self, source: str) -> None:
        now = time.monotonic()
        self._all.append(now)
        own = self._by_source.pop(source, [])
        self._by_source[source] = [*own[-_TRIES:], now]
        while len(self._by_source) > _MOST_SOURCES:
            self._by_source.popitem(last=False)
