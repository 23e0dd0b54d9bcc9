"""Which language a message is in, from its script."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import LANGUAGE

_SCRIPTS = {"ARMENIAN": "Armn", "CYRILLIC": "Cyrl", "LATIN": "Latn", "ARABIC": "Arab", "GEORGIAN": "Geor"}
_BY_SCRIPT = {"Armn": "hy", "Cyrl": "ru", "Latn": "en"}
_UKRAINIAN = set("іїєґІЇЄҐ")


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    return _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "Zzzz")


def identify(text: str) -> dict[str, Any]:
    """Tell language and script of a text.

    Args:
        text: what was typed.

    Returns:
        `code` (ISO 639-1, or None when there are no letters or the script is not known), `script` (ISO 15924,
        or None) and `share`, the part of the letters that are of this script, 0 to 1.
    """
    counts: Counter[str] = Counter(script for script in map(_script, text) if script)
    if not counts:
        return {"code": None, "script": None, "share": 0.0}
    script, most = counts.most_common(1)[0]
    code = _BY_SCRIPT.get(script)
    if script == "Cyrl" and any(c in _UKRAINIAN for c in text):
        code = "uk"
    return {"code": code, "script": script, "share": round(most / sum(counts.values()), 3)}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageIdentifier(GraphComponent):
    """Writes the attribute `language` into every message and into the parse output."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Create the component (Rasa's factory)."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Identify the language of messages in place and return them."""
        for message in messages:
            text = message.get(TEXT)
            if isinstance(text, str):
                message.set(LANGUAGE, identify(text), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Take the language that an example's metadata names, else identify it."""
        for message in training_data.training_examples:
            text = message.get(TEXT)
            if not isinstance(text, str):
                continue
            found = identify(text)
            named = example_metadata(message).get("language")
            if named:
                found["code"] = named
            message.set(LANGUAGE, found, add_to_output=True)
        return training_data


def example_metadata(message: Message) -> dict[str, Any]:
    """Return the metadata of a training example, whichever way Rasa stored it."""
    metadata = message.get("metadata") or {}
    inner = metadata.get("example", metadata) if isinstance(metadata, dict) else {}
    return inner if isinstance(inner, dict) else {}
