"""Tables of the editors' site: accounts, editing, publishing, checks; one section for each. Imported beside `tables`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.tables import Base, Moment

# --- accounts and audit -------------------------------------------------------------------------------------------


class AccountRow(Base):
    """Somebody who may sign in. Disabled, never deleted: the audit names it."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    roles: Mapped[list[str]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    interface_language: Mapped[str] = mapped_column(String(3))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_temporary: Mapped[bool]
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_last_step: Mapped[int | None] = mapped_column(Integer)
    open_id: Mapped[str | None] = mapped_column(String(400), unique=True)
    disabled: Mapped[bool]
    created_at: Mapped[dt.datetime] = mapped_column(Moment)


class RecoveryCodeRow(Base):
    """A code that replaces the second factor once; only its hash is kept."""

    __tablename__ = "recovery_code"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)


class SignedInRow(Base):
    """A server-side session. `id` is the hash of what the cookie holds: reading the database signs nobody in."""

    __tablename__ = "signed_in"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    tag: Mapped[str] = mapped_column(String(24), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    complete: Mapped[bool]
    began_at: Mapped[dt.datetime] = mapped_column(Moment)
    seen_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)


class SignInTryRow(Base):
    """A failed sign-in, counted for a while. `subject` is a keyed hash of the account's or the source's name."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("sign_in_try_of_subject", "subject", "at"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[dt.datetime] = mapped_column(Moment)


class AuditRow(Base):
    """Who did what and when. Triggers refuse changes; each row's hash covers the one before."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_of_action", "action"), Index("audit_of_subject", "subject"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    person_id: Mapped[int | None] = mapped_column(Integer)
    person: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(300))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    hash: Mapped[str] = mapped_column(String(64))


# --- editing ------------------------------------------------------------------------------------------------------


# --- publishing ---------------------------------------------------------------------------------------------------


# --- checks and examples ------------------------------------------------------------------------------------------
