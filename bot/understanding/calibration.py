"""From scores to probabilities that mean what they say, learned on sentences that the scores were not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]

_EPSILON = 1e-6


def evidence(probabilities: Floats, similarity: Floats, outside: int | None) -> Floats:
    """Summarise scores for the calibrators.

    Args:
        probabilities: shape (sentences, intents), rows sum to 1.
        similarity: shape (sentences, 2): mean cosine of the five nearest examples of ours, and cosine of the
            nearest out-of-scope example.
        outside: column of the out-of-scope intent, or None.

    Returns:
        shape (sentences, 6): log odds of the best intent of ours, its lead over the second, log odds of out of
        scope, and the similarities with their difference.
    """
    ours = probabilities.copy()
    out = np.full(len(probabilities), _EPSILON)
    if outside is not None:
        out = probabilities[:, outside]
        ours[:, outside] = 0.0
    top = np.sort(ours, axis=1)[:, ::-1]
    second = top[:, 1] if top.shape[1] > 1 else np.full(len(top), _EPSILON)
    return np.column_stack(
        [
            _log_odds(top[:, 0]),
            np.log(top[:, 0] + _EPSILON) - np.log(second + _EPSILON),
            _log_odds(out),
            similarity[:, 0],
            similarity[:, 1],
            similarity[:, 0] - similarity[:, 1],
        ]
    )


def _log_odds(p: Floats) -> Floats:
    p = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(p) - np.log1p(-p))


@dataclass
class Calibrator:
    """A logistic curve over the evidence.

    Attributes:
        mean, scale: standardisation, shape (6,).
        weights: shape (6,).
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
        """Return everything as one array of shape (4, 6), for saving."""
        return np.stack([self.mean, self.scale, self.weights, np.full(len(self.mean), self.bias)])

    @classmethod
    def from_array(cls, array: Floats) -> Calibrator:
        """Return what `as_array` gave."""
        return cls(array[0], array[1], array[2], float(array[3, 0]))
