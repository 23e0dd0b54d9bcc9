"""What the serving process does once a second: follow the pointer, show notices, publish what is due, build."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import GuidepostError
from bot.publishing.queue import Runner

if TYPE_CHECKING:
    from bot.assistant import Assistant

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Trouble:
    """A release that was published and cannot answer here; what answered before goes on.

    Attributes:
        release_id: its number.
        code: the error's code, e.g. `model_damaged`.
    """

    release_id: int
    code: str


async def follow(assistant: Assistant) -> None:
    """Let the release answer that the pointer names, if another one does.

    The model is checked and loaded in a thread; turns under way finish with the release they began with, and messages
    that arrive meanwhile are answered by the old one. A release that cannot be loaded is noted in
    `assistant.trouble`, and tried again when the pointer moves.
    """
    async with assistant.changing:
        await _follow(assistant)


async def _follow(assistant: Assistant) -> None:
    number = await assistant.releases.live_number()
    if number is None or number == assistant.live().release_id:
        assistant.trouble = None
        return
    if assistant.trouble and assistant.trouble.release_id == number:
        return
    try:
        await assistant.change_to(number)
        assistant.trouble = None
        logger.info("Release %d answers now.", number)
    except Exception as error:
        code = error.code if isinstance(error, GuidepostError) else type(error).__name__
        assistant.trouble = Trouble(number, code)
        logger.error("Release %d cannot answer (%s); release %d goes on.", number, code, assistant.live().release_id)


async def keep_up(assistant: Assistant, every_seconds: float = EVERY_SECONDS) -> None:
    """Do what is to be done once a second, until cancelled; the running build ends with it."""
    runner = Runner(assistant.database, assistant.settings)
    duties: list[Callable[[], Awaitable[None]]] = [
        assistant.notices.refresh,
        assistant.going_live.publish_due,
        lambda: follow(assistant),
        runner.tick,
    ]
    silent: dict[int, str] = {}
    try:
        while True:
            for place, duty in enumerate(duties):
                try:
                    await duty()
                    silent.pop(place, None)
                except Exception as error:
                    # One duty's failure must not stop the others; each kind is logged once, not every second.
                    if silent.get(place) != type(error).__name__:
                        silent[place] = type(error).__name__
                        logger.error("Keeping up failed: %s: %s", type(error).__name__, error)
            await asyncio.sleep(every_seconds)
    finally:
        await runner.stop()
