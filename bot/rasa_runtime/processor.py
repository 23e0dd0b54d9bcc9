"""Rasa's message processor with actions in this process, text that is always text, and nothing blocking the loop."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from rasa.core.actions.action import Action, RemoteAction, create_bot_utterance
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa_sdk import Action as SdkAction
from rasa_sdk import Tracker as SdkTracker
from rasa_sdk.executor import CollectingDispatcher

from bot.errors import GuidepostError
from bot.rasa_runtime.runner import InOrderRunner
from bot.rasa_runtime.tracker_store import WorkingTrackerStore

logger = logging.getLogger(__name__)

CHOSEN = "chosen_intent"
"""Key of a message's metadata that names an intent chosen by a button; the text is then not parsed."""


class ActionFailedError(GuidepostError):
    """A custom action raised an error; the turn is not answered and can be tried again."""

    code = "action_failed"


def collect_actions(package: ModuleType) -> dict[str, SdkAction]:
    """Find the custom actions of a package, one instance of each class.

    Returns:
        Actions by name.
    """
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    found: dict[str, SdkAction] = {}
    pending = list(SdkAction.__subclasses__())
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        if kind.__module__.startswith(package.__name__ + ".") and not inspect.isabstract(kind):
            action = kind()
            try:
                found[action.name()] = action
            except NotImplementedError:
                continue  # a base class that does not say that it is one
    return found


class LocalAction(Action):
    """Runs a rasa-sdk action directly.

    Rasa's RemoteAction checks every result against a JSON schema that it compiles anew each time: 75 of 80 ms a
    turn, measured.
    """

    def __init__(self, action: SdkAction, domain: dict[str, Any]) -> None:
        self._action = action
        self._domain = domain

    def name(self) -> str:
        """Return the action's name."""
        return str(self._action.name())

    async def run(
        self,
        output_channel: Any,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
        metadata: dict[str, Any] | None = None,
    ) -> list[Any]:
        """Run the action.

        Returns:
            The bot's utterances and the action's events.

        Raises:
            ActionFailedError: the action raised something, which is its cause; its own text quotes nobody.
        """
        dispatcher = CollectingDispatcher()
        state = tracker.current_state(EventVerbosity.ALL)
        try:
            events = self._action.run(dispatcher, SdkTracker.from_dict(state), self._domain)
            if asyncio.iscoroutine(events):
                events = await events
        except Exception as error:
            raise ActionFailedError(f"{self.name()} failed: {type(error).__name__}") from error
        said: list[Any] = [create_bot_utterance(response) for response in dispatcher.messages]
        return [*said, *deserialise_events(events or [])]


class Processor(MessageProcessor):
    """One loaded model. Turns of different conversations may run at once, turns of one must not."""

    def __init__(self, model: Path, actions: dict[str, SdkAction], threads: ThreadPoolExecutor) -> None:
        """Load a model.

        Args:
            model: path of the archive.
            actions: custom actions by name; see `collect_actions`.
            threads: where messages are parsed.
        """
        self._threads = threads
        self.trackers = WorkingTrackerStore(None)
        super().__init__(str(model), self.trackers, InMemoryLockStore(), NaturalLanguageGenerator.create(None, None))
        self.graph_runner: Any = InOrderRunner(self.graph_runner)
        self.trackers.domain = self.domain
        self.nlg = NaturalLanguageGenerator.create(None, self.domain)
        as_dict = self.domain.as_dict()
        self._local = {name: LocalAction(action, as_dict) for name, action in actions.items()}

    async def turn(
        self, conversation: str, text: str, events: list[dict[str, Any]] | None, metadata: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
        """Answer one message.

        Args:
            conversation: the conversation's id.
            text: what the person typed.
            events: what an earlier turn returned, or None.
            metadata: reaches the actions as the message's metadata.

        Returns:
            The bot's messages, the events to keep for the next turn, and the parse result.

        Raises:
            ActionFailedError: an action failed.
        """
        output = CollectingOutputChannel()
        message = UserMessage(text, output, conversation, input_channel=metadata.get("channel"), metadata=metadata)
        self.trackers.begin(conversation, events)
        try:
            message.parse_data = await self.parse_message(message)
            await self.handle_message(message)
        finally:
            kept = self.trackers.end(conversation)
        return output.messages, kept, message.parse_data

    async def understand(self, text: str) -> dict[str, Any]:
        """Return the parse result of a text that belongs to no conversation; nothing is kept of it."""
        return await self.parse_message(UserMessage(text, sender_id="nobody"))

    async def parse_message(
        self, message: UserMessage, tracker: DialogueStateTracker | None = None, only_output_properties: bool = True
    ) -> dict[str, Any]:
        """Parse a message in a thread. Unlike Rasa's own, text that starts with `/` is text."""
        chosen = (message.metadata or {}).get(CHOSEN)
        if chosen:
            return choice(chosen, message.text or "")
        tracker = tracker or DialogueStateTracker.from_events(message.sender_id, [])
        loop = asyncio.get_running_loop()
        parsed: dict[str, Any] = await loop.run_in_executor(
            self._threads, self._parse_message_with_graph, message, tracker, only_output_properties
        )
        return parsed

    def _parse_message_with_graph(
        self, message: UserMessage, tracker: DialogueStateTracker, only_output_properties: bool = True
    ) -> dict[str, Any]:
        # Rasa's graph ends in a handler that takes "/asylum" for the intent itself, with certainty, and whatever
        # entities stand behind it. Text from people never gets that far.
        if (message.text or "").lstrip().startswith("/"):
            return unreadable(message.text or "")
        parsed: dict[str, Any] = super()._parse_message_with_graph(message, tracker, only_output_properties)
        return parsed

    def parse_many(self, texts: list[str]) -> list[dict[str, Any]]:
        """Parse texts in one run of the graph, as if each came alone.

        Returns:
            Parse results in the order of the texts.
        """
        plain = [text if not text.lstrip().startswith("/") else "" for text in texts]
        tracker = DialogueStateTracker.from_events("many", [])
        target = self.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text) for text in plain], PLACEHOLDER_TRACKER: tracker}
        parsed = self.graph_runner.run(inputs=inputs, targets=[target])[target]
        return [
            message.as_dict(only_output_properties=True) if kept else unreadable(text)
            for text, kept, message in zip(texts, plain, parsed, strict=True)
        ]

    async def run_anonymization_pipeline(self, tracker: DialogueStateTracker) -> None:
        """Do nothing: Rasa's hook serves its logs here; trackers are kept by the conversation room."""

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: Any,
        nlg: NaturalLanguageGenerator,
        prediction: Any,
    ) -> bool:
        if isinstance(action, RemoteAction) and action.name() in self._local:
            local = self._local[action.name()]
            # Rasa logs an action's error and goes on with no answer. Here the turn fails, so that it can be repeated.
            events = await local.run(output_channel, nlg, tracker, self.domain)
            self._log_action_on_tracker(tracker, action, events, prediction)
            await self.execute_side_effects(events, tracker, output_channel)
            return bool(self.should_predict_another_action(action.name()))
        return bool(await super()._run_action(action, tracker, output_channel, nlg, prediction))


def choice(name: str, text: str) -> dict[str, Any]:
    """Return the parse result for an intent chosen by a button, with certainty 1."""
    topic = name.partition("/")[0]
    return {
        TEXT: text,
        INTENT: {"name": topic, "confidence": 1.0},
        ENTITIES: [],
        "intent_ranking": [{"name": topic, "confidence": 1.0}],
        "question": {
            "name": name,
            "confidence": 1.0,
            "outside": 0.0,
            "ranking": [{"name": name, "score": 1.0}],
            "nearest": [],
            "also": [],
            "urgent": 0.0,
        },
    }


def unreadable(text: str) -> dict[str, Any]:
    """Return the parse result for a text in which there is nothing to read."""
    nothing: dict[str, Any] = {
        "name": None,
        "confidence": 0.0,
        "outside": 0.0,
        "ranking": [],
        "nearest": [],
        "also": [],
        "urgent": 0.0,
    }
    return {
        TEXT: text,
        INTENT: {"name": "nlu_fallback", "confidence": 0.0},
        ENTITIES: [],
        "intent_ranking": [],
        "question": nothing,
    }
