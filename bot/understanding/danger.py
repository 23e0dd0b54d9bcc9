"""Is somebody in danger? A classifier of its own: it must not depend on which question a message asks besides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import SVC

from bot.understanding.calibration import Calibrator

Floats = NDArray[np.float32]

_SHARPNESS = 1.0
_MOST_OTHERS = 4000
_FOLDS = 3
_FEWEST = 10


@dataclass
class DangerModel:
    """A support vector machine over centred encoder vectors, calibrated on folds.

    Attributes:
        supports: (s, d), unit vectors.
        duals: (s,).
        bias: one number.
        calibrator: from the machine's value to a probability, as if every other message were a call for help.
    """

    supports: Floats
    duals: Floats
    bias: float
    calibrator: Calibrator

    @classmethod
    def fit(cls, vectors: Floats, calls: NDArray[np.bool_]) -> DangerModel | None:
        """Learn from unit vectors, (n, d), and which of them are calls for help; None with too few of either.

        Of the others 4,000 are enough: they are drawn by a fixed seed.
        """
        others = np.flatnonzero(~calls)
        if calls.sum() < _FEWEST or len(others) < _FEWEST:
            return None
        if len(others) > _MOST_OTHERS:
            others = np.random.default_rng(0).permutation(others)[:_MOST_OTHERS]
        rows = np.sort(np.concatenate([np.flatnonzero(calls), others]))
        known, truth = vectors[rows], calls[rows]
        # The kernel is computed once for all folds, which takes half the time of the library's own.
        likeness = _likeness(known, known).astype(np.float64)
        machine = SVC(C=5.0, kernel="precomputed", class_weight="balanced")
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
        values = cross_val_predict(machine, likeness, truth, cv=folds, method="decision_function")
        calibrator = Calibrator.fit(values[:, None], truth, balanced=True)
        machine.fit(likeness, truth)
        return cls(
            known[machine.support_],
            machine.dual_coef_[0].astype(np.float32),
            float(machine.intercept_[0]),
            calibrator,
        )

    def __call__(self, vectors: Floats) -> NDArray[np.float64]:
        """Return the probability that each centred unit vector, (m, d), is a call for help."""
        return self.calibrator((_likeness(vectors, self.supports) @ self.duals + self.bias)[:, None].astype(np.float64))

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as arrays, for saving."""
        return {
            "supports": self.supports.astype(np.float16),
            "duals": self.duals,
            "bias": np.array([self.bias]),
            "calibrator": self.calibrator.as_array(),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]]) -> DangerModel:
        """Return what `as_arrays` gave."""
        return cls(
            np.asarray(arrays["supports"], dtype=np.float32),
            np.asarray(arrays["duals"], dtype=np.float32),
            float(np.asarray(arrays["bias"])[0]),
            Calibrator.from_array(np.asarray(arrays["calibrator"], dtype=np.float64)),
        )


def _likeness(vectors: Floats, others: Floats) -> Floats:
    """Return exp(-_SHARPNESS · squared distance) for unit vectors, (m, d) and (n, d): shape (m, n)."""
    return np.asarray(np.exp(np.float32(2 * _SHARPNESS) * (vectors @ others.T - np.float32(1))), dtype=np.float32)
