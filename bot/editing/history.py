"""What a text was before: its approved revisions and the saves of its draft."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.editing import fields as forms
from bot.editing import words
from bot.editing.approved import standing
from bot.editing.drafts import read
from bot.editing.model import TAKEN_IN, Fields, TextKey, UnknownTextError
from bot.storage import Database, editing

_SAVES_SHOWN = 30


@dataclass(frozen=True)
class Past:
    """A text as it once was.

    Attributes:
        id: number, with `kind` what it is restored by.
        kind: `revision` (approved) or `save` (of a draft).
        changes: what differs from the text before it; empty for the oldest one shown.
        small_edit: whether its reviewer said that translations need not follow.
        removed: whether this revision took the answer out.
        taken_in: whether it came with the pack's files and nobody here wrote or approved it.
    """

    id: int
    kind: str
    fields: Fields
    at: dt.datetime
    author_name: str
    approved_by_name: str = ""
    small_edit: bool = False
    removed: bool = False
    taken_in: bool = False
    changes: tuple[words.FieldChange, ...] = ()


class History:
    """The past of one pack's texts."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where revisions are.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def revisions(self, key: TextKey) -> list[Past]:
        """Return the approved versions of a text, the newest first, each with what it changed."""
        async with self._database.reading() as session:
            rows = await editing.revisions(session, self._pack, key.question, key.situation, key.language)
        past = []
        for number, row in enumerate(rows):
            before = rows[number + 1].fields if number + 1 < len(rows) else None
            past.append(
                Past(
                    row.id,
                    "revision",
                    row.fields,
                    row.approved_at,
                    row.author_name,
                    row.approved_by_name,
                    row.small_edit,
                    row.removed,
                    row.approved_by is None and row.author_name == TAKEN_IN,
                    () if before is None or row.removed else tuple(words.changes(before, row.fields)),
                )
            )
        return past

    async def saves(self, key: TextKey) -> list[Past]:
        """Return the last saves of a text's draft, the newest first, each with what it changed."""
        async with self._database.reading() as session:
            draft = await editing.draft(session, self._pack, key.question, key.situation, key.language)
            rows = await editing.versions(session, draft.id, _SAVES_SHOWN + 1) if draft else []
        past = []
        for number, row in enumerate(rows[:_SAVES_SHOWN]):
            before = rows[number + 1].fields if number + 1 < len(rows) else None
            changed = () if before is None else tuple(words.changes(before, row.fields))
            past.append(Past(row.id, "save", row.fields, row.saved_at, row.author_name, changes=changed))
        return past

    async def one(self, key: TextKey, kind: str, number: int) -> Fields:
        """Return an earlier text for restoring it.

        Raises:
            UnknownTextError: it is not one of this text.
        """
        past = await (self.revisions(key) if kind == "revision" else self.saves(key))
        found = next((each for each in past if each.id == number), None)
        if found is None:
            raise UnknownTextError(f"no {kind} {number} of {key.label}")
        return {name: value for name, value in found.fields.items() if name not in ("removed", "retired")}

    async def pending(self, key: TextKey) -> list[words.FieldChange]:
        """Return what the draft would change in what is approved."""
        async with self._database.reading() as session:
            working = await read(session, self._pack, key)
        return words.changes(working.approved, working.fields) if working.is_open else []

    async def source_since(self, key: TextKey) -> list[words.FieldChange]:
        """Return what changed in the first language since an outdated translation was last right; empty when it is."""
        async with self._database.reading() as session:
            outdated = await editing.outdated(session, self._pack, key.question, key.situation, key.language)
            outline = await editing.outline(session, self._pack)
            if outdated is None or outline is None:
                return []
            source = TextKey(key.question, key.situation, outline.languages[0])
            rows = await editing.revisions(session, self._pack, source.question, source.situation, source.language)
            now = (await standing(session, self._pack, source)).fields
        own = [row for row in rows if row.id < outdated.revision]
        return [c for c in words.changes(own[0].fields, now) if c.field in forms.SPOKEN] if own else []
