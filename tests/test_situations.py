"""Whose question it is: the words from which a person's situation is recognised."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

import bot.understanding.situations as situations
from bot.understanding.situations import SituationExtractor, find

LOOKUP = yaml.safe_load((Path(situations.__file__).parent / "lookups" / "situations.yml").read_text(encoding="utf-8"))
PHRASES = [(situation, phrase) for situation, phrases in LOOKUP.items() for phrase in phrases]


def values(text: str) -> list[str]:
    return [entity["value"] for entity in find(text)]


@pytest.mark.parametrize(("situation", "phrase"), PHRASES)
def test_every_phrase_of_the_file_is_found(situation: str, phrase: str) -> None:
    """In the middle of a sentence, in capitals, with its place in the text."""
    text = f"… {phrase.upper()} ?"
    (entity,) = find(text)
    assert situation == entity["value"]
    assert phrase.upper() == text[entity["start"] : entity["end"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ես տեղահանված եմ, ինչպե՞ս ստանալ անձնագիր", ["displaced"]),
        ("Արցախի՞ց եմ", ["displaced"]),
        ("Արցա՛խից եմ", ["displaced"]),
        ("Мы переселенцы из Карабаха", ["displaced", "displaced"]),
        ("У меня временная защита", ["displaced"]),
        ("Օտարերկրացի եմ", ["foreigner"]),
        ("Я иностранец", ["foreigner"]),
        ("I am a foreign national", ["foreigner"]),
        ("Ես ՀՀ քաղաքացի եմ", ["citizen"]),
        ("Я гражданка Армении", ["citizen"]),
        ("I am an Armenian citizen", ["citizen"]),
        ("Ծագումով հայ եմ", ["descent"]),
        ("У меня армянские корни", ["descent"]),
        ("I'm of Armenian descent", ["descent"]),
        ("Փախստականի կարգավիճակ", ["refugee"]),
        ("для беженцев", ["refugee"]),
        ("refugees and foreigners", ["refugee", "foreigner"]),
    ],
)
def test_as_people_write_it(text: str, expected: list[str]) -> None:
    assert expected == values(text)


@pytest.mark.parametrize("text", ["I'm an Armenian citizen", "I’m an Armenian citizen"])
def test_contracted_i_am(text: str) -> None:
    """The apostrophe stays inside its word, and the phrase is found all the same."""
    assert values(text) == ["citizen"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "🙂",
        "?!",
        "How do I get a passport?",
        "Как получить гражданство Армении?",
        "Ինչպե՞ս ստանալ քաղաքացիություն",
        "Я не гражданин Армении",
        "I am a citizen",
    ],
)
def test_nothing_said(text: str) -> None:
    assert values(text) == []


def test_short_words_are_whole_words() -> None:
    """«լղ» and «հայ» begin many words that say nothing about the person."""
    assert values("ԼՂ-ից չեմ, ԼՂ եմ") == ["displaced"]
    assert values("լղոզված") == []
    assert values("Հայաստան ծագում") == []


@pytest.mark.parametrize("text", ["\x00 refugee", "refugee\u200b", "\ud800 refugee", "refugee \udfff"], ids=ascii)
def test_noise_does_not_hide_or_break(text: str) -> None:
    assert values(text) == ["refugee"]


@given(
    st.lists(
        st.one_of(
            st.sampled_from([phrase for _, phrase in PHRASES]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        ),
        max_size=6,
    ).map(" ".join)
)
@settings(max_examples=150, deadline=None)
def test_places_are_inside_the_text_and_in_order(text: str) -> None:
    found = find(text)
    assert [entity["start"] for entity in found] == sorted(entity["start"] for entity in found)
    for entity in found:
        assert 0 <= entity["start"] < entity["end"] <= len(text)
        assert entity["value"] in LOOKUP
        assert text[entity["start"] : entity["end"]].strip()


def test_component_adds_to_what_others_found() -> None:
    before = {"entity": "city", "value": "Yerevan", "start": 0, "end": 7}
    message = Message(data={TEXT: "Yerevan, refugee", ENTITIES: [before]})
    SituationExtractor().process([message])
    added = {"entity": "situation", "value": "refugee", "start": 9, "end": 16, "extractor": "SituationExtractor"}
    assert [before, added] == message.as_dict(only_output_properties=True)[ENTITIES]


def test_component_survives_messages_without_text() -> None:
    message = Message(data={"intent": "greet"})
    SituationExtractor().process([message])
    assert message.get(ENTITIES) == []
