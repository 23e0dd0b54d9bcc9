"""The database: tables, one unit of work per request, Alembic migrations. SQLite by default, PostgreSQL by setting."""

from bot.storage.database import Database, StorageError

__all__ = ["Database", "StorageError"]
