"""Stock Rasa 3.6.21 with the pipeline that `rasa init` writes. Runs in its own Python 3.10 environment."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from costs import Predict, run

PIPELINE = """recipe: default.v1
assistant_id: bench
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 100
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: 100
    constrain_similarities: true
"""


def train(job: dict[str, Any]) -> Predict:
    """Learn from a job."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    work = Path(tempfile.mkdtemp())
    (work / "config.yml").write_text(PIPELINE)
    by_intent: dict[str, list[str]] = {}
    for text, intent, _ in job["train"]:
        by_intent.setdefault(intent, []).append(" ".join(text.split()))
    examples = [{"text": text, "intent": intent} for intent, texts in by_intent.items() for text in texts]
    data = {"rasa_nlu_data": {"common_examples": examples}}
    (work / "nlu.json").write_text(json.dumps(data))
    model = train_nlu(str(work / "config.yml"), str(work / "nlu.json"), str(work / "models"))
    agent = Agent.load(model)
    loop = asyncio.new_event_loop()

    def predict(text: str, _language: str) -> dict[str, Any]:
        parsed = loop.run_until_complete(agent.parse_message(text))
        return {"intent": parsed["intent"]["name"], "score": round(parsed["intent"]["confidence"], 4)}

    return predict


if __name__ == "__main__":
    run(train)
