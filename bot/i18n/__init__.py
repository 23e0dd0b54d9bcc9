"""Interface texts (.po, one file a language) and the writing of dates."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_time
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
SOURCE_LANGUAGE = "en"

# CLDR's own long forms end in an abbreviation with a full stop, which reads badly inside a sentence.
_DATES = {"hy": "y 'թվականի' MMMM d", "ru": "d MMMM y 'года'", "en": "d MMMM y"}


@lru_cache(maxsize=32)
def _catalog(language: str) -> dict[str, str]:
    path = LOCALES / language / "guidepost.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    return {str(m.id): str(m.string) for m in catalog if m.id and m.string and not m.fuzzy}


def languages() -> list[str]:
    """Return the languages that have interface texts."""
    return sorted(path.parent.name for path in LOCALES.glob("*/guidepost.po"))


def translate(language: str, message: str, **values: object) -> str:
    """Return an interface text.

    Args:
        language: ISO 639-1.
        message: the English text, which is also the key. Without a translation it is returned as it is.
        values: what stands in `{braces}`.
    """
    return _catalog(language).get(message, message).format(**values)


def date(language: str, day: dt.date) -> str:
    """Return a date as it is written in a language, the month in letters."""
    return str(format_date(day, _DATES.get(language, "long"), locale=language))


def time_of_day(language: str, moment: dt.datetime) -> str:
    """Return a time as it is written in a language, hours and minutes, in the moment's own zone."""
    # English texts here write the day before the month; the clock of the same readers has 24 hours.
    return str(format_time(moment, "short", locale="en_GB" if language == "en" else language))


def source_date(language: str, raw: str, *, undated: str, about: str) -> str:
    """Return the date of a source for people.

    Args:
        language: ISO 639-1.
        raw: as the source carries it: a day, a month, a year, or words like "undated (2025 build)".
        undated: interface text for sources without any date.
        about: interface text for an imprecise one, with `{year}` in it.
    """
    day = re.search(r"\d{4}-\d{2}-\d{2}", raw)
    if day:
        # A day that no calendar has, as 29 February of most years, is a slip; its year still tells something.
        with contextlib.suppress(ValueError):
            return date(language, dt.date.fromisoformat(day.group()))
    year = re.search(r"(?:19|20)\d{2}", raw)
    if raw.startswith(("undated", "legacy")) or year is None:
        return translate(language, undated)
    return translate(language, about, year=year.group())
