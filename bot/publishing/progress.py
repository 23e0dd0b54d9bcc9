"""How far a build is, written once a second from a thread of its own: training holds the event loop for long."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class Beat:
    """A sign of life of a build: how far it was at a time."""

    step: str
    done: int
    total: int
    at: dt.datetime


def beat_file(data_dir: Path, build_id: int) -> Path:
    """Return where a build's process writes how far it is."""
    return data_dir / "builds" / f"{build_id}.json"


def read_beat(data_dir: Path, build_id: int) -> Beat | None:
    """Return a build's last sign of life, or None before the first."""
    try:
        step, done, total, at = json.loads(beat_file(data_dir, build_id).read_text(encoding="utf-8"))
        return Beat(str(step), int(done), int(total), dt.datetime.fromisoformat(at))
    except (OSError, ValueError):
        return None


def write_beat(data_dir: Path, build_id: int, now: tuple[str, int, int]) -> None:
    """Write how far a build is.

    Raises:
        OSError: it cannot be written.
    """
    path = beat_file(data_dir, build_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([*now, dt.datetime.now(dt.UTC).isoformat()]), encoding="utf-8")
    os.replace(fresh, path)


def forget_beat(data_dir: Path, build_id: int) -> None:
    """Remove the file of a build that is over."""
    for path in (beat_file(data_dir, build_id), beat_file(data_dir, build_id).with_suffix(".new")):
        path.unlink(missing_ok=True)


class Pulse:
    """Writes a build's progress while the block runs; ends the process when the build was cancelled.

    Into a file and not into the database: a process of low priority that holds the database's lock, if only for a
    moment, keeps messages waiting when the machine is busy (seen: for more than ten seconds). It reads whether the
    build was cancelled, which on SQLite takes no lock.
    """

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
        forget_beat(self._settings.data_dir, self._build_id)

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
            write_beat(self._settings.data_dir, self._build_id, self._progress.now)
            async with database.reading() as session:
                wanted = await stored.is_running(session, self._build_id)
        except (GuidepostError, OSError) as error:
            # A missed beat is made up by the next one; only a minute without any counts as death.
            logger.warning("Progress could not be written: %s", error)
            return
        if not wanted and not self._stop.is_set():
            logger.warning("Build %d was cancelled.", self._build_id)
            forget_beat(self._settings.data_dir, self._build_id)
            # At once: nothing of a cancelled build is wanted, and training cannot be asked to stop.
            os._exit(CANCELLED_STATUS)
