"""Which language, spelt how: a naive Bayes classifier over letters, for texts whose script does not say it.

The spellings that are told apart are those that people use: a language in its own script, without its marks, in
Latin letters, or typed on the wrong keyboard. Samples of the last three are made from native ones by program.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.understanding.letters import schemes

NATIVE, LATIN, KEYS = "native", "latin", "keys"
"""Spellings: a language's own (with or without its marks), in Latin letters, on another language's keyboard."""

LONGEST = 4
_FEWEST = 3
"""n-grams that occur less often in all samples together say nothing."""

_SMOOTHING = 0.3
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Spelling:
    """A language and how it is spelt.

    Attributes:
        language: ISO 639-1.
        way: `NATIVE`, `LATIN` or `KEYS`.
        script: ISO 15924 code of the letters that are typed.
    """

    language: str
    way: str
    script: str

    def __str__(self) -> str:
        return f"{self.language}-{self.way}-{self.script}"


SPELLINGS = (
    *(Spelling(language, NATIVE, "Latn") for language in ("en", "lv", "az")),
    *(Spelling(language, LATIN, "Latn") for language in schemes.ROMANISED),
    Spelling("ru", KEYS, "Latn"),
    Spelling("uk", KEYS, "Latn"),
    *(Spelling(language, NATIVE, "Cyrl") for language in ("ru", "uk")),
    Spelling("en", KEYS, "Cyrl"),
)


def without_marks(text: str) -> str:
    """Return a lower-case text without the marks of Latin letters: ā → a, ə → e, ı → i."""
    text = text.replace("ə", "e").replace("ı", "i")
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def _grams(word: str) -> list[str]:
    padded = f" {word} "
    length = len(padded)
    return [padded[start : start + size] for size in range(1, LONGEST + 1) for start in range(length - size + 1)]


def written(spelling: Spelling, sentences: Sequence[str], chooser: random.Random) -> Iterable[str]:
    """Spell lower-case native sentences in a way."""
    for at, sentence in enumerate(sentences):
        if spelling.way == LATIN:
            yield schemes.romanise(sentence, spelling.language, chooser)
        elif spelling.way == KEYS:
            keys = schemes.TO_ENGLISH_KEYS
            if spelling.language == "uk":
                keys = schemes.UKRAINIAN_TO_ENGLISH_KEYS
            if spelling.language == "en":
                keys = schemes.TO_RUSSIAN_KEYS
            yield sentence.translate(keys)
        elif spelling.script == "Latn" and spelling.language != "en" and at % 2:
            yield without_marks(sentence)
        else:
            yield sentence


@dataclass
class SpellingClassifier:
    """Log probabilities of n-grams by spelling.

    Attributes:
        grams: row by n-gram.
        table: float32 of shape (n-grams + 1, spellings); the last row is for n-grams never met.
    """

    grams: dict[str, int]
    table: NDArray[np.float32]

    @classmethod
    def fit(cls, sentences: Mapping[str, Sequence[str]]) -> SpellingClassifier:
        """Learn from lower-case native sentences by language; a language without any is never recognised."""
        chooser = random.Random(7)  # samples, no secret: the same ones every time
        counts = []
        for spelling in SPELLINGS:
            words: Counter[str] = Counter()
            for text in written(spelling, sentences.get(spelling.language, ()), chooser):
                words.update(text.split())
            # Word by word, not text by text: most words come many times.
            total: dict[str, int] = defaultdict(int)
            for word, times in words.items():
                for gram in _grams(word):
                    total[gram] += times
            counts.append(total)
        together: Counter[str] = Counter()
        for total in counts:
            together.update(total)
        kept = sorted(gram for gram, count in together.items() if count >= _FEWEST)
        table = np.empty((len(kept) + 1, len(SPELLINGS)), np.float32)
        for column, total in enumerate(counts):
            values = np.array([total.get(gram, 0) for gram in kept] + [0], np.float64) + _SMOOTHING
            # n-grams of each length are a distribution of their own; one common sum serves all spellings alike.
            table[:, column] = np.log(values / values.sum()) if total else -30.0
        return cls({gram: row for row, gram in enumerate(kept)}, table)

    def __call__(self, text: str, script: str) -> dict[Spelling, float]:
        """Return the probabilities of the spellings of a script for a lower-case text; empty without letters."""
        if not _LETTERS.search(text):
            return {}
        choices = [at for at, spelling in enumerate(SPELLINGS) if spelling.script == script]
        if not choices:
            return {}
        grams = Counter(gram for word in text.split() for gram in _grams(word))
        rows = np.array([self.grams.get(gram, -1) for gram in grams])
        times = np.array(list(grams.values()), np.float32)
        # n-grams of four lengths overlap: a letter is counted about four times, its evidence once.
        scores = (times @ self.table[rows][:, choices]) / LONGEST
        powers = np.exp(scores - scores.max())
        return dict(zip((SPELLINGS[at] for at in choices), (powers / powers.sum()).tolist(), strict=True))
