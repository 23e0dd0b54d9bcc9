"""Kernel least squares over two kinds of evidence: encoder vectors by a Gaussian, n-grams by their dot product.

One linear system gives the classifier, and its inverse gives what the classifier would have said to every example
had it not known it (leave-one-out in closed form: Rasmussen and Williams, Gaussian Processes for Machine Learning,
2006, equation 5.12). So doubt is calibrated on all examples without training twice. Measured against softmax
regression and others in docs/decisions/0006.

The exact system takes memory with the square and time with the cube of the examples. Beyond `MOST_EXACT` the answer is
looked for among the combinations of `LANDMARKS` examples (Williams and Seeger, Using the Nyström Method to Speed Up
Kernel Machines, NIPS 2000, as subset of regressors: Rasmussen and Williams, section 8.3.1), fitted to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

Floats = NDArray[np.float32]

MOST_EXACT = 16_000
"""Examples that are learned from exactly: 1.3 GB and, in one thread, 25 s."""

LANDMARKS = 8_000
"""Of 57,570 sentences of MASSIVE in five languages these give 85.0 % on its dev part in 47 s, 6,000 give 84.5 %; the
exact system of 16,000 of the sentences 84.0 % in 25 s."""

_BLOCK = 512
"""Rows of the n-gram products that are in memory at once."""

_BLOCK_OF_ALL = 4000
_JITTER = 1e-6
"""Added to the diagonal of the landmarks' system, as part of its mean: single precision leaves no more."""


@dataclass(frozen=True)
class KernelSettings:
    """The kernel k(a, b) = exp(sharpness · (cosine - 1)) + lexical_weight · n-gram dot product.

    Attributes:
        sharpness: how fast likeness falls with the angle between two encoder vectors.
        lexical_weight: the n-grams' share beside the encoder's 1.
        noise: added to the diagonal; larger trusts single examples less.
    """

    sharpness: float = 2.0
    lexical_weight: float = 0.2
    noise: float = 0.1


@dataclass
class KernelMachine:
    """What is learned from `n` examples of `k` classes: `d` numbers a vector, `g` n-grams.

    Attributes:
        vectors: (n, d), unit length.
        duals: (n, k), weights of the examples for the Gaussian part; (m, k) where only the first m have any.
        lexical: (g, k), the n-gram part, collapsed because it is linear.
    """

    settings: KernelSettings
    vectors: Floats
    duals: Floats
    lexical: Floats

    @classmethod
    def fit(
        cls,
        vectors: Floats,
        rows: sp.csr_matrix,
        labels: NDArray[np.int64],
        classes: int,
        settings: KernelSettings,
        landmarks: int | None = None,
    ) -> tuple[KernelMachine, Floats]:
        """Learn. Takes 5 n² bytes and about 2/3 n³ multiplications: 1.5 s for 5,000 examples in one thread.

        With `landmarks` it takes 8 m² bytes beside the examples and about n m² multiplications.

        Args:
            vectors: (n, d), unit length.
            rows: (n, g), unit length.
            labels: (n,), class of each example.
            classes: k.
            settings: the kernel.
            landmarks: m, how many of the first examples the machine is made of; None for all. Their order must then be
                chance's.

        Returns:
            The machine, and the scores of the examples as if each had not been there, (n, k); with landmarks those of
            the first `MOST_EXACT`.

        Raises:
            ValueError: the equations have no solution.
        """
        if landmarks is not None:
            return cls._fit_landmarks(vectors, rows, labels, classes, settings, landmarks)
        gram = np.asarray(vectors @ vectors.T, dtype=np.float32)
        gram -= 1.0
        gram *= np.float32(settings.sharpness)
        np.exp(gram, out=gram)
        # Most pairs share an n-gram, so the product is all but dense: blocks of it are added where they belong.
        columns = (rows.T * np.float32(settings.lexical_weight)).tocsr()
        for start in range(0, len(labels), _BLOCK):
            part = slice(start, start + _BLOCK)
            gram[part] += (rows[part] @ columns).toarray()
        gram[np.diag_indices_from(gram)] += np.float32(settings.noise)
        wanted = np.zeros((len(labels), classes), np.float32)
        wanted[np.arange(len(labels)), labels] = 1.0
        # Symmetric: its transpose is itself, in the order of columns that LAPACK works in without a copy.
        factor, failed = lapack.spotrf(gram.T, lower=1, overwrite_a=1, clean=0)
        if not failed:
            duals, failed = lapack.spotrs(factor, wanted, lower=1)
        if not failed:
            root, failed = lapack.strtri(factor, lower=1, overwrite_c=1)
        if failed or not np.isfinite(duals).all():
            raise _unsolvable(settings)
        duals = np.ascontiguousarray(duals, dtype=np.float32)
        # Of the inverse only the diagonal is asked for: sums of squares of its root, half the work of all of it.
        inverse = np.array([np.dot(root[at:, at], root[at:, at]) for at in range(len(labels))])
        left_out = wanted - duals / inverse[:, None]
        lexical = np.asarray(settings.lexical_weight * (rows.T @ duals), dtype=np.float32)
        return cls(settings, vectors, duals, lexical), left_out

    @classmethod
    def _fit_landmarks(
        cls,
        vectors: Floats,
        rows: sp.csr_matrix,
        labels: NDArray[np.int64],
        classes: int,
        settings: KernelSettings,
        m: int,
    ) -> tuple[KernelMachine, Floats]:
        marks, columns = vectors[:m], (rows[:m].T * np.float32(settings.lexical_weight)).tocsr()

        def likeness(start: int, end: int) -> Floats:
            found = vectors[start:end] @ marks.T
            found -= np.float32(1.0)
            found *= np.float32(settings.sharpness)
            np.exp(found, out=found)
            for at in range(start, end, _BLOCK):
                found[at - start : at - start + _BLOCK] += (rows[at : min(at + _BLOCK, end)] @ columns).toarray()
            return np.asarray(found, dtype=np.float32)

        def wanted(start: int, end: int) -> Floats:
            found = np.zeros((end - start, classes), np.float32)
            found[np.arange(end - start), labels[start:end]] = 1.0
            return found

        blocks = [(start, min(start + _BLOCK_OF_ALL, len(labels))) for start in range(0, len(labels), _BLOCK_OF_ALL)]
        # Products of single precision, sums of double: the sums are long.
        system = settings.noise * np.triu(
            np.vstack([likeness(*block) for block in blocks if block[0] < m])[:m].astype(np.float64)
        )
        target = np.zeros((m, classes))
        for block in blocks:
            part = likeness(*block)
            system += blas.ssyrk(1.0, part.T)
            target += part.T @ wanted(*block)
        system[np.diag_indices(m)] += _JITTER * np.trace(system) / m
        factor, failed = lapack.dpotrf(system, lower=0, overwrite_a=1, clean=0)
        if not failed:
            found, failed = lapack.dpotrs(factor, target, lower=0)
        if failed or not np.isfinite(found).all():
            raise _unsolvable(settings)
        duals = np.ascontiguousarray(found, dtype=np.float32)
        root = np.asfortranarray(factor, dtype=np.float32)
        left_out = []
        for start, end in blocks:
            if start < MOST_EXACT:
                part = likeness(start, min(end, MOST_EXACT))
                # How much of its own score each example made itself: its leverage.
                half, _ = lapack.strtrs(root, part.T, lower=0, trans=1)
                own = (half**2).sum(axis=0)[:, None]
                truth = wanted(start, min(end, MOST_EXACT))
                left_out.append(truth - (truth - part @ duals) / (1.0 - own))
        lexical = np.asarray(settings.lexical_weight * (rows[:m].T @ duals), dtype=np.float32)
        return cls(settings, vectors, duals, lexical), np.vstack(left_out).astype(np.float32)

    def scores(self, cosines: Floats, rows: list[tuple[NDArray[np.int64], Floats]]) -> Floats:
        """Score messages.

        Args:
            cosines: (messages, n), between the messages' vectors and `vectors`.
            rows: columns and values of each message's n-grams.

        Returns:
            (messages, k); about 1 for the class of a text that is like its examples, about 0 for the others.
        """
        likeness = np.exp(np.float32(self.settings.sharpness) * (cosines[:, : len(self.duals)] - np.float32(1)))
        scores = likeness @ self.duals
        for at, (columns, values) in enumerate(rows):
            if len(columns):
                scores[at] += values @ self.lexical[columns]
        return np.asarray(scores, dtype=np.float32)


def _unsolvable(settings: KernelSettings) -> ValueError:
    return ValueError(
        "The classifier's equations cannot be solved: raise its 'noise' in config.yml (now "
        f"{settings.noise}), or look for examples that are not numbers."
    )
