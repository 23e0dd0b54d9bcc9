"""How hard a text is to read, by language, with the published formula where one exists.

| language | measure | source |
|---|---|---|
| en | Flesch Reading Ease | R. Flesch, "A new readability yardstick", Journal of Applied Psychology 32 (1948), 221-233 |
| ru | Flesch Reading Ease as fitted to Russian by Oborneva | I. V. Oborneva, dissertation, Moscow 2006 |
| hy, lv, az, uk and others | LIX | C. H. Björnsson, Läsbarhet, Stockholm 1968 |

No formula has been published and validated for Armenian, Latvian, Azerbaijani or Ukrainian. LIX needs neither
syllables nor word lists, only the lengths of sentences and words, and was made to be carried from language to language.

The limits are Guidepost's own: a published scale says what pupils can read, and an answer full of names of authorities
and documents reads harder than its sentences are. They lie at the hardest twentieth of the approved answers of the
Armenian pack (November 2026, 128 to 131 answers a language; 5th, 50th and 95th percentile: en 48.6, 64.9, 86.3; ru
29.2, 46.3, 64.4; hy 41.7, 55.7, 66.7). For languages in which that pack has no answers the limit of Armenian is moved
by what the sentences in `bot/understanding/lookups/languages` differ in LIX: lv 41.8 against hy 40.9 on the same
requests; on the other set lv 39.6, uk 39.9, az 46.7 (and 38.0 against lv's 41.8 on the first, so half of each).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_SENTENCE_ENDS = re.compile(r"(?<=[.!?։…:])\s+|\n+")
_WORDS = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ENGLISH_SYLLABLE = re.compile(r"[aeiouy]+")
_RUSSIAN_VOWEL = re.compile(r"[аеёиоуыэюя]", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\S+@\S+|https?://\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:am|lv|az|ua|ru|com|org|net|eu)\b\S*", re.IGNORECASE
)

_LONG_WORD = 6
"""LIX calls a word of more than six letters long."""

FEWEST_WORDS = 30
"""Shorter texts are not measured: one long name would decide."""


@dataclass(frozen=True)
class Counts:
    """What the formulas are made of."""

    sentences: int
    words: int
    syllables: int
    long_words: int

    @property
    def sentence_length(self) -> float:
        """Words a sentence."""
        return self.words / self.sentences


@dataclass(frozen=True)
class Measure:
    """A readability formula for one language.

    Attributes:
        name: what it is called.
        limit: from where on a text is too hard.
        higher_is_easier: on which side of the limit the hard texts lie.
    """

    name: str
    formula: Callable[[Counts], float]
    limit: float
    higher_is_easier: bool


@dataclass(frozen=True)
class Reading:
    """How a text reads: the value of its language's measure, the limit, and the longest sentence."""

    measure: str
    value: float
    limit: float
    too_hard: bool
    words_a_sentence: float
    longest: str


def flesch(counts: Counts) -> float:
    """Return Flesch's reading ease: 100 is very easy, 0 very hard."""
    return 206.835 - 1.015 * counts.sentence_length - 84.6 * counts.syllables / counts.words


def oborneva(counts: Counts) -> float:
    """Return reading ease with Oborneva's coefficients for Russian, on Flesch's scale."""
    return 206.835 - 1.3 * counts.sentence_length - 60.1 * counts.syllables / counts.words


def lix(counts: Counts) -> float:
    """Return LIX: words a sentence plus the percentage of long words; the higher, the harder."""
    return counts.sentence_length + 100 * counts.long_words / counts.words


MEASURES: dict[str, Measure] = {
    "en": Measure("Flesch Reading Ease", flesch, 48.0, True),
    "ru": Measure("Flesch-Oborneva", oborneva, 29.0, True),
    "hy": Measure("LIX", lix, 67.0, False),
    "lv": Measure("LIX", lix, 68.0, False),
    "az": Measure("LIX", lix, 69.0, False),
    "uk": Measure("LIX", lix, 68.0, False),
}
_OTHER = Measure("LIX", lix, 67.0, False)


def sentences(texts: Iterable[str]) -> list[str]:
    """Return the sentences of texts; an item of a list is a sentence of its own, addresses are left out."""
    found = []
    for text in texts:
        for sentence in _SENTENCE_ENDS.split(_ADDRESS.sub("", text)):
            if _WORDS.search(sentence):
                found.append(sentence.strip())
    return found


def count(parts: Iterable[str], language: str) -> Counts:
    """Count what the formulas need in sentences."""
    listed = list(parts)
    words = [word for sentence in listed for word in _WORDS.findall(sentence)]
    return Counts(
        sentences=len(listed),
        words=len(words),
        syllables=sum(_syllables(word, language) for word in words),
        long_words=sum(len(word) > _LONG_WORD for word in words),
    )


def read(texts: Iterable[str], language: str) -> Reading | None:
    """Measure how hard texts are to read.

    Args:
        texts: paragraphs and list items.
        language: ISO 639-1.

    Returns:
        The reading, or None for fewer than thirty words.
    """
    parts = sentences(texts)
    counts = count(parts, language)
    if counts.words < FEWEST_WORDS:
        return None
    measure = MEASURES.get(language, _OTHER)
    value = measure.formula(counts)
    return Reading(
        measure=measure.name,
        value=round(value, 1),
        limit=measure.limit,
        too_hard=value < measure.limit if measure.higher_is_easier else value > measure.limit,
        words_a_sentence=round(counts.sentence_length, 1),
        longest=max(parts, key=lambda part: len(_WORDS.findall(part))),
    )


def _syllables(word: str, language: str) -> int:
    if language == "ru":
        return max(1, len(_RUSSIAN_VOWEL.findall(word)))
    lower = word.lower()
    found = len(_ENGLISH_SYLLABLE.findall(lower))
    # A silent e at the end is no syllable ("fee" and "table" have theirs).
    if lower.endswith("e") and not lower.endswith(("le", "ee")) and found > 1:
        found -= 1
    return max(1, found)
