"""Another encoder, from a directory in the Hugging Face layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bot.understanding.encoder import Encoder, EncoderError
from bot.understanding.encoder.engine import SOURCE_VARIABLE

PIECES = [
    *(("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)),
    *(("▁", -3.0), ("▁query", -4.0), (":", -4.0), ("▁visa", -5.0), ("▁passport", -5.0), ("▁fee", -5.0)),
    *((letter, -9.0) for letter in "abcdefghijklmnopqrstuvwxyz"),
]
SIZE = 12


def save(folder: Path, *, kind: str = "Unigram", states: bool = True, name: str = "input_ids") -> Path:
    """A tiny model: an embedding table and one linear layer."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(3)
    table = numpy_helper.from_array(random.normal(size=(len(PIECES), SIZE)).astype(np.float32), "table")
    matrix = numpy_helper.from_array(random.normal(size=(SIZE, SIZE)).astype(np.float32), "matrix")
    nodes = [
        helper.make_node("Gather", ["table", name], ["rows"]),
        helper.make_node("MatMul", ["rows", "matrix"], ["states"]),
    ]
    shape: list[str | int] = ["batch", "tokens", SIZE]
    if not states:
        nodes.append(helper.make_node("ReduceMean", ["states", "axis"], ["sentence"], keepdims=0))
        shape = ["batch", SIZE]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])],
        [helper.make_tensor_value_info("states" if states else "sentence", TensorProto.FLOAT, shape)],
        [table, matrix, numpy_helper.from_array(np.array([1], np.int64), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.save(model, folder / "model.onnx")
    tokenizer = {
        "added_tokens": [{"id": 0, "content": "<s>"}, {"id": 2, "content": "</s>"}],
        "normalizer": None,
        "model": {"type": kind, "unk_id": 3, "vocab": [[piece, score] for piece, score in PIECES]},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = save(tmp_path / "model")
    monkeypatch.setenv(SOURCE_VARIABLE, str(folder))
    return folder


def test_texts_become_unit_vectors_of_the_models_size(source: Path, tmp_path: Path) -> None:
    encoder = Encoder(tmp_path / "built")
    vector = encoder.embed("visa fee")
    assert vector.shape == (SIZE,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert encoder.dimensions == SIZE
    assert encoder.embed_known([]).shape == (0, SIZE)
    assert encoder.knows("visa")
    assert not encoder.knows("vise")


def test_it_is_quantised_once(source: Path, tmp_path: Path) -> None:
    built = tmp_path / "built"
    first = Encoder(built)
    (model,) = built.glob("hf-*.onnx")
    written = model.stat().st_mtime_ns
    second = Encoder(built)
    assert written == model.stat().st_mtime_ns
    assert np.allclose(first.embed("passport"), second.embed("passport"))


def test_a_damaged_copy_is_made_again(source: Path, tmp_path: Path) -> None:
    built = tmp_path / "built"
    expected = Encoder(built).embed("passport")
    (model,) = built.glob("hf-*.onnx")
    model.write_bytes(model.read_bytes()[:100])
    assert np.allclose(expected, Encoder(built).embed("passport"))


def test_a_model_that_averages_by_itself_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, averaging = save(tmp_path / "a"), save(tmp_path / "b", states=False)
    vectors = []
    for folder in (plain, averaging):
        monkeypatch.setenv(SOURCE_VARIABLE, str(folder))
        vectors.append(Encoder(tmp_path / "built").embed("visa fee"))
    assert vectors[0] @ vectors[1] > 0.99


def test_vectors_of_two_encoders_are_kept_apart(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / "built"
    assert Encoder(built).embed_known(["visa"]).shape == (1, SIZE)
    monkeypatch.delenv(SOURCE_VARIABLE)
    assert Encoder(built).embed_known(["visa"]).shape == (1, 384)


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "🙂", "x" * 100_000])
def test_any_text_gets_a_vector(source: Path, tmp_path: Path, text: str) -> None:
    assert np.isfinite(Encoder(tmp_path / "built").embed(text)).all()


def test_what_cannot_be_served_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def error(folder: Path) -> str:
        monkeypatch.setenv(SOURCE_VARIABLE, str(folder))
        with pytest.raises(EncoderError) as raised:
            Encoder(tmp_path / "built")
        return str(raised.value)

    assert "no model.onnx" in error(tmp_path / "nowhere")
    assert "type WordPiece" in error(save(tmp_path / "words", kind="WordPiece"))
    assert "input_ids" in error(save(tmp_path / "other", name="tokens"))
    missing = save(tmp_path / "missing")
    (missing / "tokenizer.json").unlink()
    assert "tokenizer.json is missing" in error(missing)
    damaged = save(tmp_path / "damaged")
    (damaged / "tokenizer.json").write_text("{")
    assert "not JSON" in error(damaged)
    broken = save(tmp_path / "broken")
    (broken / "model.onnx").write_bytes(b"no model")
    assert "cannot be read" in error(broken)
