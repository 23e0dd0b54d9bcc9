"""The table of the Bot API's methods, types and limits; `scripts/telegram_table` renews it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_TABLE = json.loads((Path(__file__).parent / "table.json").read_text(encoding="utf-8"))

VERSION: str = _TABLE["version"]
METHODS: dict[str, dict[str, Any]] = _TABLE["methods"]
"""Method → {fields: {name: {types, required, length, bytes, items, range, values}}, returns}."""
TYPES: dict[str, dict[str, Any]] = _TABLE["types"]
"""Type → {fields} or {subtypes}."""

UPDATE_TYPES: list[str] = [name for name in TYPES["Update"]["fields"] if name != "update_id"]
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
"""Telegram takes method names in any case."""
