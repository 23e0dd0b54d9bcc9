"""Logging: short lines on stderr, and never what people write."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_QUIET = (
    "rasa",
    "matplotlib",
    "asyncio",
    "aiosqlite",
    "alembic",
    "httpx",
    "apscheduler",
    "sanic",
    "uvicorn.access",
    "bot.storage",
    "httpcore",
)

_SAFE_KEYS = frozenset({"event", "level", "logger", "timestamp", "exc_info"})


def _drop_values(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Rasa logs raw text through structlog under many names: keep the event's name and nothing passed with it."""
    # exc_info is set, not left out: the standard library would otherwise add the exception with its text.
    return {key: value for key, value in event.items() if key in _SAFE_KEYS} | {"exc_info": False}


def configure(level: str = "INFO") -> None:
    """Set logging up for the program; call once at start.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S", force=True
    )
    logging.captureWarnings(True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            _drop_values,
            structlog.stdlib.render_to_log_kwargs,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
