"""The classifier of questions as a Rasa component; what it thinks with is bot.understanding.question_model."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding import segments
from bot.understanding.attributes import LANGUAGE, NORMALISED, OUT_OF_SCOPE, QUESTION, READING, URGENT
from bot.understanding.encoder import shared_encoder
from bot.understanding.kernel import KernelSettings
from bot.understanding.letters import samples
from bot.understanding.letters.reader import script_of
from bot.understanding.normaliser import clean, fold
from bot.understanding.question_model import ANY, QuestionModel, Verdict

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]

_CERTAIN = 0.97
"""From this confidence a message of one sentence is not looked at for a second question."""

_GRAVE, _TORN = 0.95, 0.8
_NAME_ALONE = 2

_FEW_EXAMPLES = 500
"""A language with fewer examples is centred by shipped sentences beside them."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent):
    """Sets `intent`, `intent_ranking` and the attribute `question`:

    `name` (topic/question), `confidence` (calibrated probability that it is right), `outside` (calibrated
    probability that the message is none of ours), `ranking` (name and raw probability of the ten best, out of
    scope left out), `nearest` (the most similar examples with intent and cosine), `urgent` (calibrated probability
    that somebody is in danger) and `also` (names of further questions in the same message). A message of several
    sentences is also read sentence by sentence: the question may stand anywhere in a story.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: QuestionModel | None = None,
        examples: list[str] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model
        self._examples = examples or []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of config.yml; see bot.understanding.kernel.KernelSettings."""
        defaults = KernelSettings()
        return {
            "sharpness": defaults.sharpness,
            "lexical_weight": defaults.lexical_weight,
            "noise": defaults.noise,
            "max_ngrams": 40000,
            "language_samples": True,
            "read_parts": True,
            "akin_to_urgent": [],
        }

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages that must be installed."""
        return ["sklearn", "scipy"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionClassifier:
        """Create an untrained component (Rasa's factory)."""
        return cls(config, model_storage, resource)

    # --- training ---------------------------------------------------------------------------------------------

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from examples that the encoder has been over.

        Returns:
            The resource under which the learned state is stored.

        Raises:
            ValueError: there are fewer than two intents, or no encoder stands before this component.
        """
        began = time.monotonic()
        messages = [m for m in training_data.training_examples if m.get(INTENT) and m.get(NORMALISED)]
        names = [m.get(INTENT_RESPONSE_KEY) or m.get(INTENT) for m in messages]
        if len(set(names)) < 2:
            raise ValueError("QuestionClassifier needs examples of at least two intents; see data/nlu.")
        logger.info("Training the classifier: %d examples, %d intents ...", len(names), len(set(names)))
        languages = [_language(m) for m in messages]
        self._model = QuestionModel.fit(
            [m.get(NORMALISED) for m in messages],
            np.stack([_vector(m) for m in messages]),
            languages,
            names,
            outside=OUT_OF_SCOPE,
            urgent=URGENT,
            akin=list(self._config["akin_to_urgent"]),
            settings=KernelSettings(
                float(self._config["sharpness"]), float(self._config["lexical_weight"]), float(self._config["noise"])
            ),
            most_ngrams=int(self._config["max_ngrams"]),
            samples=_samples(languages) if self._config["language_samples"] else None,
        )
        self._examples = [messages[i].get(TEXT) for i in self._model.kept]
        with self._storage.write_to(self._resource) as directory:
            self._model.save(Path(directory))
            text = json.dumps(self._examples, ensure_ascii=False)
            (Path(directory) / "examples.json").write_text(text, encoding="utf-8")
        logger.info("Classifier trained in %.1f s.", time.monotonic() - began)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> QuestionClassifier:
        """Load the learned state from a model (Rasa's factory)."""
        with model_storage.read_from(resource) as directory:
            examples = json.loads((Path(directory) / "examples.json").read_text(encoding="utf-8"))
            return cls(config, model_storage, resource, QuestionModel.load(Path(directory)), examples)

    # --- prediction -------------------------------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages in place and return them. A message without readable text gets no intent."""
        readable = [message for message in messages if message.get(NORMALISED) and self._model]
        verdicts: list[Verdict] = []
        if readable and self._model:
            verdicts = self._model.judge(
                [m.get(NORMALISED) for m in readable],
                np.stack([_vector(m) for m in readable]),
                [_language(m) for m in readable],
            )
        results = {id(m): self._with_parts(m, v) for m, v in zip(readable, verdicts, strict=True)}
        for message in messages:
            result = results.get(id(message)) or _nothing()
            topic = result["name"].partition("/")[0] if result["name"] else None
            message.set(INTENT, {"name": topic, "confidence": result["confidence"]}, add_to_output=True)
            message.set("intent_ranking", _topics(result["ranking"]), add_to_output=True)
            message.set(QUESTION, result, add_to_output=True)
        return messages

    def _with_parts(self, message: Message, whole: Verdict) -> dict[str, Any]:
        """Return the result for a message, its sentences considered where it has several."""
        text = message.get(READING) or message.get(TEXT) or ""
        pieces = segments.sentences(text) if self._config["read_parts"] else []
        language = _language(message)
        verdicts = self._judge(pieces, language)
        best, also = segments.choose(whole, list(zip(pieces, verdicts, strict=True)))
        if not also and self._config["read_parts"] and whole.confidence < _CERTAIN:
            for first, second in segments.halves(text):
                pair = self._judge([first, second], language)
                joined = segments.joined(pair)
                if joined:
                    best, also = joined[0], [joined[1].name]
                    break
        result = self._result(best)
        result["also"] = also
        # A sentence torn from its story sounds graver than it is: alone it brings the numbers, and takes no answer away.
        # So does a message as it was typed where slips were mended in it: a rare word of fear may look like a slip.
        typed = clean(message.get(TEXT) or "")
        as_typed = self._judge([typed], language) if _mended(typed, text) else []
        torn = max((verdict.urgent for verdict in [*verdicts, *as_typed]), default=0.0)
        urgent = max(whole.urgent, _TORN if torn >= _GRAVE else 0.0)
        # The name of a place, alone, calls nobody.
        names = any(entity["entity"] in ("place", "country") for entity in message.get(ENTITIES) or [])
        result["urgent"] = 0.0 if names and len(text.split()) <= _NAME_ALONE else round(urgent, 4)
        return result

    def _judge(self, texts: list[str], language: str) -> list[Verdict]:
        model = self._model
        folded = [fold(text) for text in texts]
        if not folded or model is None:
            return []
        encoder = shared_encoder()
        return model.judge(folded, np.stack([encoder.embed(text) for text in folded]), [language] * len(folded))

    def _result(self, verdict: Verdict) -> dict[str, Any]:
        model = self._model
        assert model is not None  # noqa: S101  # process() looked
        return {
            "name": verdict.name,
            "confidence": round(verdict.confidence, 4),
            "outside": round(verdict.outside, 4),
            "ranking": [{"name": name, "score": round(score, 4)} for name, score in verdict.ranking],
            "nearest": [
                {"text": self._examples[i], "intent": model.names[model.labels[i]], "similarity": round(cosine, 4)}
                for i, cosine in verdict.nearest
            ],
        }


def _mended(typed: str, read: str) -> bool:
    """Whether a text was read with other words than were typed, in the same letters: another script is no mending."""
    return fold(typed) != fold(read) and {script_of(letter) for letter in typed if letter.isalpha()} == {
        script_of(letter) for letter in read if letter.isalpha()
    }


def _nothing() -> dict[str, Any]:
    return {
        "name": None,
        "confidence": 0.0,
        "outside": 0.0,
        "ranking": [],
        "nearest": [],
        "also": [],
        "urgent": 0.0,
    }


def _topics(ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    best: dict[str, float] = {}
    for entry in ranking:
        best.setdefault(entry["name"].partition("/")[0], entry["score"])
    return [{"name": name, "confidence": score} for name, score in best.items()]


def _samples(languages: list[str]) -> tuple[Floats, list[str]] | None:
    """Return vectors of shipped sentences in languages of which there are few examples, and their languages."""
    counts = Counter(languages)
    chosen = [
        (fold(clean(sentence)), language)
        for language, sentences in samples.of_our_subject().items()
        if counts[language] < _FEW_EXAMPLES
        for sentence in sentences
    ]
    chosen = [(text, language) for text, language in chosen if text]
    if not chosen:
        return None
    vectors = shared_encoder().embed_known([text for text, _ in chosen])
    return vectors, [language for _, language in chosen]


def _vector(message: Message) -> Floats:
    _, sentence = message.get_dense_features(TEXT, [])
    if sentence is None:
        raise ValueError(
            "QuestionClassifier needs bot.understanding.sentence_encoder.SentenceEncoder before it in config.yml."
        )
    return np.asarray(sentence.features[0], dtype=np.float32)


def _language(message: Message) -> str:
    return (message.get(LANGUAGE) or {}).get("code") or ANY
