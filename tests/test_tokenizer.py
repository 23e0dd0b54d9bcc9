"""Words and their places, Armenian punctuation first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.constants import INTENT, RESPONSE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.tokenizer import MultilingualTokenizer, split

TEXT_TOKENS = "text_tokens"
ANYTHING = st.text(st.one_of(st.characters(), st.sampled_from("աԲ՞՛՜։՝՚-.@'’_ йA1\n\u0301\u200b🙂")), max_size=60)


def tokenizer(**config: object) -> MultilingualTokenizer:
    return MultilingualTokenizer({**MultilingualTokenizer.get_default_config(), **config})


def test_examples_of_one_question_share_its_answer() -> None:
    """It is split once, and each example has a list of its own."""
    examples = [Message(data={TEXT: text, RESPONSE: "Zvanget mums, lūdzu!"}) for text in ("a b", "c")]
    tokenizer().process_training_data(TrainingData(examples))
    first, second = (example.get("response_tokens") for example in examples)
    assert [token.text for token in first] == ["Zvanget", "mums", ",", "lūdzu", "!"]
    assert first == second
    assert first is not second
    assert [token.text for token in examples[0].get(TEXT_TOKENS)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ինչպե՞ս ստանալ", ["Ինչպե՞ս", "ստանալ"]),
        ("Ինչո՞ւ", ["Ինչո՞ւ"]),
        ("Ինչու՞", ["Ինչու՞"]),
        ("Շտա՛պ օգնեցե՜ք", ["Շտա՛պ", "օգնեցե՜ք"]),
        ("անձնագիր։", ["անձնագիր", "։"]),
        ("ասա՝ որտեղ", ["ասա", "՝", "որտեղ"]),
        ("ասա՝որտեղ։Երբ", ["ասա", "՝", "որտեղ", "։", "Երբ"]),
        ("ID-քարտ", ["ID-քարտ"]),
        ("вид на жительство, какой-то?", ["вид", "на", "жительство", ",", "какой-то", "?"]),
        ("- нет -", ["-", "нет", "-"]),
        ("слово-", ["слово", "-"]),
        ("I don't, I don’t", ["I", "don't", ",", "I", "don’t"]),
        ("info@mfa.am.", ["info@mfa.am", "."]),
        ("«այո» (ոչ)", ["«", "այո", "»", "(", "ոչ", ")"]),
        ("կ1\u00a02 \t3\n4", ["կ1", "2", "3", "4"]),
        ("🙂👍", ["🙂", "👍"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert expected == [word for word, _ in split(text)]


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_offsets_match_the_text(text: str) -> None:
    """Every token is the text at its place; tokens do not overlap; what lies between is white space only."""
    at = 0
    for word, start in split(text):
        assert word == text[start : start + len(word)]
        assert text[at:start].strip() == ""
        assert word
        at = start + len(word)
    assert text[at:].strip() == ""


@given(ANYTHING.filter(bool))
@settings(max_examples=100, deadline=None)
def test_component_offsets_match_the_text(text: str) -> None:
    message = Message(data={TEXT: text})
    tokenizer().process([message])
    tokens = message.get(TEXT_TOKENS)
    assert tokens
    assert [token.text for token in tokens] == [text[token.start : token.end] for token in tokens]


def test_component_gives_rasa_tokens() -> None:
    message = Message(data={TEXT: "Ինչպե՞ս ստանալ անձնագիր։"})
    tokenizer().process([message])
    assert [(token.text, token.start, token.end) for token in message.get(TEXT_TOKENS)] == [
        ("Ինչպե՞ս", 0, 7),
        ("ստանալ", 8, 14),
        ("անձնագիր", 15, 23),
        ("։", 23, 24),
    ]


@pytest.mark.parametrize("text", ["", "   ", "🙂"])
def test_component_survives_texts_without_words(text: str) -> None:
    message = Message(data={TEXT: text})
    assert tokenizer().process([message]) == [message]


def test_rasas_token_pattern_still_works() -> None:
    message = Message(data={TEXT: "ab-cd"})
    tokenizer(token_pattern=r"[a-z]+").process([message])
    assert [token.text for token in message.get(TEXT_TOKENS)] == ["ab", "cd"]


def test_training_examples_without_text_pass() -> None:
    data = TrainingData([Message(data={INTENT: "visa"}), Message(data={TEXT: "Ո՞վ", INTENT: "visa"})])
    done = tokenizer().process_training_data(data)
    assert [token.text for token in done.training_examples[1].get(TEXT_TOKENS)] == ["Ո՞վ"]


@pytest.mark.parametrize("unit", ["ա՞", "a-", "a.", "-", "a "])
def test_time_grows_with_length_only(unit: str) -> None:
    began = time.process_time()
    split(unit * 100_000)
    assert time.process_time() - began < 1
