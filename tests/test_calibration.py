"""Scores that become probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.calibration import EVIDENCE, Calibrator, evidence

RANDOM = np.random.default_rng(0)


def samples(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Evidence whose first column decides, with noise: three of four are true."""
    features = RANDOM.normal(size=(count, EVIDENCE))
    return features, features[:, 0] + RANDOM.normal(scale=0.7, size=count) > -0.8


OURS = np.array([0, 0, 1, 1])
"""Four examples of two questions."""
MIXED = np.array([0, 0, 1, 2])
"""Three examples of two questions and one out of scope."""


def test_evidence_says_what_it_promises() -> None:
    """Best of ours, its lead, out of scope, nearness to ours, to the best and to out of scope, and the difference."""
    (row,) = evidence(np.array([[0.5, 0.2, 0.3]]), np.array([[0.9, 0.4, 0.1, 0.3]]), MIXED, outside=2)
    near = (0.9 + 0.4 + 0.1) / 3
    assert row == pytest.approx([0.5, 0.3, 0.3, near, (0.9 + 0.4) / 2, 0.3, near - 0.3], abs=1e-6)
    assert len(row) == EVIDENCE


def test_evidence_looks_at_the_nearest_only() -> None:
    """A question with a hundred examples is not nearer than one with five."""
    cosines = np.array([[0.9, 0.8, 0.7, 0.6, 0.5] + [-0.5] * 95])
    (row,) = evidence(np.array([[0.9, 0.1]]), cosines, np.repeat([0, 1], [50, 50]), None)
    assert row[3:5] == pytest.approx([0.7, 0.7], abs=1e-6)


def test_evidence_grows_with_the_out_of_scope_score() -> None:
    """Two sentences that differ in it alone must not look the same."""
    low, high = evidence(np.array([[0.3, 0.6, 0.1], [0.3, 0.6, 0.8]]), np.zeros((2, 4)), MIXED, outside=2)
    assert low[2] < high[2]
    assert np.array_equal(low[[0, 1, 3, 4, 5, 6]], high[[0, 1, 3, 4, 5, 6]])


def test_evidence_leaves_out_of_scope_out_of_ours() -> None:
    """Neither its score nor its examples make a sentence one of ours."""
    (row,) = evidence(np.array([[0.1, 0.2, 0.7]]), np.array([[0.1, 0.1, 0.2, 0.9]]), MIXED, outside=2)
    near = 0.4 / 3
    assert row == pytest.approx([0.2, 0.1, 0.7, near, 0.2, 0.9, near - 0.9], abs=1e-6)


def test_evidence_without_out_of_scope() -> None:
    (row,) = evidence(np.array([[0.5, 0.3]]), np.array([[0.4, 0.2, 0.8, 0.6]]), OURS, outside=None)
    assert row == pytest.approx([0.5, 0.2, 0.0, 0.5, 0.3, 0.0, 0.5], abs=1e-6)


def test_evidence_passes_over_what_must_not_count() -> None:
    """An example that plays the unknown text must not find itself, nor count as the opposite of itself."""
    (row,) = evidence(np.array([[0.5, 0.3]]), np.array([[-1.0, 0.2, 0.8, 0.5]]), OURS, outside=None)
    assert row[3:5] == pytest.approx([0.5, 0.2], abs=1e-6)
    (row,) = evidence(np.array([[0.5, 0.3]]), np.array([[-1.0, -1.0, 0.8, 0.6]]), OURS, outside=None)
    assert row[3:5] == pytest.approx([0.7, 0.0], abs=1e-6)


def test_evidence_does_not_change_its_input() -> None:
    scores, cosines = np.array([[0.1, 0.2, 0.7]]), np.array([[0.9, 0.8, 0.7, 0.6]], np.float32)
    before = scores.copy(), cosines.copy()
    evidence(scores, cosines, MIXED, outside=2)
    assert np.array_equal(scores, before[0])
    assert np.array_equal(cosines, before[1])


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_evidence_of_many_is_that_of_each(count: int) -> None:
    """An evaluation asks thousands at once; they are worked through in parts."""
    random = np.random.default_rng(count)
    scores, cosines = random.normal(size=(count, 3)), random.uniform(-0.9, 1, (count, 4)).astype(np.float32)
    together = evidence(scores, cosines, MIXED, outside=2)
    assert together.shape == (count, EVIDENCE)
    for at in {0, count // 2, count - 1, min(999, count - 1), min(1000, count - 1)}:
        (alone,) = evidence(scores[[at]], cosines[[at]], MIXED, outside=2)
        assert np.array_equal(together[at], alone)


@pytest.mark.parametrize("outside", [None, 0, 1])
@pytest.mark.parametrize("row", [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.0, 0.0], [-2.0, 3.0]])
@pytest.mark.parametrize("cosine", [-1.0, 0.0, 1.0])
def test_evidence_of_extremes_is_finite(row: list[float], outside: int | None, cosine: float) -> None:
    assert np.isfinite(evidence(np.array([row]), np.full((1, 4), cosine), OURS, outside)).all()


def test_evidence_of_a_single_intent() -> None:
    """Its lead is then its score."""
    (row,) = evidence(np.array([[0.8]]), np.array([[0.5, 0.3]]), np.array([0, 0]), None)
    assert row == pytest.approx([0.8, 0.8, 0, 0.4, 0.4, 0, 0.4], abs=1e-6)


def test_evidence_of_a_single_intent_beside_out_of_scope() -> None:
    (row,) = evidence(np.array([[0.8, 0.6]]), np.array([[0.5, 0.3]]), np.array([0, 1]), 1)
    assert row == pytest.approx([0.8, 0.8, 0.6, 0.5, 0.5, 0.3, 0.2], abs=1e-6)


def test_probabilities_mean_what_they_say() -> None:
    """Of sentences called 70 to 90 % sure, 70 to 90 % are right."""
    features, truth = samples(4000)
    calibrator = Calibrator.fit(features[:2000], truth[:2000])
    said = calibrator(features[2000:])
    for low, high in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.0)):
        chosen = (said >= low) & (said < high)
        assert low - 0.08 <= truth[2000:][chosen].mean() <= high + 0.08


def test_balanced_gives_the_rare_outcome_its_weight() -> None:
    """Where one of thirty is foreign, the plain curve would hardly ever say so."""
    features = RANDOM.normal(size=(900, EVIDENCE))
    rare = features[:, 0] + RANDOM.normal(scale=0.7, size=900) > 2.2
    assert 0 < rare.mean() < 0.1
    plain, balanced = Calibrator.fit(features, rare), Calibrator.fit(features, rare, balanced=True)
    assert (plain(features)[rare] > 0.5).mean() < 0.7
    assert (balanced(features)[rare] > 0.5).mean() > 0.8


@pytest.mark.parametrize(("outcome", "low", "high"), [(True, 0.9, 0.999), (False, 0.001, 0.1)])
def test_one_outcome_only_gives_the_base_rate(outcome: bool, low: float, high: float) -> None:
    """Never quite certain, and the same for every sentence."""
    features, _ = samples(20)
    said = Calibrator.fit(features, np.full(20, outcome))(RANDOM.normal(size=(5, EVIDENCE)))
    assert low < said[0] < high
    assert len(set(said.tolist())) == 1


def test_a_column_that_never_changes_is_harmless() -> None:
    """Without an out-of-scope intent two columns never change in training; elsewhere they may differ a little."""
    features, truth = samples()
    features[:, 2] = 0.3
    calibrator = Calibrator.fit(features, truth)
    moved = features.copy()
    moved[:, 2] = 0.4
    assert calibrator(features) == pytest.approx(calibrator(moved), abs=0.02)


def test_saving_keeps_every_number() -> None:
    features, truth = samples()
    calibrator = Calibrator.fit(features, truth)
    array = calibrator.as_array()
    assert array.shape == (4, EVIDENCE)
    assert np.array_equal(calibrator(features), Calibrator.from_array(array)(features))


SCORE = st.floats(-2, 3)
COSINE = st.floats(-1, 1)
FITTED = Calibrator.fit(*samples())


@given(st.tuples(SCORE, st.floats(0, 4), SCORE, COSINE, COSINE, COSINE, st.floats(-2, 2)))
@settings(max_examples=100, deadline=None)
def test_always_a_probability(row: tuple[float, ...]) -> None:
    """And the better the score, the surer: what decided in training decides in use."""
    (said,) = FITTED(np.array([row]))
    assert 0.0 <= said <= 1.0
    (surer,) = FITTED(np.array([[row[0] + 1, *row[1:]]]))
    assert surer > said


@given(st.integers(0, 10_000), st.integers(2, 5), st.sampled_from([None, 0, 1]))
@settings(max_examples=60, deadline=None)
def test_evidence_of_any_scores_is_sound(seed: int, classes: int, outside: int | None) -> None:
    """Finite, the lead never negative, no nearness beyond the cosines."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, 9)
    cosines = np.where(random.random((6, 9)) < 0.2, -1.0, random.uniform(-0.99, 1, (6, 9)))
    found = evidence(random.normal(size=(6, classes)), cosines, labels, outside)
    assert np.isfinite(found).all()
    assert (classes == 2 and outside is not None) or (found[:, 1] >= 0).all()
    assert (np.abs(found[:, 3:6]) <= 1).all()
    np.testing.assert_allclose(found[:, 6], found[:, 3] - found[:, 5])
