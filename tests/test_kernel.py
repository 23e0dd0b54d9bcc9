"""Kernel least squares, held against the plain formula and against really training again."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import kernel as kernel_module
from bot.understanding.kernel import KernelMachine, KernelSettings

CLASSES = 3
SETTINGS = st.builds(KernelSettings, st.floats(0.5, 8), st.floats(0, 1), st.floats(0.05, 1))


def unit(numbers: np.ndarray) -> np.ndarray:
    return (numbers / np.linalg.norm(numbers, axis=1, keepdims=True)).astype(np.float32)


def problem(seed: int, count: int = 24) -> tuple[np.ndarray, sp.csr_matrix, np.ndarray]:
    """Examples of three classes: vectors and n-gram rows lie about their class's own, every class at least twice."""
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.repeat(np.arange(CLASSES), 2), random.integers(0, CLASSES, count - 2 * CLASSES)])
    vectors = unit(random.normal(size=(CLASSES, 8))[labels] + random.normal(size=(count, 8)))
    counts = random.poisson(0.4, size=(count, 12)) + random.poisson(0.5, size=(CLASSES, 12))[labels]
    counts[:, 0] += 1
    return vectors, sp.csr_matrix(unit(counts)), labels


def asked(rows: sp.csr_matrix) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows of a matrix as the classifier gets them for messages."""
    return [(rows[at].indices, rows[at].data) for at in range(rows.shape[0])]


def kernel(settings: KernelSettings, a: tuple, b: tuple) -> np.ndarray:
    """The formula of the docstring, in double precision."""
    cosines = a[0].astype(float) @ b[0].astype(float).T
    return np.exp(settings.sharpness * (cosines - 1)) + settings.lexical_weight * (
        a[1].toarray().astype(float) @ b[1].toarray().astype(float).T
    )


@given(st.integers(0, 10_000), SETTINGS)
@settings(max_examples=30, deadline=None)
def test_left_out_is_what_training_without_the_example_gives(seed: int, chosen: KernelSettings) -> None:
    """All doubt is calibrated on these numbers: one system solved must say the same as as many as there are examples."""
    vectors, rows, labels = problem(seed)
    _, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, chosen)
    assert left_out.shape == (len(labels), CLASSES)
    for at in range(len(labels)):
        rest = np.arange(len(labels)) != at
        without, _ = KernelMachine.fit(vectors[rest], rows[rest], labels[rest], CLASSES, chosen)
        (scores,) = without.scores(vectors[[at]] @ without.vectors.T, asked(rows[[at]]))
        np.testing.assert_allclose(left_out[at], scores, atol=2e-3)


@given(st.integers(0, 10_000), SETTINGS)
@settings(max_examples=30, deadline=None)
def test_scores_are_those_of_the_formula(seed: int, chosen: KernelSettings) -> None:
    """The n-gram part is collapsed to one weight per n-gram; that is a short cut, not another classifier."""
    vectors, rows, labels = problem(seed)
    unseen, unseen_rows, _ = problem(seed + 1)
    machine, _ = KernelMachine.fit(vectors, rows, labels, CLASSES, chosen)
    system = kernel(chosen, (vectors, rows), (vectors, rows)) + chosen.noise * np.eye(len(labels))
    duals = np.linalg.solve(system, np.eye(CLASSES)[labels])
    expected = kernel(chosen, (unseen, unseen_rows), (vectors, rows)) @ duals
    scores = machine.scores(unseen @ vectors.T, asked(unseen_rows))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=2e-3)


def test_examples_score_about_one_for_their_class() -> None:
    vectors, rows, labels = problem(0)
    machine, _ = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings(noise=1e-3))
    scores = machine.scores(vectors @ vectors.T, asked(rows))
    np.testing.assert_allclose(scores, np.eye(CLASSES)[labels], atol=0.1)


def test_noise_trusts_single_examples_less() -> None:
    """One example with a wrong label among its likes: the more noise, the less it is believed."""
    vectors, rows, labels = problem(1)
    wrong = labels.copy()
    wrong[0] = (labels[0] + 1) % CLASSES
    believed = []
    for noise in (0.01, 0.1, 1.0):
        machine, _ = KernelMachine.fit(vectors, rows, wrong, CLASSES, KernelSettings(noise=noise))
        believed.append(machine.scores(vectors[:1] @ vectors.T, asked(rows[:1]))[0, wrong[0]])
    assert believed[0] > believed[1] > believed[2]


def test_unknown_words_leave_it_to_the_encoder() -> None:
    """A message without one known n-gram is scored by its vector alone; beside it others keep theirs."""
    vectors, rows, labels = problem(2)
    machine, _ = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings())
    cosines = vectors[:3] @ vectors.T
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.float32))
    scores = machine.scores(cosines, [asked(rows)[0], nothing, asked(rows)[2]])
    np.testing.assert_allclose(scores[1], np.exp(2 * (cosines[1] - 1)) @ machine.duals, atol=1e-5)
    full = machine.scores(cosines, asked(rows[:3]))
    np.testing.assert_allclose(scores[[0, 2]], full[[0, 2]], atol=1e-6)
    assert not np.allclose(scores[1], full[1], atol=1e-3)


def test_words_decide_where_vectors_cannot() -> None:
    """Two forms that differ by their number: the same vector to the encoder, another word."""
    vectors = unit(np.ones((4, 8)))
    rows = sp.csr_matrix(np.eye(2, dtype=np.float32)[[0, 0, 1, 1]])
    labels = np.array([0, 0, 1, 1])
    machine, left_out = KernelMachine.fit(vectors, rows, labels, 2, KernelSettings())
    assert machine.scores(vectors @ vectors.T, asked(rows)).argmax(axis=1).tolist() == [0, 0, 1, 1]
    assert left_out.argmax(axis=1).tolist() == [0, 0, 1, 1]
    deaf, _ = KernelMachine.fit(vectors, rows, labels, 2, KernelSettings(lexical_weight=0))
    scores = deaf.scores(vectors @ vectors.T, asked(rows))
    np.testing.assert_allclose(scores[:, 0], scores[:, 1], atol=1e-4)


def test_order_of_the_examples_does_not_matter() -> None:
    vectors, rows, labels = problem(3)
    order = np.random.default_rng(0).permutation(len(labels))
    machine, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings())
    shuffled, left_out_too = KernelMachine.fit(vectors[order], rows[order], labels[order], CLASSES, KernelSettings())
    np.testing.assert_allclose(left_out[order], left_out_too, atol=1e-4)
    np.testing.assert_allclose(machine.duals[order], shuffled.duals, atol=1e-4)
    np.testing.assert_allclose(machine.lexical, shuffled.lexical, atol=1e-4)


def test_training_twice_gives_the_same_machine_and_keeps_its_input() -> None:
    vectors, rows, labels = problem(4)
    before = vectors.copy(), rows.toarray(), labels.copy()
    first, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings())
    again, left_out_too = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings())
    assert np.array_equal(left_out, left_out_too)
    assert np.array_equal(first.duals, again.duals)
    assert np.array_equal(first.lexical, again.lexical)
    assert all(map(np.array_equal, before, (vectors, rows.toarray(), labels)))
    cosines = vectors @ vectors.T
    kept = cosines.copy()
    first.scores(cosines, asked(rows))
    assert np.array_equal(cosines, kept)


def test_a_class_of_one_example_knows_nothing_without_it() -> None:
    """Left out, nothing speaks for its class: the score is exactly that of a class without examples."""
    vectors, rows, labels = problem(5)
    labels[-1] = CLASSES
    _, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES + 1, KernelSettings())
    assert left_out[-1, CLASSES] == pytest.approx(0, abs=1e-3)


def test_equations_without_a_solution_are_a_clear_error() -> None:
    """The same example twice with another label and no noise: the message names what to change."""
    vectors = unit(np.ones((4, 8)))
    rows = sp.csr_matrix((4, 3), dtype=np.float32)
    with pytest.raises(ValueError, match=r"'noise' in config\.yml"):
        KernelMachine.fit(vectors, rows, np.array([0, 1, 0, 1]), 2, KernelSettings(noise=0))


@pytest.mark.parametrize("count", [8, 600])
@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_examples_that_are_not_numbers_are_a_clear_error(count: int, broken: float) -> None:
    """Otherwise a classifier is saved that gives no number to anybody."""
    vectors, rows, labels = problem(6, count)
    vectors[count // 2, 1] = broken
    with pytest.raises(ValueError, match="not numbers"):
        KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings())


# --- landmarks ---


@given(st.integers(0, 10_000), SETTINGS)
@settings(max_examples=30, deadline=None)
def test_with_all_examples_as_landmarks_nothing_changes(seed: int, chosen: KernelSettings) -> None:
    vectors, rows, labels = problem(seed)
    exact, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, chosen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_module, "_BLOCK_OF_ALL", 7)
        patch.setattr(kernel_module, "_BLOCK", 3)
        near, left_out_too = KernelMachine.fit(vectors, rows, labels, CLASSES, chosen, landmarks=len(labels))
    cosines = vectors @ vectors.T
    np.testing.assert_allclose(near.scores(cosines, asked(rows)), exact.scores(cosines, asked(rows)), atol=5e-3)
    np.testing.assert_allclose(left_out_too, left_out, atol=2e-2)


@given(st.integers(0, 10_000), SETTINGS)
@settings(max_examples=20, deadline=None)
def test_landmarks_learn_from_all_examples(seed: int, chosen: KernelSettings) -> None:
    """What is said of an example that is left out is what the same landmarks say that never met it."""
    vectors, rows, labels = problem(seed, 40)
    few = 12
    machine, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, chosen, landmarks=few)
    assert machine.duals.shape == (few, CLASSES)
    assert left_out.shape == (len(labels), CLASSES)
    for at in range(few, len(labels)):
        rest = np.arange(len(labels)) != at
        without, _ = KernelMachine.fit(vectors[rest], rows[rest], labels[rest], CLASSES, chosen, landmarks=few)
        (scores,) = without.scores(vectors[[at]] @ without.vectors.T, asked(rows[[at]]))
        np.testing.assert_allclose(left_out[at], scores, atol=1e-2)


def test_only_so_many_are_left_out_as_calibration_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "MOST_EXACT", 10)
    monkeypatch.setattr(kernel_module, "_BLOCK_OF_ALL", 7)
    vectors, rows, labels = problem(1, 40)
    _, left_out = KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings(), landmarks=12)
    assert left_out.shape == (10, CLASSES)


def test_landmarks_without_a_solution_say_what_to_do() -> None:
    vectors, rows, labels = problem(1, 40)
    vectors[20] = np.nan
    with pytest.raises(ValueError, match="raise its 'noise' in config.yml"):
        KernelMachine.fit(vectors, rows, labels, CLASSES, KernelSettings(), landmarks=12)
