"""The accounts: making, changing and disabling them. Every change goes into the audit."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from bot.accounts import audit, passwords
from bot.accounts.errors import AccountInputError, AccountMovedError, UnknownAccountError
from bot.accounts.people import INTERFACE_LANGUAGES, ROLES
from bot.storage import Database, accounts
from bot.storage.accounts import StoredAccount


def usual_email(text: str) -> str:
    """Return an address in the form in which it is kept: without spaces around it, in small letters."""
    return text.strip().casefold()


def state_of(account: StoredAccount) -> str:
    """Return a short fingerprint of what `Directory.change` changes: what a form sends back to say what it began with."""
    tree = [account.name, account.roles, account.languages]
    return hashlib.sha256(json.dumps(tree).encode()).hexdigest()[:16]


class Directory:
    """All accounts of the installation."""

    def __init__(self, database: Database) -> None:
        """Prepare.

        Args:
            database: where accounts are.
        """
        self._database = database

    async def everybody(self) -> list[StoredAccount]:
        """Return all accounts in the order of their names."""
        async with self._database.work() as session:
            return await accounts.everybody(session)

    async def is_empty(self) -> bool:
        """Tell whether nobody has an account yet."""
        async with self._database.work() as session:
            return not await accounts.any_account(session)

    async def get(self, account_id: int) -> StoredAccount:
        """Return an account.

        Raises:
            UnknownAccountError: there is none with this number.
        """
        async with self._database.work() as session:
            return await _known(session, account_id)

    async def named(self, email: str) -> StoredAccount:
        """Return the account of an address.

        Raises:
            UnknownAccountError: there is none.
        """
        async with self._database.work() as session:
            found = await accounts.by_email(session, usual_email(email))
        if found is None:
            raise UnknownAccountError(f"There is no account {email!r}. 'guidepost user list' shows all.")
        return found

    async def add(
        self,
        *,
        email: str,
        name: str,
        roles: Iterable[str],
        languages: Iterable[str] = (),
        interface_language: str = "en",
        password: str | None = None,
        temporary: bool = True,
        by: int | None = None,
        open_id: str | None = None,
    ) -> StoredAccount:
        """Make an account.

        Args:
            email: what the person signs in with.
            name: as colleagues see it.
            roles: some of ROLES, at least one.
            languages: ISO 639-1, of translators.
            interface_language: one of INTERFACE_LANGUAGES.
            password: None for people who sign in with OpenID Connect only.
            temporary: whether the password must be changed at the first sign-in.
            by: the account that makes it; None for the command line.
            open_id: issuer and subject, when a provider vouches for the person.

        Raises:
            AccountInputError: says what to correct.
        """
        email, name = usual_email(email), name.strip()
        chosen, spoken = _checked(name, roles, languages, interface_language)
        if not re.fullmatch(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+", email) or len(email) > 200:
            raise AccountInputError(
                "“{email}” is not an e-mail address. Write it like name@service.example.", email=email[:200]
            )
        if password is not None:
            passwords.check_strength(password, about=(name, email))
        kept = await passwords.hashed(password) if password is not None else None
        async with self._database.work() as session:
            if await accounts.by_email(session, email):
                raise AccountInputError(
                    "There is an account {email} already. Change that one, or use another address.", email=email
                )
            made = await accounts.add(
                session,
                email=email,
                name=name,
                roles=chosen,
                languages=spoken,
                interface_language=interface_language,
                password_hash=kept,
                password_temporary=temporary and password is not None,
                totp_secret=None,
                totp_last_step=None,
                open_id=open_id,
                disabled=False,
                created_at=dt.datetime.now(dt.UTC),
            )
            detail = {"name": name, "roles": chosen, "languages": spoken, "by_provider": open_id is not None}
            await audit.record(session, by, "account.add", email, detail)
        return made

    async def change(
        self,
        account_id: int,
        *,
        name: str,
        roles: Iterable[str],
        languages: Iterable[str],
        by: int | None,
        seen: str | None = None,
    ) -> None:
        """Change what an account may do. Takes effect with the person's next request.

        Args:
            account_id: whose.
            name: as colleagues see it.
            roles: some of ROLES, at least one.
            languages: ISO 639-1, of translators.
            by: who does it; None for the command line.
            seen: the `state_of` the account that the form began with; None leaves that unchecked.

        Raises:
            UnknownAccountError: there is no such account.
            AccountMovedError: somebody else has changed it meanwhile.
            AccountInputError: says what to correct; also when the last administrator would be gone.
        """
        chosen, spoken = _checked(name.strip(), roles, languages, "en")
        async with self._database.work() as session:
            account = await _known(session, account_id)
            if seen is not None and seen != state_of(account):
                raise AccountMovedError
            if "administrator" in account.roles and "administrator" not in chosen:
                await _keep_an_administrator(session, account_id)
            await accounts.change(session, account_id, name=name.strip(), roles=chosen, languages=spoken)
            detail = {
                "before": {"name": account.name, "roles": account.roles, "languages": account.languages},
                "after": {"name": name.strip(), "roles": chosen, "languages": spoken},
            }
            await audit.record(session, by, "account.change", account.email, detail)

    async def set_disabled(self, account_id: int, disabled: bool, *, by: int | None) -> None:
        """Disable an account, which signs it out everywhere, or enable it again.

        Raises:
            UnknownAccountError: there is no such account.
            AccountInputError: it is the last administrator's.
        """
        async with self._database.work() as session:
            account = await _known(session, account_id)
            if disabled and "administrator" in account.roles:
                await _keep_an_administrator(session, account_id)
            await accounts.change(session, account_id, disabled=disabled)
            if disabled:
                await accounts.end_all(session, account_id)
            await audit.record(session, by, "account.disable" if disabled else "account.enable", account.email)

    async def reset_password(self, account_id: int, *, by: int | None, password: str | None = None) -> str:
        """Give an account a password that must be changed at the next sign-in, and sign it out everywhere.

        Args:
            account_id: whose.
            by: who does it; None for the command line.
            password: what to set; None: a random one.

        Returns:
            The password, to be handed over.

        Raises:
            UnknownAccountError: there is no such account.
            AccountInputError: the password is too weak.
        """
        account = await self.get(account_id)
        chosen = password or passwords.random_password()
        passwords.check_strength(chosen, about=(account.name, account.email))
        kept = await passwords.hashed(chosen)
        async with self._database.work() as session:
            await accounts.change(session, account_id, password_hash=kept, password_temporary=True)
            await accounts.end_all(session, account_id)
            await audit.record(session, by, "account.password_reset", account.email)
        return chosen

    async def remove_second_factor(self, account_id: int, *, by: int | None) -> None:
        """Take a lost telephone's second factor away; the person enrols a new one.

        Raises:
            UnknownAccountError: there is no such account.
        """
        async with self._database.work() as session:
            account = await _known(session, account_id)
            await accounts.change(session, account_id, totp_secret=None, totp_last_step=None)
            await accounts.set_recovery_codes(session, account_id, [])
            await accounts.end_all(session, account_id)
            await audit.record(session, by, "account.second_factor_removed", account.email)

    async def end_sessions(self, account_id: int, *, by: int | None) -> None:
        """Sign an account out everywhere.

        Raises:
            UnknownAccountError: there is no such account.
        """
        async with self._database.work() as session:
            account = await _known(session, account_id)
            await accounts.end_all(session, account_id)
            await audit.record(session, by, "account.signed_out", account.email)


async def _known(session: AsyncSession, account_id: int) -> StoredAccount:
    account = await accounts.by_id(session, account_id) if account_id < 1 << 63 else None
    if account is None:
        raise UnknownAccountError(f"no account {account_id}")
    return account


async def _keep_an_administrator(session: AsyncSession, but: int) -> None:
    others = [each for each in await accounts.everybody(session) if each.id != but and not each.disabled]
    if not any("administrator" in each.roles for each in others):
        raise AccountInputError(
            "This is the last administrator: nobody could manage accounts any more. Make somebody else one first."
        )


def _checked(
    name: str, roles: Iterable[str], languages: Iterable[str], interface_language: str
) -> tuple[list[str], list[str]]:
    chosen = [role for role in ROLES if role in set(roles)]
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise AccountInputError(
            "There is no role {unknown}. There are: {roles}.", unknown=", ".join(unknown), roles=", ".join(ROLES)
        )
    if not chosen:
        raise AccountInputError("Choose at least one role.")
    if not name or len(name) > 120:
        raise AccountInputError("Write the person's name, at most 120 characters.")
    spoken = sorted({language.strip() for language in languages if language.strip()})
    if not all(re.fullmatch(r"[a-z]{2,3}", language) for language in spoken):
        raise AccountInputError("Languages are codes of two letters, for example hy, ru, en.")
    if "translator" in chosen and not spoken:
        raise AccountInputError("A translator needs at least one language, for example hy.")
    if interface_language not in INTERFACE_LANGUAGES:
        raise AccountInputError("Choose one of the languages in the list.")
    return chosen, spoken
