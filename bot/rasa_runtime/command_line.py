"""Rasa's own commands (`train`, `shell`, `data validate`, `test`, `run actions` …) inside Guidepost's runtime.

Rasa 3.6.21 was written for the libraries of 2023. Where one of its commands meets a later one, what it expects is
lent to it here, for this process alone; each lending says what breaks without it.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import os
import sys
from pathlib import Path

from bot.rasa_runtime.config_guard import check_config_file
from bot.rasa_runtime.stand_ins import stand_ins
from bot.rasa_runtime.startup import load_rasa

_CHECKED = ("train", "test", "data")
_SERVING = ("run", "shell")


def run(arguments: list[str]) -> int:
    """Run a Rasa command in the current directory.

    Args:
        arguments: what stands after `guidepost rasa`, e.g. ["train", "--debug"].

    Returns:
        The exit status.

    Raises:
        ConfigurationError: the configuration names a component that needs TensorFlow.
    """
    if arguments and arguments[0] in _CHECKED:
        config = _config_path(arguments)
        if config.exists():
            check_config_file(config)
    load_rasa()
    _lend()
    sys.path.insert(0, os.getcwd())
    previous, sys.argv = sys.argv, ["rasa", *arguments]
    # Rasa's server imports its brokers' clients late. The commands that draw must not find a stand-in (matplotlib
    # looks for tensorflow), so only the serving ones keep them.
    lent = stand_ins() if arguments[:1] and arguments[0] in _SERVING else contextlib.nullcontext()
    try:
        with lent:
            from rasa.__main__ import main

            main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = previous
    return 0


def _lend() -> None:
    # By name: these assignments are meant for this process's copy of foreign modules, which no type checker approves.
    telemetry, core_test, sanic, response = map(
        importlib.import_module, ("rasa.telemetry", "rasa.core.test", "sanic", "sanic.response")
    )

    # Its first run writes a random id to the home directory, even with telemetry switched off.
    setattr(telemetry, "initialize_telemetry", lambda: False)
    # `test core` scores the entities of TEDPolicy, which cannot run here; scikit-learn refuses the empty list.
    setattr(core_test, "POLICIES_THAT_EXTRACT_ENTITIES", set())
    # Sanic 25 starts worker processes, which do not find an application made inside a function.
    setattr(sanic.Sanic, "run", functools.partialmethod(sanic.Sanic.run, single_process=True))
    # Renamed since.
    setattr(response, "stream", response.ResponseStream)


def _config_path(arguments: list[str]) -> Path:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", "--config", default="config.yml")
    return Path(parser.parse_known_args(arguments[1:])[0].config)
