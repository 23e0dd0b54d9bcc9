"""N-gram features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.lexical import NGrams, ngrams

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
FITTED = NGrams.fit(TEXTS, 40000)
WORDS = st.lists(st.text(max_size=8) | st.sampled_from(" ".join(TEXTS).split()), max_size=8).map(" ".join)


def test_ngrams_of_a_word_and_of_two() -> None:
    """Pieces from two to five characters that know where a word begins and ends, words, and pairs of words."""
    pieces = [" v", "vi", "is", "sa", "a ", " vi", "vis", "isa", "sa ", " vis", "visa", "isa ", " visa", "visa "]
    assert dict(ngrams("visa")) == dict.fromkeys(["\tvisa", *pieces], 1)
    both = ngrams("visa visa")
    assert both["\tvisa visa"] == 1
    assert both["\tvisa"] == both["visa"] == both[" v"] == 2


@pytest.mark.parametrize("word", ["a", "12", "абв"])
def test_a_short_word_is_one_piece_once(word: str) -> None:
    """Numbers of forms and of laws are short; they must not be lost, nor counted once for every length."""
    assert ngrams(word)[f" {word} "] == 1
    assert ngrams(word)["\t" + word] == 1


def test_a_word_and_the_same_piece_of_another_are_two_things() -> None:
    """«visa» as a word says more than the letters in «advisable»."""
    assert "\tvisa" in ngrams("visa")
    assert not {gram for gram in ngrams("advisable") if gram.startswith("\t")} & set(ngrams("visa"))


@given(st.lists(WORDS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_one_text_and_many_agree(texts: list[str]) -> None:
    """Otherwise the classifier learns on other numbers than it is asked with."""
    together = FITTED.rows(texts)
    assert together.shape == (len(texts), len(FITTED.idf))
    assert together.dtype == np.float32
    dense = together.toarray()
    for at, text in enumerate(texts):
        columns, values = FITTED.row(text)
        alone = np.zeros(len(FITTED.idf), np.float32)
        alone[columns] = values
        assert len(set(columns.tolist())) == len(columns)
        assert np.array_equal(alone, dense[at])


@given(WORDS)
@settings(max_examples=100, deadline=None)
def test_every_text_is_of_length_one_or_empty(text: str) -> None:
    """A long message must not outweigh what the encoder says of it."""
    columns, values = FITTED.row(text)
    assert len(columns) == len(values)
    assert len(values) == 0 or np.linalg.norm(values) == pytest.approx(1, abs=1e-5)
    assert (values > 0).all()


def test_fitting_twice_gives_the_same_features() -> None:
    again = NGrams.fit(TEXTS, 40000)
    assert list(again.vocabulary.items()) == list(FITTED.vocabulary.items())
    assert np.array_equal(again.idf, FITTED.idf)


def test_order_of_the_texts_does_not_matter() -> None:
    """Moving a question within a content file does not change the model's features."""
    again = NGrams.fit(TEXTS[::-1], 40000)
    assert again.vocabulary == FITTED.vocabulary
    assert np.array_equal(again.idf, FITTED.idf)


def test_shared_stems_bring_words_together() -> None:
    """«անձնագիրս» is no example's word, but it is near the examples with «անձնագիր»."""
    scores = (FITTED.rows(TEXTS) @ FITTED.rows(["անձնագիրս"]).T).toarray()[:, 0]
    assert {0, 1, 2} == set(np.flatnonzero(scores).tolist())


def test_what_is_rare_weighs_more() -> None:
    """The number of the form tells more than the word that every third question has."""
    columns, values = FITTED.row("12 visa")
    weights = dict(zip(columns.tolist(), values.tolist(), strict=True))
    assert weights[FITTED.vocabulary["\t12"]] > weights[FITTED.vocabulary["\tvisa"]]


def test_saying_a_word_often_helps_less_each_time() -> None:
    """Nobody gets an answer by shouting: ten times the word is not ten times the weight."""
    columns, values = FITTED.row("visa " * 10 + "12")
    weights = dict(zip(columns.tolist(), values.tolist(), strict=True))
    often, once = weights[FITTED.vocabulary["\tvisa"]], weights[FITTED.vocabulary["\t12"]]
    rarity = FITTED.idf[FITTED.vocabulary["\tvisa"]] / FITTED.idf[FITTED.vocabulary["\t12"]]
    assert often / once == pytest.approx((1 + np.log(10)) * rarity, rel=1e-4)


@pytest.mark.parametrize("text", ["日本", "", " "])
def test_unknown_texts_are_empty(text: str) -> None:
    """No n-gram in common: nothing to say, and no division by zero."""
    columns, values = FITTED.row(text)
    assert len(columns) == len(values) == 0
    assert FITTED.rows([text]).nnz == 0


def test_rare_pieces_are_dropped_and_rare_words_kept() -> None:
    """A word of one example may be the name that decides; its pieces would only fill the model."""
    assert "\tlong" in FITTED.vocabulary
    assert "long" not in FITTED.vocabulary
    assert "visa" in FITTED.vocabulary


@pytest.mark.parametrize("most", [0, 1, 40])
def test_the_number_of_ngrams_is_bounded(most: int) -> None:
    """The commonest stay; none at all leaves everything to the encoder."""
    few = NGrams.fit(TEXTS, most)
    assert len(few.vocabulary) == len(few.idf) == most
    assert few.rows(TEXTS + UNSEEN).shape == (len(TEXTS + UNSEEN), most)
    assert all(FITTED.vocabulary[gram] == column for gram, column in few.vocabulary.items())
    if most:
        assert few.idf[0] == FITTED.idf.min()


def test_texts_without_a_common_word() -> None:
    """A new pack may begin with a handful of examples that share no word: each is then like itself alone."""
    texts = ["red passport", "green tree", "yellow house", "blue car"]
    rows = NGrams.fit(texts, 200).rows(texts)
    likeness = (rows @ rows.T).toarray()
    np.testing.assert_allclose(likeness.diagonal(), 1, atol=1e-5)
    assert (likeness - np.diag(likeness.diagonal()) < 0.5).all()


def test_no_texts_at_all() -> None:
    empty = NGrams.fit([], 200)
    assert empty.rows([]).shape == (0, 0)
    assert len(empty.row("visa")[0]) == 0


def test_counting_once_gives_the_same() -> None:
    """Training counts the n-grams of its examples once; messages are counted one by one."""
    learned, rows = NGrams.fit_rows(TEXTS, 40000)
    assert learned.vocabulary == FITTED.vocabulary
    assert np.array_equal(learned.idf, FITTED.idf)
    assert abs(rows - FITTED.rows(TEXTS)).max() == 0
