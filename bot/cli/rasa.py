"""`guidepost rasa …`: Rasa's command line in the project's root."""

from __future__ import annotations

import os

from bot.knowledge.library import STANDALONE_VARIABLE
from bot.rasa_runtime.command_line import run as run_rasa
from bot.settings import Settings


def run(arguments: list[str]) -> int:
    """Hand a command over to Rasa; see bot.rasa_runtime.command_line."""
    settings = Settings.load()
    settings.name_encoder()
    os.environ.setdefault("GUIDEPOST_PACK", settings.pack)
    if arguments[:2] == ["run", "actions"]:
        os.environ[STANDALONE_VARIABLE] = "1"  # reaches the worker processes too
    return run_rasa(arguments)
