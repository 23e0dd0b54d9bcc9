"""Guidepost's own understanding: reader, encoder, kernel classifier; the code that the components of config.yml run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("GUIDEPOST_ENCODER_DIR", str(ROOT / "var" / "encoder"))

from costs import Predict, run  # noqa: E402  # stands beside this file

UNKNOWN = "*"


def train(job: dict[str, Any]) -> Predict:
    """Learn from a job."""
    from bot.rasa_runtime import load_rasa

    load_rasa()
    import numpy as np
    from threadpoolctl import threadpool_limits

    from bot.understanding.encoder import shared_encoder
    from bot.understanding.language import make_reader
    from bot.understanding.normaliser import clean, fold
    from bot.understanding.question_model import QuestionModel

    encoder = shared_encoder()
    train_rows = list(job["train"])
    if job.get("names_as_examples"):
        intents = sorted({intent for _, intent, _ in train_rows})
        train_rows += [[intent.replace("_", " "), intent, "en"] for intent in intents]
    asked_in = {language for sentences in job["tests"].values() for _, _, language in sentences}
    reader = None
    if UNKNOWN in asked_in:
        examples: dict[str, list[str]] = {}
        for text, _, language in train_rows:
            examples.setdefault(language, []).append(text)
        reader = make_reader(examples)
    texts = [fold(clean(text)) or text for text, _, _ in train_rows]

    def progress(done: int, total: int) -> None:
        print(f"    encoding {done} of {total}", flush=True)

    samples = None
    if job.get("samples"):
        pairs = [(fold(clean(text)) or text, language) for language, ts in job["samples"].items() for text in ts]
        samples = (encoder.embed_known([text for text, _ in pairs]), [language for _, language in pairs])
    vectors = encoder.embed_known(texts, progress)
    model = QuestionModel.fit(
        texts,
        vectors,
        [language for _, _, language in train_rows],
        [intent for _, intent, _ in train_rows],
        samples=samples,
    )
    threadpool_limits(1)

    def predict(text: str, language: str) -> dict[str, Any]:
        if language == UNKNOWN and reader is not None:
            reading = reader.read(clean(text))
            language, text = reading.language or UNKNOWN, reading.text
        read = fold(clean(text)) or text
        verdict = model.judge([read], encoder.embed(read)[np.newaxis, :], [language])[0]
        return {
            "intent": verdict.name,
            "score": round(verdict.confidence, 4),
            "outside": round(verdict.outside, 5),
            "language": language,
        }

    return predict


if __name__ == "__main__":
    run(train)
