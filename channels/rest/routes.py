"""`POST /webhooks/rest/webhook` as Rasa's RestInput defines it, without its hole.

Rasa trusts any `sender`: whoever guesses a name continues that person's conversation. Here a caller without the
key gets a conversation of its own: `recipient_id` of the answer is a token to send as `sender` from then on. A
program that knows `GUIDEPOST_REST_API_KEY` may name senders as it likes; they live in a namespace of their own.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from bot.conversation import plain_text
from bot.conversation.identity import Identity
from bot.conversation.messages import MAX_TEXT, Inbound
from bot.conversation.service import Conversations
from bot.errors import BadInputError, GuidepostError

CHANNEL = "rest"
_CHOOSE = "/choose "


class WrongKeyError(GuidepostError):
    """The key in the Authorization header is not the configured one."""

    code = "wrong_key"
    status = 401
    public = "The key is wrong. Send 'Authorization: Bearer <GUIDEPOST_REST_API_KEY>', or no such header at all."


class RestMessage(BaseModel):
    """A message as Rasa's tools send it."""

    sender: str = Field(
        "", max_length=200, description="A token from an earlier `recipient_id`, or any name with the key."
    )
    message: str = Field(max_length=MAX_TEXT, description="What the person typed, or the payload of a button.")
    metadata: dict[str, Any] = Field({}, description="`language` and `message_id` are read.")


class RestReply(BaseModel):
    """A reply as Rasa's tools expect it; `custom` carries the whole structured reply."""

    recipient_id: str
    text: str
    buttons: list[dict[str, str]] = []
    custom: dict[str, Any]


def create_router(conversations: Conversations, identity: Callable[[], Identity], api_key: str) -> APIRouter:
    """Return the routes of the REST channel.

    Args:
        conversations: where messages go.
        identity: returns the maker and checker of tokens.
        api_key: key of trusted programs; empty when there are none.
    """
    router = APIRouter()

    @router.get("/webhooks/rest/", tags=["rasa"], summary="Health, as Rasa answers it")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.post("/webhooks/rest/webhook", tags=["rasa"], summary="Rasa's REST channel")
    async def webhook(message: RestMessage, authorization: Annotated[str, Header()] = "") -> list[RestReply]:
        if authorization:
            expected = f"Bearer {api_key}".encode()
            if not api_key or not hmac.compare_digest(authorization.encode(), expected):
                raise WrongKeyError("wrong key")
            if not message.sender:
                raise BadInputError("'sender' is missing.")
            sender, conversation = message.sender, identity().conversation("rest-trusted", message.sender)
        else:
            sender = message.sender if identity().is_valid(message.sender) else identity().new_token()
            conversation = identity().conversation(CHANNEL, sender)
        chosen = message.message.removeprefix(_CHOOSE) if message.message.startswith(_CHOOSE) else None
        inbound = Inbound(
            conversation=conversation,
            message_id=str(message.metadata.get("message_id") or secrets.token_hex(12))[:100],
            channel=CHANNEL,
            text="" if chosen else message.message,
            choice=chosen,
            language=_language(message.metadata.get("language")),
        )
        return [
            RestReply(
                recipient_id=sender,
                text=plain_text.render(numbered.reply, roles=()),
                buttons=[{"title": c.title, "payload": _CHOOSE + c.id} for c in numbered.reply.choices()],
                custom=numbered.reply.model_dump(mode="json"),
            )
            for numbered in await conversations.handle(inbound)
        ]

    return router


def _language(value: Any) -> str | None:
    return value if isinstance(value, str) and 2 <= len(value) <= 3 and value.isascii() and value.islower() else None
