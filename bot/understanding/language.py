"""Which language a message is in and what it says in that language's own letters, as a Rasa component."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding import aside
from bot.understanding.attributes import LANGUAGE, NORMALISED, READING
from bot.understanding.encoder import shared_encoder
from bot.understanding.letters import samples
from bot.understanding.letters.reader import Reader, Reading, train
from bot.understanding.normaliser import clean, fold

_EXAMPLES_A_LANGUAGE = 800
"""Examples that are looked at, beside the shipped sentences, to tell languages apart; more change nothing."""

_EXAMPLE_WEIGHT = 3
"""A word of the pack's own examples counts so many times one of the shipped sentences."""

_SHORTEST_COMMON = 4
_LATIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_OWN_LETTERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "hy": (frozenset(map(chr, range(0x561, 0x588))), frozenset(map(chr, range(0x561, 0x588)))),
    "lv": (frozenset("āēīģķļņ"), _LATIN_LETTERS - set("qwxy") | set("āčēģīķļņšūž")),
    "az": (frozenset("əğı"), _LATIN_LETTERS - {"w"} | set("əğışçöü")),
}
"""By language: letters of which one tells the language, and all letters that its words may have."""


def _as_output(reading: Reading) -> dict[str, Any]:
    return {
        "code": reading.language,
        "script": reading.script,
        "share": reading.share,
        "way": reading.way,
        "probability": reading.probability,
        "sure": reading.sure,
    }


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):
    """Writes the attributes `language` and `reading` and, from the reading, `normalised_text`.

    `language`: `code` (ISO 639-1 or None), `script` (ISO 15924 or None), `share` (part of the letters that are of
    this script, 0 to 1), `way` (native, latin, keys), `probability` and `sure` (whether a conversation's language
    may follow). It learns which words there are from the examples and from sentences that come with the program.
    """

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, read: Callable[[], Reader] | None = None
    ) -> None:
        self._storage = model_storage
        self._resource = resource
        self._read = read

    @cached_property
    def _reader(self) -> Reader | None:
        return self._read() if self._read else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        """Create an untrained component (Rasa's factory)."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageIdentifier:
        """Load the reader from a model (Rasa's factory)."""

        loaded = cls(model_storage, resource, lambda: _stored(model_storage, resource))
        # What is loaded to serve reads it now: the files are gone afterwards. What is loaded within a training reads it
        # when it needs it, which is hardly ever: another process may still be making it.
        if all(node.fn != "train" for node in execution_context.graph_schema.nodes.values()):
            _ = loaded._reader
        return loaded

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages that must be installed."""
        return ["rapidfuzz"]

    def train(self, training_data: TrainingData) -> Resource:
        """Learn words and spellings.

        Returns:
            The resource under which they are stored.
        """
        examples: dict[str, list[str]] = defaultdict(list)
        for message in training_data.training_examples:
            language = example_metadata(message).get("language")
            if language and isinstance(message.get(TEXT), str):
                examples[language].append(message.get(TEXT))
        with self._storage.write_to(self._resource) as directory:
            aside.run(write_reader, dict(examples), Path(directory))
        self._read = lambda: _stored(self._storage, self._resource)
        self.__dict__.pop("_reader", None)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Read messages in place and return them."""
        for message in messages:
            text = message.get(TEXT)
            if not isinstance(text, str) or self._reader is None:
                continue
            reading = self._reader.read(clean(text))
            message.set(LANGUAGE, _as_output(reading), add_to_output=True)
            message.set(READING, reading.text, add_to_output=True)
            if message.get(NORMALISED):
                message.set(NORMALISED, fold(reading.text) or message.get(NORMALISED))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Take the language that an example's metadata names; examples are spelt as their authors meant them."""
        for message in training_data.training_examples:
            text = message.get(TEXT)
            if not isinstance(text, str):
                continue
            named = example_metadata(message).get("language")
            if named is None and self._reader is not None:
                named = self._reader.read(clean(text)).language
            message.set(LANGUAGE, {"code": named}, add_to_output=True)
        return training_data


def _stored(storage: ModelStorage, resource: Resource) -> Reader:
    aside.settle()
    with storage.read_from(resource) as directory:
        return Reader.load(Path(directory), shared_encoder().knows)


def write_reader(examples: dict[str, list[str]], directory: Path) -> None:
    """Make a reader, see `make_reader`, and store it in a directory."""
    make_reader(examples).save(directory)


def make_reader(examples: dict[str, list[str]]) -> Reader:
    """Return a reader that knows the words of examples by language and of the sentences that come with the program."""
    shipped = {language: [clean(text) for text in texts] for language, texts in samples.by_language().items()}
    languages = sorted({*shipped, *examples})
    words = {
        language: [
            *map(fold, shipped.get(language, [])),
            *[fold(clean(text)) for text in examples.get(language, [])] * _EXAMPLE_WEIGHT,
        ]
        for language in languages
    }
    for language, common in _common_words(languages).items():
        words[language] += common
    looks = {
        language: [
            text.lower()
            for text in [
                *shipped.get(language, []),
                *(clean(text) for text in examples.get(language, [])[:_EXAMPLES_A_LANGUAGE]),
            ]
        ]
        for language in languages
    }
    return train(words, looks, shared_encoder().knows)


def _common_words(languages: list[str]) -> dict[str, list[str]]:
    """Return words of the encoder's vocabulary by language, where their letters say which language they are of."""
    found: dict[str, list[str]] = {language: [] for language in languages if language in _OWN_LETTERS}
    for word in shared_encoder().words():
        if len(word) >= _SHORTEST_COMMON and word.islower():
            letters = set(word)
            for language in found:
                own, all_letters = _OWN_LETTERS[language]
                if letters & own and letters <= all_letters:
                    found[language].append(word)
    return found


def example_metadata(message: Message) -> dict[str, Any]:
    """Return the metadata of a training example, whichever way Rasa stored it."""
    metadata = message.get("metadata") or {}
    inner = metadata.get("example", metadata) if isinstance(metadata, dict) else {}
    return inner if isinstance(inner, dict) else {}
