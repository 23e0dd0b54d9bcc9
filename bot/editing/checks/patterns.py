"""Patterns that editors write: refused where they could run away.

Python's matcher tries alternatives one after the other. Where a repeated part can match the same letters in several
ways, a short text keeps it busy for minutes: `(a+)+$` took 46 seconds for 28 letters. Two nets catch that. The
pattern's structure is looked at: a repetition whose inside can begin or end in more than one way with the same letter.
What gets through, and every pattern that is run, runs with a time bound (the package `regex` stops in the middle).
"""

from __future__ import annotations

import importlib
import re
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from bot.editing.checks.findings import Finding

# The parser of Python's own `re`; its old public name `sre_parse` is deprecated without a successor.
_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

MOST_CHARACTERS = 300
_SECONDS = 0.1
"""Bound of one trial run; a sound pattern takes microseconds on these texts."""

_BOUNDLESS = 1 << 32

_MANY = 10
"""A part that may be repeated more often than this counts as repeated without end."""

_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


@dataclass(frozen=True)
class _Letters:
    """A set of letters, as much of it as can be told: single ones, all that words are made of, or anything."""

    single: frozenset[int]
    words: bool = False
    anything: bool = False

    def meets(self, other: _Letters) -> bool:
        for one, two in ((self, other), (other, self)):
            if one.anything and (two.anything or two.words or two.single):
                return True
            if one.words and (two.words or any(_in_word(letter) for letter in two.single)):
                return True
        return bool(self.single & other.single)

    def joined(self, other: _Letters) -> _Letters:
        return _Letters(self.single | other.single, self.words or other.words, self.anything or other.anything)


_NONE = _Letters(frozenset())
_ANYTHING = _Letters(frozenset(), anything=True)


def _in_word(letter: int) -> bool:
    return chr(letter).isalnum() or letter == ord("_")


def check(pattern: str) -> Finding | None:
    """Return why a regular expression is refused, or None.

    Args:
        pattern: in Python's syntax, matched without regard to case.
    """
    if len(pattern) > MOST_CHARACTERS:
        return Finding("pattern_too_long", "error", values={"most": MOST_CHARACTERS}, basis=pattern)
    try:
        with warnings.catch_warnings():
            # What Python warns of, "[[" for instance, means something else in its next version: it must be clear.
            warnings.simplefilter("error")
            tree = _parser.parse(pattern)
        compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
    except (_constants.error, regex.error, Warning, OverflowError, RecursionError) as error:
        at = _place_of(error)
        return Finding("pattern_broken", "error", values={"at": at + 1, "part": pattern[at : at + 20]}, basis=pattern)
    reason = _runs_away(tree)
    if reason is None and not _in_time(compiled, _trials(tree)):
        reason = "tried"
    if reason:
        return Finding("pattern_runs_away", "error", values={"reason": reason}, basis=pattern)
    return None


def _place_of(error: BaseException) -> int:
    """Return where a pattern cannot be read, from 0. The parser says why in English only, so the place is shown instead."""
    told = re.search(r"position (\d+)", str(error))
    return int(told[1]) if told else 0


def check_word(pattern: str) -> Finding | None:
    """Return why the beginning of a word, as places are recognised by, is refused, or None. It is no regular expression."""
    strange = next((letter for letter in pattern if not (letter.isalnum() or letter in " -'’.՚")), None)
    if strange is not None:
        return Finding("pattern_not_a_word", "error", values={"found": strange}, basis=pattern)
    return None


def search(pattern: str, texts: Iterable[str], seconds: float = 2.0) -> list[bool] | None:
    """Look for a pattern in texts, all together within a time.

    Returns:
        For each text whether it is found there, or None when the time was up.
    """
    compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
    end = time.monotonic() + seconds
    found = []
    for text in texts:
        left = end - time.monotonic()
        if left <= 0:
            return None
        try:
            found.append(compiled.search(text, timeout=left) is not None)
        except TimeoutError:
            return None
    return found


def _in_time(compiled: Any, texts: Sequence[str]) -> bool:
    for text in texts:
        try:
            compiled.search(text, timeout=_SECONDS)
        except TimeoutError:
            return False
    return True


def _trials(tree: Any) -> list[str]:
    """Return texts that make a bad pattern busy: its own letters many times over, and then one that does not fit."""
    own = sorted(_all_letters(tree))[:20]
    letters = [chr(letter) for letter in own] or ["a"]
    return [*(letter * 60 + "\x00" for letter in letters), "".join(letters) * 20 + "\x00", "a1 " * 40 + "\x00"]


def _all_letters(tree: Any) -> set[int]:
    found: set[int] = set()
    for name, value in _walk(tree):
        if name == "LITERAL":
            found.add(value)
        elif name == "RANGE":
            found.add(value[0])
    return found


def _walk(part: Any) -> Iterable[tuple[str, Any]]:
    """Yield every (operation, argument) of a parsed pattern."""
    if isinstance(part, _parser.SubPattern):
        for item in part:
            yield from _walk(item)
    elif isinstance(part, tuple) and part and type(part[0]).__name__ == "_NamedIntConstant":
        yield part[0].name, part[1]
        yield from _walk(part[1])
    elif isinstance(part, list | tuple):
        for item in part:
            yield from _walk(item)


def _runs_away(tree: Any) -> str | None:
    for name, value in _walk(tree):
        if name not in _REPEATS or name == "POSSESSIVE_REPEAT":
            continue
        _, most, inside = value
        if most <= _MANY:
            continue
        inside = _unwrapped(inside)
        parts = list(_walk(inside))
        if any(kind in _REPEATS and argument[1] > _MANY for kind, argument in parts) and _can_begin_anew(inside):
            return "(…+)+"
        for kind, argument in parts:
            if kind == "BRANCH" and _overlap(argument[1], _first(list(inside))):
                return "(a|a)+"
        if _width(inside)[0] == 0:
            return "(…?)+"
    return _neighbours(tree)


def _can_begin_anew(inside: Any) -> bool:
    """Whether what ends a round of a repetition can as well begin the next: `(a+)+`, but not `(a+;)+`."""
    items = [item for item in inside if item[0].name != "AT"]
    if not items:
        return True
    least, most = _width(items[-1:])
    if least == most > 0 and len(items) > 1:
        # A separator at the end that the repeated parts before it cannot swallow keeps the rounds apart.
        swallowed = _NONE
        for name, value in _walk(items[:-1]):
            if name in _REPEATS and value[1] > _MANY:
                swallowed = swallowed.joined(_union(list(value[2])))
        return _letters(items[-1]).meets(swallowed)
    ends = _NONE
    for item in reversed(items):
        ends = ends.joined(_letters(item))
        if _width([item])[0] > 0:
            break
    return ends.meets(_first(items))


def _unwrapped(inside: Any) -> Any:
    """Return what stands in a group that is all there is."""
    while len(inside) == 1 and inside[0][0].name == "SUBPATTERN":
        inside = inside[0][1][-1]
    return inside


def _overlap(branches: Sequence[Any], again: _Letters) -> bool:
    """Whether two branches can match the same letters.

    Args:
        branches: parsed; Python's parser has already taken out what all begin with.
        again: the letters with which the next round can begin: what follows an empty branch.
    """
    empty = [_width(branch)[0] == 0 for branch in branches]
    if sum(empty) > 1:
        return True
    firsts = [
        _first(list(branch)).joined(again if nothing else _NONE)
        for branch, nothing in zip(branches, empty, strict=True)
    ]
    for at, first in enumerate(firsts):
        for number, other in enumerate(firsts[at + 1 :], at + 1):
            if first.meets(other) and not _fixed_and_different(branches[at], branches[number]):
                return True
    return False


def _fixed_and_different(one: Any, other: Any) -> bool:
    """Whether two branches are plain words of which neither begins with the other: they never match the same letters."""
    words = []
    for branch in (one, other):
        if any(item[0].name != "LITERAL" for item in branch):
            return False
        words.append([item[1] for item in branch])
    shorter = min(map(len, words))
    return words[0][:shorter] != words[1][:shorter]


def _neighbours(tree: Any) -> str | None:
    """Find three endless repetitions of the same letters side by side: `a*a*a*` is slow with its length cubed."""
    row: list[_Letters] = []
    for item in tree:
        name, value = item[0].name, item[1]
        if name in _REPEATS and name != "POSSESSIVE_REPEAT" and value[1] > _MANY:
            row.append(_union(list(value[2])))
            if len(row) >= 3 and all(row[-1].meets(other) for other in row[-3:-1]):
                return "a*a*a*"
        elif _width([item])[0] > 0 and row and not _letters(item).meets(row[-1]):
            row = []
    return None


def _width(items: Any) -> tuple[int, int]:
    """Return the least and the most letters that parts match."""
    pattern = _parser.SubPattern(_parser.State(), list(items))
    try:
        least, most = pattern.getwidth()
    except IndexError:  # it goes back to a group that is not among these parts, and may match any number of letters
        return 0, _BOUNDLESS
    return int(least), int(most)


def _first(items: Sequence[Any]) -> _Letters:
    """Return the letters with which parts in a row can begin."""
    found = _NONE
    for item in items:
        found = found.joined(_letters(item, first=True))
        if _width([item])[0] > 0:
            break
    return found


def _union(items: Sequence[Any]) -> _Letters:
    found = _NONE
    for item in items:
        found = found.joined(_letters(item))
    return found


def _letters(item: Any, *, first: bool = False) -> _Letters:
    """Return the letters that a part consists of, or with which it can begin."""
    name, value = item[0].name, item[1]
    if name == "LITERAL":
        return _Letters(frozenset({ord(chr(value).lower()[0])}))
    if name in ("AT", "ASSERT", "ASSERT_NOT", "GROUPREF"):
        return _NONE if name == "AT" else _ANYTHING
    if name == "IN":
        return _class(value)
    if name in _REPEATS:
        inside = list(value[2])
        return _first(inside) if first else _union(inside)
    if name == "SUBPATTERN":
        inside = list(value[-1])
        return _first(inside) if first else _union(inside)
    if name == "ATOMIC_GROUP":
        return _first(list(value)) if first else _union(list(value))
    if name == "BRANCH":
        found = _NONE
        for branch in value[1]:
            found = found.joined(_first(list(branch)) if first else _union(list(branch)))
        return found
    return _ANYTHING


def _class(parts: Sequence[Any]) -> _Letters:
    single: set[int] = set()
    words = False
    for part in parts:
        name, value = part[0].name, part[1]
        if name == "LITERAL":
            single.add(ord(chr(value).lower()[0]))
        elif name == "RANGE" and value[1] - value[0] < 5000:
            single |= {ord(chr(letter).lower()[0]) for letter in range(value[0], value[1] + 1)}
        elif name == "CATEGORY" and value.name == "CATEGORY_SPACE":
            single |= set(map(ord, " \t\n\r\f\v"))
        elif name == "CATEGORY" and value.name == "CATEGORY_DIGIT":
            single |= set(map(ord, "0123456789"))
        elif name == "CATEGORY" and value.name == "CATEGORY_WORD":
            words = True
        else:
            return _ANYTHING
    return _Letters(frozenset(single), words)
