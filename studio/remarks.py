"""Saying in the editor's language what the checks found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from babel import Locale

from bot import i18n
from bot.editing.checks.texts import FIELDS, MESSAGES
from studio.names import OTHER_NAMES, TALK_NAMES, Titles
from studio.texts import translate


def say(language: str, code: str, values: Mapping[str, Any], titles: Titles | None = None) -> str:
    """Return a finding as a text.

    Args:
        language: of the studio's interface.
        code: `Finding.code`.
        values: `Finding.values`.
        titles: of the questions that are named; without them their ids stand.
    """
    return filled(language, MESSAGES[code], values, titles)


def filled(language: str, message: str, values: Mapping[str, Any], titles: Titles | None = None) -> str:
    """Return a message with its blanks filled in words; see `say`."""
    shown = {name: _shown(name, value, language) for name, value in values.items()}
    for name in ("question", "other"):
        meant = str(values.get(name))
        title = (titles or {}).get(meant)
        if title:
            shown[name] = title.get(language) or next(iter(title.values()))
        elif other := OTHER_NAMES.get(meant) or TALK_NAMES.get(meant):
            shown[name] = translate(language, other)
    return translate(language, message, **shown)


def field_name(name: str, language: str) -> str:
    """Return what a part of an answer is called."""
    return translate(language, FIELDS.get(name, name))


def _shown(name: str, value: Any, language: str) -> Any:
    if name == "field":
        return field_name(str(value), language)
    if name == "parts":
        return ", ".join(field_name(part, language) for part in str(value).split(", "))
    if name in ("language", "other_language"):
        return Locale.parse(str(value)).get_display_name(language) or value
    if name == "date":
        return i18n.date(language, dt.date.fromisoformat(str(value)))
    return value
