"""What the pages about releases show, read in few and small queries: no page loads a release's content."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.knowledge.releases import Releases
from bot.publishing import comparing
from bot.publishing.comparing import Confusion, Grid, Row
from bot.publishing.going_live import GoingLive
from bot.publishing.queue import BuildQueue
from bot.storage import Database
from bot.storage import publishing as stored
from bot.storage.contents import StoredRelease
from bot.storage.publishing import StoredBuild, StoredPublication, StoredReplayed, StoredSchedule

__all__ = ["PAGE_SIZE", "Detail", "Listed", "Overview", "Standing", "StoredBuild", "StoredReplayed"]

PAGE_SIZE = 20

_SHOWN_MOVES, _MOVES = 20, 200


@dataclass(frozen=True)
class Listed:
    """A release in the list. `share`: test questions understood, in percent; None where there are none."""

    number: int
    made_at: dt.datetime
    share: float | None


@dataclass(frozen=True)
class Standing:
    """How releases stand.

    Attributes:
        live: the number of the live release.
        back_to: the release that taking back leads to.
        releases, total: a page of the list, and how many there are.
        builds: what waits and runs, the newest first.
        last_build: the build that ended last.
        schedules: waiting ones first.
        history: moves of the pointer, the newest first.
        overtaken: by waiting schedule the newer release that went live since: what changed with it would be undone.
    """

    live: int | None
    back_to: int | None
    releases: list[Listed]
    total: int
    builds: list[StoredBuild]
    last_build: StoredBuild | None
    schedules: list[StoredSchedule]
    history: list[StoredPublication]
    overtaken: dict[int, int]


@dataclass(frozen=True)
class Detail:
    """One release beside the live one.

    Attributes:
        release: the release.
        live: the number of the live one.
        share, live_share: test questions understood, in percent.
        languages, topics: both releases by language and by topic.
        lowered: the topics for which a reason is needed.
        confusions, grid: what is taken for what, by question and by topic.
        build: the build it came from last, with its blast radius.
    """

    release: StoredRelease
    live: int | None
    share: float | None
    live_share: float | None
    languages: list[Row]
    topics: list[Row]
    lowered: list[Row]
    confusions: list[Confusion]
    grid: Grid
    build: StoredBuild | None


class Overview:
    """Reads for the pages."""

    def __init__(
        self, database: Database, pack: str, releases: Releases, going_live: GoingLive, builds: BuildQueue
    ) -> None:
        """Prepare with what is read from."""
        self._database = database
        self._pack = pack
        self._releases = releases
        self._going_live = going_live
        self._builds = builds

    async def standing(self, page: int = 1) -> Standing:
        """Return how releases stand, with one page of the list."""
        async with self._database.reading() as session:
            rows, total = await stored.release_page(session, self._pack, (page - 1) * PAGE_SIZE, PAGE_SIZE)
            schedules = await stored.schedules(session, self._pack)
            moves = await stored.publications(session, self._pack, _MOVES)
        live, history = await self._releases.live_number(), moves[:_SHOWN_MOVES]
        return Standing(
            live=live,
            back_to=await self._going_live.before_live(),
            releases=[Listed(number, at, comparing.overall(scores)) for number, at, scores in rows],
            total=total,
            builds=await self._builds.under_way(),
            last_build=await self._builds.last_over(),
            schedules=schedules,
            history=history,
            overtaken=_overtaken(schedules, moves),
        )

    async def detail(self, number: int) -> Detail:
        """Return a release beside the live one.

        Raises:
            UnknownReleaseError: there is none of this number.
        """
        release = await self._releases.find(number)
        live_number = await self._releases.live_number()
        live = await self._releases.find(live_number) if live_number is not None else None
        scores = live.scores if live else None
        async with self._database.reading() as session:
            build = await stored.build_of_release(session, self._pack, number)
        return Detail(
            release=release,
            live=live_number,
            share=comparing.overall(release.scores),
            live_share=comparing.overall(scores) if scores else None,
            languages=comparing.by_language(release.scores, scores),
            topics=comparing.by_topic(release.scores, scores),
            lowered=await self._going_live.needs_reason(release),
            confusions=comparing.confusions(release.scores),
            grid=comparing.grid(release.scores),
            build=build,
        )

    async def replayed(self, build_id: int, kind: str, page: int) -> tuple[list[StoredReplayed], int]:
        """Return a page of real questions that a build answers in another way, and how many there are of this kind."""
        async with self._database.reading() as session:
            return await stored.replayed(session, build_id, kind, (page - 1) * PAGE_SIZE, PAGE_SIZE)


def _overtaken(schedules: list[StoredSchedule], moves: list[StoredPublication]) -> dict[int, int]:
    found = {}
    for each in schedules:
        newer = [move.release_id for move in moves if move.at > each.asked_at and move.release_id > each.release_id]
        if each.state == stored.WAITING and newer:
            found[each.id] = newer[0]
    return found
