"""Emergency notices: a text by language that stands above every reply of every channel, at once and without training."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit
from bot.accounts.people import Person
from bot.errors import BadInputError
from bot.knowledge.schema import Pack
from bot.publishing.errors import NoticeMovedError
from bot.publishing.moments import local_moment
from bot.storage import Database
from bot.storage import publishing as stored
from bot.storage.publishing import StoredNotice

LONGEST = 600
"""Characters of a notice: it stands above every reply, on small screens too."""

EMPTY = "Write the notice in at least one language."
TOO_LONG = "The notice in {language} has {count} characters; at most {most} fit above every reply. Shorten it."
FOREIGN = "'{language}' is none of the languages of this service."


class Notices:
    """Publishing and withdrawing notices, and which one stands."""

    def __init__(self, database: Database, pack: str, clock: Callable[[], dt.datetime]) -> None:
        """Prepare.

        Args:
            database: where notices are.
            pack: whose.
            clock: returns the present.
        """
        self._database = database
        self._pack = pack
        self._clock = clock
        self._last: StoredNotice | None = None

    async def refresh(self) -> None:
        """Read which notice was published last; called once a second, so that all processes show it."""
        async with self._database.reading() as session:
            self._last = await self._newest(session)

    def standing(self) -> StoredNotice | None:
        """Return the notice that is shown now, or None."""
        return self._if_standing(self._last)

    async def _newest(self, session: AsyncSession) -> StoredNotice | None:
        newest = await stored.notices(session, self._pack, 1)
        return newest[0] if newest else None

    def _if_standing(self, newest: StoredNotice | None) -> StoredNotice | None:
        return newest if newest and newest.withdrawn_at is None and newest.until > self._clock() else None

    def text(self, language: str, pack: Pack) -> str | None:
        """Return what is shown above a reply: the standing notice in its language, else in the next best one."""
        notice = self.standing()
        if notice is None:
            return None
        order = [language, *pack.fallbacks.get(language, []), *pack.fallback_languages]
        spoken = next((code for code in order if code in notice.texts), next(iter(notice.texts)))
        return notice.texts[spoken]

    async def publish(
        self, person: Person, texts: Mapping[str, str], until: str, pack: Pack, seen: int | None = None
    ) -> None:
        """Show a notice from now on, in place of the one that stands.

        Args:
            person: who publishes.
            texts: by language; empty ones are left out.
            until: the time where the authority is at which it ends.
            pack: its languages and time zone.
            seen: the notice that stood on the page, 0 for none; None leaves that unchecked.

        Raises:
            BadInputError: nothing written, too long, a foreign language, or no time that is still to come.
            NoticeMovedError: another notice stands than the page showed; nothing was published.
        """
        written = {language: text.strip() for language, text in texts.items() if text.strip()}
        if not written:
            raise BadInputError(EMPTY)
        for language, text in written.items():
            if language not in pack.languages:
                raise BadInputError(FOREIGN, language=language)
            if len(text) > LONGEST:
                raise BadInputError(TOO_LONG, language=language, count=len(text), most=LONGEST)
        end = local_moment(until, pack.time_zone, self._clock())
        async with self._database.work() as session:
            now = self._if_standing(await self._newest(session))
            if seen is not None and seen != (now.id if now else 0):
                raise NoticeMovedError(f"notice {now and now.id} stands, the page showed {seen}")
            number = await stored.add_notice(session, self._pack, written, end, person.id, person.name)
            detail = {"texts": written, "until": end.isoformat()}
            await audit.record(session, person.id, "notice.publish", f"notice {number}", detail)
        await self.refresh()

    async def withdraw(self, person: Person, notice_id: int) -> None:
        """Show a notice no longer.

        Raises:
            NoticeMovedError: it does not stand any more.
        """
        async with self._database.work() as session:
            now = self._if_standing(await self._newest(session))
            if now is None or now.id != notice_id:
                raise NoticeMovedError(f"notice {notice_id} does not stand")
            await stored.withdraw_notice(session, self._pack, notice_id, person.name)
            await audit.record(session, person.id, "notice.withdraw", f"notice {notice_id}")
        await self.refresh()

    async def history(self) -> list[StoredNotice]:
        """Return the notices there were, the newest first."""
        async with self._database.reading() as session:
            return await stored.notices(session, self._pack)
