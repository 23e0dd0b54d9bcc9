"""Voice notes to text: the real decoder and the real model loader, on a model of three words made here.

The model tells low from high tones: two weighted sums of a spectrum's bands, compared with a threshold. It is a CTC
model in the layout of the library, so that everything but its size is what a deployment runs.
"""

from __future__ import annotations

import io
import json
import logging
import os
import struct
import sys
import threading
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from channels.telegram import speech

RATE = 48_000
LOW, HIGH, SILENCE = 300, 4_000, 0

needs_extra = pytest.mark.skipif(not speech.installed(), reason="the optional extra 'speech' is not installed")


def write_model(directory: Path, kind: str = "nemo-conformer-ctc") -> Path:
    """Write a CTC model: per frame `low` where the low bands are loud, `high` where the high ones are, else nothing."""
    weights = np.zeros((80, 3), dtype=np.float32)
    weights[3:13, 0] = 1 / 10  # mel bands around 300 Hz
    weights[57:67, 1] = 1 / 10  # around 4,000 Hz
    bias = np.array([0, 0, 0.4], dtype=np.float32)
    # Clipped and averaged with the frames around, so that the click at a tone's edge is not taken for a tone.
    smooth = np.full((80, 1, 21), 1 / 21, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Clip", ["audio_signal", "least", "most"], ["clipped"]),
            helper.make_node("Conv", ["clipped", "smooth"], ["smoothed"], group=80, pads=[10, 10]),
            helper.make_node("Transpose", ["smoothed"], ["frames"], perm=[0, 2, 1]),
            helper.make_node("MatMul", ["frames", "weights"], ["sums"]),
            helper.make_node("Add", ["sums", "bias"], ["logprobs"]),
            helper.make_node("Identity", ["length"], ["unused"]),
        ],
        "tones",
        [
            helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["batch", 80, "time"]),
            helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["batch", "time", 3])],
        [
            numpy_helper.from_array(np.array(-1, dtype=np.float32), "least"),
            numpy_helper.from_array(np.array(1, dtype=np.float32), "most"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(smooth, "smooth"),
        ],
    )
    directory.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, directory / "model.onnx")
    (directory / "vocab.txt").write_text("▁low 0\n▁high 1\n<blk> 2\n", encoding="utf-8")
    config = {"model_type": kind, "features_size": 80, "subsampling_factor": 1}
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return directory


def write_whisper(directory: Path) -> Path:
    """Write a model in Whisper's layout: it takes all speech for Armenian, and knows one word each of two languages."""
    specials = ["<|endoftext|>", "<|startoftranscript|>", "<|hy|>", "<|ru|>", "<|transcribe|>", "<|notimestamps|>"]
    tokens = {token: index for index, token in enumerate(["barev", "privet", *specials])}
    # What each token said so far makes more or less likely to come next; the sums are the logits.
    leads = np.zeros((len(tokens), len(tokens)), dtype=np.float32)
    for before, after, weight in [
        ("<|startoftranscript|>", "<|hy|>", 5),
        ("<|hy|>", "<|hy|>", -10),
        ("<|ru|>", "<|hy|>", -10),
        ("<|hy|>", "barev", 3),
        ("<|ru|>", "privet", 3),
        ("barev", "<|endoftext|>", 20),
        ("privet", "<|endoftext|>", 20),
    ]:
        leads[tokens[before], tokens[after]] = weight
    spectrum = helper.make_tensor_value_info("input_features", TensorProto.FLOAT, ["batch", 80, 3000])
    encoded = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", 80, 3000])
    encoder = helper.make_graph(
        [helper.make_node("Identity", ["input_features"], ["last_hidden_state"])], "encoder", [spectrum], [encoded]
    )
    decoder = helper.make_graph(
        [
            helper.make_node("Gather", ["leads", "input_ids"], ["each"]),
            helper.make_node("CumSum", ["each", "axis"], ["logits"]),
        ],
        "decoder",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"]),
            helper.make_tensor_value_info("encoder_hidden_states", TensorProto.FLOAT, ["batch", 80, 3000]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", len(tokens)])],
        [numpy_helper.from_array(leads, "leads"), numpy_helper.from_array(np.array(1), "axis")],
    )
    (directory / "onnx").mkdir(parents=True)
    for name, graph in (("encoder_model", encoder), ("decoder_model_merged", decoder)):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, directory / "onnx" / f"{name}.onnx")
    words = {token: index for token, index in tokens.items() if token not in specials}
    (directory / "vocab.json").write_text(json.dumps(words), encoding="utf-8")
    (directory / "added_tokens.json").write_text(json.dumps({t: tokens[t] for t in specials}), encoding="utf-8")
    (directory / "config.json").write_text('{"model_type": "whisper", "num_mel_bins": 80}', encoding="utf-8")
    return directory


def tones(*parts: tuple[int, float]) -> np.ndarray[Any, Any]:
    """Return tones one after the other, each given as (hertz, seconds), with noise too faint to be heard."""
    sound = np.concatenate([0.4 * np.sin(2 * np.pi * hertz * np.arange(int(s * RATE)) / RATE) for hertz, s in parts])
    noise = np.random.default_rng(1).normal(0, 1e-4, len(sound))
    return (sound + noise).astype(np.float32)


def voice_note(*parts: tuple[int, float], channels: int = 1) -> bytes:
    """Return tones as an Ogg Opus file, as Telegram sends voice notes."""
    import soundfile

    file, sound = io.BytesIO(), tones(*parts)
    soundfile.write(file, np.stack([sound] * channels, axis=1), RATE, format="OGG", subtype="OPUS")
    return file.getvalue()


@pytest.fixture(scope="module")
def transcriber(tmp_path_factory: pytest.TempPathFactory) -> speech.Transcriber:
    loaded = speech.load(write_model(tmp_path_factory.mktemp("speech") / "model"))
    assert loaded is not None
    return loaded


def test_without_a_model_there_is_no_transcriber() -> None:
    assert speech.load(None) is None


def test_model_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    """Nothing breaks, and the log says which command is missing."""
    model = write_model(tmp_path / "model")
    for name in ("onnx_asr", "soundfile"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    # Only the standard library's and this project's directories: the extra's packages are then not found.
    monkeypatch.setattr(sys, "path", [path for path in sys.path if not _has_extra(Path(path))])
    with caplog.at_level(logging.WARNING):
        assert speech.load(model) is None
    assert "guidepost[speech]" in caplog.text


def _has_extra(path: Path) -> bool:
    return (path / "onnx_asr").is_dir() or (path / "soundfile.py").is_file()


@needs_extra
@pytest.mark.parametrize(
    ("parts", "heard"),
    [
        ([(LOW, 1), (HIGH, 1)], "low high"),
        ([(HIGH, 1), (LOW, 1)], "high low"),
        ([(HIGH, 0.7), (SILENCE, 0.7), (LOW, 0.7), (SILENCE, 0.7), (HIGH, 0.7)], "high low high"),
        ([(SILENCE, 2)], ""),
    ],
)
def test_voice_note_is_transcribed(transcriber: speech.Transcriber, parts: Any, heard: str) -> None:
    assert transcriber.transcribe(voice_note(*parts), "hy") == heard


@needs_extra
def test_stereo_and_unknown_language(transcriber: speech.Transcriber) -> None:
    assert transcriber.transcribe(voice_note((LOW, 1), (HIGH, 1), channels=2), None) == "low high"


@needs_extra
def test_long_note_loses_nothing_between_its_pieces(transcriber: speech.Transcriber) -> None:
    """100 s are heard in four pieces, cut in the pauses: every tone is there once."""
    parts = [part for _ in range(16) for part in ((LOW, 2.6), (SILENCE, 0.5), (HIGH, 2.6), (SILENCE, 0.5))]
    assert transcriber.transcribe(voice_note(*parts), "hy").split() == ["low", "high"] * 16


@needs_extra
def test_model_of_many_languages(tmp_path: Path) -> None:
    """It is told the language or finds it out; one that it does not know is refused, never written down as another."""
    transcriber = speech.load(write_whisper(tmp_path / "whisper"))
    assert transcriber is not None
    note = voice_note((LOW, 1), (HIGH, 1))
    assert transcriber.transcribe(note, "ru") == "privet"
    assert transcriber.transcribe(note, None) == "barev"
    with pytest.raises(speech.SpeechError, match="does not know the language 'az'"):
        transcriber.transcribe(note, "az")


@needs_extra
def test_model_with_a_window_of_half_a_minute_hears_all(tmp_path: Path) -> None:
    """Whisper hears 30 s and no more: two minutes come in pieces, none dropped."""
    transcriber = speech.load(write_whisper(tmp_path / "whisper"))
    assert transcriber is not None
    assert transcriber.transcribe(voice_note((LOW, 70)), "hy") == "barev barev barev"


@needs_extra
def test_too_long_is_refused(transcriber: speech.Transcriber) -> None:
    with pytest.raises(speech.UnusableAudioError, match="longer than 120 seconds"):
        transcriber.transcribe(voice_note((LOW, speech.MAX_SECONDS + 1)), "hy")


@needs_extra
def test_length_that_a_file_states_of_itself_is_not_believed(transcriber: speech.Transcriber) -> None:
    """A note that claims days of sound is read as far as it goes."""
    forged = _with_last_position(voice_note((LOW, 1), (HIGH, 1)), 2**44)
    assert transcriber.transcribe(forged, "hy") == "low high"


def _with_last_position(ogg: bytes, position: int) -> bytes:
    """Return an Ogg file whose last page states another end, with the checksum made right."""
    start = ogg.rindex(b"OggS")
    page = bytearray(ogg[start:])
    page[6:14] = struct.pack("<q", position)
    page[22:26] = bytes(4)
    page[22:26] = struct.pack("<I", _ogg_checksum(bytes(page)))
    return ogg[:start] + bytes(page)


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 as RFC 3533 has it: the polynomial of zlib's, but bits the other way round and nothing inverted."""
    flipped = bytes(int(f"{byte:08b}"[::-1], 2) for byte in page)
    return int(f"{zlib.crc32(flipped, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)


@needs_extra
def test_too_large_is_refused_unread(transcriber: speech.Transcriber) -> None:
    with pytest.raises(speech.UnusableAudioError, match="larger than 2 MB"):
        transcriber.transcribe(b"OggS" + bytes(speech.MAX_BYTES), "hy")


@needs_extra
@pytest.mark.parametrize(
    "audio",
    [b"", b"OggS", b"OggS" + bytes(range(256)) * 20, b"<html>"],
    ids=["empty", "mark", "rubbish", "page"],
)
def test_what_is_no_voice_note_is_refused(transcriber: speech.Transcriber, audio: bytes) -> None:
    with pytest.raises(speech.UnusableAudioError, match="record it again, or write"):
        transcriber.transcribe(audio, "hy")


@needs_extra
def test_other_formats_are_refused(transcriber: speech.Transcriber) -> None:
    """The decoder could read them; no file of unknown origin is let near more of it than needed."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(32_000))
    with pytest.raises(speech.UnusableAudioError):
        transcriber.transcribe(file.getvalue(), "hy")


@needs_extra
@pytest.mark.parametrize("rate", [12_000, 192_000])
def test_unusual_rates_are_refused_before_anything_is_read(transcriber: speech.Transcriber, rate: int) -> None:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.zeros(rate, dtype=np.float32), rate, format="OGG", subtype="VORBIS")
    with pytest.raises(speech.UnusableAudioError, match="or write"):
        transcriber.transcribe(file.getvalue(), "hy")


@needs_extra
def test_more_channels_than_a_phone_records_are_refused(transcriber: speech.Transcriber) -> None:
    with pytest.raises(speech.UnusableAudioError, match="or write"):
        transcriber.transcribe(voice_note((LOW, 1), channels=6), "hy")


@needs_extra
def test_cut_off_and_damaged_notes_end_in_text_or_a_clear_error(transcriber: speech.Transcriber) -> None:
    note = voice_note((LOW, 1), (HIGH, 1))
    random = np.random.default_rng(7)
    for _ in range(100):
        broken = bytearray(note[: random.integers(4, len(note))])
        for place in random.integers(4, len(broken), size=5) if len(broken) > 4 else []:
            broken[place] ^= 0xFF
        try:
            transcriber.transcribe(bytes(broken), None)
        except speech.UnusableAudioError:
            continue


@needs_extra
def test_one_at_a_time(transcriber: speech.Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four at once all succeed, and the model is never entered twice."""
    inside, most, real = 0, 0, transcriber.hear  # type: ignore[attr-defined]

    def counted(*arguments: Any) -> str:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return str(real(*arguments))
        finally:
            inside -= 1

    monkeypatch.setattr(transcriber, "hear", counted)
    note, heard = voice_note((LOW, 3), (HIGH, 3)), []
    threads = [threading.Thread(target=lambda: heard.append(transcriber.transcribe(note, None))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (heard, most) == (["low high"] * 4, 1)


@needs_extra
def test_a_note_does_not_wait_for_ever(transcriber: speech.Transcriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "MAX_WAIT_SECONDS", 0.01)
    with transcriber._one_at_a_time, pytest.raises(speech.SpeechError, match="busy") as refused:  # type: ignore[attr-defined]
        transcriber.transcribe(voice_note((LOW, 1)), None)
    assert "write your question" in refused.value.public
    assert transcriber.transcribe(voice_note((LOW, 1), (HIGH, 1)), None) == "low high"


@needs_extra
def test_nothing_is_written_or_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any, capfd: Any) -> None:
    """An audit hook sees every file that is opened while a note is transcribed: none for writing."""
    transcriber, opened, watching = speech.load(write_model(tmp_path / "model")), [], True

    def hook(event: str, arguments: Any) -> None:
        if watching and event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            opened.append(arguments[0])

    note = voice_note((LOW, 1), (HIGH, 1))
    assert transcriber is not None
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    sys.addaudithook(hook)
    with caplog.at_level(logging.DEBUG):
        assert transcriber.transcribe(note, "hy") == "low high"
    watching = False
    assert opened == []
    assert sorted(tmp_path.rglob("*")) == before
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@needs_extra
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda model: (model / "model.onnx").unlink(), r"incomplete.*model\.onnx.*Copy the whole model"),
        (lambda model: (model / "vocab.txt").unlink(), r"incomplete.*vocab\.txt.*Copy the whole model"),
        (lambda model: (model / "config.json").unlink(), r"has no config\.json.*model_type"),
        (lambda model: (model / "config.json").write_text("{}"), "names no 'model_type'"),
        (lambda model: (model / "config.json").write_text("["), "names no 'model_type'"),
        (lambda model: (model / "config.json").write_text('{"model_type": "vendor/model"}'), "not the name of a kind"),
        (lambda model: (model / "config.json").write_text('{"model_type": "dictaphone"}'), "'dictaphone'.*not know"),
        (lambda model: (model / "config.json").write_text('{"model_type": "whisper"}'), r"incomplete.*encoder_model"),
        (lambda model: (model / "model.onnx").write_bytes(b"\x00" * 500), "cannot be opened.*Copy it there again"),
        (lambda model: (model / "model.onnx").write_bytes(b""), "cannot be opened.*Copy it there again"),
        (lambda model: _cut(model / "model.onnx"), "cannot be opened.*Copy it there again"),
        (lambda model: (model / "vocab.txt").write_text("no numbers here"), "cannot be opened.*Copy it there again"),
        (lambda model: (model / "vocab.txt").write_text("<blk> 0\n"), "opens, but cannot be run"),
    ],
)
def test_unusable_model_says_what_to_do(tmp_path: Path, spoil: Any, message: str) -> None:
    model = write_model(tmp_path / "model")
    spoil(model)
    with pytest.raises(speech.SpeechError, match=message) as refused:
        speech.load(model)
    assert str(tmp_path) in str(refused.value)
    assert str(tmp_path) not in refused.value.public


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


@needs_extra
def test_missing_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(speech.SpeechError, match="GUIDEPOST_SPEECH_MODEL names .* no directory"):
        speech.load(tmp_path / "nowhere")


@needs_extra
def test_lighter_copy_of_a_model_is_preferred(tmp_path: Path) -> None:
    """With `model.int8.onnx` beside it the full model is not read."""
    model = write_model(tmp_path / "model")
    (model / "model.int8.onnx").write_bytes((model / "model.onnx").read_bytes())
    (model / "model.onnx").write_bytes(b"not read")
    loaded = speech.load(model)
    assert loaded is not None
    assert loaded.transcribe(voice_note((LOW, 1), (HIGH, 1)), None) == "low high"
