"""Messages of several sentences, sentences of two questions, and the question inside a story."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.normaliser import clean, fold
from bot.understanding.question_model import Verdict
from bot.understanding.segments import MOST_SENTENCES, choose, halves, joined, sentences


def verdict(name: str, confidence: float, outside: float = 0.0) -> Verdict:
    return Verdict(name, confidence, outside, [(name, confidence)], [], np.zeros(7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How much is a visa?", []),
        ("", []),
        ("Hello. How much is a visa?", []),
        ("I lost my passport. Where do I go?", ["I lost my passport.", "Where do I go?"]),
        ("Կորցրել եմ անձնագիրս։ Ո՞ւր գնամ հիմա։", ["Կորցրել եմ անձնագիրս։", "Ո՞ւր գնամ հիմա։"]),
        ("Сколько стоит виза?Как её продлить?", ["Сколько стоит виза?", "Как её продлить?"]),
        ("first of all\nsecond of all", ["first of all", "second of all"]),
        ("The fee is 3.5 dollars at mcs-citizenship.am today", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    """A word of greeting is no sentence; a dot in a number or an address ends none."""
    assert sentences(text) == expected


def test_of_a_long_story_the_sentences_that_ask_are_read() -> None:
    story = "We came in May. " * 10 + "Can I work here? " + "We walked a long way. " * 5
    assert sentences(story) == ["Can I work here?"]


def test_of_a_long_story_that_asks_nothing_the_beginning_is_read() -> None:
    told = [f"We saw {number} houses." for number in range(10)]
    assert sentences(" ".join(told)) == told[:MOST_SENTENCES]


texts = st.text(st.one_of(st.characters(), st.sampled_from("ab. ?!։\n, աբ")), max_size=200)
words = st.lists(
    st.sampled_from(["how", "what", "visa", "and", ",", "?", ".", "и", "сколько", "ու", "ինչ", "un", "fee"]),
    max_size=40,
).map(" ".join)


@given(st.one_of(texts, words))
@settings(max_examples=150, deadline=None)
def test_sentences_are_pieces_of_the_message_in_their_order(text: str) -> None:
    found = sentences(text)
    assert len(found) <= MOST_SENTENCES
    at = 0
    for piece in found:
        at = text.find(piece, at)
        assert at >= 0
        at += len(piece)
        assert len(fold(piece).split()) >= 2


@given(st.one_of(texts, words))
@settings(max_examples=150, deadline=None)
def test_halves_are_a_beginning_and_an_end_and_both_say_something(text: str) -> None:
    found = halves(clean(text))
    assert len(found) <= 3
    for first, second in found:
        assert clean(text).startswith(first)
        assert clean(text).endswith(second)
        assert min(len(fold(first).split()), len(fold(second).split())) >= 2


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("how much is the visa and how do I extend it", ("how much is the visa", "how do I extend it")),
        ("сколько стоит виза, и как её продлить", ("сколько стоит виза", "и как её продлить")),
        ("ինչքան է վիզան ու ինչպես երկարացնեմ այն", ("ինչքան է վիզան", "ինչպես երկարացնեմ այն")),
        ("скільки коштує віза та як її продовжити", ("скільки коштує віза", "як її продовжити")),
        ("cik maksā vīza un kā to pagarināt", ("cik maksā vīza", "kā to pagarināt")),
    ],
)
def test_a_sentence_of_two_questions_is_cut_between_them(text: str, pair: tuple[str, str]) -> None:
    assert pair in halves(text)


@pytest.mark.parametrize(
    "text",
    ["what and how", "husband and wife came from Syria in May", "how much for me and my wife and my children together"],
)
def test_a_sentence_with_one_question_stays_whole(text: str) -> None:
    assert halves(text) == []


def test_two_sure_questions_are_both_taken_in_their_order() -> None:
    fee, where = verdict("visa/fee", 0.9), verdict("registration/address", 0.95)
    parts = [("How much is a visa?", fee), ("Where do I register?", where)]
    assert choose(verdict("visa/fee", 0.5), parts) == (fee, ["registration/address"])


def test_at_most_one_further_question_is_named() -> None:
    parts = [(f"What is {name}?", verdict(name, 0.9)) for name in ("a/a", "b/b", "c/c")]
    assert choose(verdict("a/a", 0.9), parts)[1] == ["b/b"]


def test_the_same_question_twice_is_one_question() -> None:
    parts = [("How much?", verdict("visa/fee", 0.9)), ("What does it cost?", verdict("visa/fee", 0.95))]
    assert choose(verdict("visa/fee", 0.99), parts)[1] == []


def test_question_in_a_story_beats_a_doubtful_whole() -> None:
    asked = verdict("work/refugee", 0.92)
    parts = [("We came in May.", verdict("visa/fee", 0.3)), ("Can I work here?", asked)]
    assert choose(verdict("asylum/apply", 0.4), parts) == (asked, [])


def test_statement_counts_only_when_nothing_is_asked_and_it_is_surer() -> None:
    lost = verdict("documents/passport_lost", 0.9)
    whole = verdict("visa/fee", 0.4)
    assert choose(whole, [("I lost my passport.", lost), ("I am here now.", verdict("visa/fee", 0.2))]) == (lost, [])
    weak = verdict("documents/passport_lost", 0.82)
    assert choose(whole, [("I lost my passport.", weak)]) == (whole, [])


@pytest.mark.parametrize("topic", ["smalltalk/thanks", "control/human", "follow_up/fee", "emergency/danger"])
def test_talk_beside_a_question_is_no_second_question(topic: str) -> None:
    fee = verdict("visa/fee", 0.9)
    parts = [("Can you hear me?", verdict(topic, 0.99)), ("How much is a visa?", fee)]
    assert choose(verdict("visa/fee", 0.5), parts) == (fee, [])


def test_sentence_that_is_not_ours_is_no_second_question() -> None:
    fee = verdict("visa/fee", 0.9)
    parts = [("How much is a visa?", fee), ("What is the weather?", verdict("contacts/websites", 0.95, outside=0.8))]
    assert choose(verdict("visa/fee", 0.95), parts)[1] == []


def test_sure_whole_stays() -> None:
    whole = verdict("visa/fee", 0.99)
    assert choose(whole, [("How much is a visa?", verdict("visa/evisa", 0.85))]) == (whole, [])
    assert choose(whole, []) == (whole, [])


def test_halves_join_only_when_both_are_sure_and_differ() -> None:
    fee, where = verdict("visa/fee", 0.9), verdict("registration/address", 0.9)
    assert joined([fee, where]) == (fee, where)
    assert joined([fee, fee]) is None
    assert joined([fee, verdict("registration/address", 0.8)]) is None
    assert joined([verdict("smalltalk/greet", 0.99), where]) is None
    assert joined([fee, verdict("contacts/websites", 0.9, outside=0.6)]) is None
