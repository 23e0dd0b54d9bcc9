"""The prediction graph run node after node: what comes out is what Rasa's own runner gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa_runtime.runner import InOrderRunner

TEXTS = [
    "How do I get a passport?",
    "Ես փախստական եմ, ինչպե՞ս ստանալ քաղաքացիություն",
    "skolko stoit poshlina za grazhdanstvo",
    "Сколько стоит пошлина? И где оплатить?",
    "what is the weather tomorrow",
    "he is beating me, help",
    "",
    "🙂",
    "\ud800",
]


class Model:
    """One trained model with Rasa's runner and ours on the same nodes."""

    def __init__(self, path: Path) -> None:
        _, self.metadata, self.rasas = MessageProcessor._load_model(path)
        assert isinstance(self.rasas, DaskGraphRunner)
        self.ours = InOrderRunner(self.rasas)

    def inputs(self, text: str) -> dict[str, Any]:
        tracker = DialogueStateTracker.from_events("a", [])
        return {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: tracker}


@pytest.fixture(scope="module")
def model(assistant: Any) -> Model:
    return Model(assistant.releases.model(assistant.release))


def parsed(runner: Any, model: Model, text: str) -> dict[str, Any]:
    target = model.metadata.nlu_target
    (message,) = runner.run(inputs=model.inputs(text), targets=[target])[target]
    return message.as_dict(only_output_properties=True)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_message_is_parsed_as_by_rasas_runner(model: Model, text: str) -> None:
    assert parsed(model.ours, model, text) == parsed(model.rasas, model, text)


@pytest.mark.parametrize("intent", ["citizenship", "out_of_scope", "nlu_fallback", "emergency"])
def test_the_next_action_is_that_of_rasas_runner(model: Model, intent: str) -> None:
    """The policies are nodes of the same graph, behind another target."""
    target = model.metadata.core_target
    events = [ActionExecuted("action_listen"), UserUttered("x", {"name": intent, "confidence": 1.0})]
    predicted = []
    for runner in (model.ours, model.rasas):
        tracker = DialogueStateTracker.from_events("a", events, domain=model.metadata.domain)
        tracker.slots.update({slot.name: slot for slot in model.metadata.domain.slots})
        result = runner.run(inputs={PLACEHOLDER_TRACKER: tracker}, targets=[target])[target]
        # Rasa's policy prediction has no equality of its own beyond this.
        predicted.append((result.probabilities, result.policy_name, result.is_end_to_end_prediction))
    assert predicted[0] == predicted[1]
    assert max(predicted[0][0]) > 0


def test_without_targets_the_graphs_own_are_run(model: Model) -> None:
    """Every target gets its result."""
    ours, rasas = (runner.run(inputs=model.inputs("visa")) for runner in (model.ours, model.rasas))
    assert set(ours) == set(rasas) == set(model.rasas._graph_schema.target_names)


@pytest.mark.parametrize("inputs", [None, {}, {"__other__": 1}])
def test_a_missing_input_is_rasas_own_error(model: Model, inputs: dict[str, Any] | None) -> None:
    """Which node misses what, in the same words."""
    said = []
    for runner in (model.ours, model.rasas):
        with pytest.raises(GraphRunError) as caught:
            runner.run(inputs=inputs, targets=[model.metadata.nlu_target])
        # Rasa's runner wraps what a node raised only where dask lets it through as a RuntimeError.
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert f"Expected input '{PLACEHOLDER_MESSAGE}'" in said[0]


def test_a_missing_input_does_not_spoil_the_next_run(model: Model) -> None:
    with pytest.raises(GraphRunError):
        model.ours.run(targets=[model.metadata.nlu_target])
    assert parsed(model.ours, model, "visa") == parsed(model.rasas, model, "visa")


def test_an_unknown_target_is_refused_by_both(model: Model) -> None:
    kinds = set()
    for runner in (model.ours, model.rasas):
        with pytest.raises(Exception, match="nowhere") as caught:
            runner.run(inputs=model.inputs("visa"), targets=["nowhere"])
        kinds.add(caught.type)
    assert len(kinds) == 1


def test_threads_do_not_mix_their_messages(model: Model) -> None:
    """Two people write at once, and one runner serves both."""
    texts = TEXTS * 3
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: parsed(model.ours, model, text), texts))
    assert together[: len(TEXTS)] == together[len(TEXTS) : 2 * len(TEXTS)]
    assert [result["text"] for result in together] == [parsed(model.ours, model, text)["text"] for text in texts]
