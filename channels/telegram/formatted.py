"""Text with formatting, the way Telegram wants it: plain text and entities counted in UTF-16 units.

Entities instead of markup: nothing needs escaping, so nothing that people or editors write can break a message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.knowledge.markup import Mark, spelled_out

MAX_UNITS = 4096
"""Units of a message (Bot API, sendMessage)."""

_BREAKS = (re.compile(r"\n\n+"), re.compile(r"\n"), re.compile(r"(?<=[.!?։:;])\s"), re.compile(r"\s"))
"""Where a long text is best cut, best first."""

_JOINS = re.compile(r"[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\u20e3]")
"""What belongs to the character before it: marks, joiners, variation selectors, skin tones."""

_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def isolated(text: str) -> str:
    """Return a text that does not disturb the direction of what stands around it."""
    return f"\u2068{text}\u2069" if _RTL.search(text) else text


@dataclass(frozen=True)
class Span:
    """Formatting of a stretch, in characters: begin, end, kind, and for links the address."""

    begin: int
    end: int
    kind: str
    url: str | None = None


@dataclass
class Formatted:
    """Text that grows at its end."""

    text: str = ""
    spans: list[Span] = field(default_factory=list)

    def add(self, text: str, kind: str | None = None, *, url: str | None = None) -> Formatted:
        """Append a text.

        Args:
            text: the text.
            kind: `bold`, `italic`, `text_link` …; None for plain.
            url: the address of a `text_link`.

        Returns:
            Itself.
        """
        if kind and text.strip():
            # Formatting of the blanks around it would be refused or lost.
            left = len(text) - len(text.lstrip())
            begin = len(self.text) + left
            self.spans.append(Span(begin, begin + len(text.strip()), kind, url))
        self.text += text
        return self

    def marked(self, text: str, marks: Sequence[Mark]) -> Formatted:
        """Append a text of an answer with its marks.

        Telegram links web addresses only; telephone numbers and mail addresses, which it finds by itself, are written
        out behind the words.

        Args:
            text: plain text.
            marks: its formatting; nested marks stay nested.

        Returns:
            Itself.
        """
        text, marks = spelled_out(text, marks, lambda mark: not (mark.url or "").startswith("http"))
        begin = len(self.text)
        self.text += text
        kinds = {"link": "text_link"}
        self.spans += [Span(begin + m.start, begin + m.end, kinds.get(m.kind, m.kind), m.url) for m in marks]
        return self

    def isolated(self, text: str, marks: Sequence[Mark] = ()) -> Formatted:
        """Append a text of an answer so that it does not disturb the direction of what stands around it."""
        if isolated(text) == text:
            return self.marked(text, marks)
        return self.add("\u2068").marked(text, marks).add("\u2069")

    def gap(self) -> Formatted:
        """Begin a new paragraph, unless nothing was written yet."""
        return self.add("\n\n") if self.text else self

    def join(self, other: Formatted) -> Formatted:
        """Append another text with its formatting."""
        shift = len(self.text)
        self.spans += [Span(s.begin + shift, s.end + shift, s.kind, s.url) for s in other.spans]
        self.text += other.text
        return self

    def entities(self) -> list[dict[str, Any]]:
        """Return the formatting as Telegram's MessageEntity objects."""
        found = []
        for span in self.spans:
            entity: dict[str, Any] = {
                "type": span.kind,
                "offset": units(self.text[: span.begin]),
                "length": units(self.text[span.begin : span.end]),
            }
            if span.url:
                entity["url"] = span.url
            found.append(entity)
        return found

    def split(self, limit: int = MAX_UNITS) -> list[Formatted]:
        """Cut into messages of at most `limit` units, at paragraphs where possible and never inside formatting that
        would fit a message whole.

        Args:
            limit: UTF-16 units of a message; at least 2.

        Returns:
            One text or more, none empty; nothing for a text of blanks.
        """
        parts, begin = [], 0
        while begin < len(self.text):
            end = self._reach(begin, limit)
            if end < len(self.text):
                end = self._best_cut(begin, end)
            part = self._part(begin, end)
            if part.text:
                parts.append(part)
            begin = end
        return parts

    def _reach(self, begin: int, limit: int) -> int:
        """Return the farthest end of a message that begins at `begin`."""
        left = limit
        for position in range(begin, len(self.text)):
            left -= 2 if ord(self.text[position]) > 0xFFFF else 1
            if left < 0:
                return position
        return len(self.text)

    def _best_cut(self, begin: int, end: int) -> int:
        least = begin + (end - begin) // 3
        for pattern in _BREAKS:
            # A blank right behind the stretch is a place to cut, too.
            cuts = [m.end() for m in pattern.finditer(self.text, begin, end + 1) if least < m.end() <= end]
            outside = [cut for cut in cuts if not self._inside(cut)]
            if outside:
                return outside[-1]
        spans = [span for span in self.spans if span.begin < end < span.end and span.begin > begin]
        if spans:
            return min(span.begin for span in spans)
        while end > begin + 1 and _JOINS.match(self.text[end]):
            end -= 1
        return end

    def _inside(self, position: int) -> bool:
        return any(span.begin < position < span.end for span in self.spans)

    def _part(self, begin: int, end: int) -> Formatted:
        raw = self.text[begin:end]
        begin += len(raw) - len(raw.lstrip())
        text = raw.strip()
        end = begin + len(text)
        spans = [
            Span(max(s.begin, begin) - begin, min(s.end, end) - begin, s.kind, s.url)
            for s in self.spans
            if s.begin < end and s.end > begin
        ]
        return Formatted(text, [s for s in spans if text[s.begin : s.end].strip()])
