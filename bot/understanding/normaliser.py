"""One form for what can be typed in many: compatibility forms, invisible characters, case, marks, length."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import NORMALISED

MAX_LENGTH = 1000
"""Characters that are read of a message. A story with its question fits; what lies beyond only costs time."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)
_ARMENIAN_MARKS = re.compile("[\u055a-\u055c\u055e\u055f]")
_NOT_WORDS = re.compile(r"(?:[^\w@+]|_)+")


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """Take invisible and control characters out and bring the rest into one form.

    Args:
        text: what was typed.
        limit: characters to keep.

    Returns:
        NFKC text on one line, at most `limit` characters.
    """
    # Cut before normalising: NFKC can lengthen a text eighteenfold.
    text = _INVISIBLE.sub("", text[: 4 * limit])
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in text)
    return " ".join(unicodedata.normalize("NFKC", text).split())[:limit].rstrip()


def fold(text: str) -> str:
    """Reduce a cleaned text to what carries meaning: words in lower case, Armenian stress and question marks removed.

    Returns:
        Words separated by one space; empty when the text has no letter: a bare number asks nothing.
    """
    # Stress marks («па́спорт») and what casefold leaves of İ; NFKC has already composed й and ё.
    bare = "".join(c for c in text.casefold() if unicodedata.category(c) != "Mn")
    text = _NOT_WORDS.sub(" ", _ARMENIAN_MARKS.sub("", bare)).strip()
    return text if any(c.isalpha() for c in text) else ""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Normaliser(GraphComponent):
    """Writes the attribute `normalised_text`. The text itself stays as it was typed, cut to `max_length`."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._limit = int(config["max_length"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of config.yml."""
        return {"max_length": MAX_LENGTH}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        """Create the component (Rasa's factory)."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalise messages in place and return them."""
        for message in messages:
            raw = message.get(TEXT)
            if not isinstance(raw, str):
                continue
            text = clean(raw, self._limit)
            # A leading slash is how Rasa's own channels address intents. People who type one get no such power.
            message.set(NORMALISED, "" if text.startswith("/") else fold(text))
            if len(raw) > self._limit:
                message.set(TEXT, raw[: self._limit], add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples."""
        self.process(training_data.training_examples)
        return training_data
