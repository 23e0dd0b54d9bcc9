"""Moving the pointer: publishing, taking back, scheduling, and answer texts alone. All of it in the audit."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.accounts.deeds import TOOK_BACK
from bot.accounts.people import Person
from bot.errors import BadInputError
from bot.knowledge import hashes, seed
from bot.knowledge.releases import ModelDamagedError, Releases, UnknownReleaseError, Within
from bot.knowledge.schema import Content
from bot.publishing import comparing
from bot.publishing.errors import (
    GoneError,
    LiveMovedError,
    NothingBeforeError,
    NothingChangedError,
    NotOnlyTextsError,
    OldReleaseError,
    ReasonNeededError,
)
from bot.publishing.moments import local_moment
from bot.settings import Settings
from bot.storage import Database, contents
from bot.storage import publishing as stored
from bot.storage.contents import StoredRelease

logger = logging.getLogger(__name__)

Clock = Callable[[], dt.datetime]

SCHEDULED_ALREADY = "This release is scheduled for that time already; the list of releases shows it."

LIVE_ALREADY = "This release is live already. It can be scheduled once another one is live."
LIVE_BEFORE = "It went live before this time. Schedule it anew if it shall go live once more."

SHORTEST_REASON = 10
"""Characters of a written reason; less says nothing."""


def utc_now() -> dt.datetime:
    """Return the present."""
    return dt.datetime.now(dt.UTC)


def noted(pack: str, release: StoredRelease, kind: str, person_id: int | None, person: str, reason: str = "") -> Within:
    """Return what writes a publication into history and audit, within the unit of work that moves the pointer.

    Args:
        pack: the pack.
        release: what goes live.
        kind: publish, back, texts, schedule, files or train.
        person_id: who; None for the program itself and the command line.
        person: their name.
        reason: why, where one was given.
    """

    async def write(session: AsyncSession, before: int | None) -> None:
        if before == release.id:
            return  # nothing has moved: a start, or a command given twice
        await stored.add_publication(
            session,
            pack,
            release.id,
            before=before,
            kind=kind,
            person_id=person_id,
            person=person,
            reason=reason,
        )
        detail = {"kind": kind, "before": before, "reason": reason}
        action = TOOK_BACK if kind == "back" else "release.publish"
        await audit.record(session, person_id, action, f"release {release.id}", detail)
        # Whoever takes it back later must not see it come back by itself.
        for number in await stored.end_schedules(session, pack, release.id, LIVE_BEFORE):
            await audit.record(session, person_id, "release.cancel_schedule", f"schedule {number}")

    return write


class GoingLive:
    """What pages need to let a release answer."""

    def __init__(self, database: Database, settings: Settings, releases: Releases, clock: Clock = utc_now) -> None:
        """Prepare.

        Args:
            database: where releases are.
            settings: the pack and the margin.
            releases: the pack's releases.
            clock: returns the present; schedules go by it.
        """
        self._database = database
        self._settings = settings
        self._pack = settings.pack
        self._releases = releases
        self._clock = clock

    async def needs_reason(self, release: StoredRelease) -> list[comparing.Row]:
        """Return the topics that a release lowers too far to go live without a reason."""
        number = await self._releases.live_number()
        live = await self._releases.find(number) if number is not None else None
        return comparing.lowered(release.scores, live.scores if live else None, self._settings.topic_margin)

    async def publish(
        self, person: Person | None, number: int, *, reason: str = "", live_seen: int | None = None
    ) -> None:
        """Let a release answer.

        Args:
            person: who publishes; None on the command line.
            number: the release.
            reason: needed where it lowers a topic by more than the margin.
            live_seen: the release that was live on the page; None leaves that unchecked.

        Raises:
            UnknownReleaseError, ModelDamagedError, OldReleaseError: it cannot go live.
            LiveMovedError: another release went live meanwhile.
            ReasonNeededError: a reason must be given.
        """
        release = await self._ready(number)
        await self._check_reason(release, reason)
        person_id, name = (person.id, person.name) if person else (None, audit.NOBODY)
        await self._move(release, noted(self._pack, release, "publish", person_id, name, reason), live_seen)

    async def take_back(self, person: Person, live_seen: int, reason: str = "") -> int:
        """Let the release answer again that was live before this one: its answers and its model together.

        No reason is asked for: it has been live, and whoever takes back is in a hurry.

        Returns:
            The number of the release that answers now.

        Raises:
            NothingBeforeError: there was none.
            LiveMovedError, ModelDamagedError, OldReleaseError: see `publish`.
        """
        async with self._database.reading() as session:
            live = await contents.live_release(session, self._pack)
        if live != live_seen:
            raise LiveMovedError(f"live is {live}, the page showed {live_seen}")
        number = await self.before_live()
        if number is None:
            raise NothingBeforeError("no release before this one")
        release = await self._ready(number)
        await self._move(release, noted(self._pack, release, "back", person.id, person.name, reason), live_seen)
        return number

    async def before_live(self) -> int | None:
        """Return the number of the release that taking back would lead to, or None."""
        async with self._database.reading() as session:
            live = await contents.live_release(session, self._pack)
            history = await stored.publications(session, self._pack, 200)
        # Taking back twice goes two steps back: moves are undone in pairs, as in a text editor.
        steps: list[int] = []
        for move in reversed(history):
            if move.kind == "back" and steps:
                steps.pop()
            elif move.before is not None and move.kind != "back":
                steps.append(move.before)
        while steps and steps[-1] == live:
            steps.pop()
        return steps[-1] if steps else None

    async def publish_texts(self, person: Person) -> int:
        """Let the approved answer texts answer at once, without training; the model stays.

        Returns:
            The number of the release made of them.

        Raises:
            NothingChangedError: they are live already.
            NotOnlyTextsError: examples, titles or test questions have changed too.
        """
        # In a thread with a loop of its own: reading and checking all content would hold up replies.
        release = await asyncio.to_thread(lambda: asyncio.run(self._release_of_texts()))
        await self._move(release, noted(self._pack, release, "texts", person.id, person.name), None)
        return release.id

    async def _release_of_texts(self) -> StoredRelease:
        database = Database.at(self._settings.database_url, self._settings.data_dir)
        try:
            releases = self._releases.on(database)
            live = await releases.live()
            content = await seed.read(database, self._pack)
            if live is None:
                raise NotOnlyTextsError("nothing is live")
            if live[0].content_hash == hashes.of_content(content):
                raise NothingChangedError("the same content is live")
            if not releases.is_usable(live[0], content) or not _same_tests(live[1], content):
                raise NotOnlyTextsError("more than texts")
            return await releases.build(content)
        finally:
            await database.close()

    async def schedule(self, person: Person, number: int, local_time: str, zone: str, reason: str = "") -> dt.datetime:
        """Let a release go live at a time.

        Args:
            person: who schedules.
            number: the release.
            local_time: the time where the authority is.
            zone: its time zone.
            reason: as for `publish`, by what is live today: at midnight nobody is there to ask.

        Returns:
            The point in time.

        Raises:
            BadInputError: no such time, a past one, or the release is live or scheduled for it already.
            UnknownReleaseError, ModelDamagedError, OldReleaseError, ReasonNeededError: see `publish`.
        """
        due = local_moment(local_time, zone, self._clock())
        release = await self._ready(number)
        await self._check_reason(release, reason)
        async with self._database.work() as session:
            if await contents.live_release(session, self._pack) == number:
                raise BadInputError(LIVE_ALREADY)
            waiting = await stored.schedules(session, self._pack, 0)
            if any((each.release_id, each.due) == (number, due) for each in waiting):
                raise BadInputError(SCHEDULED_ALREADY)
            made = await stored.add_schedule(
                session, self._pack, number, due, asked_by=person.id, asked_by_name=person.name, reason=reason
            )
            detail = {"schedule": made, "due": due.isoformat(), "local": local_time, "zone": zone, "reason": reason}
            await audit.record(session, person.id, "release.schedule", f"release {number}", detail)
        return due

    async def cancel_schedule(self, person: Person, schedule_id: int) -> None:
        """Take a schedule back.

        Raises:
            GoneError: it is over already.
        """
        async with self._database.work() as session:
            if not await stored.finish_schedule(session, self._pack, schedule_id, stored.CANCELLED):
                raise GoneError(f"schedule {schedule_id} is over")
            await audit.record(session, person.id, "release.cancel_schedule", f"schedule {schedule_id}")

    async def publish_due(self) -> None:
        """Let what is due go live; late rather than never, when the server was down at the time."""
        while True:
            async with self._database.reading() as session:
                due = await stored.due_schedule(session, self._pack, self._clock())
            if due is None:
                return
            try:
                release = await self._ready(due.release_id)
                await self._publish_scheduled(due, release)
                logger.info("Release %d went live as scheduled.", release.id)
            except (ModelDamagedError, OldReleaseError, UnknownReleaseError) as error:
                # Everything else may pass: the next second tries again.
                logger.error("Release %d could not go live as scheduled: %s", due.release_id, error)
                async with self._database.work() as session:
                    await stored.finish_schedule(session, self._pack, due.id, stored.FAILED, error.public)

    async def _publish_scheduled(self, due: stored.StoredSchedule, release: StoredRelease) -> None:
        note = noted(self._pack, release, "schedule", due.asked_by, due.asked_by_name, due.reason)

        async def within(session: AsyncSession, before: int | None) -> None:
            # Of two servers on one database one finds the schedule waiting; the other's unit of work is undone.
            if not await stored.finish_schedule(session, self._pack, due.id, stored.DONE):
                raise GoneError(f"schedule {due.id} is over")
            await note(session, before)

        await self._releases.publish(release, within)

    async def _ready(self, number: int) -> StoredRelease:
        """Return a release that can go live."""
        release = await self._releases.find(number)
        # Both read whole files: off the event loop.
        await asyncio.to_thread(self._releases.model, release)
        content = await self._releases.content(number)
        if not await asyncio.to_thread(self._releases.is_usable, release, content):
            raise OldReleaseError(f"release {number} was trained by another version")
        return release

    async def _check_reason(self, release: StoredRelease, reason: str) -> None:
        lowered = await self.needs_reason(release)
        if lowered and len(reason.strip()) < SHORTEST_REASON:
            raise ReasonNeededError([row.name for row in lowered], self._settings.topic_margin)

    async def _move(self, release: StoredRelease, note: Within, live_seen: int | None) -> None:
        async def within(session: AsyncSession, before: int | None) -> None:
            if live_seen is not None and before != live_seen:
                raise LiveMovedError(f"live is {before}, the page showed {live_seen}")
            await note(session, before)

        await self._releases.publish(release, within)


def _same_tests(live: Content, content: Content) -> bool:
    questions = [question.id for question in live.questions]
    return live.held_back == content.held_back and questions == [question.id for question in content.questions]
