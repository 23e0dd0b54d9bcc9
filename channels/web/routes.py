"""The chat page and its API: plain requests, and server-sent events for what comes later."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.conversation.identity import Identity
from bot.conversation.messages import Choice, Inbound
from bot.conversation.service import Conversations, Numbered
from bot.errors import BadInputError, GuidepostError
from bot.i18n import translate
from bot.knowledge.library import Library
from channels.web import page_texts
from channels.web.models import (
    ChatRequest,
    ChatResponse,
    ForgetResponse,
    HistoryResponse,
    NumberedReply,
    StartRequest,
    StartResponse,
)

CHANNEL = "web"
_HERE = Path(__file__).parent
_KEEP_ALIVE_SECONDS = 15.0


class UnknownConversationError(GuidepostError):
    """The token was not issued here, or is damaged."""

    code = "unknown_conversation"
    status = 404
    public = "This conversation is not known. Leave 'conversation' out to begin a new one."


def create_router(
    conversations: Conversations, identity: Callable[[], Identity], library: Callable[[], Library]
) -> APIRouter:
    """Return the routes of the web channel.

    Args:
        conversations: where messages go.
        identity: returns the maker and checker of tokens.
        library: returns the content that answers now, for titles and languages.
    """
    router = APIRouter()
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape())

    def known(token: str) -> str:
        if not identity().is_valid(token):
            raise UnknownConversationError("unknown token")
        return identity().conversation(CHANNEL, token)

    def of_token(conversation: Annotated[str, Query(max_length=64, description="The conversation's token.")]) -> str:
        return known(conversation)

    def page(language: str) -> HTMLResponse:
        pack = library().pack
        texts = {name: translate(language, text) for name, text in page_texts.ALL.items()}
        names = {code: translate(code, "English") for code in pack.languages}
        html = templates.get_template("chat.html").render(
            language=language,
            languages=names,
            texts=texts,
            service=library().name(pack.service, language),
            phone=pack.phone,
            website=pack.website,
        )
        return HTMLResponse(html)

    @router.get("/", include_in_schema=False)
    async def start_page(accept_language: Annotated[str, Header()] = "") -> HTMLResponse:
        wanted = [part.split(";")[0].strip()[:2].lower() for part in accept_language.split(",")]
        languages = library().pack.languages
        return page(next((language for language in wanted if language in languages), languages[0]))

    @router.get("/{language}/", include_in_schema=False)
    async def language_page(language: str) -> HTMLResponse:
        if language not in library().pack.languages:
            raise UnknownPageError(f"no page in {language!r}")
        return page(language)

    @router.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> FileResponse:
        # Listed, not joined: a name from outside never becomes a path.
        if name not in _STATIC:
            raise UnknownPageError("no such file")
        return FileResponse(_HERE / "static" / name, media_type=_STATIC[name], headers={"Cache-Control": "no-cache"})

    @router.post("/api/chat/start", tags=["chat"], summary="What to show before the first message")
    async def start(request: StartRequest) -> StartResponse:
        introduction = await conversations.opening(request.language)
        lib = library()
        questions = [question for name in lib.pack.start_questions if (question := lib.question(name))]
        options = [Choice(id=f"q:{q.id}", title=lib.title(q, introduction.language)).model_dump() for q in questions]
        return StartResponse(introduction=introduction, languages=lib.pack.languages, start=options)

    @router.post("/api/chat", tags=["chat"], summary="Send a message, get the replies")
    async def chat(request: ChatRequest) -> ChatResponse:
        if not request.text.strip() and not request.choice:
            raise BadInputError("The message is empty: send 'text' or 'choice'.")
        token = request.conversation or identity().new_token()
        message_id = request.message_id or secrets.token_hex(12)
        inbound = Inbound(
            conversation=known(token),
            message_id=message_id,
            channel=CHANNEL,
            text=request.text,
            choice=request.choice,
            language=request.language,
        )
        replies = [_numbered(each) for each in await conversations.handle(inbound)]
        return ChatResponse(conversation=token, message_id=message_id, replies=replies)

    @router.get(
        "/api/chat/events",
        tags=["chat"],
        summary="Replies as they are made, as server-sent events",
        response_class=EventSourceResponse,
    )
    async def events(
        known_id: Annotated[str, Depends(of_token)],  # checked before the stream begins, so that an error is a 404
        after: Annotated[int | None, Query(ge=0, description="Number of the last reply seen.")] = None,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        seen = last_event_id if last_event_id is not None else after or 0
        async with conversations.listen(known_id) as queue:
            for missed in await conversations.replies_after(known_id, seen):
                seen = missed.id
                yield _event(missed)
            while True:
                try:
                    fresh = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ServerSentEvent(comment="still here")
                    continue
                if fresh.id > seen:
                    seen = fresh.id
                    yield _event(fresh)

    @router.get("/api/chat/history", tags=["chat"], summary="The whole conversation, for the person it belongs to")
    async def history(known_id: Annotated[str, Depends(of_token)]) -> HistoryResponse:
        return HistoryResponse(turns=await conversations.history(known_id))

    @router.delete("/api/chat", tags=["chat"], summary="Delete the conversation")
    async def forget(known_id: Annotated[str, Depends(of_token)]) -> ForgetResponse:
        return ForgetResponse(forgotten=await conversations.forget(known_id))

    return router


_STATIC = {"chat.js": "text/javascript; charset=utf-8", "chat.css": "text/css; charset=utf-8"}


class UnknownPageError(GuidepostError):
    """There is no such page."""

    code = "not_found"
    status = 404
    public = "There is no such page."


def _numbered(each: Numbered) -> NumberedReply:
    return NumberedReply(id=each.id, reply=each.reply)


def _event(each: Numbered) -> ServerSentEvent:
    return ServerSentEvent(data=_numbered(each).model_dump(mode="json"), event="reply", id=str(each.id))
