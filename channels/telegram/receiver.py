"""Taking updates from Telegram, by webhook or by long polling: stored first, acknowledged then."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Request
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.conversation.inbox import Inbox
from bot.errors import BadInputError, GuidepostError
from channels.telegram.chats import Chats
from channels.telegram.context import KINDS
from channels.telegram.order import Sequencer

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
"""How long Telegram holds a request for updates open when there are none."""

LOOK_SECONDS = 30.0
"""How often work is looked for that nobody told us of."""

_LONGEST_PAUSE = 30.0
_CONFLICT_PAUSE = 10.0


class WrongSecretError(GuidepostError):
    """A request to the webhook that is not Telegram's."""

    code = "wrong_secret"
    status = 403
    public = "The header X-Telegram-Bot-Api-Secret-Token is missing or wrong."


class StartingError(GuidepostError):
    """An update came while the channel is starting; Telegram brings it again."""

    code = "starting"
    status = 503
    public = "The Telegram channel is starting. Send it again."


class Receiver:
    """Stores updates and wakes the chats that they belong to."""

    def __init__(self, inbox: Inbox, chats: Chats, chat_of: Callable[[dict[str, Any]], str]) -> None:
        """Prepare.

        Args:
            inbox: where updates are stored.
            chats: handle them.
            chat_of: returns the hashed chat of an update.
        """
        self._inbox, self._chats, self._chat_of = inbox, chats, chat_of
        self._held: dict[int, str] = {}
        self._order: Sequencer | None = None

    async def start(self) -> None:
        """Go on where the last run ended: handle and send what was waiting."""
        self._order = Sequencer(await self._inbox.newest(), self._release)
        self._chats.upto = lambda: self._order.upto if self._order else -1
        for chat in await self._inbox.chats_at_work():
            self._chats.wake(chat)

    async def look_again(self) -> None:
        """Now and then, until cancelled, wake chats that have work nobody told us of, as after `guidepost inbox retry`."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                for chat in await self._inbox.chats_at_work():
                    self._chats.wake(chat)
            except GuidepostError as error:
                logger.warning("The inbox cannot be looked at (%s).", error.code)

    def close(self) -> None:
        """Stop waiting for gaps."""
        if self._order:
            self._order.close()

    async def take(self, raw: list[dict[str, Any]], *, in_order: bool) -> None:
        """Store updates; when this returns they may be acknowledged.

        Args:
            raw: updates as they came, each with an `update_id`.
            in_order: whether nothing can come before them any more (long polling).

        Raises:
            StorageError: nothing was stored.
        """
        if self._order is None:
            raise GuidepostError("The Telegram channel has not started yet.")
        updates = sorted(raw, key=lambda each: int(each["update_id"]))
        wanted = [
            (int(u["update_id"]), self._chat_of(u), u if any(kind in u for kind in KINDS) else None) for u in updates
        ]
        fresh = await self._inbox.take(wanted)
        for (number, chat, _), new in zip(wanted, fresh, strict=True):
            if new:
                self._held[number] = chat
            if not in_order:
                self._order.seen(number)
        if in_order and updates:
            self._order.all_up_to(wanted[-1][0])

    def _release(self) -> None:
        upto = self._order.upto if self._order else -1
        for number in [number for number in self._held if number <= upto]:
            self._chats.wake(self._held.pop(number))

    async def poll(self, bot: Bot) -> None:
        """Ask Telegram for updates until cancelled. The offset moves when what came is stored."""
        # Without an offset Telegram begins with the earliest update that was not confirmed. Not with the newest number we
        # know: after a quiet week numbers begin anew, maybe lower, and what lies below an offset is thrown away.
        offset, pause = None, 1.0
        while True:
            try:
                found = await _get_updates(bot, offset)
                await self.take(found, in_order=True)
                offset = max(int(each["update_id"]) for each in found) + 1 if found else None
                pause = 1.0
            except Conflict:
                logger.error(
                    "Another program asks Telegram for this bot's updates. Stop it, or give this one a bot of its own."
                )
                await asyncio.sleep(_CONFLICT_PAUSE)
            except RetryAfter as error:
                wait = error.retry_after
                await asyncio.sleep(wait.total_seconds() if hasattr(wait, "total_seconds") else float(wait))
            except (TelegramError, GuidepostError) as error:
                if isinstance(error, InvalidToken):
                    logger.error("Telegram does not know this token any more. Run: guidepost telegram check")
                    pause = _LONGEST_PAUSE
                logger.warning(
                    "Telegram cannot be asked for updates (%s: %s); trying again.", type(error).__name__, error
                )
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)


async def _get_updates(bot: Bot, offset: int | None) -> list[dict[str, Any]]:
    # Not Bot.get_updates: it reads all updates into objects at once, so that one malformed update would keep all
    # others from coming. The query string carries the parameters, which the Bot API allows.
    asked: dict[str, object] = {"timeout": POLL_SECONDS, "limit": 100, "allowed_updates": json.dumps(KINDS)}
    query = urlencode(asked if offset is None else asked | {"offset": offset})
    found = await bot.request.post(f"{bot.base_url}/getUpdates?{query}", read_timeout=POLL_SECONDS + 10)
    if not isinstance(found, list):
        return []
    return [each for each in found if isinstance(each, dict) and isinstance(each.get("update_id"), int)]


def create_router(receiver: Callable[[], Receiver | None], secret: Callable[[], str]) -> APIRouter:
    """Return the route of the webhook.

    Args:
        receiver: returns what takes updates, or None while the channel is off.
        secret: returns what Telegram must send with each request.
    """
    router = APIRouter()

    @router.post("/telegram/webhook", include_in_schema=False)
    async def webhook(
        request: Request, x_telegram_bot_api_secret_token: str = Header("", max_length=256)
    ) -> dict[str, bool]:
        given, wanted = x_telegram_bot_api_secret_token.encode(), secret().encode()
        taking = receiver()
        if not hmac.compare_digest(given, wanted):
            raise WrongSecretError("wrong secret at the webhook")
        if taking is None:
            raise StartingError("an update came before the channel was ready")
        try:
            update = json.loads(await request.body())
        except (ValueError, RecursionError):
            raise BadInputError("The body is no JSON.") from None
        number = update.get("update_id") if isinstance(update, dict) else None
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**62:
            raise BadInputError("The body is no update: 'update_id' is missing.")
        await taking.take([update], in_order=False)
        return {"ok": True}

    return router
