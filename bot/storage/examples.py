"""Reading and writing examples and test questions one by one. The only place with SQL about single ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t


@dataclass(frozen=True)
class StoredLine:
    """An example or a test question: `name` is the intent it stands for."""

    id: int
    name: str
    text: str
    language: str
    source: str = ""


async def examples(
    session: AsyncSession, pack: str, intent: str, *, language: str = "", offset: int = 0, size: int = 100
) -> tuple[list[StoredLine], int]:
    """Return a part of an intent's examples in their order, and how many there are."""
    wanted = [t.ExampleRow.pack == pack, t.ExampleRow.intent == intent]
    if language:
        wanted.append(t.ExampleRow.language == language)
    total = await session.scalar(select(func.count()).select_from(t.ExampleRow).where(*wanted)) or 0
    rows = await session.scalars(
        select(t.ExampleRow).where(*wanted).order_by(t.ExampleRow.position.desc()).offset(offset).limit(size)
    )
    return [StoredLine(r.id, r.intent, r.text, r.language, r.source) for r in rows], total


async def all_of(session: AsyncSession, pack: str, intent: str) -> list[StoredLine]:
    """Return all examples of an intent in their order."""
    rows = await session.execute(
        select(t.ExampleRow.id, t.ExampleRow.intent, t.ExampleRow.text, t.ExampleRow.language, t.ExampleRow.source)
        .where(t.ExampleRow.pack == pack, t.ExampleRow.intent == intent)
        .order_by(t.ExampleRow.position)
    )
    return [StoredLine(*row) for row in rows]


async def remove_all(session: AsyncSession, pack: str, question: str) -> list[str]:
    """Delete all examples and test questions of a question, and return what they were."""
    gone = [line.text for line in [*await all_of(session, pack, question), *await tests(session, pack, question)]]
    await session.execute(delete(t.ExampleRow).where(t.ExampleRow.pack == pack, t.ExampleRow.intent == question))
    await session.execute(delete(t.HeldBackRow).where(t.HeldBackRow.pack == pack, t.HeldBackRow.expected == question))
    return gone


async def tests(session: AsyncSession, pack: str, question: str) -> list[StoredLine]:
    """Return a question's test questions in their order."""
    rows = await session.scalars(
        select(t.HeldBackRow)
        .where(t.HeldBackRow.pack == pack, t.HeldBackRow.expected == question)
        .order_by(t.HeldBackRow.position)
    )
    return [StoredLine(r.id, r.expected, r.text, r.language) for r in rows]


async def examples_after(session: AsyncSession, pack: str, after: int, size: int) -> list[StoredLine]:
    """Return examples of all intents with a number above `after`, in the order of their numbers."""
    e = t.ExampleRow
    columns = select(e.id, e.intent, e.text, e.language)
    rows = await session.execute(columns.where(e.pack == pack, e.id > after).order_by(e.id).limit(size))
    return [StoredLine(*row) for row in rows]


async def all_tests(session: AsyncSession, pack: str) -> list[StoredLine]:
    """Return all test questions of a pack."""
    h = t.HeldBackRow
    rows = await session.execute(select(h.id, h.expected, h.text, h.language).where(h.pack == pack).order_by(h.id))
    return [StoredLine(*row) for row in rows]


async def stamp(session: AsyncSession, pack: str) -> tuple[int, ...]:
    """Return numbers that change whenever an example or a test question of a pack is added, removed or renewed."""
    found: list[int] = []
    for table in (t.ExampleRow, t.HeldBackRow):
        row = (
            await session.execute(
                select(func.count(), func.coalesce(func.max(table.id), 0), func.coalesce(func.sum(table.id), 0)).where(
                    table.pack == pack
                )
            )
        ).one()
        found += map(int, row)
    return tuple(found)


async def counts(session: AsyncSession, pack: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many examples and how many test questions each intent has."""
    examples = await session.execute(
        select(t.ExampleRow.intent, func.count()).where(t.ExampleRow.pack == pack).group_by(t.ExampleRow.intent)
    )
    tests = await session.execute(
        select(t.HeldBackRow.expected, func.count()).where(t.HeldBackRow.pack == pack).group_by(t.HeldBackRow.expected)
    )
    return {row[0]: row[1] for row in examples}, {row[0]: row[1] for row in tests}


async def add_examples(
    session: AsyncSession, pack: str, intent: str, lines: Sequence[tuple[str, str]], source: str
) -> None:
    """Add examples (text, language) behind all others."""
    position = await session.scalar(select(func.max(t.ExampleRow.position)).where(t.ExampleRow.pack == pack))
    for number, (text, language) in enumerate(lines, (-1 if position is None else position) + 1):
        session.add(
            t.ExampleRow(pack=pack, intent=intent, position=number, text=text, language=language, source=source)
        )


async def add_tests(session: AsyncSession, pack: str, question: str, lines: Sequence[tuple[str, str]]) -> None:
    """Add test questions (text, language) behind all others."""
    position = await session.scalar(select(func.max(t.HeldBackRow.position)).where(t.HeldBackRow.pack == pack))
    for number, (text, language) in enumerate(lines, (-1 if position is None else position) + 1):
        session.add(t.HeldBackRow(pack=pack, expected=question, position=number, language=language, text=text))


async def remove_examples(session: AsyncSession, pack: str, intent: str, ids: Sequence[int]) -> list[StoredLine]:
    """Delete examples of an intent and return them; ids of others are left alone."""
    e = t.ExampleRow
    rows = list(await session.scalars(select(e).where(e.pack == pack, e.intent == intent, e.id.in_(_possible(ids)))))
    await session.execute(delete(e).where(e.id.in_([row.id for row in rows])))
    return [StoredLine(r.id, r.intent, r.text, r.language, r.source) for r in rows]


async def remove_tests(session: AsyncSession, pack: str, question: str, ids: Sequence[int]) -> list[StoredLine]:
    """Delete test questions of a question and return them; ids of others are left alone."""
    h = t.HeldBackRow
    rows = list(
        await session.scalars(select(h).where(h.pack == pack, h.expected == question, h.id.in_(_possible(ids))))
    )
    await session.execute(delete(h).where(h.id.in_([row.id for row in rows])))
    return [StoredLine(r.id, r.expected, r.text, r.language) for r in rows]


def _possible(ids: Sequence[int]) -> list[int]:
    # SQLite's integers have 64 bits; a longer one is nobody's.
    return [each for each in ids if abs(each) < 1 << 63]
