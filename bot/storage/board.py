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
    changed_at: dt.datetime | None = None


async def questions(session: AsyncSession, pack: str) -> list[QuestionLine]:
    """Return all questions in the content's order, the new ones last."""
    rows = await session.execute(
        select(t.QuestionRow.id, t.QuestionRow.title).where(t.QuestionRow.pack == pack).order_by(t.QuestionRow.position)
    )
    fresh = await session.execute(
        select(s.NewQuestionRow.question, s.NewQuestionRow.title)
        .where(s.NewQuestionRow.pack == pack)
        .order_by(s.NewQuestionRow.created_at, s.NewQuestionRow.question)
    )
    lines = [QuestionLine(row[0], row[1]) for row in rows]
    return lines + [QuestionLine(row[0], row[1], new=True) for row in fresh]


async def answers(session: AsyncSession, pack: str) -> list[AnswerLine]:
    """Return all answers without their texts."""
    a = t.AnswerRow
    rows = await session.execute(
        select(a.id, a.question, a.situation, a.valid_until, a.facts).where(a.pack == pack).order_by(a.position)
    )
    return [
        AnswerLine(number, question, situation or "", end, facts) for number, question, situation, end, facts in rows
    ]


async def languages_of_answers(session: AsyncSession, pack: str) -> dict[int, set[str]]:
    """Return in which languages each answer has a text, by the answer's number."""
    rows = await session.execute(
        select(t.AnswerTextRow.answer_id, t.AnswerTextRow.language)
        .join(t.AnswerRow, t.AnswerRow.id == t.AnswerTextRow.answer_id)
        .where(t.AnswerRow.pack == pack)
    )
    spoken: dict[int, set[str]] = {}
    for answer_id, language in rows:
        spoken.setdefault(answer_id, set()).add(language)
    return spoken


async def verified(session: AsyncSession, pack: str) -> dict[str, str]:
    """Return on which day each fact was last compared with its source, by its id; days as YYYY-MM-DD."""
    rows = await session.execute(
        select(t.FactRow.id, t.FactRow.body["verified_on"].as_string()).where(t.FactRow.pack == pack)
    )
    return {row[0]: row[1] for row in rows}


async def open_drafts(session: AsyncSession, pack: str, states: Sequence[str]) -> list[TextLine]:
    """Return which texts have a draft in one of these states."""
    d = s.DraftRow
    rows = await session.execute(
        select(d.question, d.situation, d.language, d.state, d.changed_at).where(d.pack == pack, d.state.in_(states))
    )
    return [TextLine(*row) for row in rows]


async def outdated(session: AsyncSession, pack: str) -> list[TextLine]:
    """Return which translations no longer follow their source."""
    o = s.OutdatedRow
    rows = await session.execute(select(o.question, o.situation, o.language).where(o.pack == pack))
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
