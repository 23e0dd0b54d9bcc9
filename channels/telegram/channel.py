"""The Telegram channel: wires its parts, starts and stops them inside the application."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.conversation.inbox import Inbox
from bot.conversation.outbox import Outgoing, StoredDelivery
from bot.errors import GuidepostError
from bot.i18n import translate
from channels.telegram import texts
from channels.telegram.buttons import Buttons, kind_of
from channels.telegram.chats import Chats
from channels.telegram.context import KINDS, Context, chat_of
from channels.telegram.formatted import Formatted
from channels.telegram.handling import Handling
from channels.telegram.profile import present
from channels.telegram.receiver import Receiver
from channels.telegram.rendering import message
from channels.telegram.sender import Sender

logger = logging.getLogger(__name__)

WEBHOOK = "/telegram/webhook"

_CONNECTIONS = 64
_SECONDS = 20.0
_LONGEST_PAUSE = 60.0


class TelegramSettingsError(GuidepostError):
    """The Telegram channel is set up in a way that cannot work."""

    code = "telegram_settings"


def make_bot(token: str, api: str) -> Bot:
    """Return the library's bot, not yet initialised.

    Args:
        token: as @BotFather gave it.
        api: base address of the Bot API; requests go to `{api}/bot{token}/{method}`.

    Raises:
        TelegramSettingsError: the token has not the form of one.
    """
    # Durations as timedelta: the library's coming way, without its warning about the old one.
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    # The library logs what people write when something is wrong with it.
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
    base = api.rstrip("/")
    try:
        return Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(
                connection_pool_size=_CONNECTIONS,
                read_timeout=_SECONDS,
                write_timeout=_SECONDS,
                connect_timeout=10.0,
                pool_timeout=_SECONDS,
            ),
        )
    except InvalidToken:
        raise TelegramSettingsError("GUIDEPOST_TELEGRAM_TOKEN is empty: ask @BotFather for a token.") from None


class TelegramChannel:
    """The channel while the application runs."""

    def __init__(self, mode: str, public_url: str, bot: Bot, inbox: Inbox, secret: str) -> None:
        """Prepare; `run` does the rest.

        Args:
            mode: `polling` or `webhook`.
            public_url: where Telegram reaches this installation, for the webhook.
            bot: the library's bot.
            inbox: where updates are stored.
            secret: what Telegram must send with each request to the webhook.
        """
        self._mode, self._public_url, self._inbox = mode, public_url.rstrip("/"), inbox
        self.bot, self.secret = bot, secret
        self.receiver: Receiver | None = None
        self.name: str | None = None
        self.state = "starting"

    @asynccontextmanager
    async def run(self, context: Context) -> AsyncIterator[None]:
        """Answer on Telegram inside the block. Telegram being out of reach is no reason not to enter it."""
        chats = Chats(
            self._inbox, context.outbox, Sender(self.bot), Handling(context), lambda delivery: _ask(context, delivery)
        )
        receiver = Receiver(self._inbox, chats, lambda raw: chat_of(context.identity(), raw))
        task = asyncio.create_task(self._keep_going(context, receiver), name="telegram")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.receiver = None
            receiver.close()
            await chats.close()
            with contextlib.suppress(TelegramError, RuntimeError):
                await self.bot.shutdown()

    async def _keep_going(self, context: Context, receiver: Receiver) -> None:
        pause = 1.0
        while True:
            try:
                await self.bot.initialize()
                break
            except InvalidToken:
                self.state = "token refused"
                logger.error("Telegram does not know this token: the channel is off. Run: guidepost telegram check")
                return
            except NetworkError as error:
                self.state = "out of reach"
                logger.warning("Telegram is out of reach (%s); trying again.", type(error).__name__)
            except TelegramError as error:
                self.state = "refused"
                logger.error("Telegram answered with %s; trying again.", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        self.name = self.bot.username
        await receiver.start()
        if self._mode == "webhook":
            # Before Telegram is told the address, and after what was stored is known.
            self.receiver = receiver
        await self._settle()
        await present(self.bot, context.library(), context.known_languages())
        self.state = self._mode
        logger.info("Telegram: @%s answers (%s).", self.name, self._mode)
        work = [receiver.look_again()]
        if self._mode == "polling":
            work.append(receiver.poll(self.bot))
        await asyncio.gather(*work)

    async def _settle(self) -> None:
        """Tell Telegram how updates are to come, unless it knows already."""
        pause = 1.0
        while True:
            try:
                known = await self.bot.get_webhook_info()
                if self._mode == "polling":
                    if known.url:
                        await self.bot.delete_webhook(drop_pending_updates=False)
                    return
                wanted = self._public_url + WEBHOOK
                # Telegram does not tell the secret, so it is set again at each start.
                await self.bot.set_webhook(wanted, secret_token=self.secret, allowed_updates=list(KINDS))
                return
            except TelegramError as error:
                logger.error("The webhook could not be set (%s); trying again.", error.message)
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)


def secret_of(token: str, given: str) -> str:
    """Return the secret of the webhook: the one that was set, or one made of the token."""
    return given or hashlib.sha256(f"guidepost webhook {token}".encode()).hexdigest()


async def _ask(context: Context, delivery: StoredDelivery) -> Outgoing | None:
    """Return the question whether a message arrived; None where it makes no sense: in groups, and for itself."""
    params = delivery.body["params"]
    rows = params.get("reply_markup", {}).get("inline_keyboard", [])
    asked = any(kind_of(button) == "repeat" for row in rows for button in row)
    if delivery.body["method"] != "sendMessage" or asked or params["chat_id"] < 0:
        return None
    # In a private chat the chat and the conversation are the same.
    language = await context.conversations.language(delivery.chat) or context.library().pack.languages[0]
    button = Buttons(context.identity(), delivery.chat).make(translate(language, texts.REPEAT), "repeat", delivery.id)
    [asking] = message(params["chat_id"], Formatted().add(translate(language, texts.DID_IT_ARRIVE)), [[button]])
    return asking
