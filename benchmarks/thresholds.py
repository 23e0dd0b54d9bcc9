"""How the two thresholds of doubt trade answers for mistakes, on the training examples alone (never on test questions).

Four folds: the classifier and its calibrators learn from three, the fourth is asked. Prints a table.
Run: .venv/bin/python benchmarks/thresholds.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("GUIDEPOST_ENCODER_DIR", str(ROOT / "var" / "encoder"))


def main() -> None:
    """Measure and print."""
    from bot.rasa_runtime import load_rasa

    load_rasa()
    from sklearn.model_selection import StratifiedKFold

    from bot.knowledge import files
    from bot.understanding.encoder import shared_encoder
    from bot.understanding.normaliser import clean, fold
    from bot.understanding.question_model import QuestionModel

    content = files.load(ROOT, "armenia").content
    assert content is not None
    examples = [e for e in content.training_examples() if fold(clean(e.text)) and e.language in content.pack.languages]
    texts = [fold(clean(e.text)) for e in examples]
    intents = sorted({e.intent for e in examples})
    labels = np.array([intents.index(e.intent) for e in examples])
    languages = [e.language for e in examples]
    raw = shared_encoder().embed_known(texts)
    outside = intents.index("out_of_scope")
    right, foreign, best = np.zeros(len(labels)), np.zeros(len(labels)), np.zeros(len(labels), int)
    for known, asked in StratifiedKFold(4, shuffle=True, random_state=1).split(raw, labels):

        def part(values: list[str], rows: NDArray[np.int64]) -> list[str]:
            return [values[i] for i in rows]

        model = QuestionModel.fit(
            part(texts, known),
            raw[known],
            part(languages, known),
            [intents[i] for i in labels[known]],
            outside="out_of_scope",
        )
        verdicts = model.judge(part(texts, asked), raw[asked], part(languages, asked))
        right[asked] = [verdict.confidence for verdict in verdicts]
        foreign[asked] = [verdict.outside for verdict in verdicts]
        best[asked] = [intents.index(verdict.name) for verdict in verdicts]
    ours = np.array([e.intent.partition("/")[0] in content.pack.topics for e in examples])
    theirs = labels == outside
    print("refuse_at  ours refused  foreign refused")
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        refused = foreign >= threshold
        print(f"{threshold:9.1f} {100 * refused[ours].mean():12.1f} % {100 * refused[theirs].mean():14.1f} %")
    print("answer_at (refuse_at 0.7)  ours: right  asked back  wrong   foreign answered")
    kept = foreign < 0.7
    for threshold in (0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85):
        answered = kept & (right >= threshold)
        good = answered & (best == labels)
        back = kept & ~answered
        wrong = answered & (best != labels)
        print(
            f"{threshold:9.1f} {100 * good[ours].mean():27.1f} % {100 * back[ours].mean():9.1f} % "
            f"{100 * wrong[ours].mean():6.1f} % {100 * answered[theirs].mean():12.1f} %"
        )


if __name__ == "__main__":
    main()
