"""Alembic's entry: migrations run on the connection that bot.storage hands over."""

from alembic import context

from bot.storage import tables_studio  # noqa: F401  its tables must be known
from bot.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
