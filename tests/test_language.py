"""Which language a message is in, as the Rasa component that writes it into the parse result."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import LANGUAGE, NORMALISED, READING
from bot.understanding.language import LanguageIdentifier, example_metadata
from bot.understanding.normaliser import Normaliser

EXAMPLES = {
    "hy": ["Ինչպե՞ս ստանալ անձնագիր", "Ուզում եմ երկարացնել կացության քարտը"],
    "ru": ["Как получить паспорт?", "Хочу продлить вид на жительство"],
    "en": ["How do I get a passport?", "I want to extend my residence permit"],
}
CONTEXT = ExecutionContext(GraphSchema({}))


def example(text: str, language: str) -> Message:
    return Message(data={TEXT: text, "metadata": {"example": {"language": language}}})


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, trained: Any) -> tuple[LanguageIdentifier, LanguageIdentifier]:
    """The component as it was trained, and as it is loaded from its files."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("language"))
    fresh = LanguageIdentifier.create({}, storage, Resource("language"), CONTEXT)
    resource = fresh.train(TrainingData([example(text, code) for code, texts in EXAMPLES.items() for text in texts]))
    return fresh, LanguageIdentifier.load({}, storage, resource, CONTEXT)


@pytest.fixture
def identifier(pair: tuple[LanguageIdentifier, LanguageIdentifier]) -> LanguageIdentifier:
    return pair[1]


def asked(text: str, identifier: LanguageIdentifier) -> Message:
    message = Message(data={TEXT: text})
    Normaliser(Normaliser.get_default_config()).process([message])
    identifier.process([message])
    return message


@pytest.mark.parametrize(
    ("text", "code", "script", "way"),
    [
        ("Ինչպե՞ս ստանալ անձնագիր", "hy", "Armn", "native"),
        ("ԻՆՉՊԵՍ և որտեղ", "hy", "Armn", "native"),
        ("Как получить паспорт?", "ru", "Cyrl", "native"),
        ("How do I get a passport?", "en", "Latn", "native"),
        ("Як отримати посвідку на проживання?", "uk", "Cyrl", "native"),
        ("Kā es varu saņemt jaunu pasi?", "lv", "Latn", "native"),
        ("Yeni pasportu necə ala bilərəm?", "az", "Latn", "native"),
        ("inchpes stanal andznagir", "hy", "Latn", "latin"),
        ("kak poluchit' pasport", "ru", "Latn", "latin"),
        ("rfr gjkexbnm gfcgjhn", "ru", "Latn", "keys"),
    ],
)
def test_language_script_and_way(text: str, code: str, script: str, way: str, identifier: LanguageIdentifier) -> None:
    found = asked(text, identifier).get(LANGUAGE)
    assert (found["code"], found["script"], found["way"], found["sure"]) == (code, script, way, True)


@pytest.mark.parametrize(
    ("text", "script"), [("გამარჯობა", "Geor"), ("مرحبا", "Arab"), ("你好", "Zzzz")], ids=["Geor", "Arab", "Zzzz"]
)
def test_a_script_that_is_not_served(text: str, script: str, identifier: LanguageIdentifier) -> None:
    found = asked(text, identifier).get(LANGUAGE)
    assert (found["code"], found["script"], found["sure"]) == (None, script, False)


@pytest.mark.parametrize("text", ["", "   ", "12345", "🙂🙂", "?!…", "\x00\ud800", "\u200b\u202e", "՞։"], ids=ascii)
def test_nothing_to_go_by(text: str, identifier: LanguageIdentifier) -> None:
    found = asked(text, identifier).get(LANGUAGE)
    assert (found["code"], found["script"], found["share"], found["sure"]) == (None, None, 0.0, False)


def test_share_is_the_part_of_the_letters_in_the_main_script(identifier: LanguageIdentifier) -> None:
    assert asked("паспорт ID", identifier).get(LANGUAGE)["share"] == 0.778
    assert asked("Ստանալ ID քարտ", identifier).get(LANGUAGE)["share"] == 0.833


def test_parse_output_tells_language_and_reading(identifier: LanguageIdentifier) -> None:
    output = asked("inchpes stanal andznagir", identifier).as_dict(only_output_properties=True)
    assert set(output[LANGUAGE]) == {"code", "script", "share", "way", "probability", "sure"}
    assert output[READING] == "ինչպես ստանալ անձնագիր"


def test_what_is_understood_is_the_reading(identifier: LanguageIdentifier) -> None:
    """All that comes after in the pipeline goes by the normalised text."""
    assert asked("Inchpes STANAL andznagir?", identifier).get(NORMALISED) == "ինչպես ստանալ անձնագիր"


@pytest.mark.parametrize("text", ["12345", "/restart", "🙂"])
def test_what_says_nothing_still_says_nothing(text: str, identifier: LanguageIdentifier) -> None:
    assert asked(text, identifier).get(NORMALISED) == ""


def test_messages_without_text_are_left_alone(identifier: LanguageIdentifier) -> None:
    message = Message(data={"intent": "greet"})
    identifier.process([message])
    assert message.data == {"intent": "greet"}


def test_a_loaded_component_reads_like_the_trained_one(pair: tuple[LanguageIdentifier, LanguageIdentifier]) -> None:
    texts = [text for texts in EXAMPLES.values() for text in texts]
    for text in [*texts, "inchpes stanal andznagir", "hochu prodlit vnj", "rfr gjkexbnm gfcgjhn", "pasportu itirdim"]:
        fresh, loaded = (asked(text, identifier) for identifier in pair)
        assert fresh.get(READING) == loaded.get(READING)
        assert fresh.get(LANGUAGE)["code"] == loaded.get(LANGUAGE)["code"]


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
def test_an_example_may_name_its_language(metadata: Any, expected: str, identifier: LanguageIdentifier) -> None:
    """The content's files say which language an example is in; without that it is recognised."""
    message = Message(data={TEXT: "how do I get there", "metadata": metadata})
    identifier.process_training_data(TrainingData([message]))
    assert message.get(LANGUAGE)["code"] == expected


def test_examples_are_spelt_as_their_authors_meant_them(identifier: LanguageIdentifier) -> None:
    message = example("How do I get a pasport", "en")
    message.set(NORMALISED, "how do i get a pasport")
    identifier.process_training_data(TrainingData([message]))
    assert message.get(NORMALISED) == "how do i get a pasport"


def test_examples_without_text_have_no_language(identifier: LanguageIdentifier) -> None:
    message = Message(data={"intent": "greet"})
    identifier.process_training_data(TrainingData([message]))
    assert message.get(LANGUAGE) is None
    assert example_metadata(message) == {}
