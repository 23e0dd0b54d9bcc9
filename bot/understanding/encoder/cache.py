"""Vectors of the content's own texts on disk, so that training again encodes only what is new."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHUNK = 500


class VectorCache:
    """A table from the hash of a text and the model's checksum to a vector. Losing the file costs time only."""

    def __init__(self, path: Path, model: str, dimensions: int) -> None:
        self._path = path
        self._model = model
        self._dimensions = dimensions

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("CREATE TABLE IF NOT EXISTS vector (key TEXT PRIMARY KEY, value BLOB NOT NULL)")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _key(self, text: str) -> str:
        return self._model + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _discard(self, error: sqlite3.DatabaseError) -> None:
        """Throw a damaged cache away: everything in it can be computed again. A locked one is only busy."""
        if "locked" not in str(error):
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def get(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors of those texts that are known; none when the cache cannot be read."""
        by_key = {self._key(text): text for text in texts}
        keys = list(by_key)
        found: dict[str, NDArray[np.float32]] = {}
        try:
            with closing(self._connect()) as connection:
                for start in range(0, len(keys), _CHUNK):
                    part = keys[start : start + _CHUNK]
                    marks = ",".join("?" * len(part))
                    rows = connection.execute(f"SELECT key, value FROM vector WHERE key IN ({marks})", part)  # noqa: S608
                    for key, value in rows:
                        vector = np.frombuffer(value, np.float32)
                        if vector.shape == (self._dimensions,):
                            found[by_key[key]] = vector
        except sqlite3.DatabaseError as error:
            self._discard(error)
            return {}
        return found

    def put(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Remember vectors by text; does nothing when the cache cannot be written."""
        if not vectors:
            return
        rows = [(self._key(text), vector.tobytes()) for text, vector in vectors.items()]
        for _ in range(2):
            try:
                with closing(self._connect()) as connection, connection:
                    connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?)", rows)
                return
            except sqlite3.DatabaseError as error:
                self._discard(error)
