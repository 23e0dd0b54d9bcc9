"""What changed between two texts, word by word, for people to read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from bot.editing import fields as forms
from bot.editing.model import Fields

Change = Literal["same", "added", "removed"]

_MOST_WORDS = 4000
"""Words of one side that are compared one by one: finding differences takes time that grows with their product."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text and what happened to it."""

    change: Change
    text: str


@dataclass(frozen=True)
class FieldChange:
    """What changed in one field."""

    field: str
    pieces: list[Piece]


def compare(before: str, after: str) -> list[Piece]:
    """Return what was kept, removed and added, in reading order.

    The pieces that are not "added" make the text before, those that are not "removed" the text after.
    """
    old, new = _words(before), _words(after)
    if len(old) > _MOST_WORDS or len(new) > _MOST_WORDS:
        return [Piece("removed", before), Piece("added", after)]
    pieces: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("removed", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("added", "".join(new[c:d])))
    return pieces


def changes(before: Fields, after: Fields) -> list[FieldChange]:
    """Return the fields that differ between two forms, in the form's order."""
    found = []
    for name in (*forms.SPOKEN, *forms.OF_ANSWER):
        old, new = _text(name, before), _text(name, after)
        if old != new:
            found.append(FieldChange(name, _by_line(old, new) if name in forms.BY_LINE else compare(old, new)))
    return found


def _by_line(before: str, after: str) -> list[Piece]:
    old, new = before.splitlines(), after.splitlines()
    pieces: list[tuple[Change, str]] = [("same" if line in new else "removed", line) for line in old]
    pieces += [("added", line) for line in new if line not in old]
    return [Piece(change, line + "\n") for change, line in pieces]


def _text(name: str, fields: Fields) -> str:
    value = fields.get(name)
    if name == "sources" and value:
        return "\n".join(f"{fact['id']}: {fact['statement']} ({fact['source']['url']})" for fact in value)
    return forms.write(name, value)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)
