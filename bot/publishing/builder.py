"""Building one release, in a process of its own: `guidepost release build --id N`.

The server goes on answering meanwhile. Whatever happens here, nothing goes live by it: the process writes model files
under new names, a release row when model and scores are complete, and its own progress.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from bot.errors import GuidepostError
from bot.knowledge import seed
from bot.knowledge.library import Library
from bot.knowledge.releases import ModelDamagedError, Releases
from bot.knowledge.schema import Content
from bot.publishing import models, replay, second
from bot.publishing.progress import Progress, Pulse
from bot.settings import Settings
from bot.storage import Database
from bot.storage import publishing as stored
from bot.storage.contents import StoredRelease

logger = logging.getLogger(__name__)

_LEFT_BEHIND_SECONDS = 3600
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Builder:
    """Builds what one row of the table `build` asks for."""

    def __init__(self, settings: Settings, database: Database, progress: Progress) -> None:
        """Prepare.

        Args:
            settings: the settings.
            database: where content, releases and builds are.
            progress: is told how far it is.
        """
        self._settings = settings
        self._database = database
        self._progress = progress
        self._parsers: dict[Path, Any] = {}
        self._open = contextlib.ExitStack()
        self._second: Executor | None = None
        self._live: tuple[StoredRelease, Content] | None = None
        self.releases = Releases(
            database, settings.pack, settings.models_dir, settings.project_dir, self._train, self._score
        )

    async def build(self, build: stored.StoredBuild) -> tuple[StoredRelease, replay.Radius | None]:
        """Build the release, and replay real questions through it and through the live one.

        Returns:
            The release and its blast radius; None when nothing is live that can be compared with.
        """
        with self._open:
            return await self._build(build)

    async def _build(self, build: stored.StoredBuild) -> tuple[StoredRelease, replay.Radius | None]:
        self._progress.step("read")
        _clear(self._settings.models_dir)
        if build.source_release is None:
            content = await seed.read(self._database, self._settings.pack)
        else:
            content = await self.releases.content(build.source_release)
        await self._find_live()
        release = await self.releases.build(content)
        return release, await self._replay(release, content)

    async def _find_live(self) -> None:
        """Find what to compare with: the live release, if its model is sound and made by this version of the program."""
        try:
            live = await self.releases.live()
        except ModelDamagedError:
            return  # a new release is the cure
        if live and self._settings.replay_questions and await asyncio.to_thread(self.releases.is_usable, *live):
            self._live = live

    def _train(self, content: Content, directory: Path, name: str) -> Path:
        self._progress.step("train")
        self._second = self._open.enter_context(second.process(len(content.examples)))
        if self._second and self._live:
            # For the replay, which needs it, and because the next model then loads faster.
            self._second.submit(second.load, self._settings.models_dir / self._live[0].model_file)
        with self._progress.listening():
            return models.train(content, self._settings.project_dir, directory, name, self._second)

    def _score(self, model: Path, texts: list[str]) -> list[dict[str, Any]]:
        self._progress.step("score", len(texts))
        return self._ask(model, texts, own=True)

    def _parser(self, model: Path) -> Any:
        if model not in self._parsers:
            self._parsers[model] = models.load_to_parse(model)
        return self._parsers[model]

    def _ask(self, model: Path, texts: list[str], own: bool) -> list[dict[str, Any]]:
        def here(part: list[str]) -> list[dict[str, Any]]:
            processor = self._parser(model)
            return models.parse_own(processor, part) if own else processor.parse_many(part)

        executor = self._second
        there = (lambda part: executor.submit(second.parse, model, part, own)) if executor else None
        return second.in_parts(texts, here, there, self._progress.advance)

    async def _replay(self, release: StoredRelease, content: Content) -> replay.Radius | None:
        if self._live is None:
            return None
        live, old_model = self._live, self.releases.model(self._live[0])
        new_model = self.releases.model(release)
        self._progress.step("replay")
        questions = await replay.real_questions(self._database, self._settings.pack, self._settings.replay_questions)
        self._progress.step("replay", len(questions) * (1 if old_model == new_model else 2))

        def asking(model: Path) -> replay.Parse:
            return lambda texts: self._ask(model, texts, own=False)

        new_parse = asking(new_model)
        old_parse = new_parse if old_model == new_model else asking(old_model)
        old = (live[0].id, old_parse, Library(live[1]))
        return replay.compare(questions, old, (new_parse, Library(content)), content.pack.languages[0])


def _clear(models_dir: Path) -> None:
    """Remove what trainings left behind that were killed."""
    for left in models_dir.glob(".training-*"):
        if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


async def run(settings: Settings, build_id: int) -> int:
    """Carry out a build that is marked as running.

    Returns:
        0 when it is done, 1 when it failed. The last line of standard output then is JSON with `failure` and
        `detail`: on a full disk the database may take no row.
    """
    os.nice(10)
    settings.name_encoder()
    database = Database.at(settings.database_url, settings.data_dir)
    try:
        async with database.reading() as session:
            build = await stored.build(session, settings.pack, build_id)
        if build is None or build.state != stored.RUNNING:
            logger.warning("Build %d is not to be carried out (any more).", build_id)
            return 1
        return await _carry_out(settings, database, build)
    finally:
        await database.close()


async def _carry_out(settings: Settings, database: Database, build: stored.StoredBuild) -> int:
    progress = Progress()
    try:
        with Pulse(settings, build.id, progress):
            release, radius = await Builder(settings, database, progress).build(build)
        async with database.work() as session:
            if radius:
                await stored.add_replayed(session, build.id, radius.rows)
            summary = radius.summary if radius else None
            await stored.finish_build(session, build.id, stored.DONE, release_id=release.id, replay=summary)
    except Exception as error:
        failure, detail = explain(error)
        logger.error("Build %d failed (%s): %s", build.id, failure, detail)
        print(json.dumps({"failure": failure, "detail": detail}), flush=True)
        await _try(lambda: fail(database, build.id, failure, detail))
        return 1
    return 0


def explain(error: BaseException) -> tuple[str, str]:
    """Return why a build failed: a code of FAILURES and the error's words."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for each in chain:
        if (isinstance(each, OSError) and each.errno in _FULL) or "disk is full" in str(each):
            return "disk_full", str(each)
    if any(isinstance(each, MemoryError) for each in chain):
        return "memory", str(error)
    code = error.code if isinstance(error, GuidepostError) else ""
    if code in ("training", "configuration"):
        return "training", str(error)
    return ("content" if code in ("content", "no_content") else "error"), f"{type(error).__name__}: {error}"


async def fail(database: Database, build_id: int, failure: str, detail: str) -> bool:
    """Mark a build as failed; returns whether it was under way."""
    async with database.work() as session:
        return await stored.finish_build(session, build_id, stored.FAILED, failure=failure, detail=detail[:2000])


async def _try(write: Callable[[], Any]) -> None:
    try:
        await write()
    except Exception as error:  # the server writes it when there is room again
        logger.error("The failure could not be stored: %s", type(error).__name__)


def carry_out(settings: Settings, build_id: int) -> int:
    """Run the build in an event loop of its own; see `run`."""
    return asyncio.run(run(settings, build_id))
