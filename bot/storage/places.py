"""Reading and writing the places that a pack knows by name. They are part of what pack.yml says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage import tables as t


async def read(session: AsyncSession, pack: str, *, lock: bool = False) -> list[dict[str, Any]]:
    """Return the places of a pack as plain JSON values, in their order.

    Args:
        session: the unit of work.
        pack: the pack.
        lock: whether one is about to be changed; two who save at once then wait for each other.
    """
    query = select(t.PackRow).where(t.PackRow.id == pack)
    row = (await session.scalars(query.with_for_update() if lock else query)).first()
    return list(row.body.get("places", [])) if row else []


async def set_patterns(session: AsyncSession, pack: str, place: str, patterns: dict[str, list[str]]) -> None:
    """Replace the patterns by which a place is recognised."""
    row = await session.get_one(t.PackRow, pack)
    # A new value: a change inside the old one would not be noticed.
    places = [{**each, "patterns": patterns} if each["id"] == place else each for each in row.body.get("places", [])]
    row.body = {**row.body, "places": places}
