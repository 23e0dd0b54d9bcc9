"""Voice notes to text, on this machine, when the optional extra `speech` is installed.

The extra is `onnx-asr` (speech models of several makers on the ONNX runtime that Guidepost has anyway) and
`soundfile` (libsndfile, which decodes the Ogg Opus of Telegram's voice notes from memory). Neither brings torch or
ffmpeg, and a broken model raises an error here instead of ending the process. The model itself is a directory that
the operator copies to the machine: `config.json` naming its kind, one or more `.onnx` files and a vocabulary.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bot.errors import BadInputError, GuidepostError

MAX_SECONDS = 120
"""Longest voice note that is transcribed, in seconds of sound."""

MAX_BYTES = 2_000_000
"""Largest voice note that is transcribed. Two minutes at the highest rate that phones choose are about half of it."""

MAX_WAIT_SECONDS = 60.0
"""How long a voice note waits for the one before it."""

PIECE_SECONDS = 28
"""Longest piece that a model hears at once: Whisper drops what lies beyond 30 s, others need memory with its square."""

_SEARCH_SECONDS = 8
_QUIET_SECONDS = 0.2
_MAX_CHANNELS = 2
_CONFIG = "config.json"
_OGG = b"OggS"

_log = logging.getLogger(__name__)

Samples = npt.NDArray[np.float32]


class SpeechError(GuidepostError):
    """Speech cannot be transcribed here: the model cannot be used, does not know the language, or is busy."""

    code = "speech"
    status = 503
    public = "I cannot listen to voice notes now. Please write your question."


class UnusableAudioError(BadInputError):
    """A voice note is too long, too large or no Ogg audio; the message says what to do."""

    code = "unusable_audio"


class Transcriber(Protocol):
    """Turns a voice note into text."""

    def transcribe(self, audio: bytes, language: str | None) -> str:
        """Return what is said in a voice note; empty when no words were heard.

        Blocks for seconds: call it in a worker thread. One voice note is transcribed at a time; others wait.
        Nothing is written to disk and nothing of what is said is logged.

        Args:
            audio: an Ogg file (Opus or Vorbis) of at most `MAX_BYTES` and `MAX_SECONDS`.
            language: ISO 639-1 of what is spoken; None lets the model find out. Models of one language ignore it.

        Raises:
            UnusableAudioError: it is too long, too large or cannot be decoded.
            SpeechError: the model failed, does not know the language, or was busy for `MAX_WAIT_SECONDS`.
        """
        ...


def installed() -> bool:
    """Return whether the optional extra is installed."""
    return all(find_spec(name) is not None for name in ("onnx_asr", "soundfile"))


def load(model_dir: Path | None) -> Transcriber | None:
    """Load the speech model, and let it hear a second of silence, so that a wrong one is found at the start.

    Args:
        model_dir: the setting GUIDEPOST_SPEECH_MODEL.

    Returns:
        None when no model is set or the extra is not installed (which is logged when a model is set).

    Raises:
        SpeechError: the directory is missing or the model in it cannot be used; the message says what to do.
    """
    if model_dir is None:
        return None
    if not installed():
        _log.warning("GUIDEPOST_SPEECH_MODEL is set, but voice notes need the extra: pip install 'guidepost[speech]'")
        return None
    kind = _kind(model_dir)
    transcriber = _OnnxTranscriber(_open(kind, model_dir))
    try:
        transcriber.hear(np.zeros(16_000, dtype=np.float32), 16_000, None)
    except Exception as error:  # whatever a model's graph raises, it is the model that has to be replaced
        raise SpeechError(
            f"The speech model in {model_dir} opens, but cannot be run as '{kind}' ({_short(error)}). "
            f"Correct 'model_type' in {_CONFIG}, or copy the model there again."
        ) from error
    return transcriber


def _kind(model_dir: Path) -> str:
    """Return the model's kind, a name of onnx-asr such as `whisper` or `nemo-conformer-ctc`."""
    if not model_dir.is_dir():
        raise SpeechError(
            f"GUIDEPOST_SPEECH_MODEL names {model_dir}, which is no directory. Copy a speech model there, "
            "or leave the setting empty: people are then asked to write."
        )
    config = model_dir / _CONFIG
    advice = 'Write there the model\'s kind, for example {"model_type": "whisper"}.'
    if not config.is_file():
        raise SpeechError(f"The speech model in {model_dir} has no {_CONFIG}. {advice}")
    try:
        kind = json.loads(config.read_bytes())["model_type"]
    except (ValueError, KeyError, TypeError):
        raise SpeechError(f"{config} names no 'model_type'. {advice}") from None
    # A name with a slash would be a repository to download from; Guidepost never does.
    if not isinstance(kind, str) or "/" in kind:
        raise SpeechError(f"'model_type' in {config} is not the name of a kind of model. {advice}")
    return kind


def _open(kind: str, model_dir: Path) -> Any:
    onnx_asr, utils = import_module("onnx_asr"), import_module("onnx_asr.utils")
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    # One thread that sleeps when idle: answers to people who type must not wait for those who speak.
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    asked: dict[str, Any] = {"sess_options": options, "providers": ["CPUExecutionProvider"]}
    try:
        try:
            return onnx_asr.load_model(kind, model_dir, quantization="int8", **asked)
        except utils.ModelFileNotFoundError:
            return onnx_asr.load_model(kind, model_dir, **asked)
    except utils.ModelNotSupportedError:
        raise SpeechError(
            f"'{kind}' in {model_dir / _CONFIG} is a kind of model that onnx-asr does not know. Use one that it lists."
        ) from None
    except utils.ModelFileNotFoundError as error:
        raise SpeechError(
            f"The speech model in {model_dir} is incomplete. {error} Copy the whole model there."
        ) from error
    except Exception as error:  # the runtime has no common base class for a file that is cut off or no model at all
        raise SpeechError(
            f"The speech model in {model_dir} cannot be opened ({_short(error)}). Copy it there again, all of its files."
        ) from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


class _OnnxTranscriber:
    """A model of onnx-asr; see `Transcriber`."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._one_at_a_time = threading.Lock()

    def transcribe(self, audio: bytes, language: str | None) -> str:
        if len(audio) > MAX_BYTES:
            raise UnusableAudioError(
                f"The voice note is larger than {MAX_BYTES // 1_000_000} MB. Please send a shorter one."
            )
        if not self._one_at_a_time.acquire(timeout=MAX_WAIT_SECONDS):
            raise SpeechError(f"The speech model was busy for {MAX_WAIT_SECONDS:.0f} s.")
        try:
            samples, rate = _decode(audio)
            return " ".join(filter(None, (self.hear(piece, rate, language) for piece in _pieces(samples, rate))))
        except GuidepostError:
            raise
        except Exception as error:  # of the runtime; only its kind is told, its text may hold what was said
            raise SpeechError(f"The speech model failed on a voice note ({type(error).__name__}).") from None
        finally:
            self._one_at_a_time.release()

    def hear(self, samples: Samples, rate: int, language: str | None) -> str:
        """Return the words in at most `PIECE_SECONDS` of sound."""
        asked = {"language": language} if language else {}
        try:
            heard = self._model.recognize(samples, sample_rate=rate, **asked)
        except KeyError as error:
            if language is None or error.args != (f"<|{language}|>",):
                raise
            # Left to itself, such a model would write down something else in a language that it knows.
            raise SpeechError(f"The speech model does not know the language '{language}'.") from None
        return " ".join(str(heard).split())


def _decode(audio: bytes) -> tuple[Samples, int]:
    """Return a voice note as one channel of samples, and their number a second."""
    soundfile = import_module("soundfile")
    unreadable = "The voice note cannot be read. Please record it again, or write."
    # libsndfile guesses among two dozen formats; only the one that Telegram records is let near it.
    if not audio.startswith(_OGG):
        raise UnusableAudioError(unreadable)
    try:
        with soundfile.SoundFile(BytesIO(audio)) as file:
            rate = int(file.samplerate)
            # Before anything is read: what a file claims of itself decides how much memory reading takes.
            if file.channels > _MAX_CHANNELS or not import_module("onnx_asr.utils").is_supported_sample_rate(rate):
                raise UnusableAudioError(unreadable)
            # Counted while decoding: the length that a file states of itself may be false.
            samples = file.read(frames=MAX_SECONDS * rate + 1, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise UnusableAudioError(unreadable) from error
    if len(samples) > MAX_SECONDS * rate:
        raise UnusableAudioError(
            f"The voice note is longer than {MAX_SECONDS} seconds. Please send a shorter one, or write."
        )
    return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32)), rate


def _pieces(samples: Samples, rate: int) -> Iterator[Samples]:
    """Cut sound into pieces of at most `PIECE_SECONDS`, each at its quietest moment, so that no word is cut."""
    quiet = max(1, int(_QUIET_SECONDS * rate))
    while len(samples) > PIECE_SECONDS * rate:
        start, end = (PIECE_SECONDS - _SEARCH_SECONDS) * rate, PIECE_SECONDS * rate
        count = (end - start) // quiet
        loudness = np.square(samples[start : start + count * quiet]).reshape(count, quiet).mean(axis=1)
        cut = start + int(loudness.argmin()) * quiet + quiet // 2
        yield samples[:cut]
        samples = samples[cut:]
    if len(samples) >= quiet:
        yield samples
