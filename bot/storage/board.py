"""What the board is made of: which texts there are, without their words. The only place with SQL about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t
from bot.storage import tables_studio as s


@dataclass(frozen=True)
class QuestionLine:
    """A question: id, title by language, whether it has no approved answer yet."""

    id: str
    title: dict[str, str]
    new: bool = False


@dataclass(frozen=True)
class AnswerLine:
    """An answer without its texts."""

    id: int
    question: str
    situation: str
    valid_until: dt.date | None
    facts: list[str]


@dataclass(frozen=True)
class TextLine:
    """What is noted about one text: the state of its draft, or that it is outdated."""

    question: str
    situation: str
    language: str
    state: str = ""


def _only(query: Any, column: Any, question: str | None) -> Any:
    """Return a query over all questions, or narrowed to one. Untyped: the rows of each query have other columns."""
    return query if question is None else query.where(column == question)


async def questions(session: AsyncSession, pack: str, question: str | None = None) -> list[QuestionLine]:
    """Return all questions, or one, in the content's order, the new ones last."""
    q, n = t.QuestionRow, s.NewQuestionRow
    rows = await session.execute(
        _only(select(q.id, q.title).where(q.pack == pack).order_by(q.position), q.id, question)
    )
    fresh = await session.execute(
        _only(
            select(n.question, n.title).where(n.pack == pack).order_by(n.created_at, n.question), n.question, question
        )
    )
    lines = [QuestionLine(row[0], row[1]) for row in rows]
    return lines + [QuestionLine(row[0], row[1], new=True) for row in fresh]


async def answers(session: AsyncSession, pack: str, question: str | None = None) -> list[AnswerLine]:
    """Return all answers, or those of one question, without their texts."""
    a = t.AnswerRow
    query = select(a.id, a.question, a.situation, a.valid_until, a.facts).where(a.pack == pack).order_by(a.position)
    rows = await session.execute(_only(query, a.question, question))
    return [
        AnswerLine(number, question, situation or "", end, facts) for number, question, situation, end, facts in rows
    ]


async def languages_of_answers(session: AsyncSession, pack: str, question: str | None = None) -> dict[int, set[str]]:
    """Return in which languages each answer, or those of one question, has a text; by the answer's number."""
    query = (
        select(t.AnswerTextRow.answer_id, t.AnswerTextRow.language)
        .join(t.AnswerRow, t.AnswerRow.id == t.AnswerTextRow.answer_id)
        .where(t.AnswerRow.pack == pack)
    )
    rows = await session.execute(_only(query, t.AnswerRow.question, question))
    spoken: dict[int, set[str]] = {}
    for answer_id, language in rows:
        spoken.setdefault(answer_id, set()).add(language)
    return spoken


async def verified(session: AsyncSession, pack: str, ids: Sequence[str] | None = None) -> dict[str, str]:
    """Return on which day each fact, or some, was last compared with its source, by its id; days as YYYY-MM-DD."""
    query = select(t.FactRow.id, t.FactRow.body["verified_on"].as_string()).where(t.FactRow.pack == pack)
    rows = await session.execute(query if ids is None else query.where(t.FactRow.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class DraftLine:
    """A draft without its words."""

    question: str
    situation: str
    language: str
    state: str
    author_name: str
    submitted_at: dt.datetime | None
    writers: list[tuple[int, str]]
    undecided: bool


async def drafts(session: AsyncSession, pack: str, states: Sequence[str]) -> list[DraftLine]:
    """Return the drafts in one of these states, the longest waiting first."""
    d = s.DraftRow
    rows = await session.execute(
        select(d.question, d.situation, d.language, d.state, d.author_name, d.submitted_at, d.writers, d.conflicts)
        .where(d.pack == pack, d.state.in_(states))
        .order_by(d.submitted_at, d.changed_at)
    )
    return [
        DraftLine(row[0], row[1], row[2], row[3], row[4], row[5], [(each[0], each[1]) for each in row[6]], bool(row[7]))
        for row in rows
    ]


async def titles(session: AsyncSession, pack: str, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the titles by language of questions, new ones among them, by id."""
    q, n = t.QuestionRow, s.NewQuestionRow
    fresh = await session.execute(select(n.question, n.title).where(n.pack == pack, n.question.in_(ids)))
    rows = await session.execute(select(q.id, q.title).where(q.pack == pack, q.id.in_(ids)))
    return {row[0]: row[1] for row in [*fresh, *rows]}


async def open_drafts(
    session: AsyncSession, pack: str, states: Sequence[str], question: str | None = None
) -> list[TextLine]:
    """Return which texts, of all questions or of one, have a draft in one of these states."""
    d = s.DraftRow
    query = select(d.question, d.situation, d.language, d.state).where(d.pack == pack, d.state.in_(states))
    rows = await session.execute(_only(query, d.question, question))
    return [TextLine(*row) for row in rows]


async def outdated(session: AsyncSession, pack: str, question: str | None = None) -> list[TextLine]:
    """Return which translations, of all questions or of one, no longer follow their source."""
    o = s.OutdatedRow
    query = select(o.question, o.situation, o.language).where(o.pack == pack)
    rows = await session.execute(_only(query, o.question, question))
    return [TextLine(*row) for row in rows]


async def live_scores(session: AsyncSession, pack: str) -> dict[str, Any]:
    """Return the scores of the live release; empty before the first."""
    scores = await session.scalar(
        select(t.ReleaseRow.scores)
        .join(t.LiveRow, t.LiveRow.release_id == t.ReleaseRow.id)
        .where(t.LiveRow.pack == pack)
    )
    return dict(scores or {})


async def counts(session: AsyncSession, pack: str, question: str) -> tuple[int, int]:
    """Return how many examples and how many test questions a question has."""
    examples = await session.scalar(
        select(func.count()).where(t.ExampleRow.pack == pack, t.ExampleRow.intent == question)
    )
    tests = await session.scalar(
        select(func.count()).where(t.HeldBackRow.pack == pack, t.HeldBackRow.expected == question)
    )
    return examples or 0, tests or 0
