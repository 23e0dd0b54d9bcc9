"""Words that all of editing uses: which text is meant, who acts, what a draft looks like."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.errors import BadInputError, GuidepostError

Fields = dict[str, Any]
"""An answer's text as the form holds it, by field name; see bot.editing.fields. Incomplete while it is a draft."""

DraftState = Literal["draft", "in_review", "sent_back", "closed"]

OPEN: tuple[DraftState, ...] = ("draft", "in_review", "sent_back")
"""States of a draft on which there is something left to do."""


TAKEN_IN = "Files"
"""Who is named for a text that was in the content before anybody edited it here; pages say it in words."""


class Actor(Protocol):
    """Somebody who does something; a signed-in person fits."""

    @property
    def id(self) -> int:
        """The account's number."""

    @property
    def name(self) -> str:
        """What colleagues read."""


@dataclass(frozen=True)
class TextKey:
    """Which text: of a question, for a situation (empty: for everybody), in a language."""

    question: str
    situation: str
    language: str

    @property
    def label(self) -> str:
        """Return the key as one word, for the audit."""
        return " ".join(filter(None, (self.question, self.situation, self.language)))


@dataclass(frozen=True)
class Conflict:
    """A text that somebody typed into a field which a colleague had changed meanwhile. Kept until somebody decides."""

    field: str
    value: Any
    person: int
    name: str
    at: str


@dataclass(frozen=True)
class Working:
    """A text as it is being worked on: its draft, or what is approved when there is no open draft.

    Attributes:
        seen: what a form must send back, so that a later save can tell what the person began with.
        approved: the approved text, empty when there is none.
        writers: who has changed the draft since it was opened, as (id, name).
    """

    key: TextKey
    fields: Fields
    approved: Fields
    state: DraftState
    version: int
    seen: str
    author: int | None = None
    author_name: str = ""
    changed_at: dt.datetime | None = None
    comment: str = ""
    conflicts: list[Conflict] = field(default_factory=list)
    writers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Tell whether there is a draft to work on."""
        return self.state in OPEN

    @property
    def exists(self) -> bool:
        """Tell whether there is an approved text."""
        return bool(self.approved)


class UnknownTextError(GuidepostError):
    """There is no such question, situation or language."""

    code = "unknown_text"
    status = 404
    public = "There is no such text. It may have been removed meanwhile."


class ChangedMeanwhileError(GuidepostError):
    """Somebody changed the text after this person read it; nothing was done."""

    code = "changed_meanwhile"
    status = 409
    public = "Somebody changed this text after you opened it. Read it again and then decide."


class RefusedError(BadInputError):
    """The rules do not allow this step; the message says why and what to do."""

    code = "refused"
    status = 409

    @property
    def template(self) -> str:
        """Return the English text with its blanks, the key of its translations."""
        return self.message


def now() -> dt.datetime:
    """Return the moment, in UTC."""
    return dt.datetime.now(dt.UTC)
