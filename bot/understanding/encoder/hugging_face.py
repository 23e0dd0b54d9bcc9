"""An encoder from a directory in the Hugging Face layout: `model.onnx` and `tokenizer.json`.

Served are models of the XLM-RoBERTa family: a Unigram tokenizer and token states that are averaged, which is what
the e5 models, paraphrase-multilingual-MiniLM and their like are. The file may be the exporter's, in full precision: it
is quantised to int8 once, like our own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.understanding.encoder.unigram import UnigramTokenizer
from bot.understanding.encoder.weights import Vocabulary

logger = logging.getLogger(__name__)

_VERSION = 1
_MODELS = ("model.onnx", "onnx/model.onnx")


class LayoutError(Exception):
    """The directory cannot be used; the message says what is missing."""


def open_model(source: Path, directory: Path) -> tuple[Path, str, UnigramTokenizer]:
    """Check a directory and quantise its model when that has not been done.

    Args:
        source: the directory in the Hugging Face layout.
        directory: where the quantised model and its checksum are kept.

    Returns:
        Path and SHA-256 of the quantised model, and the tokenizer.

    Raises:
        LayoutError: a file is missing or of a kind that is not served.
    """
    model = next((source / name for name in _MODELS if (source / name).is_file()), None)
    if model is None:
        raise LayoutError(f"{source} has no model.onnx: export the model with its token states as output")
    tokenizer = UnigramTokenizer(_vocabulary(source / "tokenizer.json"))
    origin = hashlib.sha256()
    with model.open("rb") as file:
        while block := file.read(1 << 20):
            origin.update(block)
    target = directory / f"hf-{origin.hexdigest()[:16]}-int8-v{_VERSION}.onnx"
    checksum = _verified(target) or _quantise(model, target)
    return target, checksum, tokenizer


def _verified(target: Path) -> str | None:
    try:
        expected = json.loads(target.with_suffix(".json").read_text())["sha256"]
        actual = hashlib.sha256(target.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError):
        return None
    return actual if actual == expected else None


def _quantise(model: Path, target: Path) -> str:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logger.info("Quantising %s (once) ...", model)
    target.parent.mkdir(parents=True, exist_ok=True)
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)  # the quantiser's advice is not for whoever runs this
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as work:
            packed = Path(work) / "int8.onnx"
            try:
                quantize_dynamic(
                    model, packed, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]
                )
            except Exception as error:
                raise LayoutError(f"{model} cannot be read as an ONNX model: {error}") from error
            digest = hashlib.sha256(packed.read_bytes()).hexdigest()
            os.replace(packed, target)
            manifest = Path(work) / "manifest.json"
            manifest.write_text(json.dumps({"sha256": digest, "version": _VERSION}))
            os.replace(manifest, target.with_suffix(".json"))
    finally:
        logging.root.setLevel(level)
    return digest


def _vocabulary(path: Path) -> Vocabulary:
    try:
        tree: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LayoutError(f"{path} is missing: save the model's fast tokenizer there") from error
    except ValueError as error:
        raise LayoutError(f"{path} is damaged: it is not JSON ({error})") from error
    model = tree.get("model") or {}
    if model.get("type") != "Unigram" or not model.get("vocab"):
        kind = model.get("type") or "none"
        raise LayoutError(
            f"{path} has a tokenizer of type {kind}; served are Unigram tokenizers (XLM-RoBERTa's family)"
        )
    pieces = [str(piece) for piece, _ in model["vocab"]]
    index = {piece: at for at, piece in enumerate(pieces)}
    special = {token["content"]: int(token["id"]) for token in tree.get("added_tokens") or []}
    bos = special.get("<s>", index.get("<s>", special.get("[CLS]")))
    eos = special.get("</s>", index.get("</s>", special.get("[SEP]")))
    if bos is None or eos is None:
        raise LayoutError(f"{path} names no marks for the beginning and the end of a text (<s>, </s>)")
    return Vocabulary(
        pieces=[piece.encode("utf-8") for piece in pieces],
        scores=[float(score) for _, score in model["vocab"]],
        normalisation=_normalisation(tree.get("normalizer")),
        bos=bos,
        eos=eos,
        unk=int(model.get("unk_id") or 0),
    )


def _normalisation(normaliser: dict[str, Any] | None) -> dict[int, str]:
    """Return single-character replacements of a tokenizer's `Precompiled` map: SentencePiece's double array trie.

    Texts come here in NFKC already; what is left are characters that the map writes as others, chiefly spaces.
    """
    for part in (normaliser or {}).get("normalizers", [normaliser or {}]):
        if part.get("type") == "Precompiled" and part.get("precompiled_charsmap"):
            blob = base64.b64decode(part["precompiled_charsmap"])
            size = int.from_bytes(blob[:4], "little")
            if 4 + size > len(blob):
                raise LayoutError("tokenizer.json: its map of characters is damaged")
            trie = np.frombuffer(blob[4 : 4 + size], "<u4")
            return _single_characters(trie, blob[4 + size :])
    return {}


def _single_characters(trie: NDArray[np.uint32], texts: bytes) -> dict[int, str]:
    found = {}
    for code in (*range(0x20), *range(0x7F, 0xA1), 0xAD, *range(0x2000, 0x2070), 0x3000, 0xFEFF):
        value = _look_up(trie, chr(code).encode("utf-8"))
        if value is not None:
            end = texts.index(b"\0", value)
            found[code] = texts[value:end].decode("utf-8", "replace")
    return found


def _look_up(trie: NDArray[np.uint32], key: bytes) -> int | None:
    """Walk a darts-clone double array; None when the key is not in it."""

    def offset(unit: int) -> int:
        return (unit >> 10) << ((unit & (1 << 9)) >> 6)

    position = 0
    unit = int(trie[0])
    for byte in key:
        position ^= offset(unit) ^ byte
        if position >= len(trie):
            return None
        unit = int(trie[position])
        if unit & ((1 << 31) | 0xFF) != byte:
            return None
    if not (unit >> 8) & 1:
        return None
    leaf = position ^ offset(unit)
    return int(trie[leaf]) & ((1 << 31) - 1) if leaf < len(trie) else None
