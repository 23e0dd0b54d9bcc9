"""What tests share: one trained assistant, real servers, the content's own test questions."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "test-data"
"""Kept between runs, so that only the first run trains."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

os.environ["GUIDEPOST_ENCODER_DIR"] = str(CACHE / "encoder")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--language", action="append", default=[], help="content tests of this language only: hy, ru, en")
    parser.addoption("--pack", action="append", default=[], help="content tests of this pack only")


def pytest_configure(config: pytest.Config) -> None:
    from bot.rasa_runtime import load_rasa

    load_rasa()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test question of tests/content is a test of its own."""
    if "content_case" not in metafunc.fixturenames:
        return
    cases, ids = [], []
    languages, packs = metafunc.config.getoption("--language"), metafunc.config.getoption("--pack")
    for path in sorted((ROOT / "tests" / "content").glob("*.yml")):
        tree = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # a safe one
        entries = dict(tree.get("questions") or {})
        if "out_of_scope" in tree:
            entries["out_of_scope"] = tree["out_of_scope"]
        for expected, by_language in entries.items():
            for language, texts in by_language.items():
                if (languages and language not in languages) or (packs and tree["pack"] not in packs):
                    continue
                for number, text in enumerate(texts, 1):
                    cases.append({"pack": tree["pack"], "expected": expected, "language": language, "text": text})
                    ids.append(
                        f"{tree['pack']}-{expected}-{language}-{number}{'-plain' if path.stem == 'plain' else ''}"
                    )
    metafunc.parametrize("content_case", cases, ids=ids)


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a command under test."""
    return {**os.environ, "GUIDEPOST_DATA_DIR": str(data_dir), "GUIDEPOST_ENCODER_DIR": str(CACHE / "encoder"), **more}


def guidepost(
    *arguments: str, data_dir: Path, stdin: str = "", cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(data_dir, **more),
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="session")
def trained() -> Path:
    """A data directory with database, model and encoder, brought up to date by the command itself."""
    done = guidepost("train", data_dir=CACHE)
    assert done.returncode == 0, done.stderr
    return CACHE


def copy_data(trained: Path, to: Path) -> Path:
    """Copy a trained data directory, which may then be spoiled."""
    shutil.copytree(trained / "models", to / "models")
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, to / file.name)
    return to


@pytest.fixture
def data_dir(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained data directory that a test may spoil."""
    return copy_data(trained, tmp_path / "data")


@pytest.fixture(scope="session")
async def assistant(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """The assistant in this process, with conversations of its own."""
    from bot.app import assistant as open_assistant
    from bot.settings import Settings

    settings = Settings(data_dir=trained)
    async with open_assistant(settings, keep_conversations=False) as opened:
        yield opened


_ports = itertools.count(20_000 + 4_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))


def free_port() -> int:
    """Return a port that nobody listens on; each worker has ports of its own, outside of what clients are given."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


class Server:
    """A running `guidepost serve`."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process, self.url, self.log = process, url, log

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(data_dir: Path, **more: str) -> Iterator[Server]:
    """Run the real server until the block ends."""
    port = int(more.pop("GUIDEPOST_PORT", 0)) or free_port()
    log = data_dir / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"],
            env=environment(data_dir, GUIDEPOST_PORT=str(port), **more),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, f"http://127.0.0.1:{port}", log)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                if httpx.get(server.url + "/health", timeout=1).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real server for tests that do not spoil it."""
    with serving(copy_data(trained, tmp_path_factory.mktemp("server"))) as running:
        yield running


@pytest.fixture
def start_server(data_dir: Path) -> Callable[..., Any]:
    """Start servers on a data directory that the test may spoil."""
    return lambda **more: serving(data_dir, **more)
