"""Formatting inside an answer's texts: bold, italic and links, kept beside the plain text the way messengers do it.

What editors write is a small part of CommonMark: `**bold**`, `*italic*`, `[words](https://address)`, `<https://address>`,
a backslash before a character that shall be seen, and line breaks as they are typed. Everything else stays the text it
is: lists are fields of their own, and underscores stand in names of files and forms. See docs/decisions/0012.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field

LONGEST = 4000
"""Characters of a text that are read for marks, as many as an answer's field may have. Longer drafts stay as they are."""

MOST_BRACKETS = 100
"""Opening brackets of a text that is read for marks. Each may begin a link, and looking for its end takes time that
grows with the square of their number."""

_MARKERS = re.compile(r"[*\[<\\]")
_KINDS: dict[str, Literal["bold", "italic", "link"]] = {"strong_open": "bold", "em_open": "italic", "link_open": "link"}
_HOST = re.compile(r"(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)")
_UNSAFE = re.compile(r"[\s\\<>\"`{}|^\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_TELEPHONE = re.compile(r"\+?\d[\d().-]{1,30}", re.ASCII)
_MAIL = re.compile(r"[^@?&=]{1,64}@(?P<host>[^@?&=]{1,250})")


class Mark(BaseModel):
    """Formatting of a stretch of plain text, or a link on it.

    Attributes:
        start, end: which characters, counted in Unicode code points; `end` is the first one behind.
        kind: what it is.
        url: where a link leads: http, https, tel or mailto.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    kind: Literal["bold", "italic", "link"]
    url: str | None = Field(default=None, exclude_if=lambda url: url is None)


@dataclass
class Marked:
    """A text as people read it, and its marks.

    Attributes:
        text: without the signs that make the marks.
        marks: in the order in which they begin, the outer before the inner; they never overlap otherwise.
        literal: as long as `text`, with U+FFFC for every character that was written with a backslash or stands in an
            address: what is left in it of stars and brackets was not understood.
        broken: what was read but cannot be shown, as (code of bot.knowledge.markup_errors, what): titles of links, which
            nothing shows, links without words, for which their address stands, and links without an address.
    """

    text: str
    marks: list[Mark] = field(default_factory=list)
    literal: str = ""
    broken: list[tuple[str, str]] = field(default_factory=list)


def parse(source: str) -> Marked:
    """Read a text of an answer.

    Args:
        source: what the editor wrote.

    Returns:
        The plain text with its marks. Nothing is refused: what is no mark stays text. Texts of more than `LONGEST`
        characters or `MOST_BRACKETS` opening brackets are not read for marks.
    """
    if not _MARKERS.search(source) or len(source) > LONGEST or source.count("[") > MOST_BRACKETS:
        return Marked(source, literal=source)
    return _Reader().read(_PARSER.inline.parse(source, _PARSER, {}, []))


def plain(source: str) -> str:
    """Return a text of an answer as people read it, without its marks."""
    return parse(source).text


def statement(source: str) -> str:
    """Return what a text states, for checking its numbers against facts.

    An address states nothing, even where it is shown. A telephone number behind words does: people will dial it, so it
    is added, unless the words are that number.
    """
    marked = parse(source)
    text, dialled = marked.text, []
    for mark in reversed(marked.marks):
        words = marked.text[mark.start : mark.end]
        if mark.kind != "link" or mark.url is None:
            continue
        if mark.url.startswith("tel:"):
            if not _digits(words) or not _digits(mark.url).endswith(_digits(words).lstrip("0")):
                dialled.append(mark.url.removeprefix("tel:"))
        elif is_shown(mark, words):
            text = text[: mark.start] + text[mark.end :]
    return " ".join([text, *dialled])


def spelled_out(text: str, marks: Iterable[Mark], chosen: Callable[[Mark], bool]) -> tuple[str, list[Mark]]:
    """Write the addresses of links behind their words, for where they cannot be links: `words (address)`.

    Args:
        text: plain text.
        marks: its marks.
        chosen: tells which links.

    Returns:
        The longer text, and the marks that are left, moved to where their words are now.
    """
    kept = list(marks)
    for mark in sorted(kept, key=lambda each: -each.end):
        if mark.kind != "link" or mark.url is None or not chosen(mark):
            continue
        kept.remove(mark)
        if is_shown(mark, text[mark.start : mark.end]):
            continue
        more = f" ({mark.url.removeprefix('tel:').removeprefix('mailto:')})"
        text = text[: mark.end] + more + text[mark.end :]
        kept = [_moved(each, mark.end, len(more)) for each in kept]
    return text, kept


def is_shown(mark: Mark, words: str) -> bool:
    """Tell whether the words of a link are its address already."""
    url = mark.url or ""
    if url.startswith("tel:"):
        return bool(_digits(words)) and _digits(words) == _digits(url)
    return words in (url, url.removeprefix("mailto:"), url.removeprefix("https://"), url.removeprefix("http://"))


def leads_somewhere(url: str) -> bool:
    """Tell whether an address may be linked: http and https with a host, tel with a number, mailto with an address.

    Everything that a browser would read otherwise than it looks is refused: spaces, control characters, marks of
    direction, backslashes.
    """
    if _UNSAFE.search(url):
        return False
    scheme, _, rest = url.partition(":")
    if scheme == "tel":
        return bool(_TELEPHONE.fullmatch(rest))
    if scheme == "mailto":
        found = _MAIL.fullmatch(rest)
        return bool(found and _HOST.fullmatch(found["host"]))
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    # A name before an @ makes an address look like another's.
    return url.startswith(("http://", "https://")) and "@" not in parts.netloc and bool(_HOST.fullmatch(host))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")


def _moved(mark: Mark, position: int, by: int) -> Mark:
    """Return a mark after `by` characters came in at a position; marks that end there do not grow."""
    start = mark.start + by if mark.start >= position else mark.start
    end = mark.end + by if mark.end > position else mark.end
    return mark.model_copy(update={"start": start, "end": end})


class _Reader:
    """Turns markdown-it's tokens into text and marks."""

    def __init__(self) -> None:
        self._text = ""
        self._literal = ""
        self._found: list[Mark] = []
        self._open: list[tuple[str | None, int, str]] = []
        self._broken: list[tuple[str, str]] = []

    def read(self, tokens: list[Token]) -> Marked:
        for token in tokens:
            if token.type in _KINDS:
                self._begin(token)
            elif token.nesting < 0:
                self._end(token)
            elif token.type == "text_special":
                self._add(token.content, "\ufffc" * len(token.content))
            elif token.type == "hardbreak":
                self._add("\n")
            else:
                self._add(token.content, "\ufffc" * len(token.content) if self._in_autolink else None)
        # An outer mark ends after the inner one, so of two on the same words it was found later.
        self._found.reverse()
        self._found.sort(key=lambda mark: (mark.start, -mark.end))
        return Marked(self._text, self._found, self._literal, self._broken)

    @property
    def _in_autolink(self) -> bool:
        return bool(self._open) and self._open[-1][2] == "autolink"

    def _add(self, text: str, literal: str | None = None) -> None:
        self._text += text
        self._literal += text if literal is None else literal

    def _begin(self, token: Token) -> None:
        kind: str | None = _KINDS[token.type]
        if any(kind == other for other, _, _ in self._open):
            kind = None  # bold within bold, an address within a link: the outer one says it
        if "title" in token.attrs:
            self._broken.append(("markup", f'"{token.attrs["title"]}"'))
        self._open.append((kind, len(self._text), "autolink" if token.info == "auto" else str(token.attrGet("href"))))

    def _end(self, token: Token) -> None:
        kind, start, url = self._open.pop()
        words = self._text[start:]
        if kind == "link" and not url:
            self._broken.append(("link_address", f"[{words}]()"))
            return
        if kind == "link" and not words.strip():
            self._broken.append(("link_empty", url))
            self._add(url, "\ufffc" * len(url))
            words = self._text[start:]
        if kind is None or not words.strip():
            return
        begin = start + len(words) - len(words.lstrip())
        end = start + len(words.rstrip())
        if url == "autolink":
            url = words if leads_somewhere(words) else f"mailto:{words}"
        address = url if kind == "link" else None
        self._found.append(Mark.model_validate({"start": begin, "end": end, "kind": kind, "url": address}))


def _underscore(state: StateInline, silent: bool) -> bool:
    """Let underscores stand for themselves: markdown-it's rule for stars would take them as well."""
    if state.src[state.pos] != "_":
        return False
    if not silent:
        state.pending += "_"
    state.pos += 1
    return True


class _Parser(MarkdownIt):
    """markdown-it with our few rules, and addresses as they were written: people read them in messages and on paper."""

    def __init__(self) -> None:
        super().__init__("zero")
        self.enable(["escape", "emphasis", "link", "autolink"])
        self.inline.ruler.before("emphasis", "underscore", _underscore)

    def normalizeLink(self, url: str) -> str:  # noqa: N802  # markdown-it's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # markdown-it's name
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802  # markdown-it's name
        return leads_somewhere(url)


_PARSER = _Parser()
