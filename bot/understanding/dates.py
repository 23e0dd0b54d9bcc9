"""Days and months that people name, in six languages; month names come from CLDR."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from babel.dates import get_month_names

LANGUAGES = ("hy", "ru", "en", "lv", "az", "uk")

_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-]((?:19|20)\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_YEAR_WORD = re.compile(r"[-‑]\w{1,3}| (?:года|году|год|року|році|рік|gada|gadā|թ|թվական\w*)\b")
_BETWEEN = 3
"""Words that may stand between a month and its year: «2026 թ. մարտի», "2026. gada 15."."""

_SHORTEST = 3


@dataclass(frozen=True)
class FoundDate:
    """A date in a text: `value` is ISO 8601, `2026-03-15` or, without a day, `2026-03`."""

    value: str
    start: int
    end: int


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Return the beginnings of the months' names."""
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for context in ("format", "stand-alone"):
            for number, name in get_month_names("wide", context, language).items():
                name = name.lower()
                # Names are inflected at the end; the last letter is left to that, in long names two.
                stem = name if len(name) <= _SHORTEST + 1 else name[: max(_SHORTEST, len(name) - 2)]
                found.setdefault(stem, int(number))
    return found


def _month(word: str) -> int | None:
    word = word.lower()
    months = _months()
    for length in range(len(word), _SHORTEST - 1, -1):
        number = months.get(word[:length])
        if number is not None and len(word) - length <= 4:  # endings: «մարտի», "marta"
            return number
    return None


def find(text: str) -> list[FoundDate]:
    """Find dates in the order of the text. A month alone, without a day or a year, is not a date."""
    found: list[FoundDate] = []
    for pattern, order in ((_ISO, (1, 2, 3)), (_NUMERIC, (3, 2, 1))):
        for match in pattern.finditer(text):
            value = _iso(*(int(match[i]) for i in order))
            if value and not any(one.start < match.end() and match.start() < one.end for one in found):
                found.append(FoundDate(value, match.start(), match.end()))
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    for at, (word, _, _) in enumerate(words):
        if word[0].isdigit():
            continue
        month = _month(word)
        if month is None:
            continue
        year_at = _nearest(words, at, _is_year)
        if year_at is None:
            continue
        day_at = _nearest(words, at, _is_day, reach=1)
        used = [at, year_at, *([day_at] if day_at is not None else [])]
        start, end = words[min(used)][1], words[max(used)][2]
        # "2026-cı", «15-ին»: an ending written after a hyphen belongs to the number.
        ending = _YEAR_WORD.match(text[end:])
        end += ending.end() if ending else 0
        named = int(words[day_at][0]) if day_at is not None else None
        value = _iso(int(words[year_at][0]), month, named)
        if value and not any(one.start < end and start < one.end for one in found):
            found.append(FoundDate(value, start, end))
    return sorted(found, key=lambda one: one.start)


def _nearest(words: list[tuple[str, int, int]], at: int, wanted: object, reach: int = _BETWEEN + 1) -> int | None:
    for distance in range(1, reach + 1):
        for place in (at - distance, at + distance):
            if 0 <= place < len(words) and callable(wanted) and wanted(words[place][0]):
                return place
    return None


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in ("19", "20") and word.isdecimal()


def _is_day(word: str) -> bool:
    # Not isdigit(): int() cannot read «፩» or "②".
    return word.isdecimal() and 1 <= int(word) <= 31 and len(word) <= 2


def _iso(year: int, month: int, day: int | None) -> str | None:
    try:
        return dt.date(year, month, day or 1).isoformat()[: 10 if day else 7]
    except ValueError:
        return None
