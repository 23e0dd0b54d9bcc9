"""Which answers changed lately: release compared with release, for those who follow the news."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.storage import Database, contents

Kind = Literal["new", "changed", "checked"]

_RELEASES = 10
"""How many releases are looked back on."""


@dataclass(frozen=True)
class Change:
    """One answer that is not what it was.

    Attributes:
        question: the question's id.
        language: ISO 639-1 of the text that changed.
        kind: it is new, it says something else, or it says the same and was checked again.
        when: when it went into a release.
        release: number of that release.
    """

    question: str
    language: str
    kind: Kind
    when: dt.datetime
    release: int


class Changes:
    """Compares the releases up to the live one."""

    def __init__(self, database: Database, pack: str, live: Callable[[], int]) -> None:
        """Prepare.

        Args:
            database: where releases are stored.
            pack: the pack.
            live: returns the number of the release that answers now; later ones are nobody's business yet.
        """
        self._database = database
        self._pack = pack
        self._live = live
        self._known: tuple[int, list[Change]] | None = None

    async def latest(self) -> list[Change]:
        """Return the changes, the newest first; none when there has been one release only."""
        live = self._live()
        if self._known is None or self._known[0] != live:
            self._known = (live, await self._compare(live))
        return self._known[1]

    async def _compare(self, live: int) -> list[Change]:
        async with self._database.work() as session:
            releases = [r for r in await contents.releases(session, self._pack) if r.id <= live][: _RELEASES + 1]
        found: list[Change] = []
        after: dict[tuple[str, str], tuple[str, str]] = {}
        for number, release in enumerate(releases):
            async with self._database.work() as session:
                before = _said(await contents.read_snapshot(session, release.id))
            if number:
                newer = releases[number - 1]
                found += [
                    Change(question, language, kind, newer.created_at, newer.id)
                    for (question, language), said in after.items()
                    if (kind := _kind(before.get((question, language)), said))
                ]
            after = before
        return found


def _kind(before: tuple[str, str] | None, after: tuple[str, str]) -> Kind | None:
    if before is None:
        return "new"
    if before[0] != after[0]:
        return "changed"
    return "checked" if before[1] != after[1] else None


def _said(tree: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what a release's content says to each question in each language, and when that was checked."""
    said: dict[tuple[str, str], tuple[str, str]] = {}
    for question in tree["questions"]:
        checked = [
            tree["facts"][key]["verified_on"]
            for answer in question["answers"]
            for key in answer["facts"]
            if key in tree["facts"]
        ]
        for language in {code for answer in question["answers"] for code in answer["texts"]}:
            text = [
                [answer["situation"], answer["valid_until"], answer["links"], answer["texts"].get(language)]
                for answer in question["answers"]
            ]
            whole = json.dumps([question["title"].get(language), text], ensure_ascii=False, sort_keys=True)
            said[question["id"], language] = (whole, min(checked, default=""))
    return said
