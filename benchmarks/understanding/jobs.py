"""What is measured: training sentences and test sentences of every row, from the public benchmarks.

A job is {"train": [[text, intent, language], ...], "tests": {name: [[text, intent, language], ...]}}. Test sentences
never come from what is trained on; where a benchmark repeats sentences, they are counted apart in the report.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, str]
Job = dict[str, Any]

LANGUAGES = ("en", "hy", "ru", "lv", "az")
UNKNOWN = "*"
"""Language not given: the system has to find out."""

ROMANISED_TRAINING = 3000


class Datasets:
    """The benchmark files of one folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, list[Row]] = {}

    def __call__(self, name: str) -> list[Row]:
        """Return the rows of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        if name not in self._read:
            with gzip.open(self._folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
                self._read[name] = list(csv.DictReader(file))
        return self._read[name]


def _draw(chooser: random.Random, rows: list[list[str]], most: int) -> list[list[str]]:
    return chooser.sample(rows, min(most, len(rows)))


def _massive(data: Datasets, partition: str, language: str) -> list[list[str]]:
    rows = data("massive")
    return [[row[language], row["intent"], language] for row in rows if row["partition"] == partition]


def massive_full(language: str) -> Callable[[Datasets], Job]:
    """Everything there is in one language."""

    def job(data: Datasets) -> Job:
        return {
            "train": _massive(data, "train", language),
            "tests": {language: _massive(data, "test", language)},
        }

    return job


def massive_few(data: Datasets) -> Job:
    """Ten sentences an intent and language, other ones in each language, drawn from 3,000 (seed 0)."""
    chooser = random.Random(0)  # a sample, not a secret
    train: list[list[str]] = []
    for language in LANGUAGES:
        drawn = _draw(chooser, _massive(data, "train", language), 3000)
        seen: dict[str, int] = defaultdict(int)
        for sentence in drawn:
            seen[sentence[1]] += 1
            if seen[sentence[1]] <= 10:
                train.append(sentence)
    return {"train": train, "tests": {language: _massive(data, "test", language) for language in LANGUAGES}}


def massive_english(data: Datasets) -> Job:
    """English to learn from, the others to be asked in. The other languages' unlabelled sentences may be looked at."""
    return {
        "train": _massive(data, "train", "en"),
        "tests": {language: _massive(data, "test", language) for language in LANGUAGES if language != "en"},
        "samples": {
            language: [text for text, _, _ in _massive(data, "train", language)[:2000]]
            for language in LANGUAGES
            if language != "en"
        },
    }


def massive_romanised(data: Datasets) -> Job:
    """Native spelling to learn from, informal Latin letters to be asked in, language not given.

    The Latin spelling was made by a program: see the data set's page.
    """
    chooser = random.Random(0)  # a sample, not a secret
    train = []
    for language in ("en", "hy", "ru"):
        train += _draw(chooser, _massive(data, "train", language), ROMANISED_TRAINING)
    tests: dict[str, list[list[str]]] = {}
    for language in ("hy", "ru"):
        tests[f"{language} native"] = [[t, i, UNKNOWN] for t, i, _ in _massive(data, "test", language)]
        tests[f"{language} Latin"] = [
            [row[f"{language}_latn"], row["intent"], UNKNOWN]
            for row in data("massive_romanised")
            if row["partition"] == "test"
        ]
    return {"train": train, "tests": tests}


def clinc(data: Datasets) -> Job:
    """In-scope sentences to learn from, none out of scope; both to be asked."""
    rows = data("clinc150")

    def pick(*splits: str) -> list[list[str]]:
        return [[row["text"], row["intent"], "en"] for row in rows if row["split"] in splits]

    return {"train": pick("train"), "tests": {"in scope": pick("test"), "out of scope": pick("oos_test")}}


def banking(split: str) -> Callable[[Datasets], Job]:
    """Five or ten sentences an intent, or all; the intents' names may be read as one more sentence."""

    def job(data: Datasets) -> Job:
        rows = data("banking77")

        def pick(wanted: str) -> list[list[str]]:
            return [[row["text"], row["intent"], "en"] for row in rows if row["split"] == wanted]

        return {"train": pick(split), "tests": {"test": pick("test")}}

    return job


ROWS: dict[str, Callable[[Datasets], Job]] = {
    **{f"massive_full_{language}": massive_full(language) for language in LANGUAGES},
    "massive_few": massive_few,
    "massive_english": massive_english,
    "massive_romanised": massive_romanised,
    "clinc": clinc,
    "banking_5": banking("train_5"),
    "banking_10": banking("train_10"),
    "banking_full": banking("train"),
}
