"""The patterns by which places are recognised in a question: beginnings of words, language by language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.accounts import audit
from bot.editing.checks import patterns
from bot.editing.checks.findings import Finding
from bot.editing.model import Actor, ChangedMeanwhileError, RefusedError, UnknownTextError
from bot.storage import Database
from bot.storage import places as stored

MOST_PATTERNS = 50
TOO_MANY = "At most {most} patterns for one language. Keep those that people really type."
NONE_LEFT = "Keep at least one pattern: without any the place is never recognised."


@dataclass(frozen=True)
class Place:
    """A place of the pack.

    Attributes:
        name, patterns: by language.
        origin: whether people come from there rather than are served there.
        seen: what a form must send back, to notice that somebody else changed the place meanwhile.
    """

    id: str
    name: dict[str, str]
    patterns: dict[str, list[str]]
    origin: bool
    seen: str


class Places:
    """The places of one pack."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where they are.
            pack: the pack.
        """
        self._database = database
        self._pack = pack

    async def everywhere(self) -> list[Place]:
        """Return all places in the pack's order."""
        async with self._database.reading() as session:
            found = await stored.read(session, self._pack)
        return [_place(each) for each in found]

    async def get(self, place: str) -> Place:
        """Return a place.

        Raises:
            UnknownTextError: there is none with this id.
        """
        return _found(await self.everywhere(), place)

    async def save(self, place: str, typed: Mapping[str, str], seen: str, person: Actor) -> list[tuple[str, Finding]]:
        """Change a place's patterns.

        Args:
            place: its id.
            typed: by language, one pattern a line.
            seen: `Place.seen` of what the person read.
            person: who.

        Returns:
            What is refused, with its language; nothing was changed then.

        Raises:
            UnknownTextError: there is no such place.
            RefusedError: too many patterns, or none at all.
            ChangedMeanwhileError: somebody saved after the person looked.
        """
        wanted = {language: _lines(text) for language, text in typed.items()}
        refused = [
            (language, finding)
            for language, lines in wanted.items()
            for line in lines
            if (finding := patterns.check_word(line)) is not None
        ]
        if refused:
            return refused
        if any(len(lines) > MOST_PATTERNS for lines in wanted.values()):
            raise RefusedError(TOO_MANY, most=MOST_PATTERNS)
        if not any(wanted.values()):
            raise RefusedError(NONE_LEFT)
        async with self._database.work() as session:
            places = [_place(each) for each in await stored.read(session, self._pack, lock=True)]
            before = _found(places, place)
            if before.seen != seen:
                raise ChangedMeanwhileError(f"place {place} was changed meanwhile")
            after = {language: lines for language, lines in wanted.items() if lines}
            refused = _taken(wanted, before, [each for each in places if each.id != place])
            if refused:
                return refused
            if after != before.patterns:
                await stored.set_patterns(session, self._pack, place, after)
                detail = {"before": before.patterns, "after": after}
                await audit.record(session, person.id, "place.change", place, detail)
        return []


def _taken(wanted: Mapping[str, list[str]], before: Place, others: list[Place]) -> list[tuple[str, Finding]]:
    """Return new patterns by which another place is recognised already: only one of the two would ever be found."""
    owners = {line.casefold(): each.id for each in others for lines in each.patterns.values() for line in lines}
    old = {line for lines in before.patterns.values() for line in lines}
    return [
        (language, Finding("pattern_elsewhere", "error", values={"found": line, "place": owners[line.casefold()]}))
        for language, lines in wanted.items()
        for line in lines
        if line not in old and line.casefold() in owners
    ]


def _place(tree: Mapping[str, object]) -> Place:
    named, recognised = tree["name"], tree["patterns"]
    assert isinstance(named, dict)  # noqa: S101  # as bot.knowledge.schema.Place has it
    assert isinstance(recognised, dict)  # noqa: S101
    text = json.dumps(recognised, ensure_ascii=False, sort_keys=True)
    seen = hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    return Place(str(tree["id"]), named, recognised, bool(tree.get("origin")), seen)


def _found(places: list[Place], place: str) -> Place:
    for each in places:
        if each.id == place:
            return each
    raise UnknownTextError(f"no place {place}")


def _lines(text: str) -> list[str]:
    """Return the patterns of a field: lower-case, as words are compared, each once."""
    return list(dict.fromkeys(tidy for line in text.splitlines() if (tidy := " ".join(line.split()).lower())))
