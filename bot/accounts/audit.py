"""The audit: who did what and when. Append-only; a chain of hashes shows whether a line was changed or removed."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts.deeds import action_of
from bot.storage import Database
from bot.storage import accounts as stored_accounts
from bot.storage import audit as stored
from bot.storage.audit import StoredEntry as StoredEntry  # pages know it from here

_FIRST = "0" * 64
NOBODY = "Guidepost"
"""Who is named when the program itself or its command line did something."""

PAGE_SIZE = 50
COLUMNS = ("id", "at", "person_id", "person", "action", "subject", "detail", "hash")
WORDS = ("what", "to_what")
"""Columns of an export that say in words what `action` and `subject` say in the program's names. No part of the chain."""

Words = Callable[[StoredEntry], tuple[str, str]]
"""Returns a line's action and subject in words."""


async def record(
    session: AsyncSession, person_id: int | None, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Append a line within the caller's unit of work: it is kept exactly when what it tells of is kept.

    Args:
        session: the caller's unit of work.
        person_id: whose account did it; None for the program itself.
        action: what was done, `thing.deed`, one of bot.accounts.deeds.ACTIONS, where its words are.
        subject: what it was done to: `release 12`, `citizenship/apply hy`.
        detail: more, as JSON values. No passwords, no words of visitors.
    """
    before = await stored.last(session)
    name = NOBODY
    if person_id is not None:
        name = (await stored_accounts.names(session, [person_id])).get(person_id, f"account {person_id}")
    entry = StoredEntry(
        id=before.id + 1 if before else 1,
        at=dt.datetime.now(dt.UTC),
        person_id=person_id,
        person=name,
        action=action,
        subject=subject[:300],
        detail=json.loads(json.dumps(dict(detail or {}), default=str)),
        hash="",
    )
    chained = _chain(before.hash if before else _FIRST, entry)
    await stored.append(session, StoredEntry(**{**vars(entry), "hash": chained}))


def _chain(before: str, entry: StoredEntry) -> str:
    content = {**vars(entry), "at": entry.at.astimezone(dt.UTC).isoformat(), "hash": before}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Audit:
    """Reading, checking and exporting."""

    def __init__(self, database: Database) -> None:
        """Prepare.

        Args:
            database: where the audit is.
        """
        self._database = database

    async def verify(self) -> int | None:
        """Check the chain.

        Returns:
            The number of the first line that does not fit, or None when all fit. That the newest lines were cut off
            cannot be seen from inside: compare the last hash with one that was exported before.
        """
        before, expected = _FIRST, 1
        async for entry in self._entries():
            if entry.id != expected or entry.hash != _chain(before, entry):
                return expected
            before, expected = entry.hash, expected + 1
        return None

    async def page(
        self,
        *,
        action: str = "",
        person: str = "",
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        number: int = 1,
    ) -> tuple[list[StoredEntry], int]:
        """Return a page of PAGE_SIZE lines, newest first, and how many lines there are; see bot.storage.audit.page."""
        async with self._database.work() as session:
            return await stored.page(
                session,
                action=action,
                person=person,
                since=since,
                until=until,
                offset=(max(number, 1) - 1) * PAGE_SIZE,
                size=PAGE_SIZE,
            )

    async def names(self) -> tuple[list[str], list[str]]:
        """Return the actions and the persons that occur."""
        async with self._database.work() as session:
            actions, people = await stored.names(session)
        return sorted({action_of(action, {"kind": kind}) for action, kind in actions}), people

    async def export_csv(self, words: Words) -> AsyncIterator[str]:
        """Yield the audit as CSV, oldest line first, safe to open in a spreadsheet; the words stand in the last columns."""
        yield _csv_line((*COLUMNS, *WORDS))
        async for entry in self._entries():
            values = [*(getattr(entry, column) for column in COLUMNS), *words(entry)]
            yield _csv_line([_guarded(_plain(value)) for value in values])

    async def export_json(self, words: Words) -> AsyncIterator[str]:
        """Yield the audit as a JSON array, one object a line, oldest first."""
        before = "[\n"
        async for entry in self._entries():
            tree = {**vars(entry), "at": entry.at.isoformat(), **dict(zip(WORDS, words(entry), strict=True))}
            yield before + json.dumps(tree, ensure_ascii=False)
            before = ",\n"
        yield "\n]\n" if before == ",\n" else "[]\n"

    async def _entries(self) -> AsyncIterator[StoredEntry]:
        # Page by page, each in a unit of work of its own: a slow reader must not keep writers waiting.
        after = 0
        while True:
            async with self._database.work() as session:
                entries = await stored.after(session, after)
            for entry in entries:
                yield entry
            if not entries:
                return
            after = entries[-1].id


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


_FORMULA = re.compile(r"(^|[;\t\r\n]\s*)([=+\-@\t\r\n＝＋－＠])")


def _guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula (OWASP, CSV injection): an apostrophe before it.

    Also within, after what a spreadsheet with other settings takes for the end of a cell: a semicolon, a tab, a new line.
    """
    return _FORMULA.sub(r"\1'\2", text)


def _csv_line(values: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue()
