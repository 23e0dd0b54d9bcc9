"""Putting the parts together: database, content, release, model, conversations."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import portalocker

from bot.accounts import audit
from bot.conversation.feedback import Feedback
from bot.conversation.handover import Handover
from bot.conversation.identity import Identity, fresh_key
from bot.conversation.inbox import Inbox
from bot.conversation.search import Search
from bot.conversation.service import Conversations, Live
from bot.errors import GuidepostError
from bot.knowledge import seed
from bot.knowledge.library import Library
from bot.knowledge.releases import Releases
from bot.knowledge.schema import Content
from bot.publishing import models
from bot.publishing.going_live import GoingLive, noted, utc_now
from bot.publishing.notices import Notices
from bot.publishing.overview import Overview
from bot.publishing.queue import BuildQueue
from bot.publishing.serving import Trouble, follow
from bot.settings import Settings
from bot.storage import Database, conversations
from bot.storage.contents import StoredRelease

if TYPE_CHECKING:
    from bot.rasa_runtime.processor import Processor

logger = logging.getLogger(__name__)

_PREPARE_SECONDS = 900


class BusyError(GuidepostError):
    """Another process is preparing the same data directory."""

    code = "busy"


class Assistant:
    """One pack, ready to answer."""

    def __init__(self, settings: Settings, database: Database, actions: ModuleType) -> None:
        """Prepare; `open_assistant` does the rest.

        Args:
            settings: the settings.
            database: where content and releases are.
            actions: the package of custom actions.
        """
        self.settings = settings
        self.database = database
        self._actions = actions
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="parse")
        self._live: Live | None = None
        self._loaded: tuple[Path, Processor] | None = None
        self.release: StoredRelease | None = None
        self.identity = Identity(fresh_key())
        self.staff_key = fresh_key()
        self.notices = Notices(database, settings.pack, utc_now)
        self.conversations = Conversations(database, self.live, settings.retention_days, self.shown_notice)
        self.feedback = Feedback(database)
        self.handover = Handover(database, self.conversations, lambda: self.identity, self.live)
        self.search = Search(self.live)
        self.releases = Releases(
            database, settings.pack, settings.models_dir, settings.project_dir, self._train, self._parse_known
        )
        self.going_live = GoingLive(database, settings, self.releases)
        self.builds = BuildQueue(database, settings)
        self.overview = Overview(database, settings.pack, self.releases, self.going_live, self.builds)
        self.trouble: Trouble | None = None
        self.changing = asyncio.Lock()

    def live(self) -> Live:
        """Return what answers now."""
        if self._live is None:
            raise GuidepostError("The assistant is not ready yet.")
        return self._live

    def shown_notice(self, language: str) -> str | None:
        """Return what stands above every reply now, in a language or the next best one; mostly None."""
        return self.notices.text(language, self.live().library.pack)

    def _train(self, content: Content, directory: Path, name: str) -> Path:
        return models.train(content, self.settings.project_dir, directory, name)

    def _load(self, model: Path) -> Processor:
        if self._loaded and self._loaded[0] == model:
            return self._loaded[1]
        from bot.rasa_runtime import load_rasa

        load_rasa()
        from bot.rasa_runtime.processor import Processor, collect_actions

        self._loaded = (model, Processor(model, collect_actions(self._actions), self._threads))
        return self._loaded[1]

    def beside(self, model: Path) -> Processor:
        """Load a model beside the one that answers, to be asked by editors; the caller keeps it."""
        if self._loaded and self._loaded[0] == model:
            return self._loaded[1]
        from bot.rasa_runtime import load_rasa

        load_rasa()
        from bot.rasa_runtime.processor import Processor, collect_actions

        return Processor(model, collect_actions(self._actions), self._threads)

    def _parse_known(self, model: Path, texts: list[str]) -> list[dict[str, Any]]:
        return models.parse_own(self._load(model), texts)

    async def prepare(self) -> None:
        """Bring database, content and model up to date, and put the live release in place.

        Raises:
            ContentError: files must be taken in and have errors.
            BusyError: another process has been preparing for long.
        """
        await self.database.migrate()
        async with self.database.work() as session:
            self.identity = Identity(await conversations.secret(session, "identity", fresh_key()))
            self.staff_key = await conversations.secret(session, "staff", fresh_key())
        with self.alone():
            release, content = await self._current()
        self.put_in_place(release, content)
        await self.notices.refresh()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time change content, models or the pointer of this data directory.

        Raises:
            BusyError: another has been at it for fifteen minutes.
        """
        lock = portalocker.Lock(str(self.settings.data_dir / "prepare.lock"), "w", timeout=_PREPARE_SECONDS)
        try:
            lock.acquire()
        except portalocker.LockException as error:
            raise BusyError(
                f"Another Guidepost has been preparing {self.settings.data_dir} for long: stop it or wait."
            ) from error
        try:
            yield
        finally:
            lock.release()

    async def publish_content(self) -> StoredRelease:
        """Make a release of what the database holds now and let it answer."""
        with self.alone():
            content = await seed.read(self.database, self.settings.pack)
            release = await self.releases.build(content)
            await self._publish(release, "train")
        return release

    async def _publish(self, release: StoredRelease, kind: str) -> None:
        await self.releases.publish(release, noted(self.settings.pack, release, kind, None, audit.NOBODY))

    async def _current(self) -> tuple[StoredRelease, Content]:
        pack, root = self.settings.pack, self.settings.project_dir
        result = await seed.sync(self.database, root, pack)
        if result.done == "imported":
            logger.info("Took in the content of the pack '%s' from files.", pack)
        elif result.done == "updated":
            logger.info("The files of the pack '%s' have changed: took them in.", pack)
        elif result.done == "conflict":
            logger.warning(
                "Both the files and the database of the pack '%s' have changed; the database goes on serving. Decide with "
                "'guidepost content import --force' (the files win) or 'guidepost content export' (the database wins).",
                pack,
            )
        live = await self.releases.live()
        content = await seed.read(self.database, pack)
        # Taken in from files and never published: the start that took it in was killed. What editors approve or build
        # leaves no such mark, and goes live by their hand alone.
        interrupted = result.done == "unchanged" and await seed.is_waiting(self.database, pack)
        if live is None or interrupted or result.done in ("imported", "updated"):
            logger.info("The content has no release yet: making one.")
        elif self.releases.is_usable(*live):
            return live
        else:
            logger.info("The model is missing, damaged or made by another version: making it anew.")
            content = live[1]
        release = await self.releases.build(content)
        await self._publish(release, "files")
        return release, content

    def put_in_place(self, release: StoredRelease, content: Content, model: Path | None = None) -> None:
        """Let a release answer from now on; turns under way finish with the one they began with.

        Args:
            release: the release.
            content: its content.
            model: its model, where that was checked just now.
        """
        processor = self._load(model or self.releases.model(release))
        self._live = Live(release.id, Library(content), processor)
        self.release = release

    async def change_to(self, number: int) -> None:
        """Let another release answer in this process, which the pointer names already.

        Raises:
            UnknownReleaseError: there is none of this number.
            ModelDamagedError: its model is not what was stored; nothing has changed.
        """
        release = await self.releases.find(number)
        content = await self.releases.content(number)
        model = await asyncio.to_thread(self.releases.model, release)
        await asyncio.to_thread(self._load, model)
        self.put_in_place(release, content, model)

    async def follow(self) -> None:
        """Let this process answer from the release that the pointer names, without waiting for the next second."""
        await follow(self)

    async def close(self) -> None:
        """Release threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self.database.close()


@asynccontextmanager
async def open_assistant(
    settings: Settings, actions: ModuleType, *, keep_conversations: bool = True
) -> AsyncIterator[Assistant]:
    """Open an assistant, preparing what is missing.

    Args:
        settings: the settings.
        actions: the package of custom actions.
        keep_conversations: False keeps conversations in memory only, for commands that ask on behalf of nobody.
    """
    settings.name_encoder()
    database = Database.at(settings.database_url, settings.data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    assistant = Assistant(settings, database, actions)
    memory = None
    try:
        await assistant.prepare()
        if not keep_conversations:
            memory = Database("sqlite+aiosqlite://")
            await memory.migrate()
            assistant.conversations = Conversations(
                memory, assistant.live, settings.retention_days, assistant.shown_notice
            )
        yield assistant
    finally:
        await assistant.close()
        if memory is not None:
            await memory.close()


async def housekeeping(assistant: Assistant, every_seconds: float = 3600) -> None:
    """Delete what is past the retention time, now and then, until cancelled."""
    while True:
        try:
            gone = await assistant.conversations.forget_old()
            if gone:
                logger.info("Deleted %d conversations past the retention time.", gone)
            kept = dt.timedelta(days=assistant.settings.retention_days)
            await Inbox(assistant.database, "").forget_before(dt.datetime.now(dt.UTC) - kept)
        except GuidepostError as error:
            logger.warning("Deleting old conversations failed: %s", error)
        await asyncio.sleep(every_seconds)
