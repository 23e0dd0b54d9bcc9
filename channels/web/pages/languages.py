"""In which languages pages can be read, and which of them a browser asks for."""

from __future__ import annotations

from babel import Locale

from bot import i18n
from bot.knowledge.schema import Pack


def readable(pack: Pack) -> list[str]:
    """Return the languages of the pages: the pack's own first, then those that it names a fallback for.

    Pages in the latter have interface texts in the language, and answers in the next best one with a notice.
    """
    spoken = i18n.languages()
    return [*pack.languages, *(code for code in spoken if code in pack.fallbacks and code not in pack.languages)]


def preferred(accept_language: str, available: list[str]) -> str:
    """Return the language to show somebody whose browser sends an Accept-Language header (RFC 9110, 12.5.4).

    Args:
        accept_language: the header; may be empty or malformed.
        available: the languages there are; the first stands in when none is asked for.
    """
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        code, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if quality > 0:
            wanted.append((-quality, position, code.strip().partition("-")[0].lower()))
    return next((code for _, _, code in sorted(wanted) if code in available), available[0])


def direction(language: str) -> str:
    """Return `ltr` or `rtl`, the direction in which a language is written."""
    return str(Locale(language).text_direction)


def own_name(language: str) -> str:
    """Return a language's name in itself, written as at the beginning of a line."""
    name = str(Locale(language).get_display_name(language) or language)
    return name[:1].upper() + name[1:]
