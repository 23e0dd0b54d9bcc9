"""Countries, nationalities, documents, statuses, places and dates, recognised with spaCy; and whose question it is.

Names of countries come from CLDR, everything else from the files in lookups/ and, for places, from the pack through
Rasa's lookup tables. A status that a person claims ("I am displaced") becomes the entity `situation`, which chooses
the variant of an answer; one that is denied ("I am not a refugee") does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding import dates
from bot.understanding.attributes import LANGUAGE, READING
from bot.understanding.phrases import Found, Phrase, PhraseFinder, plain
from bot.understanding.tokenizer import split

SITUATION = "situation"
PLACE = "place"
LOOKUPS = Path(__file__).parent / "lookups"
LANGUAGES = ("hy", "ru", "en", "lv", "az", "uk")

_DENIALS = frozenset(
    [
        *("չեմ", "չենք", "չէ", "չի", "չես", "ոչ", "не", "ні", "нет", "not", "no", "isn't", "aren't", "never"),
        *("neesmu", "neesam", "nav", "nevis", "deyil", "deyiləm", "deyilik"),
    ]
)
"""Words that take back the status beside them."""

_CLAUSE_ENDS = frozenset(",.;:!?։՝…-–—")
"""A denial before one of these says nothing about what follows: "No, a refugee"."""

_NAMES_ONLY = {PLACE, "country"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SHORTEST_NAME = 4
_ENDINGS = {"hy": 6, "ru": 3, "en": 2, "lv": 4, "az": 7, "uk": 3}
"""How many letters case endings add to a country's name at most."""

_FINAL = {"ru": "аяйьеиы", "uk": "аяйьеіи", "lv": "aeis"}
"""Letters at the end of a country's name that its case endings replace."""


def _lookup(name: str) -> Any:
    return yaml.load((LOOKUPS / f"{name}.yml").read_text(encoding="utf-8"), _LOADER)  # noqa: S506  # a safe one


def _phrases(entity: str, value: str, patterns: Iterable[str]) -> Iterable[Phrase]:
    for pattern in patterns:
        stems = tuple(plain(word) for word, _ in split(pattern))
        if stems and all(stems):
            yield Phrase(f"{entity}:{value}", stems)


def _countries() -> Iterable[Phrase]:
    for language in LANGUAGES:
        final = _FINAL.get(language, "")
        for code, name in Locale(language).territories.items():
            if len(code) != 2 or not code.isalpha() or code in ("EU", "UN", "ZZ", "XA", "XB"):
                continue
            stems = []
            for word, _ in split(re.sub(r"\s*\(.*?\)", "", name)):
                stem = plain(word)
                if len(stem) > _SHORTEST_NAME and stem[-1] in final:
                    stem = stem[:-1]
                stems.append(stem)
            if stems and any(len(stem) >= _SHORTEST_NAME for stem in stems):
                yield Phrase(f"country:{code}", tuple(stems), _ENDINGS[language])


@lru_cache(maxsize=1)
def _common() -> tuple[Phrase, ...]:
    """Return all phrases that no pack changes."""
    found: list[Phrase] = list(_countries())
    nationalities = _lookup("nationalities")
    for code, by_language in nationalities.pop("names").items():
        for patterns in by_language.values():
            found.extend(_phrases("country", code, patterns))
    for code, by_language in nationalities.items():
        for patterns in by_language.values():
            found.extend(_phrases("nationality", code, patterns))
    for entity, file in (("document", "documents"), ("status", "statuses")):
        for value, by_language in _lookup(file).items():
            for patterns in by_language.values():
                found.extend(_phrases(entity, value, patterns))
    return tuple(found)


@lru_cache(maxsize=1)
def _situations() -> dict[str, list[str]]:
    found: dict[str, list[str]] = _lookup("situations")
    return found


class EntityFinder:
    """Finds entities in texts.

    Args:
        places: patterns by the id of a place of the pack.
    """

    def __init__(self, places: dict[str, list[str]]) -> None:
        phrases = list(_common())
        for value, patterns in places.items():
            phrases.extend(_phrases(PLACE, value, patterns))
        self._finder = PhraseFinder(phrases)
        claims = _situations()
        statuses = _lookup("statuses")
        own: list[Phrase] = []
        for value, patterns in claims.items():
            own.extend(_phrases(SITUATION, value, patterns))
            for language in ("lv", "az", "uk"):
                own.extend(_phrases(SITUATION, value, statuses.get(value, {}).get(language, [])))
        self._claims = PhraseFinder(own)

    def __call__(self, text: str) -> list[dict[str, Any]]:
        """Find entities.

        Returns:
            Entities as Rasa knows them (`entity`, `value`, `start`, `end`), in the order of the text.
        """
        found = [_entity(one) for one in self._finder(text)]
        for date in dates.find(text):
            found = [e for e in found if e["end"] <= date.start or date.end <= e["start"]]
            found.append({"entity": "date", "value": date.value, "start": date.start, "end": date.end})
        found.extend(_entity(one) for one in self._claims(text) if not _denied(text, one))
        return sorted(found, key=lambda entity: (entity["start"], -entity["end"], entity["entity"]))


@lru_cache(maxsize=2)
def _finder_of(places: str) -> EntityFinder:
    """Return the finder for places as JSON. Making one takes most of a second, and models rarely differ in places."""
    return EntityFinder(json.loads(places))


def _entity(found: Found) -> dict[str, Any]:
    entity, _, value = found.label.partition(":")
    return {"entity": entity, "value": value, "start": found.start, "end": found.end}


def _denied(text: str, found: Found) -> bool:
    words = [(plain(word), start) for word, start in split(text)]
    before = [word for word, start in words if start < found.start][-2:]
    if any(word in _CLAUSE_ENDS for word in before):
        before = [] if before[-1] in _CLAUSE_ENDS else before[-1:]
    after = [word for word, start in words if start >= found.end][:1]
    return any(word in _DENIALS for word in (*before, *after))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds entities country, nationality, document, status, place, date and situation.

    Positions are those of the characters that were typed; where the text was read from other letters, they are
    those of the words that stand in the same place.
    """

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, places: dict[str, list[str]] | None = None
    ) -> None:
        self._storage = model_storage
        self._resource = resource
        self._places = places or {}

    @cached_property
    def _find(self) -> EntityFinder:
        # Made when first needed: training does without it.
        return _finder_of(json.dumps(self._places, ensure_ascii=False))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityExtractor:
        """Create a component that knows no places yet (Rasa's factory)."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EntityExtractor:
        """Load the pack's places from a model (Rasa's factory)."""
        with model_storage.read_from(resource) as directory:
            places = json.loads((Path(directory) / "places.json").read_text(encoding="utf-8"))
        loaded = cls(model_storage, resource, places)
        _ = loaded._find  # now, and not while the first person waits
        return loaded

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages that must be installed."""
        return ["spacy", "babel"]

    def train(self, training_data: TrainingData) -> Resource:
        """Take the places from Rasa's lookup table `place`; its synonyms say which pattern means which place.

        Returns:
            The resource under which they are stored.
        """
        places: dict[str, list[str]] = {}
        for table in training_data.lookup_tables:
            if table.get("name") == PLACE and isinstance(table.get("elements"), list):
                for pattern in table["elements"]:
                    value = training_data.entity_synonyms.get(pattern, pattern)
                    places.setdefault(value, []).append(pattern)
        self._places = places
        self.__dict__.pop("_find", None)
        with self._storage.write_to(self._resource) as directory:
            text = json.dumps(places, ensure_ascii=False)
            (Path(directory) / "places.json").write_text(text, encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Extract from messages in place and return them. A message of names alone does not say its language."""
        for message in messages:
            typed = message.get(TEXT) or ""
            read = message.get(READING) or typed
            entities = self._find(read)
            language = message.get(LANGUAGE)
            if language and language.get("sure") and _only_names(read, entities):
                message.set(LANGUAGE, {**language, "sure": False}, add_to_output=True)
            if read != typed:
                entities = _moved(entities, read, typed)
            known = message.get(ENTITIES) or []
            message.set(ENTITIES, [*known, *self.add_extractor_name(entities)], add_to_output=True)
        return messages


def _only_names(text: str, entities: list[dict[str, Any]]) -> bool:
    names = [(e["start"], e["end"]) for e in entities if e["entity"] in _NAMES_ONLY]
    words = [(word, start) for word, start in split(text) if any(c.isalpha() for c in word)]
    return all(any(first <= start < last for first, last in names) for _, start in words)


def _moved(entities: list[dict[str, Any]], read: str, typed: str) -> list[dict[str, Any]]:
    """Give entities that were found in a reading the positions of the words as they were typed."""
    ours, theirs = split(read), split(typed)
    if len(ours) != len(theirs):
        return [{**entity, "start": 0, "end": len(typed)} for entity in entities]
    starts = {start: theirs[at][1] for at, (_, start) in enumerate(ours)}
    ends = {start + len(word): theirs[at][1] + len(theirs[at][0]) for at, (word, start) in enumerate(ours)}
    return [
        {**entity, "start": starts.get(entity["start"], 0), "end": ends.get(entity["end"], len(typed))}
        for entity in entities
    ]
