"""From scores to probabilities that mean what they say, learned on what each example would have got had it been unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

NEIGHBOURS = 5
EVIDENCE = 7
"""Numbers that `evidence` gives a sentence."""

_EPSILON = 1e-6
_ROWS = 1000


def evidence(
    scores: NDArray[np.floating], cosines: NDArray[np.floating], labels: NDArray[np.int64], outside: int | None
) -> Floats:
    """Summarise what is known of sentences for the calibrators.

    Args:
        scores: (sentences, classes), from the classifier.
        cosines: (sentences, examples); -1 where an example must not count.
        labels: (examples,), their classes.
        outside: class of what is out of scope, or None.

    Returns:
        (sentences, 7): the best score among ours, its lead over the second, the score of out of scope, the mean
        cosine of the five nearest examples of ours and of the five nearest of the best class, the cosine of the
        nearest out-of-scope example, and the difference of the third last and the last.
    """
    ours = np.array(scores, dtype=np.float64)
    foreign_score = np.zeros(len(ours))
    is_outside = labels == outside if outside is not None else np.zeros(len(labels), bool)
    if outside is not None:
        foreign_score = ours[:, outside].copy()
        ours[:, outside] = -np.inf
    best = ours.argmax(axis=1)
    ordered = -np.partition(-ours, min(1, ours.shape[1] - 1), axis=1)
    top = np.where(np.isfinite(ordered[:, 0]), ordered[:, 0], 0.0)
    second = np.where(np.isfinite(ordered[:, 1]), ordered[:, 1], 0.0) if ours.shape[1] > 1 else np.zeros(len(ours))
    near = np.empty((len(ours), 3))
    for start in range(0, len(ours), _ROWS):
        part = np.asarray(cosines[start : start + _ROWS], dtype=np.float32)
        same = np.where(labels[None, :] == best[start : start + _ROWS, None], part, np.float32(-1))
        near[start : start + _ROWS, 0] = _mean_of_nearest(np.where(is_outside, np.float32(-1), part))
        near[start : start + _ROWS, 1] = _mean_of_nearest(same)
        near[start : start + _ROWS, 2] = part[:, is_outside].max(axis=1) if is_outside.any() else 0.0
    return np.column_stack([top, top - second, foreign_score, near, near[:, 0] - near[:, 2]])


def _mean_of_nearest(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the five largest of each row; those that do not count (-1) are left out of it."""
    most = min(NEIGHBOURS, cosines.shape[1])
    nearest = -np.partition(-cosines, most - 1, axis=1)[:, :most]
    counts = nearest > -1
    means = np.where(counts, nearest, 0).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    return np.asarray(means, dtype=np.float32)


@dataclass
class Calibrator:
    """A logistic curve over the evidence.

    Attributes:
        mean, scale: standardisation, shape (features,).
        weights: shape (features,).
        bias: one number.
    """

    mean: Floats
    scale: Floats
    weights: Floats
    bias: float

    @classmethod
    def fit(cls, features: Floats, truth: NDArray[np.bool_], *, balanced: bool = False) -> Calibrator:
        """Learn the probability of `truth` from held-back evidence. Without both outcomes it says the base rate."""
        mean, scale = features.mean(axis=0), features.std(axis=0) + _EPSILON
        if truth.all() or not truth.any():
            return cls(mean, scale, np.zeros(features.shape[1]), 4.0 if truth.all() else -4.0)
        model = LogisticRegression(C=1.0, class_weight="balanced" if balanced else None, max_iter=500)
        model.fit((features - mean) / scale, truth)
        return cls(mean, scale, model.coef_[0], float(model.intercept_[0]))

    def __call__(self, features: Floats) -> Floats:
        """Return probabilities, shape (sentences,)."""
        z = (features - self.mean) / self.scale @ self.weights + self.bias
        return np.asarray(1.0 / (1.0 + np.exp(-z)))

    def as_array(self) -> Floats:
        """Return everything as one array of shape (4, features), for saving."""
        return np.stack([self.mean, self.scale, self.weights, np.full(len(self.mean), self.bias)])

    @classmethod
    def from_array(cls, array: Floats) -> Calibrator:
        """Return what `as_array` gave."""
        return cls(array[0], array[1], array[2], float(array[3, 0]))
