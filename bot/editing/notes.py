"""Notes to colleagues about a question. Visitors never see them."""

from __future__ import annotations

from bot.accounts import audit
from bot.editing import fields as forms
from bot.editing.model import Actor, RefusedError, UnknownTextError, now
from bot.storage import Database, editing
from bot.storage.tables_studio import NoteRow

EMPTY = "The note is empty. Write what your colleagues should know."
MAX_NOTE = 4000
LONG = "The note has {length} characters; at most {most} fit. Shorten it."


class Notes:
    """The notes of one pack."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where notes are.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def write(self, question: str, person: Actor, text: str) -> int:
        """Leave a note at a question.

        Returns:
            Its number.

        Raises:
            RefusedError: it is empty or too long.
            UnknownTextError: there is no such question.
        """
        text = forms.tidy(text)
        if not text:
            raise RefusedError(EMPTY)
        if len(text) > MAX_NOTE:
            raise RefusedError(LONG, length=len(text), most=MAX_NOTE)
        async with self._database.work() as session:
            known = await editing.question(session, self._pack, question) or await editing.new_question(
                session, self._pack, question
            )
            if known is None:
                raise UnknownTextError(f"no question {question!r}")
            row = NoteRow(
                pack=self._pack,
                question=question,
                text=text,
                author=person.id,
                author_name=person.name,
                written_at=now(),
                done_by_name="",
                done_at=None,
            )
            number = await editing.add_note(session, row)
            await audit.record(session, person.id, "note.write", question, {"note": number})
            return number

    async def done(self, number: int, person: Actor) -> str:
        """Tick a note off.

        Returns:
            The question it is about.

        Raises:
            UnknownTextError: there is no such note.
        """
        async with self._database.work() as session:
            row = await editing.note(session, self._pack, number) if number < 1 << 63 else None
            if row is None:
                raise UnknownTextError(f"no note {number}")
            if row.done_at is None:
                row.done_at, row.done_by_name = now(), person.name
                await audit.record(session, person.id, "note.done", row.question, {"note": number})
            return row.question

    async def of(self, question: str | None = None, *, open_only: bool = False) -> list[NoteRow]:
        """Return the notes at a question, or all, the newest first."""
        async with self._database.reading() as session:
            return list(await editing.notes(session, self._pack, question, open_only=open_only))
