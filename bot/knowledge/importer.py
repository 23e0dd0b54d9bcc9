"""Rasa's view of the content: examples and responses from a pack, domain and rules from the project's files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge import files
from bot.knowledge.files import ContentError
from bot.knowledge.schema import Content

PACK_VARIABLE = "GUIDEPOST_PACK"


class KnowledgeImporter(RasaFileImporter):
    """Named in config.yml under `importers`, so that `rasa train` and `rasa data validate` read packs too.

    Without content it reads the files of the pack that `GUIDEPOST_PACK` names (default: the first), with our own
    reader: unlike Rasa's it does not replace `${NAME}` by environment variables.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        content: Content | None = None,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._given = content
        self._nlu_data: TrainingData | None = None
        self._domain: Domain | None = None

    def _content(self) -> Content:
        if self._given is None:
            root = Path(self.config_file or "config.yml").resolve().parent
            packs = files.list_packs(root)
            name = os.environ.get(PACK_VARIABLE) or (packs[0] if packs else "")
            loaded = files.load(root, name)
            if loaded.content is None:
                raise ContentError(loaded.findings)
            self._given = loaded.content
        return self._given

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return the pack's examples with their metadata, and one response a question (its first summary)."""
        if self._nlu_data is None:
            self._nlu_data = self._training_data(self._content())
        return self._nlu_data

    @staticmethod
    def _training_data(content: Content) -> TrainingData:
        examples = [message(e.intent, e.text, e.language, e.source) for e in content.training_examples()]
        responses: dict[str, list[dict[str, Any]]] = {}
        for question in content.questions:
            texts = question.answers[0].texts
            first = texts.get(content.pack.languages[0]) or next(iter(texts.values()))
            responses[f"utter_{question.id}"] = [{"text": first.summary}]
        for intent in {e.intent for e in content.examples if "/" in e.intent}:
            responses.setdefault(f"utter_{intent}", [{"text": intent}])
        patterns = {
            pattern: place.id
            for place in content.pack.places
            for listed in place.patterns.values()
            for pattern in listed
        }
        # Rasa's own way of saying it: a lookup table of what may be typed, and synonyms for what is meant.
        return TrainingData(
            training_examples=examples,
            responses=responses,
            lookup_tables=[{"name": "place", "elements": list(patterns)}] if patterns else None,
            entity_synonyms=patterns or None,
        )

    def get_domain(self) -> Domain:
        """Return the project's domain with the pack's topics added; a training asks for it six times."""
        if self._domain is None:
            self._domain = super().get_domain()
            missing = sorted({e.intent.partition("/")[0] for e in self._content().examples} - set(self._domain.intents))
            if missing:
                self._domain = self._domain.merge(Domain.from_dict({"intents": missing}))
        return self._domain


def message(intent: str, text: str, language: str, source: str = "written") -> Message:
    """Return a Rasa training message for one example."""
    data: dict[str, Any] = {
        TEXT: text,
        INTENT: intent,
        "metadata": {"example": {"language": language, "source": source}},
    }
    if "/" in intent:
        data[INTENT] = intent.partition("/")[0]
        data[INTENT_RESPONSE_KEY] = intent
    return Message(data=data)


def importer_for(content: Content, root: Path) -> TrainingDataImporter:
    """Return an importer for training on given content with a project's configuration, domain and rules.

    It is not wrapped in Rasa's importers for end-to-end stories and ResponseSelector, which the project does not use
    and which merge the examples six times over.
    """
    return KnowledgeImporter(
        str(root / "config.yml"), str(root / "domain.yml"), [str(root / "data" / "rules.yml")], content
    )
