"""Formatted texts as HTML, for every page that the program itself serves."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from bot.knowledge.markup import Mark, leads_somewhere

_TAGS = {"bold": Markup("<strong>{}</strong>"), "italic": Markup("<em>{}</em>"), "link": Markup("<bdi>{}</bdi>")}
_LINK = Markup('<a href="{}" rel="noopener noreferrer"{}><bdi>{}</bdi></a>')
_ELSEWHERE = Markup(' target="_blank"')


def marked_html(text: str, marks: Sequence[Mark] = (), *, elsewhere: bool = False) -> Markup:
    """Return a plain text with its marks as HTML; everything in it is escaped, line ends become `<br>`.

    Args:
        text: plain text.
        marks: its formatting, as bot.knowledge.markup.parse returns it. An address that runs something instead of
            leading somewhere, should one come in otherwise, makes no link.
        elsewhere: whether links open beside the page, for a page on which something is being written.
    """
    waiting = list(reversed(marks))
    target = _ELSEWHERE if elsewhere else Markup()

    def build(begin: int, end: int) -> Markup:
        parts = []
        while waiting and waiting[-1].start < end:
            mark = waiting.pop()
            parts.append(_lines(text[begin : mark.start]))
            inner = build(mark.start, min(mark.end, end))
            is_link = mark.kind == "link" and leads_somewhere(mark.url or "")
            parts.append(_LINK.format(mark.url, target, inner) if is_link else _TAGS[mark.kind].format(inner))
            begin = min(mark.end, end)
        return Markup().join([*parts, _lines(text[begin:end])])

    return build(0, len(text))


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))
