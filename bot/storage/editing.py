"""Reading and writing drafts, revisions, notes, presence, and the approved texts one by one. The only place with SQL
about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t
from bot.storage import tables_studio as s

_KEPT_VERSIONS = 200
"""Saves of one draft that are kept. Older ones are what nobody has open any more."""


@dataclass(frozen=True)
class Outline:
    """What editing must know of a pack: its languages, the first of which translations follow, topics, situations, time zone."""

    languages: list[str]
    topics: dict[str, dict[str, str]]
    situations: dict[str, dict[str, str]]
    time_zone: str


async def outline(session: AsyncSession, pack: str) -> Outline | None:
    """Return a pack's outline without its places, which are many; None when there is no such pack."""
    body = t.PackRow.body
    found = await session.execute(
        select(body["languages"], body["topics"], body["situations"], body["time_zone"]).where(t.PackRow.id == pack)
    )
    row = found.first()
    return Outline(*row) if row else None


async def question(session: AsyncSession, pack: str, question_id: str) -> t.QuestionRow | None:
    """Return an approved question."""
    return await session.get(t.QuestionRow, (pack, question_id))


async def new_question(session: AsyncSession, pack: str, question_id: str) -> s.NewQuestionRow | None:
    """Return a question that has no approved answer yet."""
    return await session.get(s.NewQuestionRow, (pack, question_id))


async def new_questions(session: AsyncSession, pack: str) -> Sequence[s.NewQuestionRow]:
    """Return the questions without an approved answer, the oldest first."""
    rows = await session.scalars(
        select(s.NewQuestionRow)
        .where(s.NewQuestionRow.pack == pack)
        .order_by(s.NewQuestionRow.created_at, s.NewQuestionRow.question)
    )
    return rows.all()


async def answers(session: AsyncSession, pack: str, question_id: str) -> Sequence[t.AnswerRow]:
    """Return a question's answers, the one for everybody as the files have it."""
    rows = await session.scalars(
        select(t.AnswerRow)
        .where(t.AnswerRow.pack == pack, t.AnswerRow.question == question_id)
        .order_by(t.AnswerRow.position)
    )
    return rows.all()


async def answer(session: AsyncSession, pack: str, question_id: str, situation: str) -> t.AnswerRow | None:
    """Return the answer for one situation; empty: for everybody."""
    wanted = t.AnswerRow.situation == situation if situation else t.AnswerRow.situation.is_(None)
    rows = await session.scalars(
        select(t.AnswerRow).where(t.AnswerRow.pack == pack, t.AnswerRow.question == question_id, wanted)
    )
    return rows.first()


async def texts(session: AsyncSession, answer_id: int) -> Sequence[t.AnswerTextRow]:
    """Return what an answer says, by language."""
    rows = await session.scalars(
        select(t.AnswerTextRow).where(t.AnswerTextRow.answer_id == answer_id).order_by(t.AnswerTextRow.position)
    )
    return rows.all()


async def text(session: AsyncSession, answer_id: int, language: str) -> t.AnswerTextRow | None:
    """Return what an answer says in one language."""
    return await session.get(t.AnswerTextRow, (answer_id, language))


async def facts(session: AsyncSession, pack: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return facts by id, unknown ones left out."""
    rows = await session.scalars(select(t.FactRow).where(t.FactRow.pack == pack, t.FactRow.id.in_(ids)))
    return {row.id: row.body for row in rows}


async def facts_of_topic(session: AsyncSession, pack: str, topic: str) -> dict[str, dict[str, Any]]:
    """Return the facts that are filed under a topic, by id."""
    rows = await session.scalars(
        select(t.FactRow)
        .where(t.FactRow.pack == pack, t.FactRow.body["topic"].as_string() == topic)
        .order_by(t.FactRow.position)
    )
    return {row.id: row.body for row in rows}


async def set_fact(session: AsyncSession, pack: str, fact_id: str, body: dict[str, Any]) -> None:
    """Write a fact, a new one behind the others."""
    row = await session.get(t.FactRow, (pack, fact_id))
    if row is not None:
        row.body = body
        return
    session.add(t.FactRow(pack=pack, id=fact_id, position=await _next(session, t.FactRow, pack), body=body))


async def add_question(session: AsyncSession, pack: str, question_id: str, title: dict[str, str]) -> t.QuestionRow:
    """Let a question join the content, behind the others, and forget that it was new."""
    row = t.QuestionRow(
        pack=pack,
        id=question_id,
        position=await _next(session, t.QuestionRow, pack),
        title=title,
        related=[],
        follow_ups={},
    )
    session.add(row)
    await session.execute(
        delete(s.NewQuestionRow).where(s.NewQuestionRow.pack == pack, s.NewQuestionRow.question == question_id)
    )
    await session.flush()
    return row


async def add_answer(session: AsyncSession, pack: str, question_id: str, situation: str) -> t.AnswerRow:
    """Add an empty answer for a situation, behind the question's others."""
    others = await answers(session, pack, question_id)
    row = t.AnswerRow(
        pack=pack,
        question=question_id,
        position=max((other.position for other in others), default=-1) + 1,
        situation=situation or None,
        facts=[],
        links=[],
        valid_until=None,
    )
    session.add(row)
    await session.flush()
    return row


async def set_text(session: AsyncSession, answer_id: int, language: str, body: dict[str, Any], position: int) -> None:
    """Write what an answer says in a language; a new language takes the position it has in the pack."""
    row = await text(session, answer_id, language)
    if row is None:
        session.add(t.AnswerTextRow(answer_id=answer_id, language=language, position=position, body=body))
    else:
        row.body = body


async def remove_answer(session: AsyncSession, answer_id: int) -> None:
    """Delete an answer with its texts."""
    await session.execute(delete(t.AnswerTextRow).where(t.AnswerTextRow.answer_id == answer_id))
    await session.execute(delete(t.AnswerRow).where(t.AnswerRow.id == answer_id))


async def _next(session: AsyncSession, table: type[t.FactRow] | type[t.QuestionRow], pack: str) -> int:
    last = await session.scalar(select(func.max(table.position)).where(table.pack == pack))
    return 0 if last is None else last + 1


# Drafts


def _of(table: Any, pack: str, question_id: str, situation: str, language: str) -> list[ColumnElement[bool]]:
    return [
        table.pack == pack,
        table.question == question_id,
        table.situation == situation,
        table.language == language,
    ]


async def draft(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, *, lock: bool = False
) -> s.DraftRow | None:
    """Return a draft, open or closed.

    Args:
        session: the unit of work.
        pack, question_id, situation, language: which text.
        lock: whether it is about to be changed; two who save at once then wait for each other.
    """
    query = select(s.DraftRow).where(*_of(s.DraftRow, pack, question_id, situation, language))
    return (await session.scalars(query.with_for_update() if lock else query)).first()


async def drafts(
    session: AsyncSession, pack: str, states: Sequence[str], question_id: str | None = None
) -> Sequence[s.DraftRow]:
    """Return drafts in certain states, the longest waiting first."""
    query = select(s.DraftRow).where(s.DraftRow.pack == pack, s.DraftRow.state.in_(states))
    if question_id is not None:
        query = query.where(s.DraftRow.question == question_id)
    return (await session.scalars(query.order_by(s.DraftRow.submitted_at, s.DraftRow.changed_at))).all()


async def add_version(
    session: AsyncSession, row: s.DraftRow, fields: dict[str, Any], digest: str, name: str, moment: dt.datetime
) -> None:
    """Remember a draft as it is now; the oldest of very many are dropped."""
    session.add(
        s.DraftVersionRow(
            draft_id=row.id, version=row.version, digest=digest, fields=fields, author_name=name, saved_at=moment
        )
    )
    await session.execute(
        delete(s.DraftVersionRow).where(
            s.DraftVersionRow.draft_id == row.id, s.DraftVersionRow.version <= row.version - _KEPT_VERSIONS
        )
    )


async def version_with(session: AsyncSession, draft_id: int, digest: str) -> s.DraftVersionRow | None:
    """Return the newest save of a draft with a fingerprint."""
    rows = await session.scalars(
        select(s.DraftVersionRow)
        .where(s.DraftVersionRow.draft_id == draft_id, s.DraftVersionRow.digest == digest)
        .order_by(s.DraftVersionRow.id.desc())
        .limit(1)
    )
    return rows.first()


async def versions(session: AsyncSession, draft_id: int, most: int) -> Sequence[s.DraftVersionRow]:
    """Return the last saves of a draft, the newest first."""
    rows = await session.scalars(
        select(s.DraftVersionRow)
        .where(s.DraftVersionRow.draft_id == draft_id)
        .order_by(s.DraftVersionRow.id.desc())
        .limit(most)
    )
    return rows.all()


# Revisions


async def revisions(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, most: int = 100
) -> Sequence[s.RevisionRow]:
    """Return the approved versions of a text, the newest first."""
    rows = await session.scalars(
        select(s.RevisionRow)
        .where(*_of(s.RevisionRow, pack, question_id, situation, language))
        .order_by(s.RevisionRow.id.desc())
        .limit(most)
    )
    return rows.all()


async def revision_with(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, digest: str
) -> s.RevisionRow | None:
    """Return the newest approved version of a text with a fingerprint."""
    rows = await session.scalars(
        select(s.RevisionRow)
        .where(*_of(s.RevisionRow, pack, question_id, situation, language), s.RevisionRow.digest == digest)
        .order_by(s.RevisionRow.id.desc())
        .limit(1)
    )
    return rows.first()


async def removed_situations(session: AsyncSession, pack: str, question_id: str) -> set[str]:
    """Return the situations whose answer was ever taken out: their history can still be read."""
    rows = await session.scalars(
        select(s.RevisionRow.situation)
        .where(s.RevisionRow.pack == pack, s.RevisionRow.question == question_id, s.RevisionRow.removed)
        .distinct()
    )
    return set(rows)


# Outdated translations


async def set_outdated(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, revision: int, since: dt.datetime
) -> None:
    """Note that a translation's source has changed; of several changes the first is remembered."""
    if await outdated(session, pack, question_id, situation, language) is None:
        session.add(
            s.OutdatedRow(
                pack=pack, question=question_id, situation=situation, language=language, since=since, revision=revision
            )
        )


async def outdated(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str
) -> s.OutdatedRow | None:
    """Return since when a translation is outdated, or None."""
    return await session.get(s.OutdatedRow, (pack, question_id, situation, language))


async def clear_outdated(session: AsyncSession, pack: str, question_id: str, situation: str, language: str) -> None:
    """Note that a translation follows its source again."""
    await session.execute(delete(s.OutdatedRow).where(*_of(s.OutdatedRow, pack, question_id, situation, language)))


# Presence and notes


async def touch_presence(session: AsyncSession, row: s.PresenceRow) -> None:
    """Note that somebody has a text open now."""
    await session.merge(row)


async def leave_presence(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, person: int
) -> None:
    """Note that somebody has closed a text."""
    await session.execute(
        delete(s.PresenceRow).where(
            *_of(s.PresenceRow, pack, question_id, situation, language), s.PresenceRow.person == person
        )
    )


async def present(
    session: AsyncSession, pack: str, question_id: str, situation: str, language: str, since: dt.datetime
) -> Sequence[s.PresenceRow]:
    """Return who has had a text open since a moment; older entries of anything are dropped."""
    await session.execute(delete(s.PresenceRow).where(s.PresenceRow.seen_at < since))
    rows = await session.scalars(
        select(s.PresenceRow)
        .where(*_of(s.PresenceRow, pack, question_id, situation, language))
        .order_by(s.PresenceRow.name)
    )
    return rows.all()


async def add_note(session: AsyncSession, row: s.NoteRow) -> int:
    """Store a note and return its number."""
    session.add(row)
    await session.flush()
    return row.id


async def note(session: AsyncSession, pack: str, number: int) -> s.NoteRow | None:
    """Return a note of a pack."""
    row = await session.get(s.NoteRow, number)
    return row if row is not None and row.pack == pack else None


async def notes(session: AsyncSession, pack: str, question_id: str | None, *, open_only: bool) -> Sequence[s.NoteRow]:
    """Return notes of a question or of all, the newest first."""
    query = select(s.NoteRow).where(s.NoteRow.pack == pack)
    if question_id is not None:
        query = query.where(s.NoteRow.question == question_id)
    if open_only:
        query = query.where(s.NoteRow.done_at.is_(None))
    return (await session.scalars(query.order_by(s.NoteRow.id.desc()).limit(200))).all()
