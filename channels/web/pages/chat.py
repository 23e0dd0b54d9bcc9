"""The chat as plain forms: works in any browser, without scripts and without cookies.

The token of the conversation travels in a hidden field, never in an address, so the page is the answer to the form
itself and is kept nowhere. Sending a form twice is answered once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from bot.conversation.handover import TooManyTriesError, WrongCodeError
from bot.conversation.messages import MAX_TEXT, Inbound, Reply
from bot.errors import BadInputError
from bot.i18n import texts
from channels.web.handover import source_of, ticket
from channels.web.pages.languages import own_name
from channels.web.pages.site import Page, Reader, Site
from channels.web.tokens import CHANNEL, UnknownConversationError, conversation_of

Field = Annotated[str, Form()]


@dataclass(frozen=True)
class Turn:
    """What a person said, None where nothing was, and what was replied to it."""

    said: str | None
    replies: list[tuple[int, Reply]]


def create_chat_router(site: Site) -> APIRouter:
    """Return the routes of the chat as plain forms."""
    router = APIRouter()
    services = site.services

    async def show(request: Request, reader: Reader, token: str, status: int = 200, **more: Any) -> Response:
        """Send the conversation with fresh forms; `more` overrides what the template gets."""
        history = await services.conversations.history(conversation_of(services.identity(), token)) if token else []
        turns = [_turn(reader, raw) for raw in history]
        view: dict[str, Any] = {
            "token": token or services.identity().new_token(),
            "nonce": secrets.token_hex(8),
            "turns": turns,
            "introduction": None if turns else await services.conversations.introduction(reader.language),
            "start": reader.library.start_questions(),
            "telegram": services.telegram_name() is not None,
            "message": None,
            "draft": "",
            "ticket": None,
            "image": None,
            "until": None,
            "going_on": bool(turns),
        }
        page = Page("/chat", reader.say("ask"), languages=list(reader.languages) if not turns else [], kept=False)
        return site.send(request, reader, "chat.html", page, status=status, **(view | more))

    @router.api_route("/{language:lang}/chat", methods=["GET", "HEAD"], include_in_schema=False)
    async def begin(request: Request, language: str) -> Response:
        return await show(request, site.reader(request, language), "")

    @router.post("/{language:lang}/chat", include_in_schema=False)
    async def say(
        request: Request,
        language: str,
        conversation: Field = "",
        nonce: Field = "",
        text: Field = "",
        choice: Field = "",
        only_show: Field = "",
    ) -> Response:
        reader = site.reader(request, language)
        token = conversation or services.identity().new_token()
        try:
            known = conversation_of(services.identity(), token)
        except UnknownConversationError as error:
            return await show(request, reader, "", error.status, message=reader.say("unknown_conversation"), draft=text)
        if only_show:
            return await show(request, reader, token)
        if len(text) > MAX_TEXT:
            return await show(request, reader, token, 400, message=reader.say("too_long"), draft=text[:MAX_TEXT])
        if not text.strip() and not choice:
            return await show(request, reader, token, 400, message=reader.say("chat_empty"))
        inbound = Inbound(
            conversation=known,
            message_id=_message_id(nonce, text, choice),
            channel=CHANNEL,
            text="" if choice else text,
            choice=choice[:150] or None,
            language=language,
        )
        try:
            await services.conversations.handle(inbound)
        except BadInputError as error:
            return await show(request, reader, token, error.status, message=reader.say("chat_empty"))
        return await show(request, reader, token)

    @router.post("/{language:lang}/chat/erase", include_in_schema=False)
    async def erase(request: Request, language: str, conversation: Field = "") -> Response:
        reader = site.reader(request, language)
        if services.identity().is_valid(conversation):
            await services.conversations.forget(conversation_of(services.identity(), conversation))
        return await show(request, reader, "", message=reader.say("erased"))

    @router.post("/{language:lang}/chat/elsewhere", include_in_schema=False)
    async def elsewhere(request: Request, language: str, conversation: Field = "") -> Response:
        reader = site.reader(request, language)
        try:
            known = conversation_of(services.identity(), conversation)
        except UnknownConversationError as error:
            return await show(request, reader, "", error.status, message=reader.say("unknown_conversation"))
        made = await ticket(services.handover, known, services.telegram_name)
        return await show(request, reader, conversation, ticket=made, image=made.image(), until=reader.time(made.until))

    @router.post("/{language:lang}/chat/take", include_in_schema=False)
    async def take(request: Request, language: str, conversation: Field = "", code: Field = "") -> Response:
        reader = site.reader(request, language)
        token = conversation if services.identity().is_valid(conversation) else services.identity().new_token()
        target = conversation_of(services.identity(), token)
        try:
            await services.handover.take(code[:40], target, channel=CHANNEL, source=source_of(request))
        except WrongCodeError as error:
            return await show(request, reader, token, error.status, message=reader.say("code_wrong"))
        except TooManyTriesError as error:
            return await show(request, reader, token, error.status, message=reader.say("code_tries"))
        except BadInputError as error:
            return await show(request, reader, token, error.status, message=reader.say("code_same"))
        return await show(request, reader, token)

    return router


def _message_id(nonce: str, text: str, choice: str) -> str:
    """Return the id of a message: the same for a form that is sent twice, another when it was filled in anew."""
    said = hashlib.sha256(f"{text}\0{choice}".encode("utf-8", "replace")).hexdigest()[:24]
    return f"{nonce[:32] or secrets.token_hex(8)}-{said}"


def _turn(reader: Reader, raw: dict[str, Any]) -> Turn:
    message = raw["message"]
    replies = [(int(each["id"]), Reply.model_validate(each["reply"])) for each in raw["replies"]]
    return Turn(_said(reader, message) if message else None, replies)


def _said(reader: Reader, message: dict[str, Any]) -> str:
    """Return what a person wrote, or the title of what they tapped."""
    if not message.get("choice"):
        return str(message.get("text") or "")
    kind, _, value = str(message["choice"]).partition(":")
    question = reader.library.question(value) if kind == "q" else None
    if question:
        return reader.library.title(question, reader.language)
    names = reader.pack.situations.get(value) if kind == "s" else None  # type: ignore[call-overload]
    if names:
        return reader.library.name(names, reader.language)
    if kind == "l" and value in reader.languages:
        return own_name(value)
    return reader.translate(texts.HANDOFF) if kind == "human" else value
