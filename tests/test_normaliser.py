"""What people can type, brought into one form."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import NORMALISED
from bot.understanding.normaliser import MAX_LENGTH, Normaliser, clean, fold

ANYTHING = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cc", "Cf", "Co", "Cn", "Mn", "Zs"]),
        st.sampled_from("աԱնՆ՞՛՜։՝ևпАй ЁiIİßﬁ１ﷺ\u200b\u202e\ufe0f\u0301/\n"),
    ),
    max_size=60,
)


def normalised(text: str, limit: int = MAX_LENGTH) -> Message:
    message = Message(data={TEXT: text})
    Normaliser({"max_length": limit}).process([message])
    return message


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("pass\u200bport", "passport"),
        ("pass\u00adport", "passport"),
        ("\ufeffpassport\u2060", "passport"),
        ("\u202epassport\u202c", "passport"),
        ("\u2066passport\u2069", "passport"),
        ("  two \t\r\n words\u00a0here ", "two words here"),
        ("ｐａｓｓｐｏｒｔ １２", "passport 12"),
        ("ﬁne", "fine"),
        ("a\x00b", "a b"),
        ("a\ud800b", "a b"),
        ("a\x1b[31mb", "a [31mb"),
        ("a\ue000b", "a b"),
        ("", ""),
        (" \n\u200b ", ""),
    ],
    ids=ascii,
)
def test_clean(typed: str, expected: str) -> None:
    assert expected == clean(typed)


@pytest.mark.parametrize("filler", ["\u115f", "\u1160", "\u3164", "\uffa0"], ids=ascii)
def test_hangul_fillers_are_invisible(filler: str) -> None:
    """The fillers are letters to Unicode and nothing to the eye; people send U+3164 as an empty message."""
    assert clean(filler) == ""
    assert fold(clean(filler)) == ""


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ինչպե՞ս ստանալ անձնագիր։", "ինչպես ստանալ անձնագիր"),
        ("Շտա՛պ, օգնեցե՜ք", "շտապ օգնեցեք"),
        ("Ասա՝ որտե՞ղ", "ասա որտեղ"),
        ("ԱՆՁՆԱԳԻՐ", "անձնագիր"),
        ("դու և ես", "դու եւ ես"),
        ("ПАСПОРТ?!", "паспорт"),
        ("Ёлка й", "ёлка й"),
        ("How — do I…", "how do i"),
        ("snake_case_", "snake case"),
        ("name: ____ date_", "name date"),
        ("write to a@b.am", "write to a@b am"),
        ("Form N-12", "form n 12"),
        ("🙂🙂🙂", ""),
        ("👨\u200d👩\u200d👧 ✈️", ""),
        ("", ""),
        ("12345", ""),
        ("01.02.2024 / 15:00", ""),
        ("?!…", ""),
    ],
)
def test_fold(typed: str, expected: str) -> None:
    assert expected == fold(clean(typed))


@pytest.mark.parametrize(
    ("typed", "expected"), [("па́спорт", "паспорт"), ("зарегистри́ровать", "зарегистрировать"), ("İSTANBUL", "istanbul")]
)
def test_combining_marks_do_not_cut_words(typed: str, expected: str) -> None:
    """A stress mark over a Cyrillic letter has no composed form; it must not leave two half words."""
    assert expected == fold(clean(typed))


@given(st.text(st.sampled_from("йЙёЁїéÉüñçабвabcԱբգ "), max_size=40))
@settings(max_examples=60, deadline=None)
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    assert fold(clean(unicodedata.normalize("NFC", text))) == fold(clean(unicodedata.normalize("NFD", text)))


@given(st.text(st.sampled_from("աբգԱԲԳабвАБВabcABC՞՛՜ "), max_size=40))
@settings(max_examples=60, deadline=None)
def test_case_and_armenian_marks_carry_no_meaning(text: str) -> None:
    bare = "".join(c for c in text if c not in "՞՛՜")
    assert fold(clean(bare.lower())) == fold(clean(text.upper()))


@given(ANYTHING, st.integers(1, 70))
@example("ab cd", 3)
@settings(max_examples=200, deadline=None)
def test_clean_is_idempotent_and_keeps_the_limit(text: str, limit: int) -> None:
    once = clean(text, limit)
    assert len(once) <= limit
    assert once == clean(once, limit)


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_fold_is_idempotent_and_readable(text: str) -> None:
    """What comes out is empty, or words with single spaces, at least one letter and nothing invisible."""
    once = fold(clean(text))
    assert once == fold(clean(once))
    assert once == " ".join(once.split())
    assert not once or any(c.isalpha() for c in once)
    assert not {unicodedata.category(c) for c in once} & {"Cc", "Cf", "Cs", "Co", "Cn"}


@given(ANYTHING)
@settings(max_examples=150, deadline=None)
def test_component_never_raises(text: str) -> None:
    message = normalised(text, 20)
    assert isinstance(message.get(NORMALISED), str)
    assert text[:20] == message.get(TEXT)


@pytest.mark.parametrize("unit", ["ա", "a\u200b", "ﷺ", "\u200b", "e\u0301", "\ud800", "🙂 "], ids=ascii)
def test_a_million_characters_are_quick(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    message = normalised(text)
    assert time.process_time() - began < 0.5
    assert len(message.get(NORMALISED)) <= MAX_LENGTH
    assert text[:MAX_LENGTH] == message.get(TEXT)


@pytest.mark.parametrize("typed", ["/restart", "  /restart", "\u200b/inform{}", "／restart", "/ привет"])
def test_a_leading_slash_gives_nobody_power(typed: str) -> None:
    """Rasa's own channels address intents with a slash; for people it is an unreadable text."""
    assert normalised(typed).get(NORMALISED) == ""


def test_a_slash_inside_is_a_space() -> None:
    assert normalised("passport/visa").get(NORMALISED) == "passport visa"


def test_component_keeps_what_was_typed() -> None:
    """The text stays as it was, so that entity offsets fit it."""
    message = normalised("Ինչպե՞ս \u200bանձնագիր։")
    assert message.get(TEXT) == "Ինչպե՞ս \u200bանձնագիր։"
    assert message.get(NORMALISED) == "ինչպես անձնագիր"


def test_component_leaves_messages_without_text_alone() -> None:
    message = Message(data={"intent": "greet"})
    assert Normaliser(Normaliser.get_default_config()).process([message]) == [message]
    assert message.get(NORMALISED) is None


def test_training_examples_are_normalised_as_messages_are() -> None:
    data = TrainingData([Message(data={TEXT: "Ո՞վ Է"}), Message(data={"intent": "greet"})])
    done = Normaliser(Normaliser.get_default_config()).process_training_data(data)
    assert [normalised("Ո՞վ Է").get(NORMALISED), None] == [m.get(NORMALISED) for m in done.training_examples]
