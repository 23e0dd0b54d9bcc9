"""What is wrong with the formatting of an answer's text: marks that were begun and came to nothing, and foreign ones.

Channels show such a text all the same, with its stars and brackets; it is the checks that refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.markup import Marked, is_shown, parse

ADVICE: dict[str, str] = {
    "link_unclosed": "the link “{found}” has no end. Write [words](https://address), the address in round brackets.",
    "link_spaced": (
        "the link “{found}” has a space where none may be. Write [words](https://address): no space between the "
        "brackets, none in the address."
    ),
    "link_address": "“{found}” leads nowhere. An address begins with https://, http://, tel: or mailto: and is complete.",
    "link_empty": "the link to “{found}” has no words. Write between the square brackets what people will find there.",
    "link_misleads": "the words “{found}” are an address, but the link leads to another one. Write words, or the same.",
    "mark_unclosed": (
        "the stars at “{found}” have no partner. Write **bold** with the stars close to the words, or \\* for a star "
        "that is to be seen."
    ),
    "markup": (
        "“{found}” cannot be used here. There are **bold**, *italic* and [words](https://address); write a backslash "
        "before a sign that is to be seen."
    ),
}
"""What is said about each code, with what was found in braces."""

_FOREIGN = (
    re.compile(r"^ {0,3}#{1,6} .*", re.MULTILINE),
    re.compile(r"^ {0,3}(?:```|~~~).*", re.MULTILINE),
    re.compile(r"^(?=[^\n]*\|)(?=[^\n]*---)[ |:-]+$", re.MULTILINE),
    re.compile(r"!\[[^\]\n]*\]\("),
    re.compile(r"</?[a-zA-Z][^>\n]*>|[<>]"),
)
"""Headings, blocks of code, tables, images, HTML."""

_LINK = re.compile(r"\[[^\[\]\n]*\]\((?P<url>[^\n]*?)(?P<closed>\)|$)", re.MULTILINE)
_APART = re.compile(r"\[[^\[\]\n]*\][ \t]+\((?:https?:|www\.|tel:|mailto:)[^\n)]*\)?")
_ESCAPED = re.compile("\ufffc[^\\[\\]\n]*\\]\\(")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_LONGEST_QUOTE = 60


@dataclass(frozen=True)
class MarkupError:
    """What is wrong: a key of `ADVICE`, and the words in question."""

    code: str
    found: str

    def __str__(self) -> str:
        """Return what an author is told, in English."""
        return ADVICE[self.code].format(found=self.found)


def errors(source: str) -> list[MarkupError]:
    """Return what is wrong with the formatting of a text, each thing once.

    Args:
        source: what the editor wrote.
    """
    found = _errors(source, parse(source))
    return list(dict.fromkeys(MarkupError(code, _quoted(words)) for code, words in found))


def _errors(source: str, marked: Marked) -> Iterator[tuple[str, str]]:
    left = marked.literal
    links = [mark for mark in marked.marks if mark.kind == "link"]
    for pattern in _FOREIGN:
        yield from (("markup", match.group()) for match in pattern.finditer(left))
    for mark in links:
        words = marked.text[mark.start : mark.end]
        # "!" right before a link makes an image of it; before an address in angle brackets it is only a sign.
        if "![" in source and left[max(mark.start - 1, 0) : mark.start] == "!" and left[mark.start] != "\ufffc":
            yield "markup", "!" + words
        if _ADDRESS.fullmatch(words) and not is_shown(mark, words):
            yield "link_misleads", words
    yield from marked.broken
    for match in _LINK.finditer(left):
        if not match["closed"]:
            yield "link_unclosed", match.group()
        elif re.search(r"\s", match["url"].strip()):
            yield "link_spaced", match.group()
        else:
            yield "link_address", match["url"] or match.group()
    yield from (("link_spaced", match.group()) for match in _APART.finditer(left))
    rest = _ESCAPED.sub("", _LINK.sub("", left))
    if "](" in rest:
        yield "link_unclosed", rest[max(rest.index("](") - 20, 0) :]
    edges = {position for mark in marked.marks for position in (mark.start - 1, mark.end) if mark.kind != "link"}
    for match in re.finditer(r"\*+", left):
        # A single star is a sign like any other, unless it is what is left of a pair of two.
        if len(match.group()) > 1 or edges & set(range(match.start(), match.end())):
            yield "mark_unclosed", left[max(match.start() - 15, 0) : match.end() + 15]


def _quoted(words: str) -> str:
    words = words.replace("\ufffc", "").strip()
    return words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"
