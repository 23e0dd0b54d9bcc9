"""The approved content, one text at a time: reading it as a form, and putting an approved form in its place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.editing import fields as forms
from bot.editing.fields import Problem
from bot.editing.model import Fields, RefusedError, TextKey, UnknownTextError
from bot.knowledge.schema import Fact
from bot.storage import editing as stored
from bot.storage.editing import Outline as Outline  # pages know it from here

SOURCE_FIRST = (
    "The answer in the pack's first language must be approved before its translations: it carries the sources."
)
EVERYBODY_FIRST = "The answer for everybody must be approved before answers for some people."
EVERYBODY_STAYS = "The answer for everybody cannot be removed: people whose situation is not known get it."
UNKNOWN_FACTS = "These facts do not exist: {facts}. Correct their ids or take them out."
UNKNOWN_QUESTIONS = "These related questions do not exist: {questions}. Take them out."
UNKNOWN_FOLLOW_UPS = "These follow-up questions do not exist or are this question itself: {questions}. Choose others."


@dataclass(frozen=True)
class Standing:
    """A text as it is approved.

    Attributes:
        fields: the form's content; for a text that does not exist yet, what is already known of it (title, facts).
        exists: whether there is an approved text.
        source: whether it is in the pack's first language.
    """

    fields: Fields
    exists: bool
    source: bool


async def pack_outline(session: AsyncSession, pack: str) -> Outline:
    """Return a pack's outline.

    Raises:
        UnknownTextError: there is no such pack.
    """
    outline = await stored.outline(session, pack)
    if outline is None:
        raise UnknownTextError(f"no pack {pack!r}")
    return outline


async def standing(session: AsyncSession, pack: str, key: TextKey) -> Standing:
    """Return what is approved of a text.

    Raises:
        UnknownTextError: the pack has no such question, situation or language.
    """
    outline = await pack_outline(session, pack)
    if key.language not in outline.languages or (key.situation and key.situation not in outline.situations):
        raise UnknownTextError(f"no text {key.label!r}")
    source = key.language == outline.languages[0]
    question = await stored.question(session, pack, key.question)
    if question is None:
        fresh = await stored.new_question(session, pack, key.question)
        if fresh is None:
            raise UnknownTextError(f"no question {key.question!r}")
        return Standing(
            forms.from_content(fresh.title.get(key.language), None, None, key.situation), exists=False, source=source
        )
    answer = await stored.answer(session, pack, key.question, key.situation)
    text = await stored.text(session, answer.id, key.language) if answer else None
    shared: dict[str, Any] | None = None
    if source:
        shared = {"related": question.related, "follow_ups": forms.follow_up_lines(question.follow_ups)}
        if answer:
            end = answer.valid_until.isoformat() if answer.valid_until else None
            shared |= {"facts": answer.facts, "links": answer.links, "valid_until": end}
    fields = forms.from_content(question.title.get(key.language), text.body if text else None, shared, key.situation)
    return Standing(fields, exists=text is not None, source=source)


async def put_in_place(session: AsyncSession, pack: str, key: TextKey, fields: Fields) -> None:
    """Make a form the approved text: what the next release is built from.

    Raises:
        RefusedError: it names facts or questions that do not exist, or what it depends on is not approved yet.
    """
    outline = await pack_outline(session, pack)
    source = key.language == outline.languages[0]
    question = await stored.question(session, pack, key.question)
    if question is None:
        fresh = await stored.new_question(session, pack, key.question)
        if fresh is None:
            raise UnknownTextError(f"no question {key.question!r}")
        if not source:
            raise RefusedError(SOURCE_FIRST)
        if key.situation:
            raise RefusedError(EVERYBODY_FIRST)
        question = await stored.add_question(session, pack, key.question, dict(fresh.title))
    answer = await stored.answer(session, pack, key.question, key.situation)
    if answer is None:
        if not source:
            raise RefusedError(SOURCE_FIRST)
        if key.situation and await stored.answer(session, pack, key.question, "") is None:
            raise RefusedError(EVERYBODY_FIRST)
        answer = await stored.add_answer(session, pack, key.question, key.situation)
    if source:
        await _facts(session, pack, key, fields)
        answer.facts = list(fields["facts"])
        answer.links = list(fields.get("links", []))
        end = fields.get("valid_until")
        answer.valid_until = dt.date.fromisoformat(end) if end else None
        if not key.situation:
            question.related = await _related(session, pack, key.question, fields.get("related", []))
            leads = forms.follow_ups(fields)
            await _must_exist(session, pack, key.question, list(leads.values()), UNKNOWN_FOLLOW_UPS)
            if leads != question.follow_ups:
                question.follow_ups = leads
    if not key.situation:
        question.title = {**question.title, key.language: fields["title"]}
    body = forms.answer_text(fields).model_dump(mode="json")
    await stored.set_text(session, answer.id, key.language, body, outline.languages.index(key.language))
    await session.flush()


async def _facts(session: AsyncSession, pack: str, key: TextKey, fields: Fields) -> None:
    for brought in fields.get("sources", []):
        body = {name: value for name, value in brought.items() if name != "id"}
        if brought["id"] in fields["facts"]:
            await stored.set_fact(session, pack, brought["id"], Fact.model_validate(body).model_dump(mode="json"))
    await session.flush()
    known = await stored.facts(session, pack, fields["facts"])
    unknown = [fact_id for fact_id in fields["facts"] if fact_id not in known]
    if unknown:
        raise RefusedError(UNKNOWN_FACTS, facts=", ".join(unknown))
    for fact_id, day in forms.confirmed(fields).items():
        if fact_id in known and known[fact_id]["verified_on"] < day.isoformat():
            await stored.set_fact(session, pack, fact_id, {**known[fact_id], "verified_on": day.isoformat()})


async def _related(session: AsyncSession, pack: str, own: str, wanted: list[str]) -> list[str]:
    await _must_exist(session, pack, own, wanted, UNKNOWN_QUESTIONS)
    return list(wanted)


async def dangling(session: AsyncSession, pack: str, key: TextKey, fields: Fields) -> list[Problem]:
    """Return what is wrong with a form's ways to other questions: they must exist, and not be the question itself."""
    found = []
    for field, wanted, message in (
        ("related", list(fields.get("related", [])), UNKNOWN_QUESTIONS),
        ("follow_ups", list(forms.follow_ups(fields).values()), UNKNOWN_FOLLOW_UPS),
    ):
        unknown = await _unknown(session, pack, key.question, wanted)
        if unknown:
            found.append(Problem(field, message, {"questions": ", ".join(unknown)}))
    return found


async def _unknown(session: AsyncSession, pack: str, own: str, wanted: list[str]) -> list[str]:
    return [name for name in wanted if name == own or await stored.question(session, pack, name) is None]


async def _must_exist(session: AsyncSession, pack: str, own: str, wanted: list[str], message: str) -> None:
    unknown = await _unknown(session, pack, own, wanted)
    if unknown:
        raise RefusedError(message, questions=", ".join(unknown))


async def remove(session: AsyncSession, pack: str, key: TextKey) -> dict[str, Fields]:
    """Take the answer for a situation out, in all languages.

    Returns:
        What it said, by language.

    Raises:
        RefusedError: it is the answer for everybody.
    """
    if not key.situation:
        raise RefusedError(EVERYBODY_STAYS)
    outline = await pack_outline(session, pack)
    answer = await stored.answer(session, pack, key.question, key.situation)
    said = {}
    for language in outline.languages:
        there = await standing(session, pack, TextKey(key.question, key.situation, language))
        if there.exists:
            said[language] = there.fields
        await stored.clear_outdated(session, pack, key.question, key.situation, language)
    if answer is not None:
        await stored.remove_answer(session, answer.id)
    return said
