"""Which question a text asks, how sure that is, and which examples speak for it.

Nothing here knows Rasa: the component in bot.understanding.classifier and the benchmarks run the same code.
Vectors are centred by language: the mean of a language's sentences is what they share, and taking it out lets an
example in one language serve the others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understanding.calibration import EVIDENCE, NEIGHBOURS, Calibrator, evidence
from bot.understanding.danger import DangerModel
from bot.understanding.kernel import LANDMARKS, MOST_EXACT, KernelMachine, KernelSettings
from bot.understanding.lexical import NGrams

Floats = NDArray[np.float32]

ANY = "*"
"""Stands for every language that has no mean of its own."""

_FEWEST = 20
"""A mean of a handful of sentences says more about their subject than about their language."""

_THIN = 0.4
"""A language is not learned from when fewer questions have examples in it than this part of the best covered one's."""

_RANKING = 10
_TOP, _NEAR = 0, 3
"""Columns of the evidence: the best score among ours, and the mean cosine of our five nearest examples."""

_ROWS = 1000
"""Examples whose likeness to all others is in memory at once."""

_TEMPERATURES = (2.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0)


def language_means(vectors: Floats, languages: Sequence[str]) -> dict[str, Floats]:
    """Return the mean vector of every language with at least twenty sentences, and of all together under `ANY`."""
    known = np.array(languages)
    means = {ANY: vectors.mean(axis=0)}
    for language in sorted(set(languages) - {ANY}):
        if (known == language).sum() >= _FEWEST:
            means[language] = vectors[known == language].mean(axis=0)
    return means


def centre(vectors: Floats, languages: Sequence[str], means: dict[str, Floats]) -> Floats:
    """Take its language's mean from each vector and bring it to unit length."""
    centred = vectors - np.stack([means.get(language, means[ANY]) for language in languages])
    return np.asarray(centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9), dtype=np.float32)


@dataclass(frozen=True)
class Verdict:
    """What is thought of one text.

    Attributes:
        name: the likeliest class of ours.
        confidence: calibrated probability that it is right.
        outside: calibrated probability that the text is none of ours.
        ranking: names and raw probabilities of the ten likeliest, out of scope left out.
        nearest: the most similar examples: index and cosine.
        evidence: what the probabilities were read from; see bot.understanding.calibration.
        urgent: calibrated probability that somebody is in danger, whatever else the text asks.
    """

    name: str
    confidence: float
    outside: float
    ranking: list[tuple[str, float]]
    nearest: list[tuple[int, float]]
    evidence: NDArray[np.float64]
    urgent: float = 0.0


@dataclass
class QuestionModel:
    """All that is learned from `n` examples of `k` classes.

    Attributes:
        names: of the classes, k.
        outside: index of the class that means "none of ours", or None.
        means: by language, (d,).
        labels: classes of the examples, (n,).
        right, foreign: see `Verdict`.
        spoken: languages that are learned from.
        kept: which of the given examples are learned from, (n,).
        danger: tells calls for help, or None when there are no examples of them.
    """

    names: list[str]
    outside: int | None
    means: dict[str, Floats]
    ngrams: NGrams
    machine: KernelMachine
    labels: NDArray[np.int64]
    right: Calibrator
    foreign: Calibrator
    temperature: float
    spoken: frozenset[str]
    kept: NDArray[np.int64]
    danger: DangerModel | None = None

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        vectors: Floats,
        languages: Sequence[str],
        classes: Sequence[str],
        *,
        outside: str | None = None,
        urgent: str | None = None,
        akin: Sequence[str] = (),
        settings: KernelSettings | None = None,
        most_ngrams: int = 40000,
        samples: tuple[Floats, Sequence[str]] | None = None,
    ) -> QuestionModel:
        """Learn.

        Args:
            texts: normalised, n.
            vectors: the encoder's, (n, d).
            languages: n codes; `ANY` where not known.
            classes: n names; at least two different ones.
            outside: the class of examples that are none of ours.
            urgent: the class of calls for help, in every language that has any.
            akin: classes whose examples may be calls for help too; they teach nothing about danger.
            settings: the kernel.
            most_ngrams: how many n-grams to keep.
            samples: vectors and languages of further sentences, known by language only: they help to find the means
                of languages with few examples.

        Raises:
            ValueError: fewer than two classes, or numbers that cannot be used.
        """
        if len(set(classes)) < 2:
            raise ValueError("needs examples of at least two intents")
        means = language_means(vectors, languages)
        if samples is not None:
            together = language_means(np.vstack([vectors, samples[0]]), [*languages, *samples[1]])
            means = {**together, ANY: means[ANY]}
        # Danger is learned beside the questions: most of both is arithmetic that lets other threads run.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="danger") as beside:
            learnt = beside.submit(_danger, vectors, languages, classes, means, urgent, akin, samples)
            spoken = _spoken_languages(languages, classes)
            kept = np.flatnonzero([language in spoken for language in languages])
            landmarks = None
            if len(kept) > MOST_EXACT:
                kept, landmarks = np.random.default_rng(0).permutation(kept), LANDMARKS
            texts, languages, classes = (_pick(part, kept) for part in (texts, languages, classes))
            names = sorted(set(classes))
            index = {name: at for at, name in enumerate(names)}
            labels = np.array([index[name] for name in classes], dtype=np.int64)
            centred = centre(vectors[kept], languages, means)
            ngrams, rows = NGrams.fit_rows(texts, most_ngrams)
            machine, left_out = KernelMachine.fit(
                centred, rows, labels, len(names), settings or KernelSettings(), landmarks
            )
            at_outside = index.get(outside) if outside is not None else None
            right, foreign, temperature = _calibrate(left_out, centred, labels, at_outside)
            danger = learnt.result()
        return cls(names, at_outside, means, ngrams, machine, labels, right, foreign, temperature, spoken, kept, danger)

    def judge(self, texts: Sequence[str], vectors: Floats, languages: Sequence[str]) -> list[Verdict]:
        """Classify normalised texts with their encoder vectors, (texts, d), and languages."""
        if not len(texts):
            return []
        centred = centre(vectors, languages, self.means)
        cosines = centred @ self.machine.vectors.T
        # Words of a language without examples only mislead; its meaning is in the vectors.
        rows = [
            self.ngrams.row(text if language in self.spoken or language == ANY else "")
            for text, language in zip(texts, languages, strict=True)
        ]
        scores = self.machine.scores(cosines, rows)
        seen = evidence(scores, cosines, self.labels, self.outside)
        right, foreign = self.right(seen), self.foreign(seen)
        urgent = self.danger(centred) if self.danger else np.zeros(len(scores))
        probabilities = _softmax(scores * self.temperature)
        most = min(NEIGHBOURS, len(self.labels))
        verdicts = []
        for at in range(len(texts)):
            order = [int(i) for i in np.argsort(-scores[at]) if i != self.outside][:_RANKING]
            nearest = np.argpartition(-cosines[at], most - 1)[:most]
            nearest = nearest[np.argsort(-cosines[at, nearest])]
            verdicts.append(
                Verdict(
                    name=self.names[order[0]],
                    confidence=float(right[at]),
                    outside=float(foreign[at]),
                    ranking=[(self.names[i], float(probabilities[at, i])) for i in order],
                    nearest=[(int(i), float(cosines[at, i])) for i in nearest],
                    evidence=seen[at],
                    urgent=float(urgent[at]),
                )
            )
        return verdicts

    # --- keeping ----------------------------------------------------------------------------------------------

    def save(self, directory: Path) -> None:
        """Write the model as JSON and NumPy arrays; nothing in it is executable."""
        settings = self.machine.settings
        np.savez(
            directory / "classifier.npz",
            vectors=self.machine.vectors.astype(np.float16),
            duals=self.machine.duals,
            lexical=self.machine.lexical.astype(np.float16),
            idf=self.ngrams.idf,
            labels=self.labels,
            kept=self.kept,
            right=self.right.as_array(),
            foreign=self.foreign.as_array(),
            **{f"mean_{language}": mean for language, mean in self.means.items()},  # type: ignore[arg-type]
        )
        np.savez(directory / "danger.npz", **(self.danger.as_arrays() if self.danger else {}))  # type: ignore[arg-type]
        texts: dict[str, Any] = {
            "names": self.names,
            "outside": self.outside,
            "ngrams": list(self.ngrams.vocabulary),
            "temperature": self.temperature,
            "spoken": sorted(self.spoken),
            "settings": [settings.sharpness, settings.lexical_weight, settings.noise],
        }
        (directory / "classifier.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path) -> QuestionModel:
        """Read what `save` wrote."""
        texts = json.loads((directory / "classifier.json").read_text(encoding="utf-8"))
        with np.load(directory / "danger.npz", allow_pickle=False) as arrays:
            danger = DangerModel.from_arrays(dict(arrays)) if arrays.files else None
        with np.load(directory / "classifier.npz", allow_pickle=False) as arrays:
            return cls(
                names=texts["names"],
                outside=texts["outside"],
                means={key.removeprefix("mean_"): arrays[key] for key in arrays.files if key.startswith("mean_")},
                ngrams=NGrams({gram: column for column, gram in enumerate(texts["ngrams"])}, arrays["idf"]),
                machine=KernelMachine(
                    KernelSettings(*texts["settings"]),
                    arrays["vectors"].astype(np.float32),
                    arrays["duals"],
                    arrays["lexical"].astype(np.float32),
                ),
                labels=arrays["labels"],
                right=Calibrator.from_array(arrays["right"]),
                foreign=Calibrator.from_array(arrays["foreign"]),
                temperature=texts["temperature"],
                spoken=frozenset(texts["spoken"]),
                kept=arrays["kept"],
                danger=danger,
            )


def _spoken_languages(languages: Sequence[str], classes: Sequence[str]) -> frozenset[str]:
    """Return the languages that are learned from: those in which enough questions have examples.

    Where few questions have examples in a language, every message in it would be drawn to these few: with Latvian
    examples of small talk and calls for help alone, half of all Latvian questions were taken for one of them; with
    none, nine in ten were understood from the other languages' examples (docs/decisions/0006).
    """
    covered: dict[str, set[str]] = {}
    for language, name in zip(languages, classes, strict=True):
        covered.setdefault(language, set()).add(name)
    most = max(map(len, covered.values()))
    return frozenset(language for language, names in covered.items() if len(names) >= _THIN * most)


def _pick(values: Sequence[str], places: NDArray[np.int64]) -> list[str]:
    return [values[i] for i in places]


def _danger(
    vectors: Floats,
    languages: Sequence[str],
    classes: Sequence[str],
    means: dict[str, Floats],
    urgent: str | None,
    akin: Sequence[str],
    samples: tuple[Floats, Sequence[str]] | None,
) -> DangerModel | None:
    """Learn from all languages at once: shipped sentences stand for what is harmless where there are few examples."""
    if urgent is None:
        return None
    rows = [at for at, name in enumerate(classes) if name not in akin]
    known = centre(vectors[rows], _pick(languages, np.array(rows, dtype=np.int64)), means)
    calls = np.array([classes[at] == urgent for at in rows])
    if samples is not None:
        known = np.vstack([known, centre(samples[0], samples[1], means)])
        calls = np.concatenate([calls, np.zeros(len(samples[1]), bool)])
    return DangerModel.fit(known, calls)


def _calibrate(
    left_out: Floats, vectors: Floats, labels: NDArray[np.int64], outside: int | None
) -> tuple[Calibrator, Calibrator, float]:
    """Learn what scores mean from those of the first examples, (c, classes); all of them, (n, d), are neighbours."""
    seen = _evidence(left_out, vectors, labels, outside)
    own = labels[: len(left_out)]
    is_foreign = own == outside if outside is not None else np.zeros(len(own), bool)
    ours = left_out.astype(np.float64)
    if outside is not None:
        ours[:, outside] = -np.inf
    is_right = ours.argmax(axis=1) == own
    right = Calibrator.fit(seen, is_right)
    if is_foreign.sum() > 1:
        foreign = Calibrator.fit(seen, is_foreign, balanced=True)
    else:
        # Nobody gave examples of what is none of ours: each example plays the stranger once, its own class struck out.
        struck = left_out.copy()
        struck[np.arange(len(own)), own] = -np.inf
        seen = seen[~is_foreign]
        strange = _evidence(struck, vectors, labels, outside, without_own=True)[~is_foreign]
        truth = np.concatenate([np.zeros(len(seen), bool), np.ones(len(strange), bool)])
        # How strange a text is, told by its best score and its nearness to our examples together: fitted freely, the
        # curve would trust the score alone, which strangers struck out of their own class flatter.
        closeness = np.concatenate([seen, strange])[:, [_TOP, _NEAR]].sum(axis=1, keepdims=True)
        curve = Calibrator.fit(closeness, truth, balanced=True)
        slope = curve.weights[0] / curve.scale[0]
        weights = np.zeros(EVIDENCE)
        weights[[_TOP, _NEAR]] = slope
        foreign = Calibrator(np.zeros(EVIDENCE), np.ones(EVIDENCE), weights, curve.bias - slope * curve.mean[0])
    chosen = np.arange(len(own))
    losses = [-np.log(_softmax(left_out * t)[chosen, own] + 1e-9).mean() for t in _TEMPERATURES]
    return right, foreign, _TEMPERATURES[int(np.argmin(losses))]


def _evidence(
    scores: Floats, vectors: Floats, labels: NDArray[np.int64], outside: int | None, *, without_own: bool = False
) -> NDArray[np.float64]:
    """Return the evidence of the first examples, each its own neighbour never, nor where asked for its class."""
    found = []
    for start in range(0, len(scores), _ROWS):
        part = slice(start, min(start + _ROWS, len(scores)))
        cosines = vectors[part] @ vectors.T
        cosines[np.arange(len(cosines)), np.arange(part.start, part.stop)] = -1.0
        if without_own:
            cosines[labels[part][:, None] == labels[None, :]] = -1.0
        found.append(evidence(scores[part], cosines, labels, outside))
    return np.vstack(found)


def _softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    scores = scores.astype(np.float64)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
