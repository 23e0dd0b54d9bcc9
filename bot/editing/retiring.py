"""Retiring a question: proposed, reviewed like a text, taken out with all that belongs to it, kept, and restored.

The proposal is a draft of the question's answer for everybody in the pack's first language. What is taken out is kept in
the revision that the approval leaves behind.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.editing import drafts
from bot.editing.approved import pack_outline
from bot.editing.model import OPEN, Actor, Fields, RefusedError, TextKey, UnknownTextError
from bot.storage import Database, editing
from bot.storage import retiring as stored
from bot.storage.retiring import Pointing as Pointing  # pages know it from here

LAST_OF_TOPIC = "This is the only question of its topic, so it cannot be retired. Begin another one first."
NOT_RETIRED = "This question is not retired, or somebody has restored it already."
TAKEN_MEANWHILE = "There is a new question with the same short name. Throw that one away or keep this one retired."


@dataclass(frozen=True)
class Retired:
    """A question that was taken out: its content as it was, when, and by whom."""

    question: str
    title: dict[str, str]
    tree: dict[str, Any]
    at: dt.datetime
    author_name: str
    approved_by_name: str


class Retiring:
    """The retired questions of one pack."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where content is.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def pointing(self, question: str) -> Pointing:
        """Return what leads to a question, and so would be taken out with it."""
        async with self._database.reading() as session:
            return await stored.pointing(session, self._pack, question)

    async def propose(self, question: str, person: Actor) -> TextKey:
        """Propose to retire a question; it still has to be submitted and approved.

        Returns:
            The text whose draft the proposal is.

        Raises:
            UnknownTextError: the content has no such question.
            RefusedError: it is the only one of its topic.
        """
        async with self._database.work() as session:
            outline = await pack_outline(session, self._pack)
            if await editing.question(session, self._pack, question) is None:
                raise UnknownTextError(f"no question {question!r}")
            if await stored.is_last_of_topic(session, self._pack, question):
                raise RefusedError(LAST_OF_TOPIC)
            key = TextKey(question, "", outline.languages[0])
            await drafts.mark_removed(session, self._pack, key, person)
            await audit.record(session, person.id, "question.propose_retiring", question)
            return key

    async def all(self) -> list[Retired]:
        """Return the retired questions, the last one first."""
        async with self._database.reading() as session:
            outline = await pack_outline(session, self._pack)
            rows = await stored.retired(session, self._pack, outline.languages[0])
            return [
                Retired(
                    row.question,
                    row.fields["retired"]["title"],
                    row.fields["retired"],
                    row.approved_at,
                    row.author_name,
                    row.approved_by_name,
                )
                for row in rows
            ]

    async def restore(self, question: str, person: Actor) -> None:
        """Let a question join the content again as it was; it is live with the next release.

        Raises:
            RefusedError: it is not retired, or its name was taken by a new question.
        """
        kept = next((each for each in await self.all() if each.question == question), None)
        async with self._database.work() as session:
            if kept is None or await editing.question(session, self._pack, question):
                raise RefusedError(NOT_RETIRED)
            if await editing.new_question(session, self._pack, question):
                raise RefusedError(TAKEN_MEANWHILE)
            await stored.put_back(session, self._pack, question, kept.tree)
            await audit.record(session, person.id, "question.restore", question)


async def retire(session: AsyncSession, pack: str, question: str) -> Fields:
    """Take a question out within the unit of work that approves it, and close all drafts of it.

    Returns:
        What the revision keeps beside the text, so that the question can be restored.

    Raises:
        RefusedError: it is the only question of its topic.
    """
    if await stored.is_last_of_topic(session, pack, question):
        raise RefusedError(LAST_OF_TOPIC)
    for draft in await editing.drafts(session, pack, OPEN, question):
        draft.state, draft.conflicts, draft.comment, draft.writers = "closed", [], "", []
    return {"retired": await stored.take_out(session, pack, question)}
