"""Accounts, their sessions, recovery codes and failed sign-ins. The only place with SQL about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.tables_studio import AccountRow, RecoveryCodeRow, SignedInRow, SignInTryRow


@dataclass(frozen=True)
class StoredAccount:
    """An account as it is kept."""

    id: int
    email: str
    name: str
    roles: list[str]
    languages: list[str]
    interface_language: str
    password_hash: str | None
    password_temporary: bool
    totp_secret: str | None
    totp_last_step: int | None
    open_id: str | None
    disabled: bool
    created_at: dt.datetime


@dataclass(frozen=True)
class StoredSession:
    """A session as it is kept; `tag` names it in forms and lists, `id` is the hash of the secret in the cookie."""

    id: str
    tag: str
    account_id: int
    complete: bool
    began_at: dt.datetime
    seen_at: dt.datetime


async def add(session: AsyncSession, **values: Any) -> StoredAccount:
    """Store a new account; `values` are the columns but for `id`."""
    row = AccountRow(**values)
    session.add(row)
    await session.flush()
    return _account(row)


async def by_id(session: AsyncSession, account_id: int) -> StoredAccount | None:
    """Return an account."""
    row = await session.get(AccountRow, account_id)
    return _account(row) if row else None


async def by_email(session: AsyncSession, email: str) -> StoredAccount | None:
    """Return the account of an address that was brought into its usual form before."""
    row = await session.scalar(select(AccountRow).where(AccountRow.email == email))
    return _account(row) if row else None


async def by_open_id(session: AsyncSession, open_id: str) -> StoredAccount | None:
    """Return the account that belongs to a subject of an OpenID Connect provider."""
    row = await session.scalar(select(AccountRow).where(AccountRow.open_id == open_id))
    return _account(row) if row else None


async def everybody(session: AsyncSession) -> list[StoredAccount]:
    """Return all accounts in the order of their names."""
    return [_account(row) for row in await session.scalars(select(AccountRow).order_by(AccountRow.name, AccountRow.id))]


async def names(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of accounts."""
    query = select(AccountRow.id, AccountRow.name).where(AccountRow.id.in_(set(account_ids)))
    return {row[0]: row[1] for row in await session.execute(query)}


async def any_account(session: AsyncSession) -> bool:
    """Tell whether there is any account."""
    return await session.scalar(select(AccountRow.id).limit(1)) is not None


async def change(session: AsyncSession, account_id: int, **values: Any) -> None:
    """Change columns of an account."""
    await session.execute(update(AccountRow).where(AccountRow.id == account_id).values(**values))


async def use_totp_step(session: AsyncSession, account_id: int, step: int) -> bool:
    """Mark a time step of the second factor as used.

    Returns:
        False when it or a later one was used before: a code counts once, also when two requests bring it at once.
    """
    used = await session.scalars(
        update(AccountRow)
        .where(
            AccountRow.id == account_id,
            (AccountRow.totp_last_step.is_(None)) | (AccountRow.totp_last_step < step),
        )
        .values(totp_last_step=step)
        .returning(AccountRow.id)
    )
    return used.first() is not None


async def set_recovery_codes(session: AsyncSession, account_id: int, hashes: Sequence[str]) -> None:
    """Replace an account's recovery codes."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    session.add_all([RecoveryCodeRow(hash=each, account_id=account_id) for each in hashes])
    await session.flush()


async def use_recovery_code(session: AsyncSession, account_id: int, code_hash: str) -> bool:
    """Use up a recovery code; False when there is no such code."""
    used = await session.scalars(
        delete(RecoveryCodeRow)
        .where(RecoveryCodeRow.account_id == account_id, RecoveryCodeRow.hash == code_hash)
        .returning(RecoveryCodeRow.hash)
    )
    return used.first() is not None


async def recovery_codes_left(session: AsyncSession, account_id: int) -> int:
    """Return how many recovery codes an account has left."""
    query = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id)
    return await session.scalar(query) or 0


async def begin(session: AsyncSession, stored: StoredSession) -> None:
    """Store a new session."""
    session.add(SignedInRow(**vars(stored)))
    await session.flush()


async def current(session: AsyncSession, session_id: str) -> tuple[StoredSession, StoredAccount] | None:
    """Return a session with its account."""
    query = (
        select(SignedInRow, AccountRow)
        .join(AccountRow, AccountRow.id == SignedInRow.account_id)
        .where(SignedInRow.id == session_id)
    )
    row = (await session.execute(query)).first()
    return (_session(row[0]), _account(row[1])) if row else None


async def saw(session: AsyncSession, session_id: str, at: dt.datetime) -> None:
    """Note that a session was used."""
    await session.execute(update(SignedInRow).where(SignedInRow.id == session_id).values(seen_at=at))


async def sessions_of(session: AsyncSession, account_id: int) -> list[StoredSession]:
    """Return an account's sessions that are signed in, the one last used first."""
    query = (
        select(SignedInRow)
        .where(SignedInRow.account_id == account_id, SignedInRow.complete)
        .order_by(SignedInRow.seen_at.desc())
    )
    return [_session(row) for row in await session.scalars(query)]


async def end(session: AsyncSession, session_id: str) -> None:
    """End one session."""
    await session.execute(delete(SignedInRow).where(SignedInRow.id == session_id))


async def end_tagged(session: AsyncSession, account_id: int, tag: str) -> bool:
    """End an account's own session by its tag; False when it has none of that tag."""
    ended = await session.scalars(
        delete(SignedInRow)
        .where(SignedInRow.account_id == account_id, SignedInRow.tag == tag)
        .returning(SignedInRow.id)
    )
    return ended.first() is not None


async def end_all(session: AsyncSession, account_id: int, *, but: str | None = None) -> None:
    """End all sessions of an account.

    Args:
        session: the unit of work.
        account_id: whose.
        but: the id of a session that stays.
    """
    query = delete(SignedInRow).where(SignedInRow.account_id == account_id)
    await session.execute(query.where(SignedInRow.id != but) if but else query)


async def end_old(session: AsyncSession, *, began_before: dt.datetime, seen_before: dt.datetime) -> None:
    """Delete sessions that are over."""
    await session.execute(
        delete(SignedInRow).where((SignedInRow.began_at < began_before) | (SignedInRow.seen_at < seen_before))
    )


async def failures(session: AsyncSession, subject: str, since: dt.datetime) -> list[dt.datetime]:
    """Return when sign-ins of a subject failed, oldest first."""
    query = (
        select(SignInTryRow.at)
        .where(SignInTryRow.subject == subject, SignInTryRow.at >= since)
        .order_by(SignInTryRow.at)
    )
    return list(await session.scalars(query))


async def failed(session: AsyncSession, subjects: Sequence[str], at: dt.datetime, forget_before: dt.datetime) -> None:
    """Count a failed sign-in, and forget old ones."""
    await session.execute(delete(SignInTryRow).where(SignInTryRow.at < forget_before))
    session.add_all([SignInTryRow(subject=subject, at=at) for subject in subjects])
    await session.flush()


async def forgive(session: AsyncSession, subject: str, *, newest_only: bool = False) -> None:
    """Forget the failed sign-ins of a subject, or only the newest of them."""
    deed = delete(SignInTryRow).where(SignInTryRow.subject == subject)
    if newest_only:
        newest = select(func.max(SignInTryRow.id)).where(SignInTryRow.subject == subject).scalar_subquery()
        deed = deed.where(SignInTryRow.id == newest)
    await session.execute(deed)


def _account(row: AccountRow) -> StoredAccount:
    return StoredAccount(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=list(row.roles),
        languages=list(row.languages),
        interface_language=row.interface_language,
        password_hash=row.password_hash,
        password_temporary=row.password_temporary,
        totp_secret=row.totp_secret,
        totp_last_step=row.totp_last_step,
        open_id=row.open_id,
        disabled=row.disabled,
        created_at=row.created_at,
    )


def _session(row: SignedInRow) -> StoredSession:
    return StoredSession(row.id, row.tag, row.account_id, row.complete, row.began_at, row.seen_at)
