"""A second process for a build: the machine has another core, and Python's threads do not use it.

It makes what training hands to it (bot.understanding.aside) and answers every other question that a model is asked.
A build does without it where there is little to do, one core or little memory, and goes on alone when it dies.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

LEAST_EXAMPLES = 1500
"""A pack of fewer examples is trained before a second process has started, which takes three seconds."""

_LEAST_MEMORY = 1_500_000_000
"""Bytes that must be free: it takes 0.6 GB, and the build itself goes on growing."""

_CHUNK = 40
_AHEAD = 2
"""Parts of the work that the second process is given at a time, so that it need not wait for the first."""

_PATIENCE_SECONDS = 0.3
"""How long the second process is waited for when there is nothing else to do. A part of known texts takes a third of it; one
of messages takes longer, and the last one or two of them may be asked twice."""

Parse = Callable[[list[str]], list[dict[str, Any]]]


@contextlib.contextmanager
def process(examples: int) -> Iterator[Executor | None]:
    """Start a second process where it is worth it; it ends with the block or with this process.

    Args:
        examples: how many there are to learn from.
    """
    if examples < LEAST_EXAMPLES or _cores() < 2 or _free_memory() < _LEAST_MEMORY:
        yield None
        return
    # Started afresh and not forked: this process has threads, and a fork would take their locks with it.
    executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare)
    try:
        executor.submit(_wake)
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _prepare() -> None:
    # What the build prints is its report to the server, and the server reads until nobody can write to it.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    from bot.rasa_runtime import load_rasa

    load_rasa()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _wake() -> None:
    """Do nothing: the first task starts the process."""


def in_parts(
    texts: list[str], here: Parse, there: Callable[[list[str]], Future[Any]] | None, done: Callable[[int], None]
) -> list[dict[str, Any]]:
    """Parse texts in parts, here and in the second process, each taking the next part when it is free.

    Args:
        texts: the texts.
        here: parses a part in this process.
        there: begins to parse a part in the second process; None without one.
        done: told how many texts are done.

    Returns:
        Parse results in the order of the texts.
    """
    parts = [texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK)]
    results: list[list[dict[str, Any]]] = [[] for _ in parts]
    waiting = deque(range(len(parts)))
    flying: dict[Future[Any], int] = {}
    while waiting or flying:
        while there and waiting and len(flying) < _AHEAD:
            try:
                flying[there(parts[waiting[0]])] = waiting[0]
                waiting.popleft()
            except (BrokenExecutor, RuntimeError):
                there = None
        if waiting:
            at = waiting.popleft()
            results[at] = here(parts[at])
            done(len(parts[at]))
        elif not wait(flying, _PATIENCE_SECONDS, return_when=FIRST_COMPLETED).done:
            # It is still starting, or busy with something else: what it was given first is done here.
            waiting.append(flying.pop(next(iter(flying))))
            there = None
        for future in [future for future in flying if future.done()]:
            at = flying.pop(future)
            try:
                results[at] = future.result()
            except BrokenExecutor:
                logger.warning("The second process of the build has died; going on without it.")
                there = None
                waiting.append(at)
                continue
            done(len(parts[at]))
    return [result for part in results for result in part]


_loaded: dict[Path, Any] = {}


def parse(model: Path, texts: list[str], own: bool) -> list[dict[str, Any]]:
    """Parse texts in the second process, which keeps the models that it has loaded.

    Args:
        model: the archive.
        texts: the texts.
        own: whether they are the content's own, see `bot.publishing.models.parse_own`.
    """
    from bot.publishing import models

    load(model)
    return models.parse_own(_loaded[model], texts) if own else _loaded[model].parse_many(texts)


def load(model: Path) -> None:
    """Load a model in the second process, where it is kept."""
    from bot.publishing import models

    if model not in _loaded:
        _loaded[model] = models.load_to_parse(model)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free_memory() -> float:
    """Return the bytes that are free; infinite where the system does not tell (Linux does)."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return float("inf")
