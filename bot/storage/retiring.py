"""Taking a question out of the content with all that belongs to it, and putting it back. The only place with SQL about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import editing
from bot.storage import tables as t
from bot.storage import tables_studio as s


@dataclass(frozen=True)
class Pointing:
    """What leads to a question: others' ids, the way from each, and the lists of the pack's first page and emergencies."""

    related: list[str]
    follow_ups: list[tuple[str, str]]
    starts: bool
    emergency: bool
    topics: list[tuple[str, str]]


async def pointing(session: AsyncSession, pack: str, question_id: str) -> Pointing:
    """Return what leads to a question."""
    rows = await session.execute(
        select(t.QuestionRow.id, t.QuestionRow.related, t.QuestionRow.follow_ups)
        .where(t.QuestionRow.pack == pack)
        .order_by(t.QuestionRow.position)
    )
    related, leads = [], []
    for name, others, follow_ups in rows:
        related += [name] if question_id in others else []
        leads += [(name, aspect) for aspect, target in follow_ups.items() if target == question_id]
    row = await session.get(t.PackRow, pack)
    body = row.body if row else {}
    return Pointing(
        related,
        leads,
        question_id in body.get("start_questions", []),
        question_id in body.get("emergency_questions", []),
        [
            (topic, aspect)
            for topic, each in body.get("follow_ups", {}).items()
            for aspect, target in each.items()
            if target == question_id
        ],
    )


async def is_last_of_topic(session: AsyncSession, pack: str, question_id: str) -> bool:
    """Tell whether a topic would be left without a question."""
    topic = question_id.partition("/")[0]
    count = await session.scalar(
        select(func.count())
        .select_from(t.QuestionRow)
        .where(t.QuestionRow.pack == pack, t.QuestionRow.id.startswith(topic + "/", autoescape=True))
    )
    return (count or 0) < 2


async def take_out(session: AsyncSession, pack: str, question_id: str) -> dict[str, Any]:
    """Delete a question with answers, examples, test questions and what leads to it.

    Returns:
        All of it as plain JSON values, from which `put_back` makes it again.
    """
    row = await editing.question(session, pack, question_id)
    assert row is not None  # noqa: S101  the caller has looked
    ways = await pointing(session, pack, question_id)
    examples = list(
        await session.scalars(
            select(t.ExampleRow)
            .where(t.ExampleRow.pack == pack, t.ExampleRow.intent == question_id)
            .order_by(t.ExampleRow.position)
        )
    )
    tests = list(
        await session.scalars(
            select(t.HeldBackRow)
            .where(t.HeldBackRow.pack == pack, t.HeldBackRow.expected == question_id)
            .order_by(t.HeldBackRow.position)
        )
    )
    answers = []
    for answer in await editing.answers(session, pack, question_id):
        texts = {text.language: text.body for text in await editing.texts(session, answer.id)}
        end = answer.valid_until.isoformat() if answer.valid_until else None
        answers.append(
            {
                "situation": answer.situation,
                "facts": answer.facts,
                "links": answer.links,
                "valid_until": end,
                "texts": texts,
            }
        )
        await editing.remove_answer(session, answer.id)
    tree = {
        "title": row.title,
        "related": row.related,
        "follow_ups": row.follow_ups,
        "answers": answers,
        "examples": [[e.text, e.language, e.source, e.style] for e in examples],
        "tests": [[h.text, h.language] for h in tests],
        "pointing": {
            "related": ways.related,
            "follow_ups": [list(each) for each in ways.follow_ups],
            "starts": ways.starts,
            "emergency": ways.emergency,
            "topics": [list(each) for each in ways.topics],
        },
    }
    for each in [*examples, *tests, row]:
        await session.delete(each)
    await _unlink(session, pack, question_id, ways)
    await session.execute(
        delete(s.CheckFindingRow).where(s.CheckFindingRow.pack == pack, s.CheckFindingRow.question == question_id)
    )
    await session.flush()
    return tree


async def _unlink(session: AsyncSession, pack: str, question_id: str, ways: Pointing) -> None:
    for name in dict.fromkeys([*ways.related, *(name for name, _ in ways.follow_ups)]):
        other = await editing.question(session, pack, name)
        if other is not None:
            other.related = [each for each in other.related if each != question_id]
            other.follow_ups = {a: target for a, target in other.follow_ups.items() if target != question_id}
    row = await session.get(t.PackRow, pack)
    if row is not None and (ways.starts or ways.emergency or ways.topics):
        body = dict(row.body)
        for name in ("start_questions", "emergency_questions"):
            body[name] = [each for each in body.get(name, []) if each != question_id]
        body["follow_ups"] = {
            topic: {aspect: target for aspect, target in leads.items() if target != question_id}
            for topic, leads in body.get("follow_ups", {}).items()
        }
        row.body = body


async def put_back(session: AsyncSession, pack: str, question_id: str, tree: dict[str, Any]) -> None:
    """Make a question again from what `take_out` returned. What it led to and is gone meanwhile is left out."""
    row = await editing.add_question(session, pack, question_id, tree["title"])
    row.related = [name for name in tree["related"] if await editing.question(session, pack, name)]
    row.follow_ups = {
        aspect: name for aspect, name in tree["follow_ups"].items() if await editing.question(session, pack, name)
    }
    outline = await editing.outline(session, pack)
    order = outline.languages if outline else []
    for number, each in enumerate(tree["answers"]):
        end = each["valid_until"]
        answer = t.AnswerRow(
            pack=pack,
            question=question_id,
            position=number,
            situation=each["situation"],
            facts=each["facts"],
            links=each["links"],
            valid_until=dt.date.fromisoformat(end) if end else None,
        )
        session.add(answer)
        await session.flush()
        for language, body in each["texts"].items():
            position = order.index(language) if language in order else len(order)
            await editing.set_text(session, answer.id, language, body, position)
    await _lines_back(session, pack, question_id, tree)
    await _link(session, pack, question_id, tree["pointing"])
    await session.flush()


async def _lines_back(session: AsyncSession, pack: str, question_id: str, tree: dict[str, Any]) -> None:
    # What was taken for another question meanwhile stays there: a line means one thing only.
    texts = [line[0] for line in [*tree["examples"], *tree["tests"]]]
    e, h = t.ExampleRow, t.HeldBackRow
    taken = set(await session.scalars(select(e.text).where(e.pack == pack, e.text.in_(texts))))
    taken |= set(await session.scalars(select(h.text).where(h.pack == pack, h.text.in_(texts))))
    last = await session.scalar(select(func.max(e.position)).where(e.pack == pack))
    for number, (text, language, source, style) in enumerate(tree["examples"], (-1 if last is None else last) + 1):
        if text not in taken:
            session.add(
                e(
                    pack=pack,
                    intent=question_id,
                    position=number,
                    text=text,
                    language=language,
                    source=source,
                    style=style,
                )
            )
    last = await session.scalar(select(func.max(h.position)).where(h.pack == pack))
    for number, (text, language) in enumerate(tree["tests"], (-1 if last is None else last) + 1):
        if text not in taken:
            session.add(h(pack=pack, expected=question_id, position=number, language=language, text=text))


async def _link(session: AsyncSession, pack: str, question_id: str, ways: dict[str, Any]) -> None:
    for name in ways["related"]:
        other = await editing.question(session, pack, name)
        if other is not None and question_id not in other.related:
            other.related = [*other.related, question_id]
    for name, aspect in ways["follow_ups"]:
        other = await editing.question(session, pack, name)
        if other is not None and aspect not in other.follow_ups:
            other.follow_ups = {**other.follow_ups, aspect: question_id}
    row = await session.get(t.PackRow, pack)
    if row is None or not (ways["starts"] or ways["emergency"] or ways["topics"]):
        return
    body = dict(row.body)
    for name, was in (("start_questions", ways["starts"]), ("emergency_questions", ways["emergency"])):
        if was:
            body[name] = [*body.get(name, []), question_id]
    leads = {topic: dict(each) for topic, each in body.get("follow_ups", {}).items()}
    for topic, aspect in ways["topics"]:
        leads.setdefault(topic, {}).setdefault(aspect, question_id)
    body["follow_ups"] = leads
    row.body = body


async def retired(session: AsyncSession, pack: str, language: str) -> list[s.RevisionRow]:
    """Return the last revision of each question that was retired and is not there now, the newest first."""
    r, q = s.RevisionRow, t.QuestionRow
    newest = (
        select(func.max(r.id))
        .where(r.pack == pack, r.removed, r.situation == "", r.language == language)
        .group_by(r.question)
    )
    there = select(q.id).where(q.pack == pack)
    rows = await session.scalars(select(r).where(r.id.in_(newest), r.question.not_in(there)).order_by(r.id.desc()))
    return [row for row in rows if "retired" in row.fields]
