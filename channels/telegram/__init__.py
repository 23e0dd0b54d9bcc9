"""The Telegram channel: everything between Telegram's Bot API and the assistant's conversations."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from bot.conversation.feedback import Feedback
from bot.conversation.handover import Handover
from bot.conversation.identity import Identity
from bot.conversation.inbox import Inbox
from bot.conversation.outbox import Outbox
from bot.conversation.search import Search
from bot.conversation.service import Conversations, Live
from bot.settings import Settings
from channels.telegram import speech
from channels.telegram.channel import TelegramChannel, TelegramSettingsError, make_bot, secret_of
from channels.telegram.context import CHANNEL, Context
from channels.telegram.preview import preview
from channels.telegram.receiver import create_router

__all__ = [
    "CHANNEL",
    "TelegramChannel",
    "TelegramSettingsError",
    "create_channel",
    "create_router",
    "make_bot",
    "preview",
    "running",
]

logger = logging.getLogger(__name__)


class Services(Protocol):
    """What the channel needs of an opened assistant; bot.assistant.Assistant is one."""

    settings: Settings
    conversations: Conversations
    feedback: Feedback
    search: Search
    handover: Handover
    identity: Identity

    def live(self) -> Live:
        """Return what answers now."""
        ...


def create_channel(settings: Settings, inbox: Inbox) -> TelegramChannel | None:
    """Return the channel that the settings ask for, or None; the log says why.

    Args:
        settings: the settings.
        inbox: where its updates are stored.

    Raises:
        TelegramSettingsError: the settings contradict each other.
    """
    if settings.telegram_mode == "off":
        logger.info("Telegram: off (GUIDEPOST_TELEGRAM_MODE).")
        return None
    if not settings.telegram_token:
        logger.info("Telegram: off, no token is set (GUIDEPOST_TELEGRAM_TOKEN). Everything else runs.")
        return None
    if settings.telegram_mode == "webhook" and not settings.public_url.startswith("http"):
        raise TelegramSettingsError(
            "GUIDEPOST_TELEGRAM_MODE=webhook needs GUIDEPOST_PUBLIC_URL, the address at which Telegram reaches this "
            "installation. Without one, use GUIDEPOST_TELEGRAM_MODE=polling."
        )
    bot = make_bot(settings.telegram_token, settings.telegram_api)
    secret = secret_of(settings.telegram_token, settings.telegram_secret)
    return TelegramChannel(settings.telegram_mode, settings.public_url, bot, inbox, secret)


@asynccontextmanager
async def running(channel: TelegramChannel | None, services: Services, outbox: Outbox) -> AsyncIterator[None]:
    """Answer on Telegram inside the block; without a channel nothing happens.

    Args:
        channel: the channel, or None where it is off.
        services: the opened assistant.
        outbox: where messages wait to be sent.
    """
    if channel is None:
        yield
        return
    try:
        # Loading a model takes seconds, in which others are answered.
        transcriber = await asyncio.to_thread(speech.load, services.settings.speech_model)
    except speech.SpeechError as error:
        logger.error("Voice messages cannot be transcribed: %s", error)
        transcriber = None
    context = Context(
        bot=channel.bot,
        conversations=services.conversations,
        feedback=services.feedback,
        search=services.search,
        outbox=outbox,
        identity=lambda: services.identity,
        library=lambda: services.live().library,
        transcriber=transcriber,
        handover=services.handover,
        retention_days=services.settings.retention_days,
    )
    async with channel.run(context):
        yield
