"""What is checked in a pack's content before it is used: every statement has its source, every number its fact."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from bot.knowledge.comparing import comparable
from bot.knowledge.days import day_at
from bot.knowledge.files import Finding, LoadedFiles, Severity
from bot.knowledge.markup import plain, statement
from bot.knowledge.markup_errors import errors as markup_errors
from bot.knowledge.schema import Answer, Content, Fact, Question

MIN_EXAMPLES = 15
"""Fewest training examples of a question over all languages."""

_NUMBER_WORDS = {
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "once": "1",
    "first": "1",
    "second": "2",
    "third": "3",
    "month": "1",
}

_SCRIPTS = {
    "hy": re.compile(r"[\u0400-\u04ff]"),
    "ru": re.compile(r"[\u0531-\u0587]"),
    "en": re.compile(r"[\u0400-\u04ff\u0531-\u0587]"),
}
"""Letters that have no place in a language."""


def numbers(text: str) -> set[str]:
    """Return the numbers in a text, thousands joined and leading zeros dropped.

    >>> sorted(numbers("50 000 AMD by 01.09.2025, call 84-22"))
    ['1', '2025', '22', '50000', '84', '9']
    """
    joined = re.sub(r"(?<=\d)[ ,.\u00a0\u202f](?=\d{3}(?!\d))", "", text)
    return {str(int(found)) for found in re.findall(r"\d+", joined)}


def fact_numbers(fact: Fact) -> set[str]:
    """Return every number that a fact supports: in its statement, its caveat and the dates of its sources."""
    statement = fact.text()
    found = numbers(statement) | numbers(fact.caveat or "")
    for source in (fact.source, *fact.also_seen):
        found |= numbers(source.date)
    found |= numbers(fact.verified_on.isoformat())
    for word in re.findall(r"[a-z]+", statement.lower()):
        if word in _NUMBER_WORDS:
            found.add(_NUMBER_WORDS[word])
    for whole, part in re.findall(r"(\d+)(?:\.(\d+))? million", statement):
        found.add(str(int(Decimal(f"{whole}.{part or 0}") * 1_000_000)))
    return found


def check(loaded: LoadedFiles, today: dt.date | None = None) -> list[Finding]:
    """Check a pack's content.

    Args:
        loaded: what was read from files.
        today: the day to compare dates with; default today at the authority.

    Returns:
        Findings, errors first, each with file, line and what to do.
    """
    findings = list(loaded.findings)
    if loaded.content is not None:
        findings.extend(_Checker(loaded, today or day_at(loaded.content.pack.time_zone)).run())
    return sorted(findings, key=lambda finding: (finding.severity != "error", finding.file, finding.line))


class _Checker:
    def __init__(self, loaded: LoadedFiles, today: dt.date) -> None:
        assert loaded.content is not None  # noqa: S101  # the caller looked
        self.content: Content = loaded.content
        self.places = loaded.places
        self.today = today
        self.pack_file = f"data/packs/{self.content.pack.pack}/pack.yml"

    def at(self, severity: Severity, place: tuple[object, ...], message: str) -> Finding:
        file, line = self.places.get(place, (self.pack_file, 1))
        return Finding(severity, file, line, message)

    def run(self) -> Iterator[Finding]:
        yield from self._pack()
        yield from self._offices()
        for question in self.content.questions:
            yield from self._question(question)
        yield from self._examples()
        yield from self._held_back()

    def _pack(self) -> Iterator[Finding]:
        known = {question.id for question in self.content.questions}
        pack = self.content.pack
        for wanted in [
            *pack.start_questions,
            *pack.emergency_questions,
            *(q for leads in pack.follow_ups.values() for q in leads.values()),
        ]:
            if wanted not in known:
                yield self.at("error", ("pack",), f"pack.yml: there is no question '{wanted}'")
        for key in pack.emergency_facts:
            if key not in self.content.facts:
                yield self.at("error", ("pack",), f"emergency_facts: fact '{key}' is not in facts.yml")
        named = [("name", pack.name), ("service", pack.service), *pack.topics.items(), *pack.situations.items()]
        for what, texts in named:
            for language in pack.languages:
                if language not in texts:
                    yield self.at("error", ("pack",), f"pack.yml: '{what}' has no text in '{language}'; add one")
        for topic in pack.topics:
            if not any(question.topic == topic for question in self.content.questions):
                yield self.at("error", ("pack",), f"topic '{topic}' has no question")

    def _offices(self) -> Iterator[Finding]:
        pack = self.content.pack
        said: list[tuple[str, list[str], list[dict[str, str]], list[str]]] = [
            (
                office.id,
                office.facts,
                [office.name, office.address, *([office.serves] if office.serves else [])],
                [office.phone, *(clock for spans in office.hours.values() for span in spans for clock in span)],
            )
            for office in pack.offices
        ]
        if pack.elsewhere:
            said.append(("elsewhere", pack.elsewhere.facts, [pack.elsewhere.texts], []))
        for name, keys, by_language, others in said:
            place = ("office", name)
            for key in keys:
                if key not in self.content.facts:
                    yield self.at(
                        "error", place, f"'{name}': fact '{key}' is not in facts.yml; correct the id or add it"
                    )
            facts = [self.content.facts[key] for key in keys if key in self.content.facts]
            supported = set().union(*(fact_numbers(fact) for fact in facts))
            strings = [*others, *(text for texts in by_language for text in texts.values())]
            strange = sorted(set().union(*(numbers(text) for text in strings)) - supported)
            if strange:
                yield self.at(
                    "error",
                    place,
                    f"'{name}': no cited fact contains {', '.join(strange)}; cite the fact or take it out",
                )
            for language in pack.languages:
                if any(language not in texts for texts in by_language):
                    yield self.at("error", place, f"'{name}' lacks a text in '{language}'; add it")

    def _question(self, question: Question) -> Iterator[Finding]:
        known = {other.id for other in self.content.questions}
        place = ("question", question.id)
        if question.topic not in self.content.pack.topics:
            yield self.at("error", place, f"topic '{question.topic}' is not in pack.yml; add it there under 'topics'")
        for language in self.content.pack.languages:
            if language not in question.title:
                yield self.at("error", place, f"'{question.id}' has no title in '{language}'; add one")
        for other in [*question.related, *question.follow_ups.values()]:
            if other not in known or other == question.id:
                yield self.at(
                    "error", place, f"'{question.id}' leads to '{other}', which is no other question of the pack"
                )
        for index, answer in enumerate(question.answers):
            yield from self._answer(question, index, answer)

    def _answer(self, question: Question, index: int, answer: Answer) -> Iterator[Finding]:
        place = ("answer", question.id, index)
        facts = []
        for key in answer.facts:
            if key in self.content.facts:
                facts.append(self.content.facts[key])
            else:
                yield self.at("error", place, f"fact '{key}' is not in facts.yml; correct the id or add the fact")
        ends = [fact.valid_until for fact in facts if fact.valid_until]
        if ends and (answer.valid_until is None or answer.valid_until > min(ends)):
            yield self.at("error", place, f"a cited fact holds only until {min(ends)}: set 'valid_until: {min(ends)}'")
        if answer.valid_until and answer.valid_until < self.today:
            yield self.at(
                "warning",
                place,
                f"'{question.id}' was valid until {answer.valid_until}: people are sent to the phone; renew it",
            )
        supported = set().union(*(fact_numbers(fact) for fact in facts)) if facts else set()
        for allowed in self.content.pack.always_allowed_numbers:
            supported |= numbers(allowed)
        by_language = {}
        if not answer.texts:
            yield self.at("error", place, f"'{question.id}' has an answer without any text; write one")
        for language, text in answer.texts.items():
            spot = ("text", question.id, index, language)
            strings = text.strings()
            for field, value in strings:
                strange = sorted(numbers(statement(value)) - supported)
                if strange:
                    yield self.at(
                        "error",
                        spot,
                        f"{language}.{field}: no cited fact contains {', '.join(strange)}; cite the fact or take the number out",
                    )
                said = plain(value)
                if language in _SCRIPTS and _SCRIPTS[language].search(said):
                    yield self.at(
                        "error",
                        spot,
                        f"{language}.{field}: contains letters of another script: {_SCRIPTS[language].findall(said)[:3]}",
                    )
                for wrong in markup_errors(value):
                    yield self.at("error", spot, f"{language}.{field}: {wrong}")
            stated = set().union(*(numbers(statement(value)) for _, value in strings))
            by_language[language] = (
                sorted({field for field, _ in strings}),
                len(text.steps),
                len(text.documents),
                sorted(stated),
            )
        for language in self.content.pack.languages:
            if language not in answer.texts:
                yield self.at(
                    "warning",
                    place,
                    f"'{question.id}' has no text in '{language}': people read another language with a line that says so",
                )
        if len({str(shape) for shape in by_language.values()}) > 1:
            yield self.at(
                "warning",
                place,
                f"'{question.id}': the languages differ in parts, list lengths or numbers; compare them",
            )

    def _examples(self) -> Iterator[Finding]:
        intents = {question.id for question in self.content.questions}
        counts: dict[str, int] = defaultdict(int)
        seen: dict[str, tuple[str, int]] = {}
        topics = set(self.content.pack.topics)
        for index, example in enumerate(self.content.examples):
            counts[example.intent] += 1
            place = ("example", index)
            if example.intent.partition("/")[0] in topics and example.intent not in intents:
                yield self.at(
                    "error", place, f"there is no question '{example.intent}'; correct the intent or write its answer"
                )
            key = comparable(example.text)
            if key in seen:
                other, before = seen[key]
                same = "twice" if other == example.intent else f"under '{other}' as well"
                file, line = self.places[("example", before)]
                yield self.at("error", place, f"'{example.text}' stands {same} ({file}:{line}); remove one")
            seen.setdefault(key, (example.intent, index))
        for question in self.content.questions:
            if counts[question.id] < MIN_EXAMPLES:
                yield self.at(
                    "warning",
                    ("question", question.id),
                    f"'{question.id}' has {counts[question.id]} examples, fewer than {MIN_EXAMPLES}; add some",
                )

    def _held_back(self) -> Iterator[Finding]:
        examples = {comparable(example.text): example.intent for example in self.content.examples}
        known = {example.intent for example in self.content.examples} | {q.id for q in self.content.questions}
        per_question: dict[str, int] = defaultdict(int)
        for index, item in enumerate(self.content.held_back):
            place = ("held_back", index)
            per_question[item.expected] += 1
            if item.expected not in known:
                yield self.at(
                    "error", place, f"'{item.expected}' is neither a question nor another intent of the examples"
                )
            if comparable(item.text) in examples:
                yield self.at(
                    "error",
                    place,
                    f"'{item.text}' is also a training example of '{examples[comparable(item.text)]}': change one, "
                    "a test question must not be trained on",
                )
        for question in self.content.questions:
            if per_question[question.id] < 4:
                yield self.at(
                    "warning",
                    ("question", question.id),
                    f"'{question.id}' has {per_question[question.id]} test questions, fewer than 4",
                )
