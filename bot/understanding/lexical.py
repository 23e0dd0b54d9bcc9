"""Character and word n-grams, squeezed into a few hundred numbers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

Floats = NDArray[np.float32]

_CHARACTERS = {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2, "sublinear_tf": True, "dtype": np.float32}
_WORDS = {
    "analyzer": "word",
    "ngram_range": (1, 2),
    "min_df": 2,
    "sublinear_tf": True,
    "token_pattern": r"\S+",
    "dtype": np.float32,
}


@dataclass
class LexicalFeatures:
    """TF-IDF of n-grams projected on its strongest directions: what the encoder blurs (names, numbers, stems).

    Attributes:
        projection: float32 of shape (n-grams, directions), contiguous so that a sparse row picks its few rows.
    """

    characters: TfidfVectorizer
    words: TfidfVectorizer
    projection: Floats

    @classmethod
    def fit(cls, texts: list[str], directions: int, max_ngrams: int) -> tuple[LexicalFeatures, Floats]:
        """Learn from normalised texts.

        Returns:
            The fitted object and the features of the texts, float32 of shape (texts, directions).
        """
        # A pack of a handful of examples may have no word twice; then every word counts.
        common = Counter(word for text in texts for word in set(text.split()))
        few = {} if any(n > 1 for n in common.values()) else {"min_df": 1}
        characters = TfidfVectorizer(max_features=max_ngrams, **{**_CHARACTERS, **few})
        words = TfidfVectorizer(max_features=max_ngrams // 4, **{**_WORDS, **few})
        matrix = normalize(sp.hstack([characters.fit_transform(texts), words.fit_transform(texts)]).tocsr())
        directions = max(1, min(directions, min(matrix.shape) - 1))
        svd = TruncatedSVD(directions, n_iter=2, random_state=0).fit(matrix)
        # Half precision in the file and in memory's stead: the projection is the largest part of the model.
        projection = np.ascontiguousarray(svd.components_.T.astype(np.float16).astype(np.float32))
        fitted = cls(characters, words, projection)
        return fitted, np.asarray(matrix @ projection, dtype=np.float32)

    def transform(self, texts: list[str]) -> Floats:
        """Return the features of normalised texts, float32 of shape (texts, directions)."""
        rows = normalize(sp.hstack([self.characters.transform(texts), self.words.transform(texts)]).tocsr())
        return np.asarray(rows @ self.projection, dtype=np.float32)

    def save(self, directory: Path) -> None:
        """Write the object as JSON and NumPy arrays; nothing in it is executable."""
        arrays = {"projection": self.projection.astype(np.float16)}
        vocabularies: dict[str, Any] = {}
        for name, vectorizer in (("characters", self.characters), ("words", self.words)):
            vocabularies[name] = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            arrays[f"{name}_idf"] = vectorizer.idf_.astype(np.float32)
        np.savez(directory / "lexical.npz", **arrays)  # type: ignore[arg-type]
        (directory / "lexical.json").write_text(json.dumps(vocabularies, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> LexicalFeatures:
        """Read what `save` wrote."""
        vocabularies = json.loads((directory / "lexical.json").read_text(encoding="utf-8"))
        with np.load(directory / "lexical.npz", allow_pickle=False) as arrays:
            made = []
            for name, settings in (("characters", _CHARACTERS), ("words", _WORDS)):
                vocabulary = {term: index for index, term in enumerate(vocabularies[name])}
                vectorizer = TfidfVectorizer(vocabulary=vocabulary, **settings)
                vectorizer.idf_ = arrays[f"{name}_idf"]
                made.append(vectorizer)
            return cls(made[0], made[1], arrays["projection"].astype(np.float32))
