"""Marking in a found text the words that were asked for, inflected ones too."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from markupsafe import Markup, escape

from bot.knowledge.library import Library

_WORD = re.compile(r"[^\W_]+(?:[’'՛՞՜-][^\W_]+)*")
_TOO_COMMON = 0.3
"""Words that stand in more than this share of the answers of a language mark nothing: "the", "է", "если"."""

_SNIPPET = 180
"""Letters of a text that a list of results shows."""

_common: WeakKeyDictionary[Library, dict[str, frozenset[str]]] = WeakKeyDictionary()


def folded(word: str) -> str:
    """Return a word for comparing: small letters without marks above or below, Armenian «և» as «եւ»."""
    plain = unicodedata.normalize("NFKD", word.casefold().replace("և", "եւ"))
    return "".join(letter for letter in plain if letter.isalnum())


def akin(one: str, other: str) -> bool:
    """Tell whether two folded words are forms of one word: they begin alike and differ in a short ending.

    The languages here inflect at the end: гражданство – гражданства, վիզա – վիզայի, vīza – vīzu. Numbers and words of
    two letters must be the same.
    """
    if one == other:
        return True
    if any(letter.isdigit() for letter in one + other):
        return False
    shared = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 3 and max(len(one), len(other)) - shared <= shared * 0.6


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    return [word for match in _WORD.finditer(text) if (word := folded(match[0]))]


def telling_words(query: Iterable[str], library: Library, language: str) -> set[str]:
    """Return the words of a query that say something: all but the commonest of a language's answers.

    Args:
        query: the query as typed, and as it was read.
        library: the content that answers.
        language: the language of the texts to mark in.
    """
    common = _common_words(library, language)
    found = {word for text in query for word in words(text)}
    return {word for word in found if (len(word) > 2 or word.isdigit()) and word not in common}


def mark(text: str, wanted: set[str]) -> Markup:
    """Return a text as HTML with the words that are akin to wanted ones inside <mark>; everything else is escaped."""
    parts: list[Markup] = []
    end = 0
    for match in _WORD.finditer(text):
        word = folded(match[0])
        if word and any(akin(word, each) for each in wanted):
            parts += [escape(text[end : match.start()]), Markup("<mark>{}</mark>").format(match[0])]
            end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def snippet(texts: list[str], wanted: set[str]) -> str:
    """Return the text that has the most of the wanted words, shortened around the first of them; else the first text."""

    def hits(text: str) -> int:
        there = words(text)
        return sum(any(akin(word, each) for word in there) for each in wanted)

    best = max(texts, key=hits)  # of equals the first
    if len(best) <= _SNIPPET:
        return best
    begin = _first(best, lambda word: any(akin(word, each) for each in wanted))
    start = max(0, begin - _SNIPPET // 3)
    if start:
        start = best.find(" ", start) + 1
    cut = best[start : start + _SNIPPET]
    if start + _SNIPPET < len(best):
        cut = cut.rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
    return ("… " if start else "") + cut


def _first(text: str, fits: Callable[[str], bool]) -> int:
    return next((m.start() for m in _WORD.finditer(text) if (word := folded(m[0])) and fits(word)), 0)


def _common_words(library: Library, language: str) -> frozenset[str]:
    by_language = _common.setdefault(library, {})
    if language not in by_language:
        counts: Counter[str] = Counter()
        answers = 0
        for question in library.content.questions:
            for answer in question.answers:
                if language in answer.texts:
                    answers += 1
                    counts.update({w for _, text in answer.texts[language].strings() for w in words(text)})
        by_language[language] = frozenset(word for word, count in counts.items() if count > answers * _TOO_COMMON)
    return by_language[language]
