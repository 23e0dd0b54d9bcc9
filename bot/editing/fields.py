"""An answer's text as a form: which fields there are, how what was typed is read, what is still missing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

from bot.editing.model import Fields
from bot.knowledge.schema import ASPECTS, AnswerText

TEXTS = ("summary", "fee", "where", "how_long", "deadline", "children", "note")
LISTS = ("steps", "documents")
SPOKEN = ("title", "summary", "steps", "documents", "fee", "where", "how_long", "deadline", "children", "note")
"""What is said to people, in the order of the form. A title belongs to the answer for everybody only."""

OF_ANSWER = ("facts", "links", "valid_until", "related", "follow_ups", "confirmed", "sources")
"""What all languages of an answer share. It is edited with the pack's first language, which translations follow.

`facts` are ids of what is cited; `confirmed` says "id day" for each that was compared with its source; `sources` are
new facts that the draft brings along, each a Fact with its `id`; `related` and `follow_ups` belong to the answer for
everybody only. `follow_ups` says "aspect question" for each: where "and how much is it?" leads.
"""

OF_QUESTION = ("title", "related", "follow_ups")
"""What belongs to the question itself: it is edited with the answer for everybody."""

BY_LINE = ("related", "follow_ups")
"""Fields of ids, one a line: they are compared as wholes, and pages show titles in their place."""

MAX_TITLE = 90
MAX_TEXT = 4000
MAX_TYPED = 20_000
"""Characters of one field that are stored while it is a draft; far more than may be approved, so nothing typed is cut."""

_CONFIRMED = re.compile(r"^(?P<fact>\S{1,60}) (?P<day>\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True)
class Problem:
    """Why a text cannot be submitted or approved yet.

    Attributes:
        field: the form field that it is about.
        message: English text for the editor, which is also the key of its translations, with `values` in braces.
    """

    field: str
    message: str
    values: dict[str, object] = default(default_factory=dict)


def of_form(source: bool, situation: str) -> tuple[str, ...]:
    """Return the fields that the form of a text has.

    Args:
        source: whether the text is in the pack's first language.
        situation: whom it is for; empty: everybody.
    """
    names = [*SPOKEN, *(OF_ANSWER if source else ())]
    return tuple(name for name in names if not (situation and name in OF_QUESTION))


def read(typed: Mapping[str, str], names: tuple[str, ...]) -> Fields:
    """Read a form.

    Args:
        typed: what the browser sent: texts, lists one item a line, links "address title" one a line.
        names: the fields that the form has.

    Returns:
        Fields without the empty ones.
    """
    fields: Fields = {}
    for name in names:
        raw = tidy(typed.get(name, ""))
        value: Any = raw
        if name in LISTS:
            value = [_without_mark(line) for line in raw.splitlines() if _without_mark(line)]
        elif name in ("facts", "related"):
            value = list(dict.fromkeys(raw.replace(",", " ").split()))
        elif name == "confirmed":
            value = [line for line in raw.splitlines() if _CONFIRMED.match(line)]
        elif name == "follow_ups":
            leads = (line.split() for line in raw.splitlines())
            value = follow_up_lines({each[0]: each[1] for each in leads if len(each) == 2})
        elif name == "links":
            value = [_link(line) for line in raw.splitlines() if line.strip()]
        elif name == "sources":
            continue
        if value:
            fields[name] = value
    return fields


def write(name: str, value: Any) -> str:
    """Return a field as it stands in the form; the inverse of `read`."""
    if not value:
        return ""
    if name == "links":
        return "\n".join(f"{link['url']} {link['title']}".strip() for link in value)
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return str(value)


def follow_up_lines(leads: Mapping[str, str]) -> list[str]:
    """Return follow-up questions by aspect as the form holds them; what is no aspect is left out."""
    return [f"{aspect} {leads[aspect]}" for aspect in ASPECTS if leads.get(aspect)]


def follow_ups(fields: Fields) -> dict[str, str]:
    """Return follow-up questions by aspect; the inverse of `follow_up_lines`."""
    return dict(line.split(" ", 1) for line in fields.get("follow_ups", []))


def tidy(text: str) -> str:
    """Return a text with one kind of line end, without control characters and without space around it."""
    text = re.sub(r"\r\n?", "\n", text)[:MAX_TYPED]
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]|[\ud800-\udfff]", "", text).strip()


def _without_mark(line: str) -> str:
    # People paste lists with their bullets; the channels put their own.
    return re.sub(r"^\s*(?:[-*•–]\s+|\d{1,2}[.)]\s+)", "", line).strip()


def _link(line: str) -> dict[str, str]:
    url, _, title = line.strip().partition(" ")
    return {"url": url, "title": title.strip()}


def digest(fields: Fields) -> str:
    """Return a short fingerprint of a text: what a form sends back to say what it began with."""
    tree = {name: value for name, value in sorted(fields.items()) if value}
    return hashlib.sha256(json.dumps(tree, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def from_content(
    title: str | None, body: Mapping[str, Any] | None, shared: Mapping[str, Any] | None, situation: str
) -> Fields:
    """Return what is approved as a form.

    Args:
        title: the question's title in the language.
        body: the stored AnswerText, or None.
        shared: facts, links, valid_until, related and follow_ups, for the first language; None for others.
        situation: whom it is for.
    """
    tree: dict[str, Any] = {**({} if situation else {"title": title}), **(body or {}), **(shared or {})}
    if situation:
        for name in OF_QUESTION:
            tree.pop(name, None)
    return {name: value for name in (*SPOKEN, *OF_ANSWER) if (value := tree.get(name))}


def answer_text(fields: Fields) -> AnswerText:
    """Return the part of a form that is the answer's text; call `missing` before."""
    names = AnswerText.model_fields
    return AnswerText.model_validate({name: value for name, value in fields.items() if name in names})


def confirmed(fields: Fields) -> dict[str, dt.date]:
    """Return on which day facts were compared with their sources, by fact id."""
    found = (_CONFIRMED.match(line) for line in fields.get("confirmed", []))
    days = {}
    for match in found:
        if match:
            try:
                days[match["fact"]] = dt.date.fromisoformat(match["day"])
            except ValueError:
                continue
    return days


SUMMARY_MISSING = "The short answer is empty. Write in one or two sentences what the person needs most."
TITLE_MISSING = "The title is empty. Write the question as people would ask it."
TITLE_LONG = "The title has {length} characters; buttons hold {most}. Shorten it."
TEXT_LONG = "This part has {length} characters; at most {most} fit. Shorten it or split it into steps."
NO_FACT = "No fact is cited. Every answer needs at least one fact with its source."
BAD_LINK = "“{url}” is not a web address. Write the address (https://…), a space, then the title."
LINK_UNTITLED = "The link {url} has no title. Write the title after the address."
FACT_EMPTY = "The new fact says nothing. Write what the source says."
FACT_UNTITLED = "The new fact “{fact}” has no title of its source. Write what the source is called."
FACT_ADDRESS = "“{url}” is not a web address. Write the address of the new fact's source in full (https://…)."
BAD_DAY = "“{day}” is not a date. Write year-month-day, for example 2027-01-31."


def missing(fields: Fields, *, source: bool, situation: str) -> list[Problem]:
    """Return what a text still needs before anybody else has to look at it."""
    if fields.get("removed"):
        return []
    found = []
    if not fields.get("summary"):
        found.append(Problem("summary", SUMMARY_MISSING))
    title = fields.get("title", "")
    if not situation and not title:
        found.append(Problem("title", TITLE_MISSING))
    if len(title) > MAX_TITLE:
        found.append(Problem("title", TITLE_LONG, {"length": len(title), "most": MAX_TITLE}))
    for name in (*TEXTS, *LISTS):
        value = fields.get(name) or []
        for part in value if isinstance(value, list) else [value]:
            if len(part) > MAX_TEXT:
                found.append(Problem(name, TEXT_LONG, {"length": len(part), "most": MAX_TEXT}))
    if source:
        if not fields.get("facts"):
            found.append(Problem("facts", NO_FACT))
        for link in fields.get("links", []):
            if not re.fullmatch(r"https?://\S{1,1990}", link["url"]):
                found.append(Problem("links", BAD_LINK, {"url": link["url"]}))
            elif not link["title"]:
                found.append(Problem("links", LINK_UNTITLED, {"url": link["url"]}))
        day = fields.get("valid_until", "")
        if day and not _is_day(day):
            found.append(Problem("valid_until", BAD_DAY, {"day": day}))
        found += missing_of_facts(fields)
    return found


def missing_of_facts(fields: Fields) -> list[Problem]:
    """Return what the new facts that a text brings along and cites still need."""
    cited = fields.get("facts", [])
    brought = [each for each in fields.get("sources", []) if each["id"] in cited]
    return [problem for fact in brought for problem in missing_of_fact(fact)]


def missing_of_fact(fact: Mapping[str, Any]) -> list[Problem]:
    """Return what a new fact still needs: a statement, and the title, address and date of its source.

    Args:
        fact: a Fact with its `id`, not checked yet; the date of its source may be a day, a month, a year, or "undated".
    """
    found, source = [], fact["source"]
    if not fact["statement"]:
        found.append(Problem("facts", FACT_EMPTY))
    if not source["title"]:
        found.append(Problem("facts", FACT_UNTITLED, {"fact": fact["statement"][:60]}))
    if not re.fullmatch(r"https?://\S{1,1990}", source["url"]):
        found.append(Problem("facts", FACT_ADDRESS, {"url": source["url"]}))
    written = re.search(r"\d{4}-\d{2}-\d{2}", source["date"])
    known = _is_day(written.group()) if written else re.search(r"(?:19|20)\d{2}|^undated", source["date"])
    if not known:
        found.append(Problem("facts", BAD_DAY, {"day": written.group() if written else source["date"]}))
    return found


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
