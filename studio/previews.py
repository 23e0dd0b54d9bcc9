"""What Telegram would be sent, made ready to be shown on a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.conversation.messages import Reply
from bot.conversation.outbox import Outgoing
from bot.knowledge.markup import Mark

TelegramLook = Callable[[Reply], Sequence[Outgoing]]
"""Returns what the Telegram channel would send for a reply. The application hands it in: the studio knows no channel."""

_KINDS = {"bold": "bold", "italic": "italic", "text_link": "link"}


@dataclass(frozen=True)
class TelegramMessage:
    """One message: its text, the formatting, and the rows of buttons under it."""

    text: str
    marks: list[Mark]
    rows: list[list[str]]


@dataclass(frozen=True)
class TelegramShown:
    """All messages of a reply.

    Attributes:
        messages: in the order in which they are sent.
        card_parts: how many of them the answer itself takes; lists to tick off follow as messages of their own.
    """

    messages: list[TelegramMessage]
    card_parts: int


def telegram(outgoing: Sequence[Outgoing]) -> TelegramShown:
    """Return messages as they look.

    Args:
        outgoing: what the channel would send.
    """
    messages = [_message(each.params) for each in outgoing]
    # The card's buttons stand under its last part.
    last = next((number for number, each in enumerate(messages) if each.rows), 0)
    return TelegramShown(messages, last + 1)


def _message(params: dict[str, Any]) -> TelegramMessage:
    text: str = params["text"]
    raw = text.encode("utf-16-le")

    def characters(units: int) -> int:
        # Telegram counts UTF-16 units, marks count code points.
        return len(raw[: 2 * units].decode("utf-16-le"))

    marks = [
        Mark.model_validate(
            {
                "start": characters(entity["offset"]),
                "end": characters(entity["offset"] + entity["length"]),
                "kind": _KINDS[entity["type"]],
                "url": entity.get("url"),
            }
        )
        for entity in params.get("entities", [])
    ]
    marks.sort(key=lambda mark: (mark.start, -mark.end))
    rows = params.get("reply_markup", {}).get("inline_keyboard", [])
    return TelegramMessage(text, marks, [[button["text"] for button in row] for row in rows])
