"""Who is signed in: sessions on the server, known to the browser by a random secret only."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from bot.accounts.people import Person, person
from bot.storage import Database, accounts
from bot.storage.accounts import StoredAccount, StoredSession

IDLE = dt.timedelta(hours=2)
HALF_WAY = dt.timedelta(minutes=10)
"""How long one may take between the password and the second factor."""
_TOUCH = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A valid session.

    Attributes:
        person: who it is.
        tag: names the session in forms and lists; knowing it signs nobody in.
        id: the hash under which it is kept.
        complete: False between the password and the second factor.
        account: the account with everything that is kept of it.
    """

    person: Person
    tag: str
    id: str
    complete: bool
    account: StoredAccount


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(self, database: Database, hours: int) -> None:
        """Prepare.

        Args:
            database: where sessions are.
            hours: after how many hours one must sign in anew, however busy.
        """
        self._database = database
        self._longest = dt.timedelta(hours=hours)

    async def begin(self, account_id: int, *, complete: bool, instead_of: str = "") -> str:
        """Begin a session with a fresh secret; the one that the browser had before ends (session fixation).

        Args:
            account_id: whose.
            complete: whether nothing more is asked for.
            instead_of: the secret that the browser brought, if any.

        Returns:
            The secret for the cookie.
        """
        secret = secrets.token_urlsafe(32)
        now = dt.datetime.now(dt.UTC)
        async with self._database.work() as session:
            if instead_of:
                await accounts.end(session, _hash(instead_of))
            await accounts.end_old(session, began_before=now - self._longest, seen_before=now - IDLE)
            await accounts.begin(
                session, StoredSession(_hash(secret), secrets.token_hex(8), account_id, complete, now, now)
            )
        return secret

    async def current(self, secret: str) -> SignedIn | None:
        """Return the session of a cookie, or None when there is none, it is over, or the account was disabled."""
        if not secret:
            return None
        now = dt.datetime.now(dt.UTC)
        async with self._database.work() as session:
            found = await accounts.current(session, _hash(secret))
            if found is None:
                return None
            kept, account = found
            lasts = IDLE if kept.complete else HALF_WAY
            over = now - kept.began_at > self._longest or now - kept.seen_at > lasts
            if over or account.disabled:
                await accounts.end(session, kept.id)
                return None
            if kept.complete and now - kept.seen_at > _TOUCH:
                await accounts.saw(session, kept.id, now)
        return SignedIn(person(account), kept.tag, kept.id, kept.complete, account)

    async def of(self, account_id: int) -> list[StoredSession]:
        """Return an account's sessions that are not over, the one last used first."""
        now = dt.datetime.now(dt.UTC)
        async with self._database.work() as session:
            await accounts.end_old(session, began_before=now - self._longest, seen_before=now - IDLE)
            return await accounts.sessions_of(session, account_id)

    async def end(self, secret: str) -> None:
        """Sign out."""
        async with self._database.work() as session:
            await accounts.end(session, _hash(secret))

    async def end_tagged(self, account_id: int, tag: str) -> bool:
        """End one of an account's sessions; False when it has none of that tag."""
        async with self._database.work() as session:
            return await accounts.end_tagged(session, account_id, tag)

    async def end_others(self, signed_in: SignedIn) -> None:
        """End all sessions of an account but the given one."""
        async with self._database.work() as session:
            await accounts.end_all(session, signed_in.account.id, but=signed_in.id)


def _hash(secret: str) -> str:
    # A plain hash is enough for 256 random bits.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
