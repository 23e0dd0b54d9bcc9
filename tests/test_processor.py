"""Turns through a loaded model: text is text, choices are choices, failures are failures, and nothing grows."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_rasa_commands import small_project

from bot.rasa_runtime.processor import ActionFailedError, Processor, collect_actions
from bot.rasa_runtime.training import TrainingError, train

ACTIONS = '''
import asyncio
from rasa_sdk import Action
from rasa_sdk.events import SlotSet

class Base(Action):
    """A base class has no name and is no action."""

class Remembering(Base):
    def name(self):
        return "action_visa"

    async def run(self, dispatcher, tracker, domain):
        text = tracker.latest_message["text"]
        await asyncio.sleep(0.005)
        if "explode" in text:
            raise KeyError("broken")
        dispatcher.utter_message(text=f"{tracker.sender_id} said {text}", json_message={"n": 1})
        return [SlotSet("asked", text)] if not tracker.get_slot("asked") else []

class Plain(Base):
    """Not a coroutine: rasa-sdk takes both."""

    answer = "Citizenship is granted by decree."

    def name(self):
        return "action_citizenship"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=self.answer)

class NotOurs(Plain):
    answer = "That is not ours."

    def name(self):
        return "action_not_ours"
'''
"""Remembers the first text only, so that its slot must survive all later turns."""


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    directory = tmp_path_factory.mktemp("packages")
    package = directory / "small_actions"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "visa.py").write_text(ACTIONS)
    sys.path.insert(0, str(directory))
    yield collect_actions(importlib.import_module("small_actions"))
    sys.path.remove(str(directory))


def project(directory: Path) -> Path:
    """The small project, answered by actions only: that is how Guidepost answers."""
    small_project(directory)
    for name in ("domain.yml", "data/rules.yml"):
        text = (directory / name).read_text().replace("actions: [", "actions: [action_citizenship, action_not_ours, ")
        text = text.replace("action: utter_", "action: action_")
        (directory / name).write_text(text)
    return directory


def importer_of(directory: Path) -> Any:
    from rasa.shared.importers.rasa import RasaFileImporter

    return RasaFileImporter(str(directory / "config.yml"), str(directory / "domain.yml"), [str(directory / "data")])


@pytest.fixture(scope="module")
def processor(tmp_path_factory: pytest.TempPathFactory, actions: dict[str, Any]) -> Iterator[Processor]:
    directory = project(tmp_path_factory.mktemp("project"))
    model = train(importer_of(directory), directory / "models", "small")
    assert list((directory / "models").iterdir()) == [model]
    with ThreadPoolExecutor(2) as threads:
        yield Processor(model, actions, threads)


def texts(said: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in said if message.get("text")]


def slots(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The project's own; Rasa keeps the first message's metadata in one more."""
    own = ("asked", "situation")
    return {event["name"]: event["value"] for event in events if event["event"] == "slot" and event["name"] in own}


def test_only_the_packages_own_named_actions_are_collected(actions: dict[str, Any]) -> None:
    assert sorted(actions) == ["action_citizenship", "action_not_ours", "action_visa"]


async def test_a_turn_answers_and_hands_back_what_to_keep(processor: Processor) -> None:
    said, kept, parsed = await processor.turn("a", "how do I get a visa", None, {"channel": "web"})
    assert texts(said) == ["a said how do I get a visa"]
    assert slots(kept) == {"asked": "how do I get a visa"}
    assert parsed["intent"]["name"] == "visa"
    json.dumps(kept)
    assert await processor.trackers.keys() == []


async def test_an_action_that_is_no_coroutine_answers(processor: Processor) -> None:
    said, _, _ = await processor.turn("a", "I want to apply for citizenship", None, {})
    assert texts(said) == ["Citizenship is granted by decree."]


@pytest.mark.parametrize(
    "text",
    [
        "/visa",
        '/visa{"situation": "refugee", "asked": "by nobody"}',
        "  /visa",
        "\u3000/visa@0.9",
        "\u200b/visa",
        "／visa",
        "/restart",
        "/session_start",
        "/nlu_fallback",
    ],
)
async def test_text_is_never_taken_for_an_intent(processor: Processor, text: str) -> None:
    """Rasa's own channels read "/visa" as the intent itself, with entities that set slots."""
    said, kept, parsed = await processor.turn("a", text, None, {})
    assert parsed["intent"]["name"] in ("nlu_fallback", "out_of_scope")
    assert parsed["entities"] == []
    assert slots(kept) == {}
    assert texts(said) == ["That is not ours."]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.text(alphabet=" \t\n\x0b\x1c\x85\u00a0\u2003\u3000\u200b\ufeff\u2060\x00", max_size=4),
    name=st.sampled_from(["visa", "citizenship", "visa/fee", "restart", "out_of_scope"]),
    after=st.sampled_from(["", '{"situation": "refugee"}', "@1.0", '@0.5{"asked": "x"}', "{", ' {"a": 1} text']),
)
def test_no_whitespace_smuggles_an_intent_in(processor: Processor, before: str, name: str, after: str) -> None:
    (parsed,) = processor.parse_many([f"{before}/{name}{after}"])
    assert parsed["intent"]["name"] == "nlu_fallback"
    # A word of the text may be found as what it is; nothing is taken over from the braces.
    assert {entity["extractor"] for entity in parsed["entities"]} <= {"EntityExtractor"}


async def test_a_choice_is_not_parsed(processor: Processor) -> None:
    said, _, parsed = await processor.turn("a", "how do I get a visa", None, {"chosen_intent": "citizenship/decree"})
    assert (parsed["intent"]["name"], parsed["intent"]["confidence"]) == ("citizenship", 1.0)
    assert parsed["question"]["name"] == "citizenship/decree"
    assert texts(said) == ["Citizenship is granted by decree."]


async def test_every_way_of_parsing_gives_the_same_keys(processor: Processor) -> None:
    """Actions need not ask whether a message was read, chosen by a button, or could not be read."""
    (read,) = processor.parse_many(["how do I get a visa"])
    (empty,) = processor.parse_many([""])
    (command,) = processor.parse_many(["/visa"])
    _, _, chosen = await processor.turn("a", "x", None, {"chosen_intent": "visa"})
    keys = {"name", "confidence", "outside", "ranking", "nearest", "also", "urgent"}
    for parsed in (read, empty, command, chosen):
        assert set(parsed["question"]) == keys
        assert (parsed["question"]["also"], parsed["question"]["urgent"]) == ([], 0.0)


async def test_a_choice_that_the_model_does_not_know_is_no_certainty(processor: Processor) -> None:
    """A button of an earlier release: the turn ends, whatever it says."""
    _, kept, _ = await processor.turn("a", "old button", None, {"chosen_intent": "retired/question"})
    assert slots(kept) == {}


async def test_an_action_that_raises_ends_the_turn_and_can_be_repeated(processor: Processor) -> None:
    """Rasa logs the error and goes on without an answer."""
    _, kept, _ = await processor.turn("a", "how do I get a visa", None, {})
    with pytest.raises(ActionFailedError, match="action_visa failed: KeyError") as caught:
        await processor.turn("a", "explode my visa", kept, {"chosen_intent": "visa"})
    assert isinstance(caught.value.__cause__, KeyError)
    assert await processor.trackers.keys() == []
    said, kept, _ = await processor.turn("a", "and again", kept, {"chosen_intent": "visa"})
    assert texts(said) == ["a said and again"]
    assert slots(kept) == {"asked": "how do I get a visa"}


async def test_a_hundred_turns_keep_the_slots_and_do_not_grow(processor: Processor) -> None:
    events: list[dict[str, Any]] | None = None
    sizes, counts = [], []
    for number in range(100):
        intent = ("visa", "citizenship")[number % 2]
        said, events, _ = await processor.turn("a", f"turn {number:03d}", events, {"chosen_intent": intent})
        assert len(texts(said)) == 1
        sizes.append(len(json.dumps(events)))
        counts.append(len(events))
    assert slots(events or []) == {"asked": "turn 000"}
    assert max(counts[10:]) == max(counts[4:10])
    assert max(sizes[10:]) < 1.02 * max(sizes[4:10])


async def test_a_conversation_is_taken_up_after_its_session_ended(processor: Processor) -> None:
    _, events, _ = await processor.turn("a", "first", None, {"chosen_intent": "visa"})
    for event in events:
        event["timestamp"] -= 2 * 86400
    said, events, _ = await processor.turn("a", "second", events, {"chosen_intent": "visa"})
    assert texts(said) == ["a said second"]
    assert slots(events) == {"asked": "first"}


async def test_an_entity_sets_its_slot_for_later_turns(processor: Processor) -> None:
    _, events, parsed = await processor.turn("a", "I am a refugee, how do I get a visa", None, {})
    found = {(entity["entity"], entity["value"]) for entity in parsed["entities"]}
    assert found == {("situation", "refugee"), ("status", "refugee"), ("document", "visa")} or found == {
        ("situation", "refugee"),
        ("status", "refugee"),
    }
    _, events, _ = await processor.turn("a", "next", events, {"chosen_intent": "citizenship"})
    assert slots(events)["situation"] == "refugee"


async def test_conversations_side_by_side_do_not_mix(processor: Processor) -> None:
    async def talk(name: str) -> tuple[list[str], dict[str, Any]]:
        events: list[dict[str, Any]] | None = None
        heard = []
        for number in range(4):
            # The first is parsed in a thread, the others not: turns overtake each other.
            metadata = {} if number == 0 else {"chosen_intent": "visa"}
            text = f"how do I get a visa {name}" if number == 0 else f"{name} {number}"
            said, events, _ = await processor.turn(name, text, events, metadata)
            heard += texts(said)
        return heard, slots(events or [])

    names = [f"person{number}" for number in range(8)]
    for name, (heard, kept) in zip(names, await asyncio.gather(*map(talk, names)), strict=True):
        assert [f"{name} said how do I get a visa {name}", *(f"{name} said {name} {n}" for n in (1, 2, 3))] == heard
        assert {"asked": f"how do I get a visa {name}"} == kept


async def test_parse_many_equals_one_by_one(processor: Processor) -> None:
    many = ["how do I get a visa", "", "   ", "/visa", "12", "…", "refugee visa", "a joke", "x" * 3000, "визa ու visa"]
    together = processor.parse_many(many)
    for text, parsed in zip(many, together, strict=True):
        _, _, alone = await processor.turn("a", text, None, {})
        assert (text, alone["intent"], alone["question"], alone["entities"]) == (
            text,
            parsed["intent"],
            parsed["question"],
            parsed["entities"],
        )
    assert processor.parse_many([]) == []


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_parsed_into_an_intent_of_ours(processor: Processor, text: str) -> None:
    first, second = processor.parse_many([text, text])
    assert first == second
    assert first["intent"]["name"] in {"visa", "citizenship", "out_of_scope", "nlu_fallback"}
    assert 0.0 <= first["intent"]["confidence"] <= 1.0


def test_data_that_rasa_refuses_says_why(tmp_path: Path) -> None:
    directory = project(tmp_path)
    rules = directory / "data" / "rules.yml"
    rules.write_text(rules.read_text() + "- {rule: two, steps: [{intent: visa}, {action: action_citizenship}]}\n")
    with pytest.raises(TrainingError, match=r"could not be trained: [^\0]*[Cc]ontradict"):
        train(importer_of(directory), directory / "models", "small")
    assert list((directory / "models").iterdir()) == []
