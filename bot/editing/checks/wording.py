"""The checks' texts in the languages of the studio (`locales/<language>.po` beside this file)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"


@lru_cache(maxsize=8)
def catalog(language: str) -> dict[str, str]:
    """Return translations by English text; empty for a language without any."""
    path = LOCALES / f"{language}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id and m.string and not m.fuzzy}


def translate(language: str, message: str, **values: object) -> str:
    """Return a text in a language of the studio, English where there is no translation."""
    return catalog(language).get(message, message).format(**values)
