"""Checks of one answer in one language, as it stands in the form. Pure functions: nothing is read or stored."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.editing.checks import readability
from bot.editing.checks.findings import Finding
from bot.knowledge.checks import fact_numbers, numbers
from bot.knowledge.markup import plain, statement
from bot.knowledge.markup_errors import errors as markup_errors
from bot.knowledge.schema import AnswerText, Fact

FIELDS = tuple(AnswerText.model_fields)
"""The parts of an answer's text, in the order of the form."""

LINE_CHARACTERS, SCREEN_LINES = 38, 30
"""What a phone of 390 by 844 points shows of a chat: measured on the chat page in Russian, 16-point letters."""

_OTHER_ALPHABETS = {
    "hy": re.compile(r"\w*[\u0400-\u04ff]\w*"),
    "ru": re.compile(r"\w*[\u0531-\u0587]\w*"),
    "uk": re.compile(r"\w*[\u0531-\u0587]\w*"),
    "en": re.compile(r"\w*[\u0400-\u04ff\u0531-\u0587]\w*"),
    "lv": re.compile(r"\w*[\u0400-\u04ff\u0531-\u0587]\w*"),
    "az": re.compile(r"\w*[\u0400-\u04ff\u0531-\u0587]\w*"),
}
_ADDRESS = re.compile(r"\b(?:https?|hhtps?|htpps?|htp|ftp)[:;]?/{1,3}\S*|\bwww\.\S*", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)")
_CLOSING = ".,;:!?…։»”)"


@dataclass(frozen=True)
class Limits:
    """From where on a warning is given.

    Attributes:
        verified_days: days after which a fact must be compared with its source again.
        expiring_days: days before the end of validity.
        examples: fewest examples of a question.
    """

    verified_days: int = 180
    expiring_days: int = 30
    examples: int = 10


@dataclass(frozen=True)
class Draft:
    """An answer in one language as somebody is writing it; nothing in it needs to be complete.

    Attributes:
        language: of the text.
        body: parts of the text by name: a text or a list of texts.
        facts: ids of the cited facts.
        links: offered addresses, each with `url` and `title`.
        valid_until: the last day on which the answer holds.
        siblings: the same answer's texts in other languages.
    """

    language: str
    body: Mapping[str, Any]
    facts: list[str]
    links: list[Mapping[str, Any]] = field(default_factory=list)
    valid_until: dt.date | None = None
    siblings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def strings(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return all texts of a body as (part, text), with their marks as they were written, empty ones left out."""
    found = []
    for name in FIELDS:
        value = body.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item.strip():
                found.append((name, item.strip()))
    return found


def stated(parts: list[tuple[str, str]]) -> set[str]:
    """Return the numbers that texts state, as `strings` gives them; numbers within addresses state nothing."""
    return set().union(*(numbers(statement(text)) for _, text in parts))


def check(
    draft: Draft, facts: Mapping[str, Fact], allowed: list[str], today: dt.date, limits: Limits | None = None
) -> list[Finding]:
    """Check an answer in one language.

    Args:
        draft: the answer.
        facts: facts by id; at least the cited ones that exist.
        allowed: numbers that need no fact, as the pack lists them.
        today: the day at the authority.
        limits: from where on warnings are given.

    Returns:
        Findings, errors first.
    """
    limits = limits or Limits()
    found = [
        *_text(draft),
        *_sources(draft, facts, allowed, today, limits),
        *_validity(draft, facts, today, limits),
        *_languages(draft, allowed),
        *_reading(draft),
    ]
    return sorted(found, key=lambda finding: finding.severity != "error")


def whole(body: Mapping[str, Any]) -> str:
    """Return all that a body says, for comparing with what it said before."""
    return "\n".join(f"{name}: {text}" for name, text in strings(body))


def _text(draft: Draft) -> Iterator[Finding]:
    parts = strings(draft.body)
    if not any(name == "summary" for name, _ in parts):
        yield Finding("no_summary", "error", "summary", draft.language)
    strange = _OTHER_ALPHABETS.get(draft.language)
    for number, (name, text) in enumerate(parts):
        about = str(number) if isinstance(draft.body.get(name), list) else ""

        def error(code: str, name: str = name, text: str = text, about: str = about, **values: str) -> Finding:
            return Finding(code, "error", name, draft.language, about, {"field": name, **values}, text)

        wrong = markup_errors(text)
        yield from (error(each.code, found=each.found) for each in wrong)
        said = plain(text)
        foreign = strange.search(said) if strange else None
        if foreign:
            yield error("foreign_letters", found=foreign.group())
        # What stands in brackets that make no link is an address already complained of.
        in_link = any(each.code.startswith("link_") for each in wrong)
        for address in _ADDRESS.findall(said) if not in_link else []:
            if not opens(address.rstrip(_CLOSING)):
                yield error("broken_link", link=address)
    for number, link in enumerate(draft.links):
        url = str(link.get("url") or "")
        if not opens(url):
            values = {"field": "links", "link": url}
            yield Finding("broken_link", "error", "links", draft.language, str(number), values, url)


def opens(address: str) -> bool:
    """Whether an address is written so that a browser opens it: http or https, a host with a dot, no spaces."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and not re.search(r"\s", address) and bool(_HOST.fullmatch(host))


def _sources(
    draft: Draft, facts: Mapping[str, Fact], allowed: list[str], today: dt.date, limits: Limits
) -> Iterator[Finding]:
    if not draft.facts:
        yield Finding("missing_source", "error", "facts", draft.language)
    supported = set().union(*(numbers(text) for text in allowed)) if allowed else set()
    for key in draft.facts:
        fact = facts.get(key)
        if fact is None:
            yield Finding("unknown_fact", "error", "facts", draft.language, key, {"fact": key}, key)
            continue
        supported |= fact_numbers(fact)
        if (today - fact.verified_on).days > limits.verified_days:
            date = fact.verified_on.isoformat()
            values = {"fact": key, "date": date}
            yield Finding("verified_long_ago", "warning", "facts", draft.language, key, values, f"{key} {date}")
    for number, (name, text) in enumerate(strings(draft.body)):
        strange = sorted(numbers(statement(text)) - supported, key=int)
        if strange:
            values = {"field": name, "numbers": ", ".join(strange)}
            yield Finding("number_without_fact", "error", name, draft.language, str(number), values, text)


def _validity(draft: Draft, facts: Mapping[str, Fact], today: dt.date, limits: Limits) -> Iterator[Finding]:
    end = draft.valid_until
    ends = [facts[key].valid_until for key in draft.facts if key in facts]
    earliest = min((each for each in ends if each), default=None)
    basis = str(end)
    if earliest and (end is None or end > earliest):
        values = {"date": earliest.isoformat()}
        yield Finding("longer_than_fact", "error", "valid_until", draft.language, "", values, basis)
    if end and end < today:
        yield Finding("ended", "error", "valid_until", draft.language, "", {"date": basis}, basis)
    elif end and (end - today).days <= limits.expiring_days:
        yield Finding("ends_soon", "warning", "valid_until", draft.language, "", {"date": basis}, basis)


def _languages(draft: Draft, allowed: list[str]) -> Iterator[Finding]:
    # The authority's own number may stand in one language and be left out in another.
    common = set().union(*(numbers(text) for text in allowed)) if allowed else set()
    ours = strings(draft.body)
    said = stated(ours)
    for language, body in sorted(draft.siblings.items()):
        theirs = strings(body)
        if language == draft.language or not theirs or not ours:
            continue
        others = stated(theirs)
        basis = whole(draft.body) + "\n\n" + whole(body)
        for code, found in (
            ("number_elsewhere", others - said - common),
            ("number_only_here", said - others - common),
        ):
            if found:
                values = {"other_language": language, "numbers": ", ".join(sorted(found, key=int))}
                yield Finding(code, "warning", "", draft.language, language, values, basis)
        shapes = _shape(ours), _shape(theirs)
        unlike = [name for name in FIELDS if shapes[0].get(name) != shapes[1].get(name)]
        if unlike:
            values = {"other_language": language, "parts": ", ".join(unlike)}
            yield Finding("parts_differ", "warning", "", draft.language, language, values, basis)


def _shape(parts: list[tuple[str, str]]) -> dict[str, int]:
    names = [name for name, _ in parts]
    return {name: names.count(name) for name in set(names)}


def _reading(draft: Draft) -> Iterator[Finding]:
    texts = [plain(text) for _, text in strings(draft.body)]
    reading = readability.read(texts, draft.language)
    if reading and reading.too_hard:
        values: dict[str, str | int] = {
            "measure": reading.measure,
            "value": f"{reading.value:g}",
            "limit": f"{reading.limit:g}",
            "sentence": reading.longest,
        }
        yield Finding("hard_to_read", "warning", "", draft.language, "", values, whole(draft.body))
    lines = phone_lines(draft.body)
    if lines > SCREEN_LINES:
        values = {"lines": lines, "screen": SCREEN_LINES}
        yield Finding("too_long", "warning", "", draft.language, "", values, whole(draft.body))


def phone_lines(body: Mapping[str, Any]) -> int:
    """Return about how many lines an answer takes on a phone: its texts, and a line for each heading."""
    parts = strings(body)
    headings = {name for name, _ in parts} - {"summary", "note"}
    lines = (math.ceil(len(line) / LINE_CHARACTERS) for _, text in parts for line in plain(text).split("\n"))
    return sum(lines) + len(headings)
