"""The sentence encoder as a Rasa featurizer."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.attributes import NORMALISED
from bot.understanding.encoder import shared_encoder

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Adds one dense sentence feature of 384 numbers, the encoder's unit vector of the normalised text."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._encoder = shared_encoder()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Create the component (Rasa's factory); opens the process's encoder."""
        return cls(config.get(FEATURIZER_CLASS_ALIAS) or execution_context.node_name or "SentenceEncoder")

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages that must be installed."""
        return ["onnxruntime"]

    def process(self, messages: list[Message]) -> list[Message]:
        """Encode messages in place and return them."""
        for message in messages:
            text = message.get(NORMALISED)
            if text:
                self._add(message, self._encoder.embed(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode the training examples; vectors of known examples come from disk."""
        examples = [example for example in training_data.training_examples if example.get(NORMALISED)]

        def progress(done: int, total: int) -> None:
            logger.info("Encoding examples: %d of %d", done, total)

        vectors = self._encoder.embed_known([example.get(NORMALISED) for example in examples], progress)
        for example, vector in zip(examples, vectors, strict=True):
            self._add(example, vector)
        return training_data

    def _add(self, message: Message, vector: NDArray[np.float32]) -> None:
        message.add_features(Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, self._name))
