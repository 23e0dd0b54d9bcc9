"""Which language a message is in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import LANGUAGE
from bot.understanding.language import LanguageIdentifier, example_metadata, identify


@pytest.mark.parametrize(
    ("text", "code", "script", "share"),
    [
        ("Ինչպե՞ս ստանալ անձնագիր", "hy", "Armn", 1.0),
        ("ԻՆՉՊԵՍ և որտեղ", "hy", "Armn", 1.0),
        ("Как получить паспорт?", "ru", "Cyrl", 1.0),
        ("Ёжик", "ru", "Cyrl", 1.0),
        ("How do I get a passport?", "en", "Latn", 1.0),
        ("Як отримати посвідку на проживання?", "uk", "Cyrl", 1.0),
        ("ЇЖА", "uk", "Cyrl", 1.0),
        ("გამარჯობა", None, "Geor", 1.0),
        ("مرحبا", None, "Arab", 1.0),
        ("你好", None, "Zzzz", 1.0),
        ("паспорт ID", "ru", "Cyrl", 0.778),
        ("Ստանալ ID քարտ", "hy", "Armn", 0.833),
        ("my անձնագիր", "hy", "Armn", 0.8),
    ],
)
def test_identify(text: str, code: str | None, script: str, share: float) -> None:
    assert {"code": code, "script": script, "share": share} == identify(text)


@pytest.mark.parametrize("text", ["", "   ", "12345", "🙂🙂", "?!…", "\x00\ud800", "\u200b\u202e", "՞։"], ids=ascii)
def test_nothing_to_go_by(text: str) -> None:
    assert identify(text) == {"code": None, "script": None, "share": 0.0}


def test_latin_letters_with_ukrainian_look_stay_latin() -> None:
    """Ukrainian letters count among Cyrillic ones only."""
    assert identify("passport application і")["code"] == "en"


@given(st.text(st.one_of(st.characters(), st.sampled_from("աбaіა")), max_size=50))
@settings(max_examples=150, deadline=None)
def test_always_an_answer_of_the_same_shape(text: str) -> None:
    found = identify(text)
    assert {"code", "script", "share"} == set(found)
    assert found["code"] in (None, "hy", "ru", "uk", "en")
    assert (found["script"] is None) == (not any(c.isalpha() for c in text))
    assert 0.0 <= found["share"] <= 1.0


def test_component_puts_the_language_into_the_parse_output() -> None:
    message = Message(data={TEXT: "Где получить паспорт"})
    LanguageIdentifier().process([message, Message(data={"intent": "greet"})])
    assert message.as_dict(only_output_properties=True)[LANGUAGE] == {"code": "ru", "script": "Cyrl", "share": 1.0}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"example": {"language": "hy"}}, "hy"),
        ({"language": "hy"}, "hy"),
        ({"example": {}}, "en"),
        ({"example": None}, "en"),
        ({"intent": {"language": "hy"}}, "en"),
        ("damaged", "en"),
        (None, "en"),
    ],
)
def test_an_example_may_name_its_language(metadata: Any, expected: str) -> None:
    """Transliterated Armenian is Latin script; the content's files say what it is."""
    example = Message(data={TEXT: "inchpes stanal", "metadata": metadata})
    LanguageIdentifier().process_training_data(TrainingData([example]))
    assert expected == example.get(LANGUAGE)["code"]
    assert example.get(LANGUAGE)["script"] == "Latn"


def test_examples_without_text_have_no_language() -> None:
    example = Message(data={"intent": "greet"})
    LanguageIdentifier().process_training_data(TrainingData([example]))
    assert example.get(LANGUAGE) is None
    assert example_metadata(example) == {}
