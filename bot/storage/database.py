"""Opening the database, bringing it up to date, and the unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot.errors import GuidepostError

_BUSY_SECONDS = 10
_READING = "guidepost_reading"


class StorageError(GuidepostError):
    """The database does not answer or cannot be used."""

    code = "storage"
    status = 503
    public = "The service is briefly out of order. Please try again in a minute."


class Database:
    """The database of one installation."""

    def __init__(self, url: str) -> None:
        """Prepare access; nothing is opened yet.

        Args:
            url: an SQLAlchemy address with an asynchronous driver, e.g. `sqlite+aiosqlite:///var/guidepost.sqlite`.
        """
        self.url = url
        self._engine: AsyncEngine = create_async_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _sqlite_settings)
            event.listen(self._engine.sync_engine, "begin", _sqlite_begin)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        # SQLite has one transaction at a time. Waiting for it in a queue of our own is fair; SQLite's waiting is a poll,
        # in which fifty visitors at once on a busy machine starve some of them until they fail.
        is_sqlite = self._engine.dialect.name == "sqlite"
        self._turn: AbstractAsyncContextManager[object] = asyncio.Lock() if is_sqlite else nullcontext()
        # Reading waits for nobody, except in memory: such a database lives in one connection.
        in_memory = is_sqlite and self._engine.url.database in (None, "", ":memory:")
        self._reading_turn: AbstractAsyncContextManager[object] = self._turn if in_memory else nullcontext()

    @classmethod
    def at(cls, url: str, directory: Path) -> Database:
        """Return the database that settings name: at an address, or without one the SQLite file of a directory."""
        return cls(url) if url else cls.in_directory(directory)

    @classmethod
    def in_directory(cls, directory: Path) -> Database:
        """Return the default SQLite database of a data directory, which is made when missing."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"The data directory {directory} cannot be made: {error.strerror}") from error
        return cls(f"sqlite+aiosqlite:///{directory.resolve() / 'guidepost.sqlite'}")

    async def migrate(self) -> None:
        """Bring the tables up to date.

        Raises:
            StorageError: the database is not reachable, damaged, or newer than this program.
        """
        try:
            async with self._engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except (DBAPIError, OSError) as error:
            raise StorageError(
                f"The database {self._engine.url.render_as_string()} cannot be opened: {error}"
            ) from error
        except CommandError as error:
            raise StorageError(
                f"The database {self._engine.url.render_as_string()} was written by a newer Guidepost ({error}). "
                "Update the program, or name another data directory with DATA_DIR."
            ) from error

    @asynccontextmanager
    async def work(self) -> AsyncIterator[AsyncSession]:
        """One unit of work: committed when the block ends well, rolled back when it raises.

        Raises:
            StorageError: the database does not answer.
        """
        try:
            async with self._turn, self._sessions() as session, session.begin():
                yield session
        except OperationalError as error:
            raise StorageError(f"The database does not answer: {error.orig}") from error

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A unit of work that only reads: all of it sees one state, and on SQLite it waits for no writer nor holds one up.

        Raises:
            StorageError: the database does not answer.
        """
        try:
            async with self._reading_turn, self._sessions() as session, session.begin():
                await session.connection(execution_options={_READING: True})
                yield session
        except OperationalError as error:
            raise StorageError(f"The database does not answer: {error.orig}") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _sqlite_settings(connection: Any, _record: Any) -> None:
    # FULL: a commit that was acknowledged survives a power loss. The driver must not begin transactions by itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # IMMEDIATE: two writers wait for each other instead of failing when a reader turns into a writer.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READING) else "BEGIN IMMEDIATE")


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
