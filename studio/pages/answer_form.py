"""The answer form: what it shows, and reading what was typed into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from bot.accounts.people import Person
from bot.conversation.messages import AnswerBlock, Reply
from bot.editing import fields as forms
from bot.editing import preview
from bot.editing.approved import Outline
from bot.editing.checks.findings import Finding
from bot.editing.checks.service import Remark
from bot.editing.fields import Problem
from bot.editing.model import Fields, TextKey, Working
from bot.editing.questions import Cited
from bot.editing.status import TextStatus, Wanted
from bot.knowledge.schema import ASPECTS
from studio import remarks
from studio.access import may_edit
from studio.editing import Editing
from studio.names import Names
from studio.pages.board import STATE_NAMES, STATE_SIGNS, answer_path
from studio.parts import Parts
from studio.previews import telegram
from studio.render import language_of, render
from studio.texts import _

HELP = {
    "title": _("The question as people would ask it. It stands on buttons: at most 90 characters."),
    "summary": _("One or two sentences: what the person needs most. It is said first."),
    "steps": _("One step a line, in order."),
    "documents": _("One document a line. People tick them off."),
    "children": _("What is different for children, if anything."),
    "note": _("What is not certain, and whom to call."),
    "follow_ups": _("Only where this answer does not say it. Left open, people are led as in the whole topic."),
    "links": _("One a line: the address, a space, the title."),
    "valid_until": _("The last day on which the answer holds. After it people get the source and the phone instead."),
}
"""What stands beneath a part of the form."""

LIST_FIELDS = ("steps", "documents", "links")
"""Parts that hold one item a line; the script offers buttons for them."""

_NEW_FACT = ("statement", "title", "url", "date")


@dataclass(frozen=True)
class Shown:
    """Everything about a text that its pages show.

    Attributes:
        values: the form's content, by field: what this person typed where a decision waits.
        shared: the form of the first language, which has what all languages share.
    """

    key: TextKey
    working: Working
    outline: Outline
    values: Fields
    shared: Fields
    cited: list[Cited]
    block: AnswerBlock

    @property
    def is_source(self) -> bool:
        """Tell whether the text is in the pack's first language."""
        return self.key.language == self.outline.languages[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the fields of the form."""
        return forms.of_form(self.is_source, self.key.situation)


def read(form: FormData, names: tuple[str, ...]) -> Fields:
    """Return what was typed; fields with several boxes or ticks are one list."""
    typed = {name: "\n".join(str(value) for value in form.getlist(name)) for name in names}
    return forms.read(typed, names)


def new_fact_typed(form: FormData) -> dict[str, str]:
    """Return what stands in the form's corner for new facts."""
    return {name: str(form.get(f"new_{name}", "")) for name in _NEW_FACT}


def new_fact(form: FormData, topic: str, today: dt.date) -> dict[str, Any] | None:
    """Return the fact that was typed into the form's corner for new ones, or None when nothing was.

    It is a Fact with its id, not checked yet: what is missing is said when the answer is checked.
    """
    said = {name: forms.tidy(text) for name, text in new_fact_typed(form).items()}
    if not any(said.values()):
        return None
    return {
        "id": f"ED-{forms.digest(said)[:8]}",
        "topic": topic,
        "statement": said["statement"],
        "source": {"title": said["title"], "url": said["url"], "date": said["date"] or "undated"},
        "also_seen": [],
        "confidence": "high",
        "caveat": None,
        "verified_on": today.isoformat(),
        "valid_until": None,
    }


async def gather(parts: Parts, editing: Editing, key: TextKey, person: Person, typed: Fields | None = None) -> Shown:
    """Collect what the pages of a text show.

    Args:
        parts, editing: the services.
        key: which text.
        person: who looks.
        typed: what was typed and is not saved; default what is saved.

    Raises:
        UnknownTextError: there is no such text.
    """
    working = await editing.drafts.open(key)
    outline = await editing.status.outline()
    values = dict(working.fields)
    for conflict in working.conflicts:
        if conflict.person == person.id:
            values[conflict.field] = conflict.value
    if typed is not None:
        values = {**values, **{name: None for name in values if name not in typed}, **typed}
    # A part that was emptied, also one that waits for a decision, is no part.
    values = {name: value for name, value in values.items() if value}
    shared = values
    if key.language != outline.languages[0]:
        shared = (await editing.drafts.open(TextKey(key.question, key.situation, outline.languages[0]))).fields
    cited = await editing.questions.cited(shared)
    block = preview.block(parts.assistant.live().library, key, values, shared, cited)
    return Shown(key, working, outline, values, shared, cited, block)


async def form_page(
    request: Request,
    parts: Parts,
    editing: Editing,
    person: Person,
    shown: Shown,
    *,
    status: int = 200,
    problems: list[Problem] | None = None,
    message: str = "",
    begun: Mapping[str, str] | None = None,
) -> Response:
    """Return the page of a text with its form, or without one for those who may only read.

    Args:
        request, parts, editing, person: as pages get them.
        shown: what `gather` collected.
        status: the HTTP status.
        problems: what kept the text from being submitted.
        message: what to say at the top, in the interface's language.
        begun: what was typed of a new fact, see `new_fact_typed`.
    """
    language = language_of(request, person)
    key, source = shown.key, shown.outline.languages[0]
    line = await editing.status.question(key.question, language)
    beside: Fields = {} if shown.is_source else shown.shared
    found = (
        await editing.checks.check(key, shown.values, keep=False)
        if shown.working.is_open and not shown.values.get("removed")
        else []
    )
    facts = forms.missing_of_facts(shown.values) if shown.is_source and not shown.values.get("removed") else []
    by_field, found = _where(shown, [*(problems or []), *facts], found, language)
    cited_ids = {fact.id for fact in shown.cited}
    citable = [fact for fact in await editing.questions.citable(key.question) if fact.id not in cited_ids]
    related_ids = list(shown.values.get("related", []))
    return render(
        request,
        person,
        "answer.html",
        status=status,
        shown=shown,
        working=shown.working,
        values={name: forms.write(name, shown.values.get(name)) for name in shown.names},
        beside={name: forms.write(name, beside.get(name)) for name in forms.SPOKEN},
        source_language=source,
        help=HELP,
        list_fields=LIST_FIELDS,
        conflicts=conflicts(shown, person),
        problems=by_field,
        general=by_field.get("", []),
        to_correct=[name for name in shown.names if by_field.get(name)],
        warned=any(remark.blocks for remark in found),
        submitted=bool(problems),
        alert=message,
        begun=begun or dict.fromkeys(_NEW_FACT, ""),
        line=line,
        may_write=may_edit(person, key.language),
        citable=citable if shown.is_source else [],
        confirmed=forms.confirmed(shown.values),
        today=parts.assistant.live().library.today(),
        related=await editing.questions.titles(related_ids, language),
        aspects=ASPECTS,
        leads=forms.follow_ups(shown.values),
        all_questions=await others(editing, key, [], language) if "follow_ups" in shown.names else [],
        names=Names(parts.assistant.live().library, language, await parts.examples.titles()),
        others=await others(editing, key, related_ids, language) if "related" in shown.names else [],
        source_changes=await editing.history.source_since(key),
        remarks=found,
        say=speaker(language),
        work=await work(request, editing, key, language),
        here=address(key, request),
        state_names=STATE_NAMES,
        signs=STATE_SIGNS,
        answer_path=answer_path,
        **looks(parts, shown),
    )


def _where(
    shown: Shown, problems: list[Problem], found: list[Remark], language: str
) -> tuple[dict[str, list[str]], list[Remark]]:
    """Sort what is wrong by where it is said: each thing once.

    Returns:
        What stands at a part of the form, by part, empty for what belongs to none; and the remarks for the list beside
        it: warnings, which need a form of their own to let them stand.
    """
    listed = [remark for remark in found if remark.finding.severity != "error"]
    say = speaker(language)
    in_list = {say(remark) for remark in listed}
    by_field: dict[str, list[str]] = {}
    for problem in problems:
        text = said(language, problem)
        if text not in in_list:
            by_field.setdefault(_part(problem.field, shown), []).append(text)
    # Where the form itself misses something, the checks say no more than that.
    incomplete = set(by_field)
    for remark in found:
        name = _part(remark.finding.field, shown)
        if remark not in listed and name not in incomplete:
            by_field.setdefault(name, []).append(say(remark))
    return {name: list(dict.fromkeys(texts)) for name, texts in by_field.items()}, listed


def _part(name: str, shown: Shown) -> str:
    # What the form of this text does not have, as a translation has no facts, is said above it.
    return name if name in shown.names and name not in ("confirmed", "sources") else ""


def looks(parts: Parts, shown: Shown) -> dict[str, Any]:
    """Return what the three previews show."""
    pack_situations = shown.outline.situations
    end = shown.block.valid_until
    expired = end is not None and end < parts.assistant.live().library.today()
    reply = Reply(outcome="expired" if expired else "answer", language=shown.block.language, blocks=[shown.block])
    return {
        "block": shown.block,
        "telegram": telegram(parts.telegram(reply)),
        "for_whom": pack_situations.get(shown.key.situation, {}),
    }


def said(language: str, problem: Problem) -> str:
    """Return a problem in the interface's language."""
    return remarks.filled(language, problem.message, problem.values)


def speaker(language: str) -> Any:
    """Return what turns a finding into a text of the interface's language."""

    def say(finding: Finding | Remark) -> str:
        found = finding.finding if isinstance(finding, Remark) else finding
        return remarks.say(language, found.code, found.values)

    return say


def conflicts(shown: Shown, person: Person) -> dict[str, list[dict[str, str]]]:
    """Return by field the other texts that wait beside what stands in the box: whose, and what."""
    found: dict[str, list[dict[str, str]]] = {}
    own = {c.field for c in shown.working.conflicts if c.person == person.id}
    for conflict in shown.working.conflicts:
        entries = found.setdefault(conflict.field, [])
        if conflict.person == person.id:
            theirs = shown.working.fields.get(conflict.field)
            by = next((n for number, n in reversed(shown.working.writers) if number != person.id), person.name)
            entries.append({"name": by, "text": forms.write(conflict.field, theirs)})
        elif conflict.field not in own:
            entries.append({"name": conflict.name, "text": forms.write(conflict.field, conflict.value)})
        else:
            entries.append({"name": conflict.name, "text": forms.write(conflict.field, conflict.value)})
    return found


async def others(editing: Editing, key: TextKey, chosen: list[str], language: str) -> list[tuple[str, str]]:
    """Return the questions that could be named as related, as (id, title)."""
    titles = await editing.questions.all_titles(language)
    return [(name, title) for name, title in titles if name != key.question and name not in chosen]


@dataclass(frozen=True)
class Work:
    """Where a text stands in the list that is being worked through."""

    position: int
    total: int
    following: str
    board: str


async def work(request: Request, editing: Editing, key: TextKey, language: str) -> Work | None:
    """Return the place of a text in the list that the address names, or None when it names none."""
    query = request.query_params
    wanted = wanted_of(query)
    if wanted is None:
        return None
    texts = await editing.status.work_list(wanted, language)
    board = "/studio/board?" + urlencode({**{n: v for n, v in vars(wanted).items() if v}, "view": "list"})
    place = next((number for number, text in enumerate(texts) if text.key == key), None)
    following = _following(texts, key, place)
    return Work((place or 0) + 1, len(texts), answer_path(following, wanted) if following else "", board)


def _following(texts: list[TextStatus], key: TextKey, place: int | None) -> TextStatus | None:
    if place is not None:
        return texts[place + 1] if place + 1 < len(texts) else None
    # Done with it, so it left the list: go on with the first that is left.
    return next((text for text in texts if text.key != key), None)


def wanted_of(query: Mapping[str, str]) -> Wanted | None:
    """Return the list that an address names, see studio.pages.board.list_query."""
    if not any(query.get(name) for name in ("list", "in", "topic", "text", "sort")):
        return None
    return Wanted(
        query.get("list", ""), query.get("in", ""), query.get("topic", ""), query.get("text", ""), query.get("sort", "")
    )


def address(key: TextKey, request: Request, page: str = "") -> str:
    """Return the address of a text's page, within the list that is being worked through.

    Args:
        key: which text.
        request: its query names the list.
        page: `history`, `review` …; empty: the form.
    """
    text = TextStatus(key, "", ("approved",))
    path = answer_path(text, wanted_of(request.query_params))
    base, _sep, query = path.partition("?")
    return base + (f"/{page}" if page else "") + (f"?{query}" if query else "")
