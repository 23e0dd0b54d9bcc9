"""Parts of a training that another process may do meanwhile, where whoever trains has one to give."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

Task = tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]


class _Aside:
    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.tasks: list[Task] = []

    def settle(self) -> None:
        while self.tasks:
            future, function, args = self.tasks.pop(0)
            try:
                future.result()
            except BrokenExecutor:
                function(*args)


_given: contextvars.ContextVar[_Aside | None] = contextvars.ContextVar("given", default=None)


def run(function: Callable[..., Any], *args: Any) -> None:
    """Run a function for what it writes: elsewhere where `handing_to` is in force, else here and now.

    Args:
        function: of a module, so that it can be named to another process.
        args: can be pickled.
    """
    given = _given.get()
    if given is None:
        function(*args)
        return
    try:
        given.tasks.append((given.executor.submit(function, *args), function, args))
    except (BrokenExecutor, RuntimeError):  # it is gone, or was shut down
        function(*args)


@contextlib.contextmanager
def handing_to(executor: Executor | None) -> Iterator[None]:
    """Hand what `run` is given to an executor, and wait for it at the end of the block.

    What an executor that breaks has left undone is done here: a second process that the system has killed, for want of
    memory, costs time only.

    Raises:
        Exception: what a function has raised.
    """
    if executor is None:
        yield
        return
    aside = _Aside(executor)
    token = _given.set(aside)
    try:
        yield
        aside.settle()
    finally:
        _given.reset(token)


def settle() -> None:
    """Wait for what was handed over, as the end of the block of `handing_to` does."""
    given = _given.get()
    if given:
        given.settle()
