"""Content as it would be with drafts in it: what people would be told if what is being written were approved as it is.

Nothing here is stored or checked. A draft may be incomplete, so it is put in without validation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from bot.editing import fields as forms
from bot.editing.model import Fields, TextKey
from bot.knowledge.library import Library
from bot.knowledge.schema import Answer, AnswerText, Content, Fact, Link, Question

_EMPTY = "…"


def with_drafts(library: Library, drafts: Mapping[TextKey, Fields]) -> Library:
    """Return a library in which drafts stand in place of what is approved.

    Args:
        library: approved content. Drafts of questions that it does not have are left out: no model knows them.
        drafts: forms by text.
    """
    content = library.content
    facts = {**content.facts, **_facts(drafts.values())}
    by_question: dict[str, list[tuple[TextKey, Fields]]] = {}
    for key, fields in drafts.items():
        by_question.setdefault(key.question, []).append((key, fields))
    questions = [
        _question(question, by_question[question.id], facts, content) if question.id in by_question else question
        for question in content.questions
        if not any(fields.get("removed") and not key.situation for key, fields in by_question.get(question.id, []))
    ]
    return Library(content.model_copy(update={"facts": facts, "questions": questions}))


def _facts(drafts: Iterable[Fields]) -> dict[str, Fact]:
    found = {}
    for fields in drafts:
        for brought in fields.get("sources", []):
            try:
                fact = Fact.model_validate({name: value for name, value in brought.items() if name != "id"})
            except ValidationError:
                continue  # Half typed: it is shown once it has a title and an address.
            found[brought["id"]] = fact
    return found


def _question(
    question: Question, drafts: list[tuple[TextKey, Fields]], facts: Mapping[str, Fact], content: Content
) -> Question:
    source = content.pack.languages[0]
    title = dict(question.title)
    answers: dict[str, Answer] = {answer.situation or "": answer for answer in question.answers}
    # Translations lean on what the first language shares with them.
    for key, fields in sorted(drafts, key=lambda each: (each[0].language != source, each[0].situation)):
        if fields.get("removed"):
            answers.pop(key.situation, None)
            continue
        if fields.get("title"):
            title[key.language] = fields["title"]
        answers[key.situation] = _answer(
            answers.get(key.situation) or answers[""], key, fields, facts, source=key.language == source
        )
    return question.model_copy(update={"title": title, "answers": list(answers.values())})


def _answer(before: Answer, key: TextKey, fields: Fields, facts: Mapping[str, Fact], *, source: bool) -> Answer:
    parts: dict[str, Any] = {name: fields.get(name) or None for name in forms.TEXTS}
    parts |= {name: list(fields.get(name) or []) for name in forms.LISTS}
    parts["summary"] = parts["summary"] or _EMPTY
    fresh = (before.situation or "") != key.situation
    texts = {} if fresh else dict(before.texts)
    texts[key.language] = AnswerText.model_construct(**parts)
    changed: dict[str, Any] = {"situation": key.situation or None, "texts": texts}
    if source:
        # An answer without a fact cannot be given at all; until one is cited again the approved ones stand.
        changed["facts"] = [name for name in fields.get("facts", []) if name in facts] or before.facts
        changed["valid_until"] = _day(fields.get("valid_until", ""))
        changed["links"] = [
            Link.model_construct(url=link["url"], title=link["title"] or link["url"])
            for link in fields.get("links", [])
        ]
    return before.model_copy(update=changed)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
