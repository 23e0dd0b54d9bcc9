"""Continuing a conversation on the phone and coming back: the API for it, and what a page needs to show a code."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import segno
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from bot.conversation.handover import MINUTES, Handover, for_reading
from bot.conversation.identity import Identity
from channels.web.tokens import CHANNEL, conversation_of

TelegramName = Callable[[], str | None]
"""Returns the bot's name on Telegram without the @, or None when there is no Telegram."""


class OfferRequest(BaseModel):
    """Asking for a code."""

    model_config = ConfigDict(extra="forbid")

    conversation: str = Field(max_length=64, description="The conversation's token.")


class OfferResponse(BaseModel):
    """A code that lets the conversation go on elsewhere, once."""

    code: str = Field(description="Eight letters and digits with a dash in the middle.")
    minutes: int = Field(description="How long it works.")
    link: str | None = Field(description="Opens the bot on Telegram with the code; null without Telegram.")
    qr: str | None = Field(description="The link as a QR code, an SVG image; null without Telegram.")


class TakeRequest(BaseModel):
    """Going on with a conversation that was elsewhere."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40, description="As the person typed it.")
    conversation: str | None = Field(
        None, max_length=64, description="The token of the conversation that goes on with it; without it a new one."
    )


class TakeResponse(BaseModel):
    """Where the conversation goes on now."""

    conversation: str = Field(description="Token of the conversation; read it with /api/chat/history.")


@dataclass(frozen=True)
class Ticket:
    """A code with what a page shows beside it. `qr` is an SVG image; `until` is in UTC."""

    code: str
    link: str | None
    qr: str | None
    until: dt.datetime

    def image(self) -> str | None:
        """Return the QR code as an address for an <img>."""
        return "data:image/svg+xml," + quote(self.qr) if self.qr else None


async def ticket(handover: Handover, conversation: str, telegram_name: TelegramName) -> Ticket:
    """Return a fresh code for a conversation, with link and QR code where there is Telegram.

    Args:
        handover: gives the codes.
        conversation: the conversation's id (not its token).
        telegram_name: returns the bot's name.
    """
    code = await handover.offer(conversation, CHANNEL)
    name = telegram_name()
    link = f"https://t.me/{name}?start={code}" if name else None
    return Ticket(
        for_reading(code), link, _qr(link) if link else None, dt.datetime.now(dt.UTC) + dt.timedelta(minutes=MINUTES)
    )


def _qr(link: str) -> str:
    image = io.BytesIO()
    segno.make(link, error="m", micro=False).save(image, kind="svg", scale=4, xmldecl=False, nl=False)
    return image.getvalue().decode("utf-8")


def source_of(request: Request) -> str:
    """Return what wrong codes are counted by: the other side's address. Kept in memory for ten minutes at most."""
    return request.client.host if request.client else "unknown"


def create_handover_router(
    handover: Handover, identity: Callable[[], Identity], telegram_name: TelegramName
) -> APIRouter:
    """Return the routes for handing a conversation over.

    Args:
        handover: gives and takes codes.
        identity: returns the maker and checker of tokens.
        telegram_name: returns the bot's name on Telegram, or None.
    """
    router = APIRouter()

    @router.post("/api/handover", tags=["handover"], summary="Get a code to go on with the conversation elsewhere")
    async def offer(request: OfferRequest) -> OfferResponse:
        made = await ticket(handover, conversation_of(identity(), request.conversation), telegram_name)
        return OfferResponse(code=made.code, minutes=MINUTES, link=made.link, qr=made.qr)

    @router.post("/api/handover/take", tags=["handover"], summary="Go on here with a conversation that was elsewhere")
    async def take(body: TakeRequest, request: Request) -> TakeResponse:
        token = body.conversation or identity().new_token()
        target = conversation_of(identity(), token)
        await handover.take(body.code, target, channel=CHANNEL, source=source_of(request))
        return TakeResponse(conversation=token)

    return router
