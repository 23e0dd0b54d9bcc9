"""The chat API: plain requests, and server-sent events for what comes later."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot.conversation.feedback import Feedback
from bot.conversation.identity import Identity
from bot.conversation.messages import Choice, Inbound
from bot.conversation.service import Conversations, Numbered
from bot.errors import BadInputError
from bot.knowledge.library import Library
from channels.web.models import (
    ChatRequest,
    ChatResponse,
    FeedbackRequest,
    FeedbackResponse,
    ForgetResponse,
    HistoryResponse,
    NumberedReply,
    StartRequest,
    StartResponse,
)
from channels.web.tokens import CHANNEL, conversation_of

_KEEP_ALIVE_SECONDS = 15.0


def create_router(
    conversations: Conversations, identity: Callable[[], Identity], library: Callable[[], Library], feedback: Feedback
) -> APIRouter:
    """Return the routes of the web channel.

    Args:
        conversations: where messages go.
        identity: returns the maker and checker of tokens.
        library: returns the content that answers now, for titles and languages.
        feedback: where ratings go.
    """
    router = APIRouter()

    def known(token: str) -> str:
        return conversation_of(identity(), token)

    def of_token(conversation: Annotated[str, Query(max_length=64, description="The conversation's token.")]) -> str:
        return known(conversation)

    @router.post("/api/chat/start", tags=["chat"], summary="What to show before the first message")
    async def start(request: StartRequest) -> StartResponse:
        introduction = await conversations.opening(request.language)
        kept = request.conversation if request.conversation and identity().is_valid(request.conversation) else None
        lib = library()
        questions = lib.start_questions()
        spoken = introduction.language
        options = [
            Choice(id=f"q:{q.id}", title=lib.title(q, spoken), language=lib.other_language(q.title, spoken))
            for q in questions
        ]
        return StartResponse(
            conversation=kept or identity().new_token(),
            introduction=introduction,
            languages=lib.pack.languages,
            start=options,
        )

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

    @router.post("/api/chat/feedback", tags=["chat"], summary="Say whether a reply helped")
    async def rate(request: FeedbackRequest) -> FeedbackResponse:
        await feedback.rate(known(request.conversation), request.reply_id, request.rating)
        return FeedbackResponse(rating=request.rating)

    @router.delete("/api/chat", tags=["chat"], summary="Delete the conversation")
    async def forget(known_id: Annotated[str, Depends(of_token)]) -> ForgetResponse:
        return ForgetResponse(forgotten=await conversations.forget(known_id))

    return router


def _numbered(each: Numbered) -> NumberedReply:
    return NumberedReply(id=each.id, reply=each.reply)


def _event(each: Numbered) -> ServerSentEvent:
    return ServerSentEvent(data=_numbered(each).model_dump(mode="json"), event="reply", id=str(each.id))
