"""The same project under the oldest and the newest supported Python understands the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import CACHE, ROOT, environment
from test_rasa_commands import small_project

TEXTS = [
    "how do I get a visa",
    "can I be a citizen of two countries",
    "recommend a film",
    "Как получить визу?",
    "",
    "/visa",
]

SCRIPT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bot.rasa_runtime import load_rasa
load_rasa()
from rasa.shared.importers.rasa import RasaFileImporter
from bot.rasa_runtime.processor import Processor
from bot.rasa_runtime.training import train
project = Path(sys.argv[1])
importer = RasaFileImporter(str(project / "config.yml"), str(project / "domain.yml"), [str(project / "data")])
model = train(importer, project / "models", "small")
parsed = Processor(model, {}, ThreadPoolExecutor(1)).parse_many(json.loads(sys.argv[2]))
print(json.dumps({"version": sys.version_info[:2], "parsed": parsed}))
"""


def other_python() -> tuple[str, str] | None:
    """Return version and path of the newest supported Python that is not the one running, or None."""
    for minor in (13, 12, 11):
        if minor == sys.version_info.minor:
            continue
        places = [shutil.which(f"python3.{minor}") or "", *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python")]
        for place in filter(None, map(str, places)):
            # A shim of pyenv is there even when its Python is not.
            shown = subprocess.run([place, "--version"], capture_output=True, text=True, check=False)
            if shown.returncode == 0 and shown.stdout.startswith(f"Python 3.{minor}."):
                return f"3.{minor}", place
    return None


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Version and interpreter of a second environment, installed by scripts/setup from requirements.lock, once."""
    found = other_python()
    if found is None:
        pytest.skip("No second supported Python on this machine: install python3.13 or python3.12 beside this one.")
    version, path = found
    venv = f".venv-{version}"
    done = subprocess.run(
        ["sh", "scripts/setup"],
        cwd=ROOT,
        env={**os.environ, "VENV": venv, "PYTHON": path},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return version, str(ROOT / venv / "bin" / "python")


def understood(python: str, directory: Path) -> dict[str, Any]:
    encoder = directory / "encoder"
    encoder.mkdir()
    # The built model is shared, the remembered vectors are not: each Python computes its own.
    for file in (CACHE / "encoder").glob("e5-small-*"):
        shutil.copy(file, encoder)
    project = small_project(directory / "project")
    done = subprocess.run(
        [python, "-c", SCRIPT, str(project), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**environment(directory), "GUIDEPOST_ENCODER_DIR": str(encoder)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.long
def test_both_understand_the_same(second: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    version, python = second
    here = understood(sys.executable, tmp_path_factory.mktemp("here"))
    there = understood(python, tmp_path_factory.mktemp("there"))
    assert list(sys.version_info[:2]) == here["version"]
    assert [int(part) for part in version.split(".")] == there["version"]
    names = [parsed["intent"]["name"] for parsed in here["parsed"]]
    assert names[:3] == ["visa", "citizenship", "out_of_scope"]
    assert names[4:] == ["nlu_fallback", "nlu_fallback"]
    for text, one, other in zip(TEXTS, here["parsed"], there["parsed"], strict=True):
        assert (text, one["intent"]["name"]) == (text, other["intent"]["name"])
        assert one["intent"]["confidence"] == pytest.approx(other["intent"]["confidence"], abs=0.01), text
        assert one["language"] == other["language"] if one.get("language") else True
