"""Importing Rasa once, with everything in place that it expects of its surroundings."""

from __future__ import annotations

import importlib
import logging
import os
import threading
import warnings
from typing import Any

import numpy
import packaging.version
import pluggy
import structlog
import threadpoolctl

from bot.rasa_runtime.stand_ins import stand_ins

# Modules that Rasa imports late, inside functions. They are imported here, while the stand-ins are in place.
_LATE_IMPORTS = (
    "rasa.core.agent",
    "rasa.core.processor",
    "rasa.core.train",
    "rasa.core.run",
    "rasa.core.test",
    "rasa.core.channels.console",
    "rasa.core.channels.rest",
    "rasa.engine.recipes.default_components",
    "rasa.model_testing",
    "rasa.model_training",
    "rasa.nlu.test",
    "rasa.server",
    "rasa.validator",
    "rasa.__main__",
)

_lock = threading.Lock()
_loaded = False


class _RedactingPlugin:
    """Rasa's own hook for keeping what people write out of its logs."""

    class _Pipeline:
        @staticmethod
        def log_run(value: Any) -> str:
            """Replace a logged value.

            Returns:
                A constant, whatever the value.
            """
            return "[redacted]"

        @staticmethod
        def run(event: dict[str, Any]) -> None:
            """Leave tracker events alone: they stay in our own store."""

    @pluggy.HookimplMarker("rasa")
    def get_anonymization_pipeline(self) -> Any:
        return self._Pipeline()

    @pluggy.HookimplMarker("rasa")
    def configure_commandline(self, cmdline_arguments: Any) -> None:
        # Called after Rasa has set its own filters. Answers come from actions, not from a ResponseSelector.
        warnings.filterwarnings("ignore", message=".*(add a response phrase|include a response selector).*")
        # What the responses of a retrieval intent are for Rasa, our answers are for the actions.
        warnings.filterwarnings("ignore", message=".*utterance 'utter_[a-z_]+/[a-z0-9_]+' is not used.*")


def load_rasa() -> None:
    """Import Rasa. Safe to call often and from several threads; the first call takes about two seconds.

    Switches Rasa's telemetry off, redacts message text in its logs, leaves no stand-in behind, and lets linear algebra
    use one thread: more of them spin while they wait for each other. A parse takes 9.7 ms of CPU instead of 21.6 on an
    idle machine (benchmarks/turn.py) and up to ten times less on a busy one; training is no slower (docs/decisions/0006).
    """
    global _loaded
    if _loaded:
        return
    with _lock:
        if _loaded:
            return
        os.environ["RASA_TELEMETRY_ENABLED"] = "false"
        restore = [
            _lend(numpy, "VisibleDeprecationWarning", numpy.exceptions.VisibleDeprecationWarning, keep=True),
            _lend(packaging.version, "LegacyVersion", type("LegacyVersion", (packaging.version.Version,), {})),
        ]
        try:
            with stand_ins(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for name in _LATE_IMPORTS:
                    importlib.import_module(name)
        finally:
            for undo in restore:
                undo()
        if not structlog.is_configured():
            # Left alone, structlog prints every event with its values, and Rasa's values are what people wrote.
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        _register_plugin()
        # Now that the libraries are there: numpy and scipy bring one each, and both are told.
        threadpoolctl.threadpool_limits(limits=1, user_api="blas")
        _loaded = True


def _lend(module: Any, name: str, value: Any, *, keep: bool = False) -> Any:
    """Put a removed name back into a module; returns a function that takes it away again.

    `keep` is for names that Rasa looks up again after its import.
    """
    if hasattr(module, name):
        return lambda: None
    setattr(module, name, value)
    return (lambda: None) if keep else (lambda: delattr(module, name))


def _register_plugin() -> None:
    from rasa.plugin import plugin_manager

    manager = plugin_manager()
    if not manager.has_plugin("guidepost-redaction"):
        manager.register(_RedactingPlugin(), name="guidepost-redaction")
