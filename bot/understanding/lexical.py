"""Character and word n-grams: what the encoder blurs (names, numbers, stems)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SHORTEST, _LONGEST = 2, 5
_WORD = "\t"
"""Stands before word n-grams, so that they never meet the character n-grams."""


def ngrams(text: str) -> Counter[str]:
    """Count character n-grams (2 to 5, inside words with a space on either side) and word n-grams (1 to 2).

    Args:
        text: normalised, words separated by one space.
    """
    words = text.split()
    found: list[str] = []
    for word in words:
        padded = f" {word} "
        length = len(padded)
        found.append(_WORD + word)
        found += [
            padded[start : start + size]
            for size in range(_SHORTEST, min(_LONGEST + 1, length))
            for start in range(length - size + 1)
        ]
        if length <= _LONGEST:
            found.append(padded)
    found += [f"{_WORD}{first} {second}" for first, second in pairwise(words)]
    return Counter(found)


@dataclass
class NGrams:
    """TF-IDF over n-grams with sublinear counts, rows of unit length.

    Attributes:
        vocabulary: column by n-gram.
        idf: float32 of shape (n-grams,).
    """

    vocabulary: dict[str, int]
    idf: Floats

    @classmethod
    def fit(cls, texts: Sequence[str], most: int) -> NGrams:
        """Learn from normalised texts; keeps the `most` commonest n-grams, and of those that occur once only words."""
        return cls._of([ngrams(text) for text in texts], most)

    @classmethod
    def fit_rows(cls, texts: Sequence[str], most: int) -> tuple[NGrams, sp.csr_matrix]:
        """Learn as `fit` does, and return the features of the same texts, (texts, n-grams), counted once."""
        counted = [ngrams(text) for text in texts]
        learned = cls._of(counted, most)
        return learned, learned._matrix([learned._row(counts) for counts in counted])

    @classmethod
    def _of(cls, counted: Sequence[Counter[str]], most: int) -> NGrams:
        documents = Counter(chain.from_iterable(counted))
        kept = [(gram, count) for gram, count in documents.items() if count > 1 or gram.startswith(_WORD)]
        kept.sort(key=lambda entry: (-entry[1], entry[0]))
        kept = kept[:most]
        counts = np.array([count for _, count in kept], dtype=np.float32)
        idf = (np.log((1 + len(counted)) / (1 + counts)) + 1).astype(np.float32)
        return cls({gram: column for column, (gram, _) in enumerate(kept)}, idf)

    def row(self, text: str) -> tuple[NDArray[np.int64], Floats]:
        """Return columns and values of one normalised text; both empty when nothing in it is known."""
        return self._row(ngrams(text))

    def _row(self, counted: Counter[str]) -> tuple[NDArray[np.int64], Floats]:
        known = self.vocabulary
        columns = np.array([known.get(gram, -1) for gram in counted], np.int64)
        counts = np.array(list(counted.values()), np.float32)
        met = columns >= 0
        columns, counts = columns[met], counts[met]
        if not len(columns):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        values = (1 + np.log(counts)) * self.idf[columns]
        return columns, np.asarray(values / np.linalg.norm(values), dtype=np.float32)

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return the features of normalised texts, float32 of shape (texts, n-grams)."""
        return self._matrix([self.row(text) for text in texts])

    def _matrix(self, parts: Sequence[tuple[NDArray[np.int64], Floats]]) -> sp.csr_matrix:
        lengths = np.cumsum([0] + [len(columns) for columns, _ in parts])
        if not parts:
            return sp.csr_matrix((0, len(self.idf)), dtype=np.float32)
        data = np.concatenate([values for _, values in parts])
        columns = np.concatenate([columns for columns, _ in parts])
        return sp.csr_matrix((data, columns, lengths), shape=(len(parts), len(self.idf)), dtype=np.float32)
