"""The queue of builds: asking for one, cancelling, and the server's part of carrying them out one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.accounts import audit
from bot.accounts.people import Person
from bot.errors import GuidepostError
from bot.publishing import builder
from bot.publishing.errors import AlreadyBuildingError, GoneError
from bot.publishing.progress import CANCELLED_STATUS, forget_beat, read_beat
from bot.settings import Settings
from bot.storage import Database
from bot.storage import publishing as stored
from bot.storage.publishing import StoredBuild

logger = logging.getLogger(__name__)

FAILURES = ("disk_full", "memory", "training", "content", "killed", "stopped", "lost", "error")
"""Why a build can fail; the texts for people are in the studio."""

DEAD_AFTER_SECONDS = 60
"""Without a heartbeat for so long a build counts as dead: the process writes one every second."""

_PASSED_ON = (
    "data_dir",
    "pack",
    "project_dir",
    "encoder_dir",
    "encoder_source",
    "database_url",
    "replay_questions",
    "log_level",
)


class BuildQueue:
    """What pages need of builds."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Prepare.

        Args:
            database: where builds are.
            settings: names the pack.
        """
        self._database = database
        self._pack = settings.pack
        self._data_dir = settings.data_dir

    async def ask(self, person: Person | None, source_release: int | None = None) -> int:
        """Put a build into the queue.

        Args:
            person: who asks; None on the command line.
            source_release: a release whose content is to be built anew; None for what is approved by then.

        Returns:
            The build's number.

        Raises:
            AlreadyBuildingError: the same is waiting already.
        """
        async with self._database.work() as session:
            waiting = await stored.builds(session, self._pack, (stored.QUEUED,))
            if source_release in [build.source_release for build in waiting]:
                raise AlreadyBuildingError("the same build is queued")
            person_id, name = (person.id, person.name) if person else (None, audit.NOBODY)
            number = await stored.add_build(session, self._pack, person_id, name, source_release)
            await audit.record(session, person_id, "release.build", f"build {number}", {"of": source_release})
        return number

    async def cancel(self, person: Person, build_id: int) -> None:
        """Stop a build that waits or runs; its process notices within a second or two.

        Raises:
            GoneError: it is over already.
        """
        async with self._database.work() as session:
            if await stored.build(session, self._pack, build_id) is None or not await stored.finish_build(
                session, build_id, stored.CANCELLED
            ):
                raise GoneError(f"build {build_id} is over")
            await audit.record(session, person.id, "release.cancel_build", f"build {build_id}")

    async def get(self, build_id: int) -> StoredBuild:
        """Return a build.

        Raises:
            GoneError: there is none of this number.
        """
        async with self._database.reading() as session:
            build = await stored.build(session, self._pack, build_id)
        if build is None:
            raise GoneError(f"no build {build_id}")
        return with_progress(build, self._data_dir)

    async def under_way(self) -> list[StoredBuild]:
        """Return what waits and what runs, the newest first."""
        async with self._database.reading() as session:
            found = await stored.builds(session, self._pack, (stored.QUEUED, stored.RUNNING))
        return [with_progress(build, self._data_dir) for build in found]

    async def last_over(self) -> StoredBuild | None:
        """Return the build that ended last, or None."""
        async with self._database.reading() as session:
            found = await stored.builds(session, self._pack, (stored.DONE, stored.FAILED), 1)
        return found[0] if found else None


def with_progress(build: StoredBuild, data_dir: Path) -> StoredBuild:
    """Return a build with how far its process says it is."""
    beat = read_beat(data_dir, build.id) if build.state == stored.RUNNING else None
    if beat is None:
        return build
    return replace(build, step=beat.step, done=beat.done, total=beat.total, heartbeat=beat.at)


class Runner:
    """Starts the process of the next build and notices how it ends. Call `tick` about once a second."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Prepare.

        Args:
            database: where builds are.
            settings: handed on to the processes.
        """
        self._database = database
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._build_id = 0
        self._said = ""

    async def tick(self) -> None:
        """Look after the running build, or start the next."""
        if self._process is None:
            async with self._database.reading() as session:
                waiting = await stored.builds(session, self._settings.pack, (stored.QUEUED, stored.RUNNING))
            # Mostly there is nothing to do, and a look at it takes no lock.
            if waiting:
                await self._bury(waiting)
                async with self._database.work() as session:
                    number = await stored.start_next_build(session, self._settings.pack)
                if number is not None:
                    self._start(number)
        elif self._process.poll() is not None:
            if self._process.stdout and not self._process.stdout.closed:
                self._said = self._process.stdout.read()
                self._process.stdout.close()
            # Written first and forgotten then: on a full disk the next tick tries again.
            await self._ended(self._process.returncode)
            self._process = None

    def _start(self, number: int) -> None:
        logger.info("Build %d begins.", number)
        self._build_id = number
        # A session of its own: Ctrl-C at the server is the server's to hand on.
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "bot.cli", "release", "build", "--id", str(number)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment(self._settings)},
            start_new_session=True,
        )

    async def _ended(self, status: int) -> None:
        failure, detail = _reason(status, self._said)
        forget_beat(self._settings.data_dir, self._build_id)
        if await builder.fail(self._database, self._build_id, failure, detail):
            logger.error("Build %d failed (%s): %s", self._build_id, failure, detail)

    async def _bury(self, builds: list[StoredBuild]) -> None:
        """Mark builds as failed whose process is gone: that of a server which was killed together with it."""
        now = dt.datetime.now(dt.UTC)
        for build in builds:
            last = with_progress(build, self._settings.data_dir).heartbeat
            silent = last is None or (now - last).total_seconds() > DEAD_AFTER_SECONDS
            if build.state == stored.RUNNING and silent:
                forget_beat(self._settings.data_dir, build.id)
                await builder.fail(self._database, build.id, "lost", "No sign of life for a minute.")

    async def stop(self) -> None:
        """End the running build with the server."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, 5)
        if self._process.poll() is None:
            self._process.kill()
        with contextlib.suppress(GuidepostError):
            await builder.fail(self._database, self._build_id, "stopped", "The server was stopped.")
        if self._process.stdout:
            self._process.stdout.close()
        forget_beat(self._settings.data_dir, self._build_id)
        self._process = None


def _reason(status: int, said: str) -> tuple[str, str]:
    """Return the failure's code and words from what a build's process left."""
    if status < 0:
        return "killed", f"The process was ended by signal {-status}."
    with contextlib.suppress(ValueError, IndexError, TypeError):
        told = json.loads(said.strip().splitlines()[-1])
        return str(told["failure"]), str(told["detail"])
    if status == CANCELLED_STATUS:
        return "stopped", "The build was cancelled."
    return "error", f"The process ended with status {status}."


def environment(settings: Settings) -> Mapping[str, str]:
    """Return the settings that a build's process needs, as environment variables."""
    values = {name: getattr(settings, name) for name in _PASSED_ON}
    return {f"GUIDEPOST_{name.upper()}": str(value) for name, value in values.items() if value is not None}
