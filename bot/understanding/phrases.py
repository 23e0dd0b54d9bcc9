"""Finding words by their beginnings with spaCy: a phrase is one or more stems, and endings may follow them.

spaCy's own patterns with regular expressions try every pattern at every word; with the several thousand stems of
six languages that costs more than the encoder. Here each word is first reduced to the longest stem that it begins
with, by a dictionary, and spaCy's PhraseMatcher compares stems.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from bot.understanding.tokenizer import split

_EXACT_BELOW = 4
"""Stems shorter than this are whole words: «լղ», "ra"."""

_NO_STEM = " "
"""Stands for a word that begins with no stem. spaCy's vocabulary would keep every word that people type, for good."""

_MOST_VARIANTS = 16
_MARKS = re.compile("[\u055a-\u055c\u055e\ud800-\udfff]")


@dataclass(frozen=True)
class Phrase:
    """What a label is recognised by.

    Attributes:
        label: what is found, any string.
        stems: lower-case beginnings of the words, in order.
        ending: how many letters may follow a stem; None: any number.
    """

    label: str
    stems: tuple[str, ...]
    ending: int | None = None


@dataclass(frozen=True)
class Found:
    """A phrase in a text: label, and the characters from `start` to before `end`."""

    label: str
    start: int
    end: int


def plain(word: str) -> str:
    """Return a word as it is compared: lower-case, without the marks that stand inside Armenian words."""
    # Turkish dotted capitals lower to two characters; the second is a mark of its own.
    return _MARKS.sub("", word).replace("\u2019", "'").lower().replace("i\u0307", "i").replace("և", "եւ")


class PhraseFinder:
    """Finds phrases in texts. Safe to use from several threads."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._language = spacy.blank("xx")
        self._matcher = PhraseMatcher(self._language.vocab, attr="ORTH")
        self._endings: dict[str, int | None] = {}
        listed = list(phrases)
        for phrase in listed:
            for stem in phrase.stems:
                ending = 0 if len(stem) < _EXACT_BELOW else phrase.ending
                known = self._endings.get(stem, 0)
                self._endings[stem] = None if known is None or ending is None else max(known, ending)
        self._longest = max(map(len, self._endings), default=0)
        longer: dict[str, list[str]] = defaultdict(list)
        for stem in self._endings:
            for length in range(_EXACT_BELOW, len(stem)):
                if stem[:length] in self._endings:
                    longer[stem[:length]].append(stem)
        by_label: dict[str, list[Doc]] = defaultdict(list)
        whole = {phrase.stems[0] for phrase in listed if len(phrase.stems) == 1}
        for phrase in listed:
            # A word is reduced to its longest stem; a phrase of shorter stems must know the longer ones too.
            choices = [(stem, *(s for s in longer[stem] if self._fits(stem, s))) for stem in phrase.stems]
            if len(choices) == 1:
                # A longer stem that is a phrase of its own says something else: «грузи» a country, «грузин» a person.
                choices = [tuple(s for s in choices[0] if s == phrase.stems[0] or s not in whole)]
            for variant in list(product(*choices))[:_MOST_VARIANTS]:
                by_label[phrase.label].append(self._doc(list(variant)))
        for label, docs in by_label.items():
            self._matcher.add(label, docs)

    def _fits(self, stem: str, word: str) -> bool:
        ending = self._endings[stem]
        return ending is None or len(word) - len(stem) <= ending

    def _doc(self, stems: list[str]) -> Doc:
        # The stems stand in the document instead of the words: making a token object for each word to give it a
        # stem as an attribute costs more than the whole search.
        return Doc(self._language.vocab, words=stems)

    def _stem(self, word: str) -> str:
        for length in range(min(len(word), self._longest), 0, -1):
            start = word[:length]
            if start in self._endings and self._fits(start, word):
                return start
        return _NO_STEM

    def __call__(self, text: str) -> list[Found]:
        """Find phrases, the longest of those that overlap, in the order of the text."""
        words = [(word, start) for word, start in split(text) if word.strip()]
        if not words:
            return []
        stems = [self._stem(plain(word)) for word, _ in words]
        doc = self._doc(stems)
        found = []
        for label, first, last in self._matcher(doc):
            start, end = words[first][1], words[last - 1][1] + len(words[last - 1][0])
            typed = sum(len(stems[i]) for i in range(first, last))
            found.append((last - first, typed, Found(self._language.vocab.strings[label], start, end)))
        found.sort(key=lambda entry: (-entry[0], -entry[1], entry[2].start, entry[2].label))
        kept: list[Found] = []
        for _, _, candidate in found:
            rivals = [k for k in kept if k.start < candidate.end and candidate.start < k.end]
            if not rivals:
                kept.append(candidate)
        return sorted(kept, key=lambda one: one.start)
