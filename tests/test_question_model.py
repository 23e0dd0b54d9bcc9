"""The model of questions on small made-up vectors: a direction for each subject, one for each language, some noise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.kernel import KernelSettings
from bot.understanding.question_model import ANY, QuestionModel, Verdict, centre, language_means

WIDTH = 32
OUTSIDE = "out_of_scope"


def unit(numbers: np.ndarray) -> np.ndarray:
    return numbers / np.linalg.norm(numbers, axis=-1, keepdims=True)


class World:
    """Subjects to ask about, languages to ask in, and strangers."""

    def __init__(self, seed: int = 0, subjects: int = 6) -> None:
        self.random = np.random.default_rng(seed)
        self.subjects = unit(self.random.normal(size=(subjects, WIDTH)))
        self.languages = {code: 2 * unit(self.random.normal(size=WIDTH)) for code in ("hy", "ru", "en")}
        self.languages[ANY] = np.zeros(WIDTH)

    def ask(self, subject: int, language: str = ANY) -> np.ndarray:
        """What the encoder makes of a sentence about a subject in a language."""
        noise = self.random.normal(size=WIDTH) * 0.5 / np.sqrt(WIDTH)
        return (self.subjects[subject] + self.languages[language] + noise).astype(np.float32)

    def stranger(self) -> np.ndarray:
        """A sentence about something else."""
        return unit(self.random.normal(size=WIDTH)).astype(np.float32)


def learned(
    world: World, each: int = 8, *, languages: tuple[str, ...] = (ANY,), strangers: int = 0
) -> tuple[QuestionModel, list[str], np.ndarray]:
    """A model of all subjects with some examples of each in each language; also the examples' names and vectors."""
    rows = [(at, code) for at in range(len(world.subjects)) for code in languages for _ in range(each)]
    names = [f"s{at}" for at, _ in rows] + [OUTSIDE] * strangers
    vectors = np.stack([world.ask(*row) for row in rows] + [world.stranger() for _ in range(strangers)])
    codes = [code for _, code in rows] + [ANY] * strangers
    texts = [f"word{at}" for at in range(len(names))]
    return QuestionModel.fit(texts, vectors, codes, names, outside=OUTSIDE), names, vectors


def outsides(model: QuestionModel, vectors: list[np.ndarray]) -> list[float]:
    """How far outside vectors are, the texts saying nothing."""
    return [v.outside for v in model.judge(["?"] * len(vectors), np.stack(vectors), [ANY] * len(vectors))]


def same(one: Verdict, other: Verdict, precision: float) -> bool:
    """Whether two verdicts tell a person the same."""
    return (
        one.name == other.name
        and [name for name, _ in one.ranking] == [name for name, _ in other.ranking]
        and [at for at, _ in one.nearest] == [at for at, _ in other.nearest]
        and np.allclose([p for _, p in one.ranking], [p for _, p in other.ranking], atol=precision)
        and np.allclose([one.confidence, one.outside], [other.confidence, other.outside], atol=precision)
    )


# --- languages --------------------------------------------------------------------------------------------------


def test_an_example_in_one_language_serves_another() -> None:
    """The last subject has examples in Russian only; asked in Armenian it is found among what Armenian has."""
    world = World()
    rows = [(at, code) for at in range(5) for code in ("hy", "ru") for _ in range(5)] + [(5, "ru")] * 5
    vectors = np.stack([world.ask(*row) for row in rows])
    texts = [f"{code}{at}" for at, (_, code) in enumerate(rows)]
    names = [f"s{at}" for at, _ in rows]
    model = QuestionModel.fit(texts, vectors, [code for _, code in rows], names)
    questions = np.stack([world.ask(5, "hy") for _ in range(10)])
    verdicts = model.judge(["?"] * 10, questions, ["hy"] * 10)
    assert {"s5"} == {verdict.name for verdict in verdicts}
    assert all(names[verdict.nearest[0][0]] == "s5" for verdict in verdicts)


def test_samples_teach_a_language_without_examples() -> None:
    """Sentences known by their language only are enough to ask in it."""
    world = World()
    rows = [(at, "ru") for at in range(6) for _ in range(5)]
    vectors = np.stack([world.ask(*row) for row in rows])
    samples = np.stack([world.ask(at % 6, "en") for at in range(60)])
    texts, codes, names = [f"w{at}" for at in range(30)], ["ru"] * 30, [f"s{at}" for at, _ in rows]
    model = QuestionModel.fit(texts, vectors, codes, names, samples=(samples, ["en"] * 60))
    questions = np.stack([world.ask(at, "en") for at in range(6)])
    verdicts = model.judge(["?"] * 6, questions, ["en"] * 6)
    assert [verdict.name for verdict in verdicts] == [f"s{at}" for at in range(6)]
    assert np.mean([verdict.evidence[4] for verdict in verdicts]) > 0.6


def test_samples_count_beside_the_examples_of_their_language() -> None:
    """Sentences from elsewhere help a language of few examples; what is not known to be of any stays the examples'."""
    world = World()
    model, names, vectors = learned(world, languages=("ru",))
    samples = np.stack([world.ask(at % 6, "ru") for at in range(40)])
    texts = [f"word{at}" for at in range(len(names))]
    with_samples = QuestionModel.fit(texts, vectors, ["ru"] * 48, names, samples=(samples, ["ru"] * 40))
    np.testing.assert_allclose(with_samples.means["ru"], np.vstack([vectors, samples]).mean(axis=0), atol=1e-6)
    assert np.array_equal(model.means[ANY], with_samples.means[ANY])


def test_a_language_of_few_sentences_has_no_mean() -> None:
    """A handful of sentences would be centred by their subject, which is what is asked for."""
    vectors = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    means = language_means(vectors, ["hy"] * 20 + ["ru"] * 19 + [ANY] * 21)
    assert set(means) == {"hy", ANY}
    np.testing.assert_allclose(means["hy"], vectors[:20].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(means[ANY], vectors.mean(axis=0), atol=1e-6)


@given(st.lists(st.sampled_from(["hy", "ru", "xx", ANY, ""]), min_size=1, max_size=8), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_centred_vectors_have_length_one(languages: list[str], seed: int) -> None:
    """Whatever language was guessed, also one that nobody has seen."""
    random = np.random.default_rng(seed)
    means = {code: random.normal(size=6).astype(np.float32) for code in ("hy", "ru", ANY)}
    vectors = random.normal(size=(len(languages), 6)).astype(np.float32)
    kept = vectors.copy()
    centred = centre(vectors, languages, means)
    np.testing.assert_allclose(np.linalg.norm(centred, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors, kept)
    for at, language in enumerate(languages):
        expected = vectors[at] - means.get(language, means[ANY])
        np.testing.assert_allclose(centred[at], unit(expected), atol=1e-5)


def test_a_vector_that_is_the_mean_is_no_division_by_zero() -> None:
    means = {ANY: np.ones(4, np.float32)}
    assert np.array_equal(centre(np.ones((1, 4), np.float32), ["hy"], means), np.zeros((1, 4)))


# --- what is none of ours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("subjects", [2, 3, 6])
@pytest.mark.parametrize("strangers", [0, 1, 2, 20])
def test_strangers_are_further_outside_than_ours(seed: int, subjects: int, strangers: int) -> None:
    """Also in a pack that names nothing out of scope: there each example has played the stranger."""
    world = World(seed, subjects)
    model, _, _ = learned(world, 10, strangers=strangers)
    ours = outsides(model, [world.ask(at % subjects) for at in range(40)])
    foreign = outsides(model, [world.stranger() for _ in range(40)])
    assert np.mean([[f > o for o in ours] for f in foreign]) > 0.95
    assert np.median(ours) < 0.1
    assert np.median(foreign) > 0.4


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("subjects", [1, 2, 6])
@pytest.mark.parametrize("strangers", [1, 2, 10])
def test_an_out_of_scope_example_is_out_of_scope(seed: int, subjects: int, strangers: int) -> None:
    """Somebody writes down the one sentence that must be refused, and asks it."""
    world = World(seed, subjects)
    model, _, vectors = learned(world, 10, strangers=strangers)
    ours = outsides(model, [world.ask(at % subjects) for at in range(40)])
    assert min(outsides(model, list(vectors[-strangers:]))) > max(ours)


def test_out_of_scope_is_never_named() -> None:
    """A choice offered to a person must never be "none of ours", even when that is likeliest."""
    world = World()
    model, names, vectors = learned(world, strangers=20)
    assert OUTSIDE in names
    for verdict in model.judge(["?"] * len(names), vectors, [ANY] * len(names)):
        assert verdict.name == verdict.ranking[0][0]
        assert OUTSIDE not in [name for name, _ in verdict.ranking]


def test_unsure_where_two_questions_are_alike() -> None:
    """Confidence is learned from what each example would have got: twins are right half of the time."""
    world = World(0, 3)
    world.subjects[1] = world.subjects[0]
    model, _, _ = learned(world, 20)
    twins = model.judge(["?"] * 20, np.stack([world.ask(0) for _ in range(20)]), [ANY] * 20)
    others = model.judge(["?"] * 20, np.stack([world.ask(2) for _ in range(20)]), [ANY] * 20)
    assert np.mean([verdict.confidence for verdict in twins]) < 0.8
    assert min(verdict.confidence for verdict in others) > 0.9


# --- verdicts ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_company_does_not_change_a_verdict(chosen: list[int]) -> None:
    """Texts are judged one by one in a conversation and in thousands by an evaluation."""
    together = MODEL.judge([ASKED[i] for i in chosen], VECTORS[chosen], [CODES[i] for i in chosen])
    assert len(together) == len(chosen)
    for i, verdict in zip(chosen, together, strict=True):
        (alone,) = MODEL.judge([ASKED[i]], VECTORS[[i]], [CODES[i]])
        assert same(verdict, alone, 1e-4)


def test_verdicts_are_ordered_and_bounded() -> None:
    world = World(3, 14)
    model, names, _ = learned(world, 30)
    for verdict in model.judge(["?"] * 140, np.stack([world.ask(at % 14) for at in range(140)]), [ANY] * 140):
        scores, cosines = [p for _, p in verdict.ranking], [cosine for _, cosine in verdict.nearest]
        assert len(set(verdict.ranking)) == 10
        assert len(set(verdict.nearest)) == 5
        assert scores == sorted(scores, reverse=True)
        assert cosines == sorted(cosines, reverse=True)
        assert 0 < sum(scores) <= 1
        assert 0 <= verdict.confidence <= 1
        assert 0 <= verdict.outside <= 1
        assert names[verdict.nearest[0][0]] == verdict.name


def test_an_example_is_its_own_nearest() -> None:
    world = World()
    model, names, vectors = learned(world, languages=("hy", "ru"), each=5)
    codes = [code for _ in range(6) for code in ("hy", "ru") for _ in range(5)]
    for at, verdict in enumerate(model.judge(["?"] * len(names), vectors, codes)):
        assert verdict.nearest[0] == (at, pytest.approx(1, abs=1e-4))


def test_a_word_decides_between_twins() -> None:
    """Two forms that the encoder cannot tell apart, asked by their numbers."""
    world = World(0, 3)
    world.subjects[1] = world.subjects[0]
    rows = [at for at in range(3) for _ in range(8)]
    texts = [f"form {'abc'[at] * 3}" for at in rows]
    model = QuestionModel.fit(texts, np.stack([world.ask(at) for at in rows]), [ANY] * 24, [f"s{at}" for at in rows])
    vector = world.ask(0)[None]
    assert [model.judge([f"my {word}"], vector, [ANY])[0].name for word in ("aaa", "bbb")] == ["s0", "s1"]


def test_nothing_asked_nothing_answered() -> None:
    assert MODEL.judge([], np.zeros((0, WIDTH), np.float32), []) == []


def test_training_twice_gives_the_same_model(tmp_path: Path) -> None:
    """To the last byte of the numbers: a release can be checked."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        learned(World(7), strangers=5, languages=("hy", "ru"))[0].save(tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")


# --- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [[], ["a"], ["a", "a", "a"]])
def test_fewer_than_two_questions_is_a_clear_error(classes: list[str]) -> None:
    vectors = np.ones((len(classes), 4), np.float32)
    with pytest.raises(ValueError, match="at least two intents"):
        QuestionModel.fit(["x"] * len(classes), vectors, [ANY] * len(classes), classes)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_vectors_that_are_not_numbers_are_a_clear_error(broken: float) -> None:
    """A broken encoder file must not end in a classifier that says nothing."""
    world = World()
    vectors = np.stack([world.ask(at % 6) for at in range(30)])
    vectors[7, 3] = broken
    with pytest.raises(ValueError, match="not numbers"):
        QuestionModel.fit([f"w{at}" for at in range(30)], vectors, [ANY] * 30, [f"s{at % 6}" for at in range(30)])


def test_no_noise_and_the_same_example_twice_is_a_clear_error() -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32), 2, axis=0)
    with pytest.raises(ValueError, match=r"'noise' in config\.yml"):
        QuestionModel.fit(["x"] * 8, vectors, [ANY] * 8, ["a", "b"] * 4, settings=KernelSettings(noise=0))


def test_two_examples_are_enough() -> None:
    """Somebody tries the content's format with next to nothing in it."""
    model = QuestionModel.fit(["red", "blue"], np.eye(2, 4, dtype=np.float32), [ANY] * 2, ["a", "b"])
    (verdict,) = model.judge(["red"], np.eye(2, 4, dtype=np.float32)[:1], [ANY])
    assert verdict.name == "a"
    assert 0 <= verdict.confidence <= 1


# --- files ------------------------------------------------------------------------------------------------------


def files(directory: Path) -> dict[str, bytes]:
    """What a saved model says, without the archive's own dates."""
    found = {"json": (directory / "classifier.json").read_bytes()}
    with np.load(directory / "classifier.npz", allow_pickle=False) as arrays:
        found.update({name: arrays[name].tobytes() for name in arrays.files})
    return found


@pytest.mark.parametrize("strangers", [0, 10])
def test_loaded_says_what_was_learned(tmp_path: Path, strangers: int) -> None:
    """Up to the half precision of the file."""
    model, names, vectors = learned(World(5), languages=("hy", "ru"), strangers=strangers)
    model.save(tmp_path)
    loaded = QuestionModel.load(tmp_path)
    assert (loaded.names, loaded.outside, loaded.temperature) == (model.names, model.outside, model.temperature)
    assert loaded.ngrams.vocabulary == model.ngrams.vocabulary
    assert loaded.machine.settings == model.machine.settings
    assert set(loaded.means) == set(model.means) == {"hy", "ru", ANY}
    texts, codes = [f"word{at + 1}" for at in range(len(names))], ["hy"] * len(names)
    for before, after in zip(model.judge(texts, vectors, codes), loaded.judge(texts, vectors, codes), strict=True):
        assert before.name == after.name
        assert [before.confidence, before.outside] == pytest.approx([after.confidence, after.outside], abs=0.01)
        assert dict(before.ranking) == pytest.approx(dict(after.ranking), abs=0.01)


def test_saving_twice_gives_the_same_files(tmp_path: Path) -> None:
    """A model that is loaded and saved again does not drift."""
    MODEL.save(tmp_path)
    before = files(tmp_path)
    QuestionModel.load(tmp_path).save(tmp_path)
    assert files(tmp_path) == before


def test_nothing_in_the_files_is_executable(tmp_path: Path) -> None:
    """A model from elsewhere can be wrong, but it cannot run anything: JSON and plain arrays only."""
    MODEL.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["classifier.json", "classifier.npz", "danger.npz"]
    json.loads((tmp_path / "classifier.json").read_text(encoding="utf-8"))
    with np.load(tmp_path / "classifier.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fi" for name in arrays.files)


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["vectors", "labels", "mean_*"])
def test_a_trap_in_a_file_does_not_spring(tmp_path: Path, name: str) -> None:
    """Loading refuses what would have to be unpickled, and does not try."""
    MODEL.save(tmp_path)
    with np.load(tmp_path / "classifier.npz", allow_pickle=False) as arrays:
        numbers = {key: arrays[key] for key in arrays.files}
    assert name in numbers
    numbers[name] = np.array([Trap(tmp_path / "sprung")], dtype=object)
    np.savez(tmp_path / "classifier.npz", **numbers)
    with pytest.raises(ValueError, match="allow_pickle"):
        QuestionModel.load(tmp_path)
    assert not (tmp_path / "sprung").exists()


WORLD = World(11)
MODEL, NAMES, _ = learned(WORLD, 5, languages=("hy", "ru"), strangers=10)
VECTORS = np.stack([*(WORLD.ask(at % 6, ("hy", "ru")[at % 2]) for at in range(8)), WORLD.stranger(), WORLD.stranger()])
CODES = ["hy", "ru"] * 4 + ["xx", ANY]
ASKED = [f"word{at}" if at % 3 else "?" for at in range(10)]


# --- more examples than can be learned from exactly ---


def test_a_large_pack_is_learned_from_landmarks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every example stays a neighbour that can be shown; doubt is calibrated on some; nothing else differs."""
    monkeypatch.setattr("bot.understanding.question_model.MOST_EXACT", 60)
    monkeypatch.setattr("bot.understanding.kernel.MOST_EXACT", 60)
    monkeypatch.setattr("bot.understanding.question_model.LANDMARKS", 40)
    world = World()
    model, names, _ = learned(world, 20, strangers=30)
    assert model.machine.duals.shape[0] == 40
    assert sorted(model.kept) == list(range(150))
    assert [model.names[label] for label in model.labels] == [names[at] for at in model.kept]
    model.save(tmp_path)
    loaded = QuestionModel.load(tmp_path)
    for subject in range(6):
        asked = [world.ask(subject) for _ in range(5)]
        for verdict in model.judge(["?"] * 5, np.stack(asked), [ANY] * 5):
            assert verdict.name == f"s{subject}"
            assert verdict.confidence > 0.8
            assert {names[model.kept[at]] for at, _ in verdict.nearest} == {f"s{subject}"}
        (before,), (after,) = (kept.judge(["?"], asked[0][np.newaxis, :], [ANY]) for kept in (model, loaded))
        assert (after.name, after.confidence) == (before.name, pytest.approx(before.confidence, abs=0.01))
    strangers = [world.stranger() for _ in range(20)]
    assert np.mean(outsides(model, strangers)) > 0.7
    assert np.mean(outsides(model, [world.ask(0) for _ in range(20)])) < 0.2
