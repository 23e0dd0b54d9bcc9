"""The second process of a build: it shares the work, and whatever happens to it, the work is done once and in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_content_files import tiny_files
from test_releases import changed

from bot.knowledge import files
from bot.publishing import models, second
from bot.understanding import aside

MANY = 10**6
"""Examples for which a second process is worth it."""


@pytest.fixture(scope="module")
def beside() -> Iterator[Executor]:
    with second.process(MANY) as executor:
        assert executor is not None, "this machine has a core or memory too little for these tests"
        # It runs and has imported this module: both take longer than some of these tests.
        executor.submit(own_pid, ["?"]).result(60)
        yield executor


def slowly(part: list[str]) -> list[Any]:
    """Slow enough for the other to have its share."""
    time.sleep(0.003)
    return list(part)


def own_pid(part: list[str]) -> list[Any]:
    return [os.getpid()] * len(part)


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"))


@settings(deadline=None)
@given(st.integers(0, 500), st.booleans())
def test_every_text_is_answered_once_and_in_order(beside: Executor, count: int, alone: bool) -> None:
    texts = [str(number) for number in range(count)]
    done: list[int] = []
    there = None if alone else lambda part: beside.submit(list, part)
    assert second.in_parts(texts, slowly, there, done.append) == texts  # type: ignore[arg-type]
    assert sum(done) == len(texts)


def test_both_processes_take_part(beside: Executor) -> None:
    def here(part: list[str]) -> list[Any]:
        time.sleep(0.01)
        return own_pid(part)

    pids = second.in_parts(["?"] * 1000, here, lambda part: beside.submit(own_pid, part), lambda _: None)
    assert len(set(map(str, pids))) == 2
    assert os.getpid() in pids


def test_what_a_dead_process_leaves_is_done_here() -> None:
    """The system kills processes where memory is short."""
    done: list[int] = []
    texts = [str(number) for number in range(400)]
    with dying() as executor:
        executor.submit(own_pid, []).result()  # it has to import this file
        calls = iter([list, die, list])
        there = lambda part: executor.submit(next(calls, list), part)  # noqa: E731
        found = second.in_parts(texts, slowly, there, done.append)
    assert found == texts
    assert sum(done) == len(texts)


def test_nobody_waits_for_a_process_that_is_busy(beside: Executor) -> None:
    """It may still be starting when the first has done everything else."""
    busy = beside.submit(time.sleep, 5)
    texts = [str(number) for number in range(200)]
    assert second.in_parts(texts, list, lambda part: beside.submit(list, part), int) == texts  # type: ignore[arg-type]
    assert not busy.done()


def test_an_error_of_the_second_process_is_an_error(beside: Executor) -> None:
    beside.submit(int).result()
    with pytest.raises(TypeError):
        second.in_parts(["a"] * 100, list, lambda part: beside.submit(int, part), lambda _: None)  # type: ignore[arg-type]


def leave(file: Path, said: str) -> None:
    with file.open("a") as opened:
        opened.write(f"{said} {os.getpid()}\n")


def leave_or_die(file: Path, pid: int) -> None:
    if os.getpid() != pid:
        die()
    leave(file, "done")


def test_what_is_handed_aside_is_there_at_the_end(beside: Executor, tmp_path: Path) -> None:
    with aside.handing_to(beside):
        aside.run(leave, tmp_path / "file", "x")
    said, pid = (tmp_path / "file").read_text().split()
    assert said == "x"
    assert int(pid) != os.getpid()
    aside.run(leave, tmp_path / "file", "y")
    assert (tmp_path / "file").read_text().splitlines()[1] == f"y {os.getpid()}"


def test_what_is_needed_at_once_is_waited_for(beside: Executor, tmp_path: Path) -> None:
    with aside.handing_to(beside):
        aside.run(time.sleep, 0.5)
        aside.run(leave, tmp_path / "file", "x")
        aside.settle()
        assert (tmp_path / "file").read_text().startswith("x ")
    aside.settle()


def test_what_is_handed_to_a_process_that_dies_is_done_here(tmp_path: Path) -> None:
    with dying() as executor, aside.handing_to(executor):
        aside.run(leave_or_die, tmp_path / "file", os.getpid())
    assert (tmp_path / "file").read_text() == f"done {os.getpid()}\n"


def test_errors_of_what_is_handed_aside_reach_the_training(beside: Executor) -> None:
    with pytest.raises(ValueError, match="invalid literal"), aside.handing_to(beside):
        aside.run(int, "x")


def test_little_work_gets_no_second_process() -> None:
    with second.process(second.LEAST_EXAMPLES - 1) as executor:
        assert executor is None


def test_it_ends_with_the_build(tmp_path: Path) -> None:
    """A build that is killed leaves nothing behind that works on or holds the server's end of the pipe open."""
    script = tmp_path / "build.py"
    script.write_text(
        "import os, time\nfrom bot.publishing import second\n"
        "if __name__ == '__main__':\n"
        f"    with second.process({MANY}) as executor:\n"
        "        print(executor.submit(os.getpid).result(), flush=True)\n"
        "        executor.submit(time.sleep, 100)\n"
        "        time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        process.kill()
        assert process.stdout.read() == ""
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "the second process outlives the build"
        time.sleep(0.1)


@pytest.mark.filterwarnings("ignore")  # Rasa has many to give
def test_a_model_is_the_same_with_it(beside: Executor, tmp_path: Path) -> None:
    loaded = files.parse({name: text.encode() for name, text in tiny_files().items()}, "tiny")
    assert loaded.content is not None
    content = changed(loaded.content, lambda tree: tree["examples"].append(tree["examples"][-1] | {"text": "a cake"}))
    texts = ["how do I get a visa?", "вид на жительство", "ba barev", "?", "visa. passport. Where?"]
    together = models.train(content, ROOT, tmp_path, "together", beside)
    alone = models.train(content, ROOT, tmp_path, "alone")
    assert _learned(together) == _learned(alone)
    processor = models.load_to_parse(alone)
    here = models.parse_own(processor, texts)
    assert beside.submit(second.parse, together, texts, True).result() == here
    assert beside.submit(second.parse, together, texts, False).result() == here == processor.parse_many(texts)


def _learned(model: Path) -> dict[str, bytes]:
    with tarfile.open(model) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive.getmembers()
            if member.isfile() and member.name.endswith(".json") and "metadata" not in member.name
        }
