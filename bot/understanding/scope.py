"""Doubt: whether to answer, to ask back, or to say that it is not ours."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.understanding.attributes import FALLBACK, NORMALISED, OUT_OF_SCOPE, QUESTION, URGENT


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ScopeClassifier(GraphComponent):
    """Replaces the intent by `out_of_scope` or `nlu_fallback` where the classifier is not sure enough.

    Works on calibrated probabilities, so its thresholds mean what they say: `refuse_at` refuses what is at least so
    likely foreign than ours, unless the classifier is surer of a question than `sure_at`: the two disagree then, and
    the person is asked. `answer_at` is the least certainty with which a question is answered. What each value costs
    is measured by benchmarks/thresholds.py. From `urgent_at` somebody is taken to be in danger, before anything
    else; a question that is surer than `sure_at` keeps its answer, and the actions put the emergency numbers above it.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._answer_at = float(config["answer_at"])
        self._refuse_at = float(config["refuse_at"])
        self._sure_at = float(config["sure_at"])
        self._urgent_at = float(config["urgent_at"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the defaults of config.yml."""
        return {"answer_at": 0.6, "refuse_at": 0.7, "sure_at": 0.9, "urgent_at": 0.97}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ScopeClassifier:
        """Create the component (Rasa's factory)."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Decide about messages in place and return them."""
        for message in messages:
            question = message.get(QUESTION) or {}
            beyond_doubt = question.get("confidence", 0.0) >= self._sure_at
            understood = beyond_doubt and question.get("outside", 0.0) < self._refuse_at
            if message.get(NORMALISED) and question.get("urgent", 0.0) >= self._urgent_at and not understood:
                # Somebody may be in danger. A question that is understood beyond doubt is answered too, beneath the
                # emergency numbers, which the actions put first.
                question = {**question, "name": URGENT, "confidence": question["urgent"], "also": []}
                message.set(QUESTION, question, add_to_output=True)
                name, confidence = URGENT.partition("/")[0], question["urgent"]
            elif not message.get(NORMALISED) or not question.get("name"):
                name, confidence = FALLBACK, 0.0
            elif question["outside"] >= self._refuse_at:
                disagree = question["confidence"] >= self._sure_at
                name, confidence = (FALLBACK if disagree else OUT_OF_SCOPE), question["outside"]
            elif question["confidence"] < self._answer_at:
                name, confidence = FALLBACK, 1.0 - question["confidence"]
            else:
                continue
            message.set(INTENT, {"name": name, "confidence": round(confidence, 4)}, add_to_output=True)
        return messages
