"""What the chat API takes and gives; part of the OpenAPI description."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.conversation.messages import MAX_TEXT, Choice, Reply


class ChatRequest(BaseModel):
    """A message from the page. Either `text` or `choice`."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        "", max_length=MAX_TEXT, description="What the person typed.", examples=["How do I become a citizen?"]
    )
    choice: str | None = Field(None, max_length=150, description="The id of a choice that a reply offered.")
    conversation: str | None = Field(
        None, max_length=64, description="The token that an earlier reply gave; without it a new conversation begins."
    )
    message_id: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Unique within the conversation. The same id is answered once, so a message can safely be sent again.",
    )
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="The language of the page, ISO 639-1.")


class NumberedReply(BaseModel):
    """A reply with its number, which rises within the conversation."""

    id: int
    reply: Reply


class ChatResponse(BaseModel):
    """Replies to a message."""

    conversation: str = Field(
        description="Token of the conversation. Whoever has it can read and continue it: keep it on the device."
    )
    message_id: str
    replies: list[NumberedReply]


class StartRequest(BaseModel):
    """Opening the chat."""

    model_config = ConfigDict(extra="forbid")

    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="The language of the page, ISO 639-1.")
    conversation: str | None = Field(None, max_length=64, description="The token that the device kept, if any.")


class StartResponse(BaseModel):
    """What to show before the first message."""

    conversation: str = Field(
        description=(
            "Token of the conversation: the one that was handed in if it is good, else a fresh one. With it in hand "
            "before the first message, a first message that is sent twice is answered once too."
        )
    )
    introduction: Reply
    languages: list[str]
    start: list[Choice] = Field(description="Starting points.")


class HistoryResponse(BaseModel):
    """A conversation for its person."""

    turns: list[dict[str, Any]]


class FeedbackRequest(BaseModel):
    """Whether a reply helped."""

    model_config = ConfigDict(extra="forbid")

    conversation: str = Field(max_length=64, description="The conversation's token.")
    reply_id: int = Field(ge=1, description="The reply's number.")
    rating: Literal["up", "down"]


class FeedbackResponse(BaseModel):
    """The rating that is kept now; rating again replaces it."""

    rating: Literal["up", "down"]


class ForgetResponse(BaseModel):
    """Whether there was anything to delete."""

    forgotten: bool
