"""Alembic's entry: migrations run on the connection that bot.storage hands over."""

from alembic import context

from bot.storage import feedback, handover, tables_studio  # noqa: F401  # their tables
from bot.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
