"""Reading and writing a pack's content, its seed and its releases. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t
from bot.storage.tables_studio import TakenInRow


@dataclass(frozen=True)
class SeedState:
    """What was last taken in from files: hashes of the files and of the content that they made."""

    files_hash: str
    content_hash: str


@dataclass(frozen=True)
class StoredRelease:
    """A release without its snapshot."""

    id: int
    content_hash: str
    training_hash: str
    model_file: str
    model_sha256: str
    scores: dict[str, Any]
    created_at: dt.datetime


_RELEASE = (
    t.ReleaseRow.id,
    t.ReleaseRow.content_hash,
    t.ReleaseRow.training_hash,
    t.ReleaseRow.model_file,
    t.ReleaseRow.model_sha256,
    t.ReleaseRow.scores,
    t.ReleaseRow.created_at,
)
_CONTENT_TABLES = (t.FactRow, t.QuestionRow, t.ExampleRow, t.HeldBackRow)


async def write_content(session: AsyncSession, tree: dict[str, Any]) -> None:
    """Replace a pack's content.

    Args:
        session: the unit of work.
        tree: a `Content` as plain JSON values.
    """
    pack = tree["pack"]["pack"]
    answers = select(t.AnswerRow.id).where(t.AnswerRow.pack == pack)
    await session.execute(delete(t.AnswerTextRow).where(t.AnswerTextRow.answer_id.in_(answers)))
    await session.execute(delete(t.AnswerRow).where(t.AnswerRow.pack == pack))
    for table in _CONTENT_TABLES:
        await session.execute(delete(table).where(table.pack == pack))
    await session.merge(t.PackRow(id=pack, body=tree["pack"]))
    await session.flush()
    for position, (key, body) in enumerate(tree["facts"].items()):
        session.add(t.FactRow(pack=pack, id=key, position=position, body=body))
    for position, question in enumerate(tree["questions"]):
        session.add(
            t.QuestionRow(
                pack=pack,
                id=question["id"],
                position=position,
                title=question["title"],
                related=question["related"],
                follow_ups=question["follow_ups"],
            )
        )
        for number, answer in enumerate(question["answers"]):
            end = answer["valid_until"]
            row = t.AnswerRow(
                pack=pack,
                question=question["id"],
                position=number,
                situation=answer["situation"],
                facts=answer["facts"],
                links=answer["links"],
                valid_until=dt.date.fromisoformat(end) if end else None,
            )
            session.add(row)
            await session.flush()
            for place, (language, body) in enumerate(answer["texts"].items()):
                session.add(t.AnswerTextRow(answer_id=row.id, language=language, position=place, body=body))
    for position, item in enumerate(tree["examples"]):
        session.add(t.ExampleRow(pack=pack, position=position, **item))
    for position, item in enumerate(tree["held_back"]):
        session.add(t.HeldBackRow(pack=pack, position=position, **item))


async def read_content(session: AsyncSession, pack: str, *, examples: bool = True) -> dict[str, Any] | None:
    """Return a pack's content as plain JSON values, or None when there is none.

    Args:
        session: the unit of work.
        pack: the pack.
        examples: False leaves examples and test questions out: they are most of it, and answers need none.
    """
    meta = await session.get(t.PackRow, pack)
    if meta is None:
        return None
    facts = await session.scalars(select(t.FactRow).where(t.FactRow.pack == pack).order_by(t.FactRow.position))
    questions = list(
        await session.scalars(select(t.QuestionRow).where(t.QuestionRow.pack == pack).order_by(t.QuestionRow.position))
    )
    answers = await session.scalars(select(t.AnswerRow).where(t.AnswerRow.pack == pack).order_by(t.AnswerRow.position))
    texts = await session.scalars(
        select(t.AnswerTextRow)
        .join(t.AnswerRow, t.AnswerRow.id == t.AnswerTextRow.answer_id)
        .where(t.AnswerRow.pack == pack)
        .order_by(t.AnswerTextRow.position)
    )
    by_answer: dict[int, dict[str, Any]] = {}
    for text in texts:
        by_answer.setdefault(text.answer_id, {})[text.language] = text.body
    by_question: dict[str, list[dict[str, Any]]] = {}
    for answer in answers:
        by_question.setdefault(answer.question, []).append(
            {
                "situation": answer.situation,
                "facts": answer.facts,
                "valid_until": answer.valid_until.isoformat() if answer.valid_until else None,
                "links": answer.links,
                "texts": by_answer.get(answer.id, {}),
            }
        )
    trained: Iterable[t.ExampleRow] = ()
    held_back: Iterable[t.HeldBackRow] = ()
    if examples:
        trained = await session.scalars(
            select(t.ExampleRow).where(t.ExampleRow.pack == pack).order_by(t.ExampleRow.position)
        )
        held_back = await session.scalars(
            select(t.HeldBackRow).where(t.HeldBackRow.pack == pack).order_by(t.HeldBackRow.position)
        )
    ids, topics = {q.id for q in questions}, meta.body["topics"]

    def is_asked(intent: str) -> bool:
        # A question without an approved answer must not draw messages to itself.
        return intent in ids or intent.partition("/")[0] not in topics

    return {
        "pack": meta.body,
        "facts": {fact.id: fact.body for fact in facts},
        "questions": [
            {
                "id": q.id,
                "title": q.title,
                "related": q.related,
                "follow_ups": q.follow_ups,
                "answers": by_question.get(q.id, []),
            }
            for q in questions
        ],
        "examples": [
            {"intent": e.intent, "text": e.text, "language": e.language, "source": e.source, "style": e.style}
            for e in trained
            if is_asked(e.intent)
        ],
        "held_back": [
            {"expected": h.expected, "language": h.language, "text": h.text} for h in held_back if is_asked(h.expected)
        ],
    }


async def read_seed(session: AsyncSession, pack: str) -> SeedState | None:
    """Return what was last taken in from files."""
    row = await session.get(t.SeedRow, pack)
    return SeedState(row.files_hash, row.content_hash) if row else None


async def write_seed(session: AsyncSession, pack: str, state: SeedState, files: dict[str, bytes]) -> None:
    """Remember what was taken in from files, and the files themselves."""
    now = dt.datetime.now(dt.UTC)
    await session.merge(
        t.SeedRow(pack=pack, files_hash=state.files_hash, content_hash=state.content_hash, imported_at=now)
    )
    await session.execute(delete(t.SeedFileRow).where(t.SeedFileRow.pack == pack))
    for path, data in files.items():
        session.add(t.SeedFileRow(pack=pack, path=path, data=data))


async def read_seed_files(session: AsyncSession, pack: str) -> dict[str, bytes]:
    """Return the bytes of the files that were last taken in, by path."""
    rows = await session.scalars(select(t.SeedFileRow).where(t.SeedFileRow.pack == pack).order_by(t.SeedFileRow.path))
    return {row.path: row.data for row in rows}


async def add_release(
    session: AsyncSession,
    pack: str,
    tree: dict[str, Any],
    *,
    content_hash: str,
    training_hash: str,
    model_file: str,
    model_sha256: str,
    scores: dict[str, Any],
) -> int:
    """Store a release and return its number."""
    snapshot = zlib.compress(json.dumps(tree, ensure_ascii=False).encode("utf-8"))
    row = t.ReleaseRow(
        pack=pack,
        created_at=dt.datetime.now(dt.UTC),
        content_hash=content_hash,
        training_hash=training_hash,
        snapshot=snapshot,
        model_file=model_file,
        model_sha256=model_sha256,
        scores=scores,
    )
    session.add(row)
    await session.flush()
    return row.id


async def releases(session: AsyncSession, pack: str) -> list[StoredRelease]:
    """Return a pack's releases, the newest first."""
    query = select(*_RELEASE).where(t.ReleaseRow.pack == pack).order_by(t.ReleaseRow.id.desc())
    return [StoredRelease(*row) for row in await session.execute(query)]


async def release(session: AsyncSession, pack: str, release_id: int) -> StoredRelease | None:
    """Return one of a pack's releases, or None when it has no such."""
    query = select(*_RELEASE).where(t.ReleaseRow.pack == pack, t.ReleaseRow.id == release_id)
    row = (await session.execute(query)).first()
    return StoredRelease(*row) if row else None


async def read_snapshot(session: AsyncSession, release_id: int) -> dict[str, Any]:
    """Return the content that a release is a snapshot of."""
    data = await session.scalar(select(t.ReleaseRow.snapshot).where(t.ReleaseRow.id == release_id))
    snapshot: dict[str, Any] = json.loads(zlib.decompress(data or b""))
    return snapshot


async def live_release(session: AsyncSession, pack: str) -> int | None:
    """Return the number of the release that answers."""
    row = await session.get(t.LiveRow, pack)
    return row.release_id if row else None


async def set_live(session: AsyncSession, pack: str, release_id: int) -> None:
    """Point to the release that answers. Whatever was taken in from files before counts as decided upon by this."""
    await session.merge(t.LiveRow(pack=pack, release_id=release_id, since=dt.datetime.now(dt.UTC)))
    await session.execute(delete(TakenInRow).where(TakenInRow.pack == pack))


async def mark_taken_in(session: AsyncSession, pack: str) -> None:
    """Remember that files were taken in which are not live yet."""
    await session.merge(TakenInRow(pack=pack, since=dt.datetime.now(dt.UTC)))


async def is_taken_in(session: AsyncSession, pack: str) -> bool:
    """Tell whether files were taken in that never went live."""
    return await session.get(TakenInRow, pack) is not None
