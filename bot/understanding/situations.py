"""Recognising a person's situation (displaced, foreigner, citizen, of Armenian descent, refugee) with spaCy."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import spacy
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

from bot.understanding.tokenizer import split

ENTITY = "situation"
_FILE = Path(__file__).parent / "lookups" / "situations.yml"
_EXACT_BELOW = 4
"""Beginnings shorter than this are whole words: «լղ», "ra"."""


@lru_cache(maxsize=1)
def _matcher() -> tuple[Language, Matcher]:
    language = spacy.blank("xx")
    matcher = Matcher(language.vocab)
    for situation, phrases in yaml.safe_load(_FILE.read_text(encoding="utf-8")).items():
        patterns = []
        for phrase in phrases:
            tokens: list[dict[str, Any]] = []
            for word in phrase.split():
                end = "$" if len(word) < _EXACT_BELOW else ""
                tokens.append({"LOWER": {"REGEX": f"^{re.escape(word)}{end}"}})
            patterns.append(tokens)
        matcher.add(situation, patterns, greedy="LONGEST")
    return language, matcher


def find(text: str) -> list[dict[str, Any]]:
    """Find what a text says about the person's situation.

    Returns:
        Entities as Rasa knows them (`entity`, `value`, `start`, `end`), in the order of the text.
    """
    language, matcher = _matcher()
    words = [(word, start) for word, start in split(text) if word.strip()]
    if not words:
        return []
    plain = [re.sub("[\u055a-\u055c\u055e\ud800-\udfff]", "", word).replace("\u2019", "'") or "?" for word, _ in words]
    found = []
    for label, first, last in matcher(Doc(language.vocab, words=plain)):
        start, end = words[first][1], words[last - 1][1] + len(words[last - 1][0])
        found.append({"entity": ENTITY, "value": language.vocab.strings[label], "start": start, "end": end})
    return sorted(found, key=lambda entity: (entity["start"], -entity["end"]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class SituationExtractor(GraphComponent, EntityExtractorMixin):
    """Adds entities `situation`, which choose the variant of an answer."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SituationExtractor:
        """Create the component (Rasa's factory)."""
        return cls()

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages that must be installed."""
        return ["spacy"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Extract from messages in place and return them."""
        for message in messages:
            entities = self.add_extractor_name(find(message.get(TEXT) or ""))
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)
        return messages
