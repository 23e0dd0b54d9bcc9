"""Comparing words in any of our languages: forms of one word, and words that say too little to compare by."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from bot.knowledge.library import Library

WORD = re.compile(r"[^\W_]+(?:[’'՛՞՜-][^\W_]+)*")
"""A word or number. Armenian writes its question and stress marks inside of words."""

_IN_MOST_ANSWERS = 0.45
_IN_MOST_TITLES = 0.15
"""Words that stand in more than this share of a language's answers or titles say nothing: "the", "է", "how"."""

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
    return [word for match in WORD.finditer(text) if (word := folded(match[0]))]


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


def _common_words(library: Library, language: str) -> frozenset[str]:
    by_language = _common.setdefault(library, {})
    if language not in by_language:
        questions = library.content.questions
        answers = [a.texts[language] for q in questions for a in q.answers if language in a.texts]
        titles = [question.title[language] for question in questions if language in question.title]
        by_language[language] = frozenset(
            _frequent([" ".join(answer.plain_strings()) for answer in answers], _IN_MOST_ANSWERS)
            | _frequent(titles, _IN_MOST_TITLES)
        )
    return by_language[language]


def _frequent(texts: list[str], share: float) -> set[str]:
    counts = Counter(word for text in texts for word in set(words(text)))
    return {word for word, count in counts.items() if count > len(texts) * share}
