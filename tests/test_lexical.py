"""N-gram features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.understanding.lexical import LexicalFeatures

TEXTS = [
    "ինչպես ստանալ անձնագիր",
    "որտեղ ստանալ անձնագիր",
    "անձնագիր կորցրել եմ",
    "как получить паспорт",
    "где получить паспорт",
    "потерял паспорт",
    "how to get a passport",
    "where to get a visa",
    "visa for how long",
    "form n 12 for visa",
]
UNSEEN = ["անձնագիրս որտեղ ստանամ", "паспорта получение", "visa passport", "zzz qqq", "日本", "a", ""]


@pytest.fixture(scope="module")
def fitted() -> tuple[LexicalFeatures, np.ndarray]:
    return LexicalFeatures.fit(TEXTS, 6, 24000)


def test_fitting_and_transforming_agree(fitted: tuple[LexicalFeatures, np.ndarray]) -> None:
    """Otherwise the classifier learns on other numbers than it is asked with."""
    lexical, features = fitted
    assert features.shape == (len(TEXTS), 6)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, lexical.transform(TEXTS), atol=1e-6)


def test_saved_and_loaded_give_the_same_features(fitted: tuple[LexicalFeatures, np.ndarray], tmp_path: Path) -> None:
    lexical, _ = fitted
    lexical.save(tmp_path)
    loaded = LexicalFeatures.load(tmp_path)
    np.testing.assert_allclose(lexical.transform(TEXTS + UNSEEN), loaded.transform(TEXTS + UNSEEN), atol=1e-6)


def test_saving_twice_gives_the_same_files(fitted: tuple[LexicalFeatures, np.ndarray], tmp_path: Path) -> None:
    """A model that is loaded and saved again does not drift."""
    fitted[0].save(tmp_path)
    before = (tmp_path / "lexical.json").read_bytes()
    with np.load(tmp_path / "lexical.npz") as arrays:
        numbers = {name: arrays[name] for name in arrays.files}
    LexicalFeatures.load(tmp_path).save(tmp_path)
    assert before == (tmp_path / "lexical.json").read_bytes()
    with np.load(tmp_path / "lexical.npz", allow_pickle=False) as arrays:
        for name, array in numbers.items():
            assert np.array_equal(array, arrays[name])


def test_shared_stems_bring_words_together(fitted: tuple[LexicalFeatures, np.ndarray]) -> None:
    """«անձնագիրս» is no example's word, but it is near the examples with «անձնագիր»."""
    lexical, features = fitted
    scores = features @ lexical.transform(["անձնագիրս"])[0]
    assert {0, 1, 2} == set(np.argsort(-scores)[:3].tolist())


def test_unknown_texts_are_zero(fitted: tuple[LexicalFeatures, np.ndarray]) -> None:
    """No n-gram in common: nothing to say, and no division by zero."""
    assert not fitted[0].transform(["日本", ""]).any()


def test_directions_are_bounded_by_the_texts() -> None:
    """A small pack has fewer directions than config.yml asks for."""
    lexical, features = LexicalFeatures.fit(TEXTS, 200, 24000)
    assert features.shape[0] == len(TEXTS)
    assert 1 <= features.shape[1] < len(TEXTS)
    assert lexical.transform(["visa"]).shape == (1, features.shape[1])


def test_the_number_of_ngrams_is_bounded() -> None:
    assert LexicalFeatures.fit(TEXTS, 6, 40)[0].projection.shape[0] <= 40 + 10


def test_texts_without_a_common_word(tmp_path: Path) -> None:
    """A new pack may begin with a handful of examples that share no word; the encoder's vectors are enough then."""
    texts = ["red passport", "green tree", "yellow house", "blue car"]
    lexical, features = LexicalFeatures.fit(texts, 200, 24000)
    assert features.shape[0] == 4
    lexical.save(tmp_path)
    loaded = LexicalFeatures.load(tmp_path)
    np.testing.assert_allclose(features, loaded.transform(texts), atol=1e-6)
