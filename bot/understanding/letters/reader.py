"""Reading a message back into its language's own letters and words.

A text may be read in several ways: "salam" is Azerbaijani or romanised; the likelier spellings are all read, and
the reading whose words are known best is kept. Words that nobody knows are mended when a known one is a slip away.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from bot.understanding.letters import schemes
from bot.understanding.letters.spelling import KEYS, LATIN, NATIVE, Spelling, SpellingClassifier
from bot.understanding.letters.vocabulary import Vocabulary

_SCRIPTS = {"ARMENIAN": "Armn", "CYRILLIC": "Cyrl", "LATIN": "Latn", "ARABIC": "Arab", "GEORGIAN": "Geor"}
_UKRAINIAN = set("іїєґ")
_RUSSIAN = set("ыэъё")
_TRIED = 3
_UNLIKELY = 0.002
_COVERAGE_WEIGHT = 4.0
"""How many units of log probability it is worth that all letters are in known words rather than none."""

_PLAIN_WORDS, _PLAIN = 3, 0.85
"""From so many words with so large a part of their letters in known words a text is taken for what it looks like."""

_SURE_AT = 0.9
_LEAST_CHANCE = 0.03
"""A spelling is never thought less likely than so before its words were looked at: one word has few letters."""

_MOST_NAMES = 3
_NAMES_KNOWN = 0.5
_ADDRESS = re.compile(r"\S+\.\w{2,}(?:/\S*)?|\S+@\S+\.\w+")
_WORD = re.compile(r"[^\W_](?:[\w@'’`\u055a-\u055c\u055e]*[\w@'’\u055a-\u055c\u055e])?")
_INSIDE_WORDS = re.compile("[\u055a-\u055c\u055e]")
_COMMON_ENGLISH = 3
_SHORTEST_FOREIGN = 3
_MARKED = ("az", "lv")
"""Whoever types their marks types with care: the word that is there is meant."""

_NUMBER = re.compile(r"\d\d")
_NUMBER_WITH_ENDING = re.compile(r"(\d{2,})([^\W\d_]+)")


@dataclass(frozen=True)
class Reading:
    """What a message says and in which language.

    Attributes:
        text: in the language's own letters, slips mended.
        language: ISO 639-1, or None when there are no letters or the script is not known.
        script: ISO 15924 code of what was typed, or None.
        way: `native`, `latin` or `keys`; see bot.understanding.letters.spelling.
        share: part of the letters that are of this script, 0 to 1.
        probability: of the language, 0 to 1.
        known: part of the letters that are in known words, 0 to 1.
        names: whether it looks like names alone: few words, all capitalised, most of them not known.
    """

    text: str
    language: str | None
    script: str | None
    way: str
    share: float
    probability: float
    known: float
    names: bool = False

    @property
    def sure(self) -> bool:
        """Whether the language of a conversation may follow this message."""
        return self.probability >= _SURE_AT and not self.names


@lru_cache(maxsize=4096)
def script_of(character: str) -> str | None:
    """Return the ISO 15924 code of a letter's script, `Zzzz` for one that is not served, None for what is no letter."""
    if not character.isalpha():
        return None
    return _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0], "Zzzz")


def _capitalised(text: str) -> bool:
    words = _WORD.findall(text)
    return len(words) <= _MOST_NAMES and all(word[0].isupper() and not word[1:].isupper() for word in words)


class Reader:
    """Reads messages. Safe to use from several threads."""

    def __init__(
        self,
        spelling: SpellingClassifier,
        vocabularies: Mapping[str, Vocabulary],
        is_word: Callable[[str], bool] | None = None,
    ) -> None:
        """Make a reader.

        Args:
            spelling: tells spellings apart.
            vocabularies: known words by language.
            is_word: says of a lower-case word outside the vocabularies whether it is none the less a word of some
                language, and must not be mended into another one.
        """
        self._is_word = is_word
        self._spelling = spelling
        self._vocabularies = dict(vocabularies)

    def read(self, text: str) -> Reading:
        """Read a cleaned text (see bot.understanding.normaliser.clean)."""
        text = schemes.mend_look_alikes(text)
        counts: Counter[str] = Counter(script for script in map(script_of, text) if script)
        if not counts:
            return Reading(text, None, None, NATIVE, 0.0, 0.0, 0.0)
        script, most = counts.most_common(1)[0]
        share = round(most / sum(counts.values()), 3)
        choices = self._choices(text.lower(), script)
        if not choices:
            return Reading(text, None, script, NATIVE, share, 0.0, 0.0)
        readings = []
        for spelling, probability in choices:
            read, known = self._as(text, spelling)
            value = math.log(max(probability, _LEAST_CHANCE)) + _COVERAGE_WEIGHT * known
            readings.append((value, Reading(read, spelling.language, script, spelling.way, share, probability, known)))
        best = max(readings, key=lambda entry: entry[0])
        total = sum(math.exp(value - best[0]) for value, _ in readings)
        names = best[1].known < _NAMES_KNOWN and _capitalised(text)
        found = replace(best[1], probability=round(1 / total, 3), known=round(best[1].known, 3), names=names)
        vocabulary = self._vocabularies.get(found.language or "")
        return replace(found, text=self._mended(found.text, vocabulary)) if vocabulary else found

    def _choices(self, text: str, script: str) -> list[tuple[Spelling, float]]:
        if script == "Armn":
            return [(Spelling("hy", NATIVE, "Armn"), 1.0)]
        if script == "Cyrl":
            letters = set(text)
            # Letters that one of the two languages does not have decide at once.
            if letters & _UKRAINIAN and not letters & _RUSSIAN:
                return [(Spelling("uk", NATIVE, "Cyrl"), 1.0)]
        # Most messages are spelt as they should be: when their words are known, no statistics are needed.
        usual = "en" if script == "Latn" else "ru"
        words = _WORD.findall(text)
        known = self._vocabularies.get(usual)
        if known and len(words) >= _PLAIN_WORDS and known.coverage(words) >= _PLAIN:
            return [(Spelling(usual, NATIVE, script), 1.0)]
        found = self._spelling(text, script)
        likeliest = sorted(found.items(), key=lambda entry: -entry[1])[:_TRIED]
        return [entry for entry in likeliest if entry[1] >= _UNLIKELY]

    def _as(self, text: str, spelling: Spelling) -> tuple[str, float]:
        vocabulary = self._vocabularies.get(spelling.language)
        if spelling.way == KEYS:
            text = self._from_keys(text, spelling)
        elif spelling.script == "Latn" and (spelling.way == LATIN or spelling.language in ("az", "lv")):
            if vocabulary:
                return self._from_latin(text, vocabulary)
        elif vocabulary and spelling.script in ("Cyrl", "Armn"):
            text = self._latin_words_of(text, vocabulary)
        words = [word.lower() for word in _WORD.findall(text)]
        return text, vocabulary.coverage(words) if vocabulary else 0.0

    @staticmethod
    def _from_keys(text: str, spelling: Spelling) -> str:
        table = schemes.TO_UKRAINIAN_KEYS if spelling.language == "uk" else schemes.TO_RUSSIAN_KEYS
        if spelling.script == "Cyrl":
            table = schemes.TO_ENGLISH_KEYS
        # Commas and full stops are letters on the other keyboard, except at the end of a sentence.
        words = []
        for word in text.lower().split():
            end = word[-1] if word[-1] in "?!" else ""
            words.append(word.removesuffix(end).translate(table) + end)
        return " ".join(words)

    def _latin_words_of(self, text: str, vocabulary: Vocabulary) -> str:
        """Convert the known words in Latin letters that stand in a text in the language's own."""
        english = self._vocabularies.get("en")
        kept = [found.span() for found in _ADDRESS.finditer(text)]

        def convert(found: re.Match[str]) -> str:
            typed = found.group().lower()
            if not typed.isascii() or len(typed) < _SHORTEST_FOREIGN or _NUMBER.search(typed):
                return found.group()
            if any(start <= found.start() < end for start, end in kept) or (english and typed in english):
                return found.group()
            return vocabulary.from_latin(typed) or found.group()

        return _WORD.sub(convert, text)

    def _from_latin(self, text: str, vocabulary: Vocabulary) -> tuple[str, float]:
        """Convert the Latin words of a text; return it and which part of the letters is in known words."""
        english = self._vocabularies.get("en")
        kept = [found.span() for found in _ADDRESS.finditer(text)]
        known = total = 0
        out: list[str] = []
        at = 0
        for found in _WORD.finditer(text):
            typed = found.group().lower()
            out.append(text[at : found.start()])
            at = found.end()
            inside = any(start <= found.start() < end for start, end in kept)
            if inside or (not typed.isascii() and all(script_of(c) not in ("Latn", None) for c in typed)):
                out.append(found.group())
                continue
            number = ""
            if ending := _NUMBER_WITH_ENDING.fullmatch(typed):
                number, typed = ending.groups()
            elif typed.isdigit() or _NUMBER.search(typed):
                # Amounts, dates and the numbers of papers are not words.
                out.append(found.group())
                continue
            total += len(typed)
            # With a mark, or as a common word of some language, it is hardly a slip.
            meant = vocabulary.language in _MARKED and (
                not typed.isascii() or (self._is_word is not None and self._is_word(typed))
            )
            native = typed if typed in vocabulary else vocabulary.from_latin(typed, slips=not meant)
            if native is not None:
                known += len(typed)
            elif english and english.words.get(typed, 0) >= _COMMON_ENGLISH:
                native = typed
            else:
                native = schemes.by_rule(typed, vocabulary.language)
            out.append(number + native)
        out.append(text[at:])
        return "".join(out), known / max(1, total)

    def _mended(self, text: str, vocabulary: Vocabulary) -> str:
        kept = [found.span() for found in _ADDRESS.finditer(text)]

        def mend(found: re.Match[str]) -> str:
            word = _INSIDE_WORDS.sub("", found.group()).lower()
            if word in vocabulary or any(start <= found.start() < end for start, end in kept):
                return found.group()
            if self._is_word is not None and self._is_word(word):
                return found.group()
            if vocabulary.language in _MARKED and not word.isascii():
                return found.group()
            mended = vocabulary.mended(word)
            if mended:
                return mended
            parts = vocabulary.split(word)
            return " ".join(parts) if parts else found.group()

        return _WORD.sub(mend, text)

    # --- keeping ----------------------------------------------------------------------------------------------

    def save(self, directory: Path) -> None:
        """Write the reader as JSON and NumPy arrays; nothing in it is executable."""
        np.savez(directory / "spelling.npz", table=self._spelling.table.astype(np.float16))
        texts = {
            "grams": list(self._spelling.grams),
            "vocabularies": {language: v.words for language, v in self._vocabularies.items()},
        }
        (directory / "letters.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, directory: Path, is_word: Callable[[str], bool] | None = None) -> Reader:
        """Read what `save` wrote; see the constructor for `is_word`."""
        texts = json.loads((directory / "letters.json").read_text(encoding="utf-8"))
        with np.load(directory / "spelling.npz", allow_pickle=False) as arrays:
            table = arrays["table"].astype(np.float32)
        spelling = SpellingClassifier({gram: row for row, gram in enumerate(texts["grams"])}, table)
        words = texts["vocabularies"].items()
        return cls(spelling, {language: Vocabulary(counts, language) for language, counts in words}, is_word)


def train(
    sentences: Mapping[str, Iterable[str]],
    spellings: Mapping[str, Iterable[str]],
    is_word: Callable[[str], bool] | None = None,
) -> Reader:
    """Make a reader.

    Args:
        sentences: normalised, by language: the words that are known.
        spellings: lower-case, by language: what languages look like.
        is_word: see `Reader`.
    """
    vocabularies = {
        language: Vocabulary(Counter(word for text in texts for word in text.split()), language)
        for language, texts in sentences.items()
    }
    classifier = SpellingClassifier.fit({language: list(texts) for language, texts in spellings.items()})
    return Reader(classifier, vocabularies, is_word)
