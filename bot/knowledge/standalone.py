"""The live content for processes that only run actions."""

from __future__ import annotations

import asyncio
import threading
from functools import lru_cache

from bot.knowledge import files
from bot.knowledge.files import ContentError
from bot.knowledge.library import Library
from bot.knowledge.schema import Content
from bot.settings import Settings
from bot.storage import Database, contents


@lru_cache(maxsize=1)
def live_library() -> Library:
    """Return the library of the live release, or of the files before the first release. Read once a process.

    Raises:
        ContentError: there is no release yet and the files have errors.
    """
    settings = Settings.load()
    found: list[Content | None] = []
    # In a thread: the caller's event loop is running and this is a plain function.
    reader = threading.Thread(target=lambda: found.append(asyncio.run(_live_content(settings))))
    reader.start()
    reader.join()
    content = found[0] if found else None
    if content is None:
        loaded = files.load(settings.project_dir, settings.pack)
        if loaded.content is None:
            raise ContentError(loaded.findings)
        content = loaded.content
    return Library(content)


async def _live_content(settings: Settings) -> Content | None:
    database = Database.at(settings.database_url, settings.data_dir)
    try:
        await database.migrate()
        async with database.work() as session:
            number = await contents.live_release(session, settings.pack)
            return Content.model_validate(await contents.read_snapshot(session, number)) if number else None
    finally:
        await database.close()
