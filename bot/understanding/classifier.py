"""Which question of the pack a message asks, how sure that is, and which examples speak for it.

Encoder vectors, centred by language, stand beside projected n-grams; a regularised softmax regression decides.
Centring takes out what all sentences of a language share, so that an example in one language serves the others
(measured in docs/decisions/0003). Confidences are calibrated on sentences that the scores were not trained on.
"""

from __future__ import annotations

import json
import logging
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit

from bot.understanding.attributes import LANGUAGE, NORMALISED, OUT_OF_SCOPE, QUESTION
from bot.understanding.calibration import Calibrator, evidence
from bot.understanding.lexical import LexicalFeatures

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]

_RANKING = 10
_NEIGHBOURS = 5
_ANY = "*"


@dataclass
class _State:
    """All that is learned. Arrays of `n` examples, `k` intents, `d` = 384, `f` features."""

    intents: list[str]  # k, retrieval intents in full: topic/question
    means: dict[str, Floats]  # by language, (d,)
    lexical: LexicalFeatures
    weights: Floats  # (k, f)
    bias: Floats  # (k,)
    examples: list[str]  # n
    labels: NDArray[np.int64]  # n
    vectors: Floats  # (n, d), centred unit vectors
    right: Calibrator
    foreign: Calibrator


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent):
    """Sets `intent`, `intent_ranking` and the attribute `question`:

    `name` (topic/question), `confidence` (calibrated probability that it is right), `outside` (calibrated
    probability that the message is none of ours), `ranking` (name and raw probability of the ten best, out of
    scope left out) and `nearest` (the most similar examples with intent and cosine).
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, state: _State | None = None
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._state = state

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of config.yml."""
        return {
            "lexical_weight": 0.8,
            "lexical_directions": 200,
            "max_ngrams": 24000,
            "regularisation": 30.0,
            "held_back": 0.33,
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
        intents = sorted(set(names))
        if len(intents) < 2:
            raise ValueError("QuestionClassifier needs examples of at least two intents; see data/nlu.")
        labels = np.array([intents.index(name) for name in names], dtype=np.int64)
        languages = [_language(m) for m in messages]
        raw = np.stack([_vector(m) for m in messages])
        means = _means(raw, languages)
        vectors = _centre(raw, languages, means)
        texts = [m.get(NORMALISED) for m in messages]
        lexical, ngrams = LexicalFeatures.fit(texts, self._config["lexical_directions"], self._config["max_ngrams"])
        features = np.hstack([vectors, self._config["lexical_weight"] * ngrams]).astype(np.float32)
        logger.info("Training the classifier: %d examples, %d intents ...", len(labels), len(intents))
        weights, bias = self._fit(features, labels, len(intents))
        logger.info("Calibrating ...")
        right, foreign = self._calibrate(features, vectors, labels, intents)
        examples = [m.get(TEXT) for m in messages]
        self._state = _State(intents, means, lexical, weights, bias, examples, labels, vectors, right, foreign)
        self._persist()
        logger.info("Classifier trained in %.1f s.", time.monotonic() - began)
        return self._resource

    def _fit(self, features: Floats, labels: NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
        model = LogisticRegression(C=self._config["regularisation"], max_iter=60, tol=1e-3)
        with warnings.catch_warnings():
            # Sixty steps are enough: more change no answer, only the last digits of the scores.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        weights = np.zeros((count, features.shape[1]), np.float32)
        bias = np.full(count, -30.0, np.float32)
        if len(model.classes_) == 2:
            weights[model.classes_] = np.vstack([-model.coef_[0] / 2, model.coef_[0] / 2])
            bias[model.classes_] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
        else:
            weights[model.classes_] = model.coef_
            bias[model.classes_] = model.intercept_
        return weights, bias

    def _calibrate(
        self, features: Floats, vectors: Floats, labels: NDArray[np.int64], intents: list[str]
    ) -> tuple[Calibrator, Calibrator]:
        outside = intents.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in intents else None
        counts = Counter(labels.tolist())
        # What has one example cannot be held back; it is known, and the others are calibrated all the same.
        several = np.array([counts[label] > 1 for label in labels.tolist()])
        usual = int(sum(count > 1 for count in counts.values()))
        if not usual:
            nothing = np.zeros((2, 6))
            truth = np.array([True, True])
            return Calibrator.fit(nothing, truth), Calibrator.fit(nothing, ~truth)
        # One split is enough for two curves of seven numbers, and a third of the time of three folds.
        size = max(self._config["held_back"], usual / several.sum())
        splitter = StratifiedShuffleSplit(1, test_size=size, random_state=0)
        places = np.flatnonzero(several)
        known, held_back = (places[part] for part in next(splitter.split(features[several], labels[several])))
        known = np.concatenate([known, np.flatnonzero(~several)])
        weights, bias = self._fit(features[known], labels[known], len(intents))
        probabilities = _softmax(features[held_back] @ weights.T + bias)
        similarity = _similarity(vectors[held_back] @ vectors[known].T, labels[known], outside)
        labels = labels[held_back]
        seen = evidence(probabilities, similarity, outside)
        is_foreign = labels == outside if outside is not None else np.zeros(len(labels), bool)
        ours = probabilities.copy()
        if outside is not None:
            ours[:, outside] = 0
        is_right = ours.argmax(axis=1) == labels
        return Calibrator.fit(seen, is_right), Calibrator.fit(seen, is_foreign, balanced=True)

    # --- prediction -------------------------------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages in place and return them. A message without readable text gets no intent."""
        readable = [message for message in messages if message.get(NORMALISED) and self._state]
        results = dict(zip(map(id, readable), self._classify(readable), strict=True)) if readable else {}
        for message in messages:
            result = results.get(id(message)) or _nothing()
            topic = result["name"].partition("/")[0] if result["name"] else None
            message.set(INTENT, {"name": topic, "confidence": result["confidence"]}, add_to_output=True)
            message.set("intent_ranking", _topics(result["ranking"]), add_to_output=True)
            message.set(QUESTION, result, add_to_output=True)
        return messages

    def _classify(self, messages: list[Message]) -> list[dict[str, Any]]:
        state = self._state
        assert state is not None  # noqa: S101  # process() looked
        vectors = _centre(np.stack([_vector(m) for m in messages]), [_language(m) for m in messages], state.means)
        ngrams = state.lexical.transform([m.get(NORMALISED) for m in messages])
        features = np.hstack([vectors, self._config["lexical_weight"] * ngrams])
        probabilities = _softmax(features @ state.weights.T + state.bias)
        cosines = vectors @ state.vectors.T
        outside = state.intents.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in state.intents else None
        seen = evidence(probabilities, _similarity(cosines, state.labels, outside), outside)
        right, foreign = state.right(seen), state.foreign(seen)
        results = []
        for row in range(len(messages)):
            order = [i for i in np.argsort(-probabilities[row]) if i != outside][:_RANKING]
            nearest = np.argpartition(-cosines[row], min(_NEIGHBOURS, len(state.labels) - 1))[:_NEIGHBOURS]
            nearest = nearest[np.argsort(-cosines[row, nearest])]
            results.append(
                {
                    "name": state.intents[order[0]],
                    "confidence": round(float(right[row]), 4),
                    "outside": round(float(foreign[row]), 4) if outside is not None else 0.0,
                    "ranking": [
                        {"name": state.intents[i], "score": round(float(probabilities[row, i]), 4)} for i in order
                    ],
                    "nearest": [
                        {
                            "text": state.examples[i],
                            "intent": state.intents[state.labels[i]],
                            "similarity": round(float(cosines[row, i]), 4),
                        }
                        for i in nearest
                    ],
                }
            )
        return results

    # --- keeping ----------------------------------------------------------------------------------------------

    def _persist(self) -> None:
        state = self._state
        assert state is not None  # noqa: S101  # called by train() only
        with self._storage.write_to(self._resource) as directory:
            state.lexical.save(directory)
            np.savez(
                directory / "classifier.npz",
                weights=state.weights,
                bias=state.bias,
                labels=state.labels,
                vectors=state.vectors.astype(np.float16),
                right=state.right.as_array(),
                foreign=state.foreign.as_array(),
                **{f"mean_{language}": mean for language, mean in state.means.items()},  # type: ignore[arg-type]
            )
            texts = {"intents": state.intents, "examples": state.examples}
            (directory / "classifier.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

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
            state = cls._read(Path(directory))
        return cls(config, model_storage, resource, state)

    @staticmethod
    def _read(directory: Path) -> _State:
        texts = json.loads((directory / "classifier.json").read_text(encoding="utf-8"))
        with np.load(directory / "classifier.npz", allow_pickle=False) as arrays:
            return _State(
                intents=texts["intents"],
                means={key.removeprefix("mean_"): arrays[key] for key in arrays.files if key.startswith("mean_")},
                lexical=LexicalFeatures.load(directory),
                weights=arrays["weights"],
                bias=arrays["bias"],
                examples=texts["examples"],
                labels=arrays["labels"],
                vectors=arrays["vectors"].astype(np.float32),
                right=Calibrator.from_array(arrays["right"]),
                foreign=Calibrator.from_array(arrays["foreign"]),
            )


def _nothing() -> dict[str, Any]:
    return {"name": None, "confidence": 0.0, "outside": 0.0, "ranking": [], "nearest": []}


def _topics(ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    best: dict[str, float] = {}
    for entry in ranking:
        best.setdefault(entry["name"].partition("/")[0], entry["score"])
    return [{"name": name, "confidence": score} for name, score in best.items()]


def _vector(message: Message) -> Floats:
    _, sentence = message.get_dense_features(TEXT, [])
    if sentence is None:
        raise ValueError(
            "QuestionClassifier needs bot.understanding.sentence_encoder.SentenceEncoder before it in config.yml."
        )
    return np.asarray(sentence.features[0], dtype=np.float32)


def _language(message: Message) -> str:
    return (message.get(LANGUAGE) or {}).get("code") or _ANY


def _means(vectors: Floats, languages: list[str]) -> dict[str, Floats]:
    known = np.array(languages)
    means = {_ANY: vectors.mean(axis=0)}
    for language in set(languages) - {_ANY}:
        # A mean of a handful of sentences says more about their subject than about their language.
        if (known == language).sum() >= 20:
            means[language] = vectors[known == language].mean(axis=0)
    return means


def _centre(vectors: Floats, languages: list[str], means: dict[str, Floats]) -> Floats:
    centred = vectors - np.stack([means.get(language, means[_ANY]) for language in languages])
    return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9), dtype=np.float32)


def _similarity(cosines: Floats, labels: NDArray[np.int64], outside: int | None) -> NDArray[np.float64]:
    is_outside = labels == outside if outside is not None else np.zeros(len(labels), bool)
    few = cosines[:, ~is_outside]
    most = min(_NEIGHBOURS, few.shape[1])
    ours = np.partition(few, few.shape[1] - most, axis=1)[:, -most:].mean(axis=1)
    theirs = cosines[:, is_outside].max(axis=1) if is_outside.any() else np.zeros(len(cosines))
    return np.column_stack([ours, theirs]).astype(np.float64)


def _softmax(scores: Floats) -> NDArray[np.float64]:
    scores = scores.astype(np.float64)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
