"""Who has a text open: colleagues see each other before they type over each other."""

from __future__ import annotations

import datetime as dt

from bot.editing.model import Actor, TextKey, now
from bot.storage import Database, editing
from bot.storage.tables_studio import PresenceRow

BEAT_SECONDS = 15
"""How often a page says that it is still open."""

_GONE_AFTER = dt.timedelta(seconds=3 * BEAT_SECONDS)


class Presence:
    """Who is at which text of one pack."""

    def __init__(self, database: Database, pack: str) -> None:
        """Prepare.

        Args:
            database: where it is noted.
            pack: which content.
        """
        self._database = database
        self._pack = pack

    async def here(self, key: TextKey, person: Actor, moment: dt.datetime | None = None) -> list[str]:
        """Note that a person has a text open.

        Returns:
            The names of the others who have.
        """
        moment = moment or now()
        async with self._database.work() as session:
            await editing.touch_presence(
                session,
                PresenceRow(
                    pack=self._pack,
                    question=key.question,
                    situation=key.situation,
                    language=key.language,
                    person=person.id,
                    name=person.name,
                    seen_at=moment,
                ),
            )
            rows = await editing.present(
                session, self._pack, key.question, key.situation, key.language, moment - _GONE_AFTER
            )
            return [row.name for row in rows if row.person != person.id]

    async def gone(self, key: TextKey, person: Actor) -> None:
        """Note that a person has closed a text."""
        async with self._database.work() as session:
            await editing.leave_presence(session, self._pack, key.question, key.situation, key.language, person.id)
