"""Words that are known, by language: what a typed word stands for, in whatever letters and with which slips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.letters import schemes

_CORRECTED_FROM = 5
"""Shorter words are left as they are typed: one letter makes another word of them."""

_TWICE_FROM = 9
"""From this length two slips are forgiven."""

_SPLIT_FROM = 7
_SHORTEST_PART = 2


class Vocabulary:
    """The words of one language.

    Args:
        words: how often each lower-case word was met.
        language: ISO 639-1; decides how its words are spelt in Latin letters.
    """

    def __init__(self, words: Mapping[str, int], language: str) -> None:
        self.language = language
        self.words = dict(words)
        self._native: dict[str, list[str]] = defaultdict(list)
        if language in schemes.NATIVE:
            for word in self.words:
                self._native[schemes.native_skeleton(word, language)].append(word)
        self._near = _Near(self.words)
        self._near_skeletons = _Near(self._native)

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def from_latin(self, word: str, *, slips: bool = True) -> str | None:
        """Return the known word that a lower-case word in Latin letters most likely stands for.

        Every reading of the word is looked up; what it was typed like and how common a word is decide between several.
        With `slips`, one letter of a longer word may be wrong, but not how it begins: see `mended`.
        """
        skeletons = schemes.latin_skeletons(word, self.language)
        found = {native for skeleton in skeletons for native in self._native.get(skeleton, ()) if skeleton}
        if not found and slips and len(word) >= _CORRECTED_FROM:
            near = {
                key
                for skeleton in skeletons[:4]
                for key in self._near_skeletons(skeleton, 1)
                if key[:2] == skeleton[:2]
            }
            found = {native for key in near for native in self._native[key]}
            found = {native for native in found if self._unlike(native, word) <= len(word) / 3}
        if not found:
            return None
        return min(found, key=lambda native: (self._unlike(native, word), -self.words[native], native))

    def _unlike(self, native: str, typed: str) -> float:
        plain = schemes.plain_latin(native, self.language)
        return float(OSA.distance(plain, typed)) - min(self.words[native], 50) / 60

    def mended(self, word: str) -> str | None:
        """Return the known word that an unknown lower-case word is a slip of, or None when none is near enough."""
        if len(word) < _CORRECTED_FROM or not word.isalpha():
            return None
        for slips in (1, 2) if len(word) >= _TWICE_FROM else (1,):
            # Another ending is another form of the word, not a slip.
            # A first letter is rarely mistyped, and in Armenian (չ), Russian and Ukrainian (не) it may say "not".
            # Another ending is another form of the word, not a slip.
            near = {known for known in self._near(word, slips) if known[0] == word[0] and not _same_stem(known, word)}
            if near:
                return min(near, key=lambda known: (-self.words[known], known))
        return None

    def split(self, word: str) -> tuple[str, str] | None:
        """Return the two known words that an unknown word is made of when the space between them is missing."""
        if len(word) < _SPLIT_FROM:
            return None
        best: tuple[int, str, str] | None = None
        for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            first, second = word[:at], word[at:]
            rate = min(self.words.get(first, 0), self.words.get(second, 0))
            # A part of two letters is a word of its own only when it is a common one.
            needed = 2 if min(len(first), len(second)) > 2 else 8
            if rate >= needed and (best is None or rate > best[0]):
                best = (rate, first, second)
        return best[1:] if best else None

    def coverage(self, words: Iterable[str]) -> float:
        """Return which part of the letters of some words is in known words, 0 to 1."""
        lengths = [(len(word), word in self.words) for word in words]
        return sum(n for n, known in lengths if known) / max(1, sum(n for n, _ in lengths))


def _same_stem(first: str, second: str) -> bool:
    """Whether two words differ in their endings only (three letters at most), as the forms of one word do."""
    shorter = min(len(first), len(second))
    return first[: shorter - 2] == second[: shorter - 2] and first[-1] != second[-1]


class _Near:
    """Words within one or two slips (letters missing, too many, wrong or swapped)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in words:
            if len(word) >= _CORRECTED_FROM - 1:
                self._by_length[len(word)].append(word)

    def __call__(self, word: str, slips: int) -> set[str]:
        found: set[str] = set()
        for length in range(len(word) - slips, len(word) + slips + 1):
            choices = self._by_length.get(length)
            if choices:
                near = process.extract(word, choices, scorer=OSA.distance, score_cutoff=slips, limit=None)
                found.update(known for known, _, _ in near)
        return found
