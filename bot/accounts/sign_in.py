"""Signing in: password, then the second factor where there is one. And what people change of their own account."""

from __future__ import annotations

import datetime as dt

from bot.accounts import audit, passwords, second_factor
from bot.accounts.directory import usual_email
from bot.accounts.errors import AccountInputError, CodeRefusedError, SignInRefusedError
from bot.accounts.limits import Limits
from bot.accounts.people import INTERFACE_LANGUAGES
from bot.accounts.sessions import Sessions, SignedIn
from bot.storage import Database, accounts


class SignIn:
    """Turns what people know and have into a session."""

    def __init__(self, database: Database, sessions: Sessions, limits: Limits) -> None:
        """Prepare.

        Args:
            database: where accounts are.
            sessions: begins sessions.
            limits: bounds guessing.
        """
        self._database = database
        self._sessions = sessions
        self._limits = limits

    async def with_password(self, email: str, password: str, source: str, *, instead_of: str = "") -> tuple[str, bool]:
        """Check address and password.

        Args:
            email: what was typed.
            password: what was typed.
            source: the address that the connection comes from.
            instead_of: the cookie that the browser brought.

        Returns:
            The new cookie, and whether the person is signed in; if not, the second factor is asked for next.

        Raises:
            SignInRefusedError: they do not fit, for whatever reason.
            TooManyTriesError: too many tries.
        """
        wanted = usual_email(email)[:200]
        await self._limits.begin(wanted, source)
        async with self._database.work() as session:
            account = await accounts.by_email(session, wanted)
        kept = account.password_hash if account and not account.disabled else None
        if not await passwords.fits(password, kept) or account is None or kept is None:
            raise SignInRefusedError("sign-in refused")
        if account.totp_secret is None:
            await self._limits.succeeded(wanted, source)
        if passwords.is_outdated(kept):
            fresh = await passwords.hashed(password)
            async with self._database.work() as session:
                await accounts.change(session, account.id, password_hash=fresh)
        complete = account.totp_secret is None
        return await self._begin(account.id, account.email, complete=complete, how="password", before=instead_of)

    async def with_code(self, half: SignedIn, code: str, source: str, *, instead_of: str) -> str:
        """Check the second factor and begin the real session.

        Args:
            half: the session that the password began.
            code: six digits of the app, or a recovery code.
            source: the address that the connection comes from.
            instead_of: the cookie that the browser brought.

        Returns:
            The new cookie.

        Raises:
            CodeRefusedError: the code does not fit or was used.
            TooManyTriesError: too many tries.
        """
        account = half.account
        # Counted by the account as well, so that knowing the password does not give a million tries at six digits.
        await self._limits.begin(account.email, source)
        how = "password and app" if await self._uses_code(half, code) else None
        if how is None:
            async with self._database.work() as session:
                code_hash = second_factor.recovery_hash(account.id, code)
                if await accounts.use_recovery_code(session, account.id, code_hash):
                    how = "password and recovery code"
        if how is None:
            raise CodeRefusedError("second factor refused")
        await self._limits.succeeded(account.email, source)
        secret, _ = await self._begin(account.id, account.email, complete=True, how=how, before=instead_of)
        return secret

    async def with_provider(self, account_id: int, email: str, *, instead_of: str) -> str:
        """Begin the session of somebody for whom an OpenID Connect provider vouched; returns the new cookie."""
        secret, _ = await self._begin(account_id, email, complete=True, how="OpenID Connect", before=instead_of)
        return secret

    async def _begin(self, account_id: int, email: str, *, complete: bool, how: str, before: str) -> tuple[str, bool]:
        secret = await self._sessions.begin(account_id, complete=complete, instead_of=before)
        if complete:
            async with self._database.work() as session:
                await audit.record(session, account_id, "account.sign_in", email, {"with": how})
        return secret, complete

    async def _uses_code(self, half: SignedIn, code: str) -> bool:
        if half.account.totp_secret is None:
            return False
        step = second_factor.step_of(half.account.totp_secret, code, dt.datetime.now(dt.UTC))
        if step is None:
            return False
        async with self._database.work() as session:
            return await accounts.use_totp_step(session, half.account.id, step)

    async def change_password(self, signed_in: SignedIn, old: str, new: str, source: str) -> None:
        """Change one's own password; all other sessions of the account end.

        Raises:
            AccountInputError: the old password is wrong, or the new one too weak.
            TooManyTriesError: too many tries.
        """
        account = signed_in.account
        await self._confirm(signed_in, old, source)
        if old == new:
            raise AccountInputError("The new password is the old one. Please choose another.")
        passwords.check_strength(new, about=(account.name, account.email))
        kept = await passwords.hashed(new)
        async with self._database.work() as session:
            await accounts.change(session, account.id, password_hash=kept, password_temporary=False)
            await accounts.end_all(session, account.id, but=signed_in.id)
            await audit.record(session, account.id, "account.password", account.email)

    async def enrol(self, signed_in: SignedIn, secret: str, code: str, password: str, source: str) -> list[str]:
        """Switch the second factor on, once a code shows that the app has the secret.

        Args:
            signed_in: the person's session.
            secret: what the app was given.
            code: what the app shows.
            password: the present one, needed where another telephone takes the first one's place: it shows that it is
                not somebody at an open computer.
            source: where the request comes from, for the limit on guessing.

        Returns:
            Recovery codes, shown once.

        Raises:
            CodeRefusedError: the code does not fit the secret.
            AccountInputError: the password is wrong.
            TooManyTriesError: too many tries.
        """
        account = signed_in.account
        if account.totp_secret:
            await self._confirm(signed_in, password, source)
        step = second_factor.step_of(secret, code, dt.datetime.now(dt.UTC))
        if step is None:
            raise CodeRefusedError("enrolment refused")
        codes = second_factor.new_recovery_codes()
        async with self._database.work() as session:
            await accounts.change(session, account.id, totp_secret=secret, totp_last_step=step)
            await accounts.set_recovery_codes(
                session, account.id, [second_factor.recovery_hash(account.id, each) for each in codes]
            )
            await accounts.end_all(session, account.id, but=signed_in.id)
            await audit.record(session, account.id, "account.second_factor", account.email)
        return codes

    async def remove_factor(self, signed_in: SignedIn, password: str, source: str) -> None:
        """Switch one's own second factor off; the password shows that it is not somebody at an open computer.

        Raises:
            AccountInputError: the password is wrong.
            TooManyTriesError: too many tries.
        """
        await self._confirm(signed_in, password, source)
        account = signed_in.account
        async with self._database.work() as session:
            await accounts.change(session, account.id, totp_secret=None, totp_last_step=None)
            await accounts.set_recovery_codes(session, account.id, [])
            await audit.record(session, account.id, "account.second_factor_removed", account.email)

    async def _confirm(self, signed_in: SignedIn, password: str, source: str) -> None:
        await self._limits.begin(signed_in.account.email, source)
        if not await passwords.fits(password, signed_in.account.password_hash):
            raise AccountInputError("The present password is not right. Nothing was changed; please type it again.")
        await self._limits.succeeded(signed_in.account.email, source)

    async def recovery_codes_left(self, account_id: int) -> int:
        """Return how many recovery codes an account has left."""
        async with self._database.work() as session:
            return await accounts.recovery_codes_left(session, account_id)

    async def speak(self, account_id: int, language: str) -> None:
        """Choose the language of one's own interface.

        Raises:
            AccountInputError: the interface does not exist in it.
        """
        if language not in INTERFACE_LANGUAGES:
            raise AccountInputError("Choose one of the languages in the list.")
        async with self._database.work() as session:
            await accounts.change(session, account_id, interface_language=language)
