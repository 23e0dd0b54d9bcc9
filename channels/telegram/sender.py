"""Sending one stored message, and what may become of it.

Telegram has no way to ask whether a message arrived, so each failure is told apart by whether the message can have
been taken: then it is not repeated blindly, otherwise it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx
from telegram import (
    Bot,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.conversation.outbox import Outgoing

logger = logging.getLogger(__name__)

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
_REPEATABLE = frozenset({"editMessageText", "editMessageReplyMarkup", "deleteMessage"})
"""Methods that do the same when they are done twice."""

_HARMLESS = ("message is not modified", "message to delete not found", "message can't be deleted")


class Fate(Enum):
    """What became of a message."""

    SENT = "sent"
    LATER = "later"
    UNSURE = "unsure"
    BLOCKED = "blocked"
    REFUSED = "refused"


@dataclass(frozen=True)
class Result:
    """What became of a message, its number at Telegram when it was taken, and how many seconds to wait before the next try."""

    fate: Fate
    message_id: int | None = None
    wait: float | None = None
    moved_to: int | None = None


class Sender:
    """Sends through python-telegram-bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, outgoing: Outgoing) -> Result:
        """Send once.

        Args:
            outgoing: what to send.

        Returns:
            What became of it; errors of Telegram and of the network are results, not exceptions.
        """
        try:
            return Result(Fate.SENT, await self._call(outgoing))
        except RetryAfter as error:
            wait = error.retry_after
            return Result(Fate.LATER, wait=wait.total_seconds() if hasattr(wait, "total_seconds") else float(wait))
        except ChatMigrated as error:
            return Result(Fate.LATER, wait=0.0, moved_to=error.new_chat_id)
        except (Forbidden, InvalidToken) as error:
            # "Forbidden" is also said of a user who is gone: in every case nothing more can be sent there.
            return Result(Fate.BLOCKED if isinstance(error, Forbidden) else Fate.LATER, wait=30.0)
        except BadRequest as error:
            if any(text in error.message.casefold() for text in _HARMLESS):
                return Result(Fate.SENT)
            logger.error("Telegram refused %s: %s", outgoing.method, error.message)
            return Result(Fate.REFUSED)
        except NetworkError as error:
            cause = error.__cause__
            taken = isinstance(cause, httpx.HTTPError) and not isinstance(cause, _NOT_SENT)
            if taken and outgoing.method not in _REPEATABLE:
                return Result(Fate.UNSURE)
            return Result(Fate.LATER)
        except TelegramError as error:
            logger.error("Telegram answered %s with %s", outgoing.method, type(error).__name__)
            return Result(Fate.LATER)

    async def _call(self, outgoing: Outgoing) -> int | None:
        params = _typed(outgoing.params)
        match outgoing.method:
            case "sendMessage":
                return (await self._bot.send_message(**params)).message_id
            case "editMessageText":
                await self._bot.edit_message_text(**params)
                return int(params["message_id"])
            case "editMessageReplyMarkup":
                await self._bot.edit_message_reply_markup(**params)
            case "deleteMessage":
                await self._bot.delete_message(**params)
            case other:
                raise ValueError(f"No way to send {other!r}")
        return None


def _typed(params: dict[str, Any]) -> dict[str, Any]:
    """Turn stored JSON into what the library takes."""
    made = dict(params)
    if "entities" in made:
        made["entities"] = [MessageEntity(**entity) for entity in made["entities"]]
    if made.get("reply_markup"):
        made["reply_markup"] = InlineKeyboardMarkup.de_json(made["reply_markup"])
    if "link_preview_options" in made:
        made["link_preview_options"] = LinkPreviewOptions(**made["link_preview_options"])
    if "reply_parameters" in made:
        made["reply_parameters"] = ReplyParameters(**made["reply_parameters"])
    return made
