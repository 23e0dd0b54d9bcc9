"""Scores that become probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.calibration import Calibrator, evidence

RANDOM = np.random.default_rng(0)


def samples(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Evidence whose first column decides, with noise: three of four are true."""
    features = RANDOM.normal(size=(count, 6))
    return features, features[:, 0] + RANDOM.normal(scale=0.7, size=count) > -0.8


def test_evidence_says_what_it_promises() -> None:
    """Best of ours, its lead, out of scope, similarities and their difference."""
    (row,) = evidence(np.array([[0.5, 0.2, 0.3]]), np.array([[0.9, 0.4]]), outside=2)
    expected = [0.0, np.log(0.5 / 0.2), np.log(0.3 / 0.7), 0.9, 0.4, 0.5]
    assert row == pytest.approx(expected, abs=1e-4)


def test_evidence_grows_with_the_out_of_scope_probability() -> None:
    """Two sentences that differ in it alone must not look the same."""
    low, high = evidence(np.array([[0.3, 0.6, 0.1], [0.1, 0.1, 0.8]]), np.zeros((2, 2)), outside=2)[:, 2]
    assert low < high


def test_evidence_leaves_out_of_scope_out_of_ours() -> None:
    (row,) = evidence(np.array([[0.1, 0.2, 0.7]]), np.zeros((1, 2)), outside=2)
    assert row[:2] == pytest.approx([np.log(0.2 / 0.8), np.log(2)], abs=1e-4)


def test_evidence_without_out_of_scope() -> None:
    (row,) = evidence(np.array([[0.5, 0.3, 0.2]]), np.zeros((1, 2)), outside=None)
    assert row[:2] == pytest.approx([0.0, np.log(0.5 / 0.3)], abs=1e-4)
    assert row[2] < -10


def test_evidence_does_not_change_its_input() -> None:
    probabilities = np.array([[0.1, 0.2, 0.7]])
    evidence(probabilities, np.zeros((1, 2)), outside=2)
    assert probabilities.tolist() == [[0.1, 0.2, 0.7]]


@pytest.mark.parametrize("outside", [None, 0, 1])
@pytest.mark.parametrize("row", [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
def test_evidence_of_certainty_is_finite(row: list[float], outside: int | None) -> None:
    assert np.isfinite(evidence(np.array([row]), np.zeros((1, 2)), outside)).all()


def test_evidence_of_a_single_intent() -> None:
    assert np.isfinite(evidence(np.array([[1.0]]), np.zeros((1, 2)), None)).all()


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
    features = RANDOM.normal(size=(900, 6))
    rare = features[:, 0] + RANDOM.normal(scale=0.7, size=900) > 2.2
    assert 0 < rare.mean() < 0.1
    plain, balanced = Calibrator.fit(features, rare), Calibrator.fit(features, rare, balanced=True)
    assert (plain(features)[rare] > 0.5).mean() < 0.7
    assert (balanced(features)[rare] > 0.5).mean() > 0.8


@pytest.mark.parametrize(("outcome", "low", "high"), [(True, 0.9, 0.999), (False, 0.001, 0.1)])
def test_one_outcome_only_gives_the_base_rate(outcome: bool, low: float, high: float) -> None:
    """Never quite certain, and the same for every sentence."""
    features, _ = samples(20)
    said = Calibrator.fit(features, np.full(20, outcome))(RANDOM.normal(size=(5, 6)))
    assert low < said[0] < high
    assert len(set(said.tolist())) == 1


def test_a_column_that_never_changes_is_harmless() -> None:
    """Without an out-of-scope intent two columns are constant in training; elsewhere they may differ a little."""
    features, truth = samples()
    features[:, 2] = -13.8
    calibrator = Calibrator.fit(features, truth)
    moved = features.copy()
    moved[:, 2] = -13.7
    assert calibrator(features) == pytest.approx(calibrator(moved), abs=0.02)


def test_saving_keeps_every_number() -> None:
    features, truth = samples()
    calibrator = Calibrator.fit(features, truth)
    array = calibrator.as_array()
    assert array.shape == (4, 6)
    assert np.array_equal(calibrator(features), Calibrator.from_array(array)(features))


LOG_ODDS = st.floats(-14, 14)
COSINE = st.floats(-1, 1)
FITTED = Calibrator.fit(*samples())


@given(st.tuples(LOG_ODDS, st.floats(0, 14), LOG_ODDS, COSINE, COSINE, st.floats(-2, 2)))
@settings(max_examples=100, deadline=None)
def test_always_a_probability(row: tuple[float, ...]) -> None:
    (said,) = FITTED(np.array([row]))
    assert 0.0 <= said <= 1.0
    (surer,) = FITTED(np.array([[row[0] + 1, *row[1:]]]))
    assert surer >= said
