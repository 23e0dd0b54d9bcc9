"""Lines that may become examples or test questions: what speaks against each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.editing.checks.findings import Finding
from bot.editing.checks.meaning import Meaning
from bot.knowledge.comparing import comparable
from bot.storage.examples import StoredLine
from bot.understanding.question_model import ANY, centre, language_means

Floats = NDArray[np.float32]

MOST_CHARACTERS = 1000

NEAR_RATIO, NEAR_COSINE = 88, 0.92
"""From this likeness of letters (rapidfuzz, of 100) or of meaning (centred vectors) two examples teach the same.

Of the Armenian pack's 6,199 examples one in fifty has such a neighbour in its own question.
"""

SAME_TEST_RATIO = 95
"""From this likeness of letters a line is a test question with a slip; no two of the pack's are so near."""

CLOSER_BY, VOICES = 0.1, 3
"""A line sits closer to another question when the three nearest examples there are nearer by so much on average than
the three nearest of its own. Five of a hundred approved examples do, each against all others."""

_CANDIDATES = 40


@dataclass(frozen=True)
class Line:
    """One line, as it would be stored, with what speaks against it: errors refuse it, warnings flag it."""

    text: str
    language: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether it can in no case be taken."""
        return any(finding.severity == "error" for finding in self.findings)


class ExampleIndex:
    """All examples and test questions of a pack, ready to compare lines with.

    Sixty thousand examples take 184 MB: two vectors of 384 numbers each, as the encoder gave it and centred.
    """

    def __init__(
        self,
        examples: Sequence[StoredLine],
        tests: Sequence[StoredLine],
        meaning: Meaning,
        before: ExampleIndex | None = None,
    ) -> None:
        """Prepare.

        Args:
            examples, tests: all there are; `name` is the question.
            meaning: the encoder.
            before: the index as it was, whose vectors are used again.
        """
        self._meaning = meaning
        self.names = [line.name for line in examples]
        self._texts = [line.text for line in examples]
        self._languages = [line.language for line in examples]
        # Reading sixty thousand texts anew takes seconds: what was read before is used again.
        read = before._read if before else {}
        self._read: dict[str, tuple[str, str]] = {
            line.text: read.get(line.text) or (meaning.folded(line.text), comparable(line.text))
            for line in (*examples, *tests)
        }
        self._folded = [self._read[text][0] for text in self._texts]
        self._same = {self._read[text][1]: at for at, text in reversed(list(enumerate(self._texts)))}
        self._tests = {self._read[line.text][1]: line for line in tests}
        self._example_texts, self._test_texts = list(self._same), list(self._tests)
        self._vectors = _embedded(self._folded, meaning, before)
        self._row = {text: at for at, text in enumerate(self._folded)}
        self._means = language_means(self._vectors, self._languages) if self._folded else {}
        self._centred = centre(self._vectors, self._languages, self._means) if self._folded else self._vectors
        self._of: dict[str, NDArray[np.int64]] = {}
        by_name: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self.names):
            by_name[name].append(at)
        self._of = {name: np.array(places) for name, places in by_name.items()}
        self._classes = {name: at for at, name in enumerate(sorted(self._of))}
        self._labels = np.array([self._classes[name] for name in self.names], dtype=np.int64)

    @property
    def languages(self) -> list[str]:
        """The language of each example."""
        return self._languages

    @property
    def vectors(self) -> Floats:
        """The vector of each example, (examples, d), as the encoder gave it."""
        return self._vectors

    def known_vectors(self, texts: Sequence[str]) -> dict[str, Floats]:
        """Return the vectors of those folded texts that are in the index."""
        return {text: self._vectors[self._row[text]] for text in texts if text in self._row}

    # --- examples ---------------------------------------------------------------------------------------------------

    def look(self, question: str, lines: Sequence[tuple[str, str]]) -> list[Line]:
        """Look at lines that are to become examples of a question.

        Args:
            question: whose.
            lines: text and language of each.
        """
        looked = [Line(" ".join(text.split()), language) for text, language in lines]
        seen: set[str] = set()
        for line in looked:
            line.findings.extend(self._refusals(question, line.text, seen))
            seen.add(comparable(line.text))
        open_lines = [line for line in looked if not line.refused]
        if open_lines and self._folded:
            self._flag(question, open_lines)
        return looked

    def _refusals(self, question: str, text: str, seen: set[str]) -> list[Finding]:
        plain = self._readable(text)
        if isinstance(plain, Finding):
            return [plain]
        if plain in seen:
            return [_error("repeated", text)]
        test = self._tests.get(plain)
        if test is not None:
            return [_error("is_test", text, question=test.name)]
        near = _slip_of(plain, self._test_texts)
        if near is not None:
            test = self._tests[near]
            return [_error("near_test", text, question=test.name, other=test.text)]
        at = self._same.get(plain)
        if at is not None:
            same = self.names[at] == question
            return [_error("duplicate", text) if same else _error("duplicate_elsewhere", text, question=self.names[at])]
        return []

    def _flag(self, question: str, lines: list[Line]) -> None:
        vectors = self._meaning.of_typed([self._meaning.folded(line.text) for line in lines])
        # A language of which there are no examples is centred like all together.
        languages = [line.language if line.language in self._means else ANY for line in lines]
        centred = centre(vectors, languages, self._means)
        cosines = centred @ self._centred.T
        own = self._of.get(question, np.array([], dtype=np.int64))
        for at, line in enumerate(lines):
            near = self._near_duplicate(line.text, cosines[at], own)
            if near is not None:
                line.findings.append(_warning("near_duplicate", line.text, other=self._texts[near]))
            company = np.delete(centred @ centred[at], at)
            closer = self._closer(cosines[at], own, company)
            if closer is not None:
                values = {"question": self.names[closer], "other": self._texts[closer]}
                line.findings.append(_warning("closer_elsewhere", line.text, **values))
        for at, line in enumerate(lines):
            alike = next(
                (
                    other
                    for number, other in enumerate(lines[:at])
                    if _alike(line.text, other.text, float(centred[at] @ centred[number]))
                ),
                None,
            )
            if alike is not None and not any(f.code == "near_duplicate" for f in line.findings):
                line.findings.append(_warning("near_duplicate", line.text, other=alike.text))

    def _near_duplicate(self, text: str, cosines: Floats, own: NDArray[np.int64]) -> int | None:
        if not own.size:
            return None
        nearest = own[np.argsort(-cosines[own])[:_CANDIDATES]]
        return next((int(at) for at in nearest if _alike(text, self._texts[at], float(cosines[at]))), None)

    def _closer(self, cosines: Floats, own: NDArray[np.int64], company: Floats) -> int | None:
        """Return the nearest example of the question that the line is closer to than to its own, or None."""
        # Lines pasted together speak for each other only where there is hardly an example: all of them may be astray.
        voices = cosines[own] if own.size >= VOICES else np.concatenate([cosines[own], company])
        mine = np.sort(voices)[::-1][:VOICES]
        if not mine.size:
            return None
        others = cosines.copy()
        others[own] = -2.0
        candidates = np.argpartition(-others, min(_CANDIDATES, len(others) - 1))[:_CANDIDATES]
        best, where = -2.0, None
        for label in set(self._labels[candidates].tolist()):
            places = candidates[self._labels[candidates] == label]
            places = places[np.argsort(-others[places])][:VOICES]
            if len(places) == VOICES and others[places].mean() > best:
                best, where = float(others[places].mean()), int(places[0])
        return where if where is not None and best - float(mine.mean()) > CLOSER_BY else None

    def _readable(self, text: str) -> str | Finding:
        """Return a line as it is compared, or why nothing can be made of it."""
        if len(text) > MOST_CHARACTERS:
            return _error("line_too_long", text, most=MOST_CHARACTERS)
        if text.startswith("/") or not self._meaning.folded(text):
            return _error("unreadable", text)
        return comparable(text)

    # --- test questions ---------------------------------------------------------------------------------------------

    def look_at_tests(self, question: str, lines: Sequence[tuple[str, str]]) -> list[Line]:
        """Look at lines that are to become test questions: one that is an example proves nothing."""
        looked = [Line(" ".join(text.split()), language) for text, language in lines]
        seen: set[str] = set()
        for line in looked:
            plain = self._readable(line.text)
            if isinstance(plain, Finding):
                line.findings.append(plain)
                continue
            at = self._same.get(plain)
            if plain in seen:
                line.findings.append(_error("repeated", line.text))
            elif plain in self._tests:
                name = self._tests[plain].name
                code = "duplicate" if name == question else "is_test"
                line.findings.append(_error(code, line.text, question=name))
            elif at is not None:
                line.findings.append(_error("is_example", line.text, question=self.names[at]))
            else:
                near = _slip_of(plain, self._example_texts)
                if near is not None:
                    values = {"question": self.names[self._same[near]], "other": self._texts[self._same[near]]}
                    line.findings.append(_error("near_example", line.text, **values))
            seen.add(plain)
        return looked


def _embedded(folded: list[str], meaning: Meaning, before: ExampleIndex | None) -> Floats:
    known = before.known_vectors(folded) if before else {}
    fresh = [text for text in dict.fromkeys(folded) if text not in known]
    known |= dict(zip(fresh, meaning.of_content(fresh), strict=True)) if fresh else {}
    return np.stack([known[text] for text in folded]) if folded else np.zeros((0, 0), np.float32)


def _slip_of(plain: str, known: Sequence[str]) -> str | None:
    """Return a text that differs by a slip only, or None. Other digits are another text: form 8 is not form 9."""
    near = process.extract(plain, known, scorer=fuzz.ratio, score_cutoff=SAME_TEST_RATIO, limit=5)
    return next((text for text, _, _ in near if _digits(text) == _digits(plain)), None)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _alike(one: str, other: str, cosine: float) -> bool:
    return cosine >= NEAR_COSINE or fuzz.ratio(comparable(one), comparable(other)) >= NEAR_RATIO


def _error(code: str, text: str, **values: str | int) -> Finding:
    return Finding(code, "error", values=values, basis=text)


def _warning(code: str, text: str, **values: str | int) -> Finding:
    return Finding(code, "warning", values=values, basis=text)
