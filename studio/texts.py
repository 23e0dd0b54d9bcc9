"""Interface texts of the studio: looking them up, and marking those that only Python code names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po
from markupsafe import Markup

LOCALES = Path(__file__).parent / "locales"


def _(text: str) -> str:
    """Mark an English text for translation where it is not shown yet; returns it as it is."""
    return text


@lru_cache(maxsize=8)
def _catalog(language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((LOCALES / language).glob("*.po")):
        with path.open("rb") as file:
            texts |= {
                str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id and m.string and not m.fuzzy
            }
    return texts


def translate(language: str, text: str, /, **values: object) -> str:
    """Return an interface text.

    Args:
        language: one of bot.accounts.people.INTERFACE_LANGUAGES.
        text: the English text, which is also the key; without a translation it is returned as it is.
        values: what stands in `{braces}`; markup among them stays markup, everything else is escaped when shown.
    """
    found = _catalog(language).get(text, text)
    if not values:
        return found
    if any(isinstance(value, Markup) for value in values.values()):
        return Markup(found).format(**values)  # noqa: S704  the pattern is ours, values are escaped by Markup.format
    return found.format(**values)
