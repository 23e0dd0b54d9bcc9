"""What people would be given for a text that is still being written: the same neutral block that every channel gets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from bot.conversation.composing import whole_answer
from bot.conversation.messages import AnswerBlock
from bot.editing import fields as forms
from bot.editing.model import Fields, TextKey
from bot.editing.questions import Cited
from bot.knowledge.library import Chosen, Library
from bot.knowledge.schema import Answer, AnswerText, Link, Question, Source

_EMPTY = "…"


def block(library: Library, key: TextKey, fields: Fields, shared: Fields, cited: Sequence[Cited]) -> AnswerBlock:
    """Return an answer as it would be given, however incomplete it still is.

    Args:
        library: the live content; only the pack's names and phone are taken from it.
        key: which text.
        fields: the form.
        shared: the form of the answer's first language, which has links and the last day.
        cited: the facts that it cites.
    """
    parts: dict[str, Any] = {name: fields.get(name) or None for name in forms.TEXTS}
    parts |= {name: list(fields.get(name) or []) for name in forms.LISTS}
    parts["summary"] = parts["summary"] or _EMPTY
    # Built without checking: a draft may lack a summary or be too long, and is shown all the same.
    text = AnswerText.model_construct(**parts)
    links = [
        Link(url=link["url"], title=link["title"] or link["url"])
        for link in shared.get("links") or []
        if re.fullmatch(r"https?://\S{1,1990}", link["url"])
    ]
    end = _day(shared.get("valid_until", ""))
    answer = Answer.model_construct(situation=None, facts=[], valid_until=end, links=links, texts={key.language: text})
    title = fields.get("title") or _EMPTY
    question = Question.model_construct(
        id=key.question, title={key.language: title}, related=[], follow_ups={}, answers=[answer]
    )
    confirmed = forms.confirmed(shared)
    days = [max(fact.verified_on, confirmed.get(fact.id, fact.verified_on)) for fact in cited]
    sources = {
        fact.url: Source.model_construct(title=fact.title, url=fact.url, date=fact.date) for fact in reversed(cited)
    }
    chosen = Chosen(
        question=question,
        answer=answer,
        text=text,
        language=key.language,
        sources=list(reversed(sources.values())),
        verified_on=min(days, default=library.today()),
        expired=end is not None and end < library.today(),
    )
    return whole_answer(library, chosen, key.language)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None
