"""How far a build is, written once a second from a thread of its own: training holds the event loop for long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from types import TracebackType

from bot.errors import GuidepostError
from bot.settings import Settings
from bot.storage import Database
from bot.storage import publishing as stored

logger = logging.getLogger(__name__)

STEPS = ("read", "train", "score", "replay")
"""What a build goes through. Training and scoring are left out where an older model or its scores still hold."""

CANCELLED_STATUS = 3
"""The exit status of a build that somebody cancelled."""

_ENCODING = "Encoding examples: %d of %d"


class Progress:
    """Counts what is done of the present step."""

    def __init__(self) -> None:
        self.now: tuple[str, int, int] = ("read", 0, 0)
        """Step, done and total; total 0 where it is not known. One assignment, so that threads see a whole."""

    def step(self, name: str, total: int = 0) -> None:
        """Begin a step."""
        self.now = (name, 0, total)

    def advance(self, count: int) -> None:
        """Add to what is done."""
        name, done, total = self.now
        self.now = (name, done + count, total)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take from the log how many examples are encoded: Rasa's graph gives no other way."""
        handler = _Listener(self)
        source = logging.getLogger("bot.understanding.sentence_encoder")
        source.addHandler(handler)
        try:
            yield
        finally:
            source.removeHandler(handler)


class _Listener(logging.Handler):
    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        """Take the counts of the encoder's lines."""
        if record.msg == _ENCODING and isinstance(record.args, tuple):
            done, total = record.args
            self._progress.now = ("train", int(str(done)), int(str(total)))


class Pulse:
    """Writes a build's progress and heartbeat while the block runs; ends the process when the build was cancelled."""

    def __init__(self, settings: Settings, build_id: int, progress: Progress, every_seconds: float = 1.0) -> None:
        self._settings = settings
        self._build_id = build_id
        self._progress = progress
        self._every = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._write()), name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(5)

    async def _write(self) -> None:
        database = Database.at(self._settings.database_url, self._settings.data_dir)
        try:
            while not self._stop.is_set():
                await self._beat(database)
                await asyncio.to_thread(self._stop.wait, self._every)
        finally:
            await database.close()

    async def _beat(self, database: Database) -> None:
        try:
            async with database.work() as session:
                wanted = await stored.beat(session, self._build_id, *self._progress.now)
        except GuidepostError as error:
            # A missed beat is made up by the next one; only a minute without any counts as death.
            logger.warning("Progress could not be stored: %s", error)
            return
        if not wanted and not self._stop.is_set():
            logger.warning("Build %d was cancelled.", self._build_id)
            # At once: nothing of a cancelled build is wanted, and training cannot be asked to stop.
            os._exit(CANCELLED_STATUS)
