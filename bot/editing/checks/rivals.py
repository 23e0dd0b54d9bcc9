"""Questions that compete: whose examples mean nearly the same to the encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.understanding.question_model import centre, language_means

Floats = NDArray[np.float32]

SHARE = 0.2
"""From this share of a question's examples that lie closer to another question the two compete.

On the Armenian pack five of 121 questions do (temporary_protection/what_is and who_is_covered lead).
"""

_FEWEST = 5
"""Of fewer examples a share says nothing."""


@dataclass(frozen=True)
class Rival:
    """Another question that takes examples away: its name, and the share of the examples that are closer to it."""

    name: str
    share: float


def rivals(names: Sequence[str], languages: Sequence[str], vectors: Floats) -> dict[str, Rival]:
    """Find for each question the one that most of its examples are closer to than to their own.

    A question is represented by the mean of its examples' vectors, each centred by its language; an example is
    compared with the mean of the others of its question, so that it does not speak for itself.

    Args:
        names: the question of each example.
        languages: the language of each example.
        vectors: the encoder's, (examples, d).

    Returns:
        By question, the strongest rival whose share is at least `SHARE`.
    """
    if len(set(names)) < 2:
        return {}
    centred = centre(vectors, languages, language_means(vectors, languages))
    known = sorted(set(names))
    place = {name: at for at, name in enumerate(known)}
    labels = np.array([place[name] for name in names])
    counts = np.bincount(labels, minlength=len(known))
    sums = np.zeros((len(known), vectors.shape[1]), np.float32)
    np.add.at(sums, labels, centred)
    means = sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)
    nearness = centred @ means.T
    without = sums[labels] - centred
    without /= np.linalg.norm(without, axis=1, keepdims=True) + 1e-9
    rows = np.arange(len(labels))
    nearness[rows, labels] = np.einsum("nd,nd->n", centred, without)
    best = nearness.argmax(axis=1)
    found = {}
    for at, name in enumerate(known):
        mine = best[labels == at]
        lost = np.bincount(mine[mine != at], minlength=len(known))
        strongest = int(lost.argmax())
        share = float(lost[strongest]) / int(counts[at])
        if counts[at] >= _FEWEST and share >= SHARE:
            found[name] = Rival(known[strongest], share)
    return found
