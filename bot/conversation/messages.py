"""What channels hand in and what they get back.

No channel knows what an intent is; no action knows what a channel is.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.knowledge.markup import Mark

Outcome = Literal["answer", "clarify", "smalltalk", "out_of_scope", "handoff", "emergency", "expired"]

MAX_TEXT = 20_000
"""Characters a channel may hand in; what is parsed is cut further (bot.understanding.normaliser)."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Inbound(_Model):
    """One message from a person.

    Attributes:
        conversation: the conversation's id as bot.conversation.identity makes it: a keyed hash.
        message_id: unique within the conversation; the same id is answered once.
        text: what was typed; empty when a choice was taken.
        choice: id of a choice that was offered, see `Choice`.
        language: the language of the page or app, ISO 639-1; used until the person's own is known.
    """

    conversation: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    message_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z_]{2,30}$")]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""
    choice: Annotated[str, StringConstraints(max_length=150)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] | None = None


class SourceNote(_Model):
    """A source as people see it.

    `date` is what the source itself carries, `date_text` the same for people, in the reply's language.
    """

    title: str
    url: str
    date: str
    date_text: str


class LinkNote(_Model):
    """An address offered with an answer."""

    title: str
    url: str


def _is_empty(marks: list[Any]) -> bool:
    """Tell whether formatting is left out of JSON: most texts have none."""
    return not marks


class Section(_Model):
    """A titled part of an answer: one text or a list of items, never both.

    `marks` format the text; `item_marks` has a list for each item, or is empty where no item has any.
    """

    kind: str
    heading: str
    text: str | None = None
    items: list[str] = []
    marks: list[Mark] = Field(default_factory=list, exclude_if=_is_empty)
    item_marks: list[list[Mark]] = Field(default_factory=list, exclude_if=_is_empty)

    def entries(self) -> list[tuple[str, list[Mark]]]:
        """Return each item with its marks."""
        return [(item, self.item_marks[n] if n < len(self.item_marks) else []) for n, item in enumerate(self.items)]


class Choice(_Model):
    """Something to pick. `id` is `q:<question>`, `s:<situation>`, `l:<language>` or `human`.

    `language` is the title's where it is not the reply's, so that a screen reader can pronounce it.
    """

    id: str
    title: str
    language: str | None = None


class TextBlock(_Model):
    """A paragraph."""

    kind: Literal["text"] = "text"
    text: str


class AnswerBlock(_Model):
    """An approved answer with its source and the day it was checked.

    All texts are plain; `marks` format the summary and `note_marks` the note, for channels that can show it.
    """

    kind: Literal["answer"] = "answer"
    question: str
    title: str
    notice: str | None = None
    summary: str
    marks: list[Mark] = Field(default_factory=list, exclude_if=_is_empty)
    sections: list[Section] = []
    note: str | None = None
    note_marks: list[Mark] = Field(default_factory=list, exclude_if=_is_empty)
    links: list[LinkNote] = []
    sources: list[SourceNote]
    sources_heading: str
    verified_on: dt.date
    verified_text: str
    valid_until: dt.date | None = None
    language: str


class ChoicesBlock(_Model):
    """Choices. `role` tells why: to make out what is meant, to fit the answer to the person, or to go on."""

    kind: Literal["choices"] = "choices"
    role: Literal["clarify", "situation", "related", "start", "language"]
    prompt: str
    options: list[Choice]


class HandoffBlock(_Model):
    """The way to a person."""

    kind: Literal["handoff"] = "handoff"
    text: str
    phones: list[str]


Block = Annotated[TextBlock | AnswerBlock | ChoicesBlock | HandoffBlock, Field(discriminator="kind")]


class Reply(_Model):
    """One reply, neutral of channels.

    Attributes:
        outcome: what kind of reply it is.
        language: ISO 639-1 of the texts.
        script: ISO 15924 of what the person typed, where known.
        topic, question, confidence: what was understood, for reports and the studio.
    """

    outcome: Outcome
    language: str
    blocks: list[Block]
    topic: str | None = None
    question: str | None = None
    confidence: float = 0.0
    script: str | None = None
    introduction: bool = False

    def answers(self) -> list[AnswerBlock]:
        """Return the answer blocks."""
        return [block for block in self.blocks if isinstance(block, AnswerBlock)]

    def choices(self, *roles: str) -> list[Choice]:
        """Return the options of choices blocks, of all or of some roles."""
        blocks = [b for b in self.blocks if isinstance(b, ChoicesBlock) and (not roles or b.role in roles)]
        return [option for block in blocks for option in block.options]


PAYLOAD = "guidepost"
"""Key under which a Rasa message carries a reply in its `custom` part."""


def reply_from_rasa(messages: list[dict[str, Any]]) -> Reply | None:
    """Return the reply that an action put into Rasa's messages, or None."""
    for message in messages:
        custom = message.get("custom")
        if isinstance(custom, dict) and PAYLOAD in custom:
            return Reply.model_validate(custom[PAYLOAD])
    return None
