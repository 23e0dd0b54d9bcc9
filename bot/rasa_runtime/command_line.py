"""Rasa's own commands (`train`, `shell`, `data validate`, `test`, `run actions` …) inside Guidepost's runtime."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.rasa_runtime.config_guard import check_config_file
from bot.rasa_runtime.startup import load_rasa


def run(arguments: list[str]) -> int:
    """Run a Rasa command in the current directory.

    Args:
        arguments: what stands after `guidepost rasa`, e.g. ["train", "--debug"].

    Returns:
        The exit status.

    Raises:
        ConfigurationError: the configuration names a component that needs TensorFlow.
    """
    if arguments[:1] in (["train"], ["test"], ["data"]):
        config = _config_path(arguments)
        if config.exists():
            check_config_file(config)
    load_rasa()
    os.environ.setdefault("SANIC_IGNORE_PRODUCTION_WARNING", "true")
    sys.path.insert(0, os.getcwd())
    previous, sys.argv = sys.argv, ["rasa", *arguments]
    try:
        from rasa.__main__ import main

        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv = previous
    return 0


def _config_path(arguments: list[str]) -> Path:
    for flag in ("-c", "--config"):
        if flag in arguments[:-1]:
            return Path(arguments[arguments.index(flag) + 1])
    return Path("config.yml")
