"""Marking in a found text the words that were asked for, inflected ones too."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape

from bot.knowledge.wording import WORD, akin, folded, words

_SNIPPET = 180
"""Letters of a text that a list of results shows."""


def mark(text: str, wanted: set[str]) -> Markup:
    """Return a text as HTML with the words that are akin to wanted ones inside <mark>; everything else is escaped."""
    parts: list[Markup] = []
    end = 0
    for match in WORD.finditer(text):
        word = folded(match[0])
        if word and any(akin(word, each) for each in wanted):
            parts += [escape(text[end : match.start()]), Markup("<mark>{}</mark>").format(match[0])]
            end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def snippet(texts: list[str], wanted: set[str]) -> str:
    """Return the text that has the most of the wanted words, shortened around the first of them; else the first text."""

    def hits(text: str) -> int:
        there = words(text)
        return sum(any(akin(word, each) for word in there) for each in wanted)

    best = max(texts, key=hits)  # of equals the first
    if len(best) <= _SNIPPET:
        return best
    begin = _first(best, lambda word: any(akin(word, each) for each in wanted))
    start = max(0, begin - _SNIPPET // 3)
    if start:
        start = best.find(" ", start) + 1
    cut = best[start : start + _SNIPPET]
    if start + _SNIPPET < len(best):
        cut = cut.rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
    return ("… " if start else "") + cut


def _first(text: str, fits: Callable[[str], bool]) -> int:
    return next((m.start() for m in WORD.finditer(text) if (word := folded(m[0])) and fits(word)), 0)
