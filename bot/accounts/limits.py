"""Bounds on guessing: failed sign-ins are counted by account and by source."""

from __future__ import annotations

import datetime as dt

from bot.accounts.errors import TooManyTriesError
from bot.accounts.signing import Signer
from bot.storage import Database, accounts

WINDOW = dt.timedelta(minutes=15)
PER_ACCOUNT = 10
PER_SOURCE = 60
"""Higher than an account's: a whole office may sit behind one address."""


class Limits:
    """Counts tries in the database, so that a restart forgives nothing."""

    def __init__(self, database: Database, signer: Signer) -> None:
        """Prepare.

        Args:
            database: where tries are counted.
            signer: makes the keyed hashes under which they are counted: no address of a visitor is stored.
        """
        self._database = database
        self._signer = signer

    async def begin(self, account: str, source: str) -> None:
        """Count a try before it is looked at, so that a thousand at once do not slip through together.

        Args:
            account: what the person typed as account, or the account's number; whether it exists does not matter.
            source: the address that the connection comes from.

        Raises:
            TooManyTriesError: the bound is reached; nothing was counted.
        """
        now = dt.datetime.now(dt.UTC)
        bounds = {self._subject("account", account): PER_ACCOUNT, self._subject("source", source): PER_SOURCE}
        async with self._database.work() as session:
            for subject, bound in bounds.items():
                if len(await accounts.failures(session, subject, now - WINDOW)) >= bound:
                    raise TooManyTriesError("too many failed sign-ins")
            await accounts.failed(session, list(bounds), now, now - WINDOW)

    async def succeeded(self, account: str, source: str) -> None:
        """Forget an account's failures and one try of the source."""
        async with self._database.work() as session:
            await accounts.forgive(session, self._subject("account", account))
            await accounts.forgive(session, self._subject("source", source), newest_only=True)

    def _subject(self, kind: str, name: str) -> str:
        return self._signer.mac(f"try-{kind}", name)
