"""Tables of the editors' site: accounts, editing, publishing, checks; one section for each. Imported beside `tables`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
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


class DraftRow(Base):
    """A text in work.

    Keyed by what it is about and never by `answer.id`, which an import renews. A closed draft (`closed`) stays, so
    that a form which was opened before it was approved still finds what it began with.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("pack", "question", "situation", "language"),
        Index("draft_by_state", "pack", "state"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(120))
    situation: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(3))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    conflicts: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    base: Mapped[int | None] = mapped_column(Integer)
    writers: Mapped[list[Any]] = mapped_column(JSON)
    author: Mapped[int | None] = mapped_column(Integer, index=True)
    author_name: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[dt.datetime] = mapped_column(Moment)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    comment: Mapped[str] = mapped_column(Text)


class DraftVersionRow(Base):
    """A draft as it was after one save: what two people's changes are compared with."""

    __tablename__ = "draft_version"
    __table_args__ = (Index("draft_version_by_digest", "draft_id", "digest"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    draft_id: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(16))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_name: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[dt.datetime] = mapped_column(Moment)


class RevisionRow(Base):
    """An approved text as it was approved; also one that was taken in from files, before the first change of it."""

    __tablename__ = "revision"
    __table_args__ = (Index("revision_of_text", "pack", "question", "situation", "language"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(120))
    situation: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(3))
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(16))
    small_edit: Mapped[bool] = mapped_column()
    removed: Mapped[bool] = mapped_column()
    author_name: Mapped[str] = mapped_column(String(200))
    approved_by: Mapped[int | None] = mapped_column(Integer)
    approved_by_name: Mapped[str] = mapped_column(String(200))
    approved_at: Mapped[dt.datetime] = mapped_column(Moment)
    comment: Mapped[str] = mapped_column(Text)


class OutdatedRow(Base):
    """A translation whose source has changed since; gone once it is approved again."""

    __tablename__ = "outdated"
    pack: Mapped[str] = mapped_column(String(60), primary_key=True)
    question: Mapped[str] = mapped_column(String(120), primary_key=True)
    situation: Mapped[str] = mapped_column(String(30), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(Integer)


class NewQuestionRow(Base):
    """A question that has no approved answer yet: it joins the content with its first one."""

    __tablename__ = "new_question"
    pack: Mapped[str] = mapped_column(String(60), primary_key=True)
    question: Mapped[str] = mapped_column(String(120), primary_key=True)
    title: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    created_by_name: Mapped[str] = mapped_column(String(200))


class PresenceRow(Base):
    """Who has which text open."""

    __tablename__ = "presence"
    pack: Mapped[str] = mapped_column(String(60), primary_key=True)
    question: Mapped[str] = mapped_column(String(120), primary_key=True)
    situation: Mapped[str] = mapped_column(String(30), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    person: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    seen_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)


class NoteRow(Base):
    """What editors write to each other about a question. Never shown to visitors."""

    __tablename__ = "note"
    __table_args__ = (Index("note_of_question", "pack", "question"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[int] = mapped_column(Integer)
    author_name: Mapped[str] = mapped_column(String(200))
    written_at: Mapped[dt.datetime] = mapped_column(Moment)
    done_by_name: Mapped[str] = mapped_column(String(200))
    done_at: Mapped[dt.datetime | None] = mapped_column(Moment, index=True)


# --- publishing ---------------------------------------------------------------------------------------------------


class BuildRow(Base):
    """A release that somebody asked for, and how far it is; see bot.publishing.builds."""

    __tablename__ = "build"
    __table_args__ = (Index("build_by_state", "pack", "state"), Index("build_of_release", "release_id"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[int | None] = mapped_column(Integer)
    asked_by_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    source_release: Mapped[int | None] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(20))
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    heartbeat: Mapped[dt.datetime | None] = mapped_column(Moment)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    release_id: Mapped[int | None] = mapped_column(Integer)
    failure: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(Text)
    replay: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ReplayedRow(Base):
    """A real question that a built release answers in another way than the one that was live.

    It goes with the message that it came from, so whoever has their conversation deleted is forgotten here too.
    """

    __tablename__ = "replayed"
    __table_args__ = (Index("replayed_of_build", "build_id", "kind"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    build_id: Mapped[int] = mapped_column(ForeignKey("build.id", ondelete="CASCADE"))
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(3))
    text: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)


class PublicationRow(Base):
    """One move of the live pointer: to which release, from which, by whom and why."""

    __tablename__ = "publication"
    __table_args__ = (Index("publication_of_pack", "pack", "id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    before: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime] = mapped_column(Moment)
    person_id: Mapped[int | None] = mapped_column(Integer)
    person: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class ScheduledRow(Base):
    """A release that goes live at a time: a law takes effect at midnight."""

    __tablename__ = "scheduled"
    __table_args__ = (Index("scheduled_by_state", "pack", "state", "due"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    due: Mapped[dt.datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[int | None] = mapped_column(Integer)
    asked_by_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    detail: Mapped[str] = mapped_column(Text)


class NoticeRow(Base):
    """An emergency notice, by language; stands above every reply until its time or until it is withdrawn."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_of_pack", "pack", "id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    until: Mapped[dt.datetime] = mapped_column(Moment)
    published_at: Mapped[dt.datetime] = mapped_column(Moment)
    published_by: Mapped[int | None] = mapped_column(Integer)
    published_by_name: Mapped[str] = mapped_column(String(200))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    withdrawn_by_name: Mapped[str] = mapped_column(String(200))


class TakenInRow(Base):
    """Files were taken in and are not live yet: a start that was killed in between must be finished by the next."""

    __tablename__ = "taken_in"
    pack: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(Moment)


# --- checks and examples ------------------------------------------------------------------------------------------


class CheckFindingRow(Base):
    """What a check had to say about a text or a question when it last ran. Replaced by the next run on the same."""

    __tablename__ = "check_finding"
    __table_args__ = (
        Index("check_finding_of_question", "pack", "question"),
        Index("check_finding_of_code", "pack", "severity", "code"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(120))
    situation: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(3))
    key: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(10))
    field: Mapped[str] = mapped_column(String(30))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    basis: Mapped[str] = mapped_column(String(64))
    found_at: Mapped[dt.datetime] = mapped_column(Moment)


class CheckOverrideRow(Base):
    """Why somebody let a warning stand. It holds for the very text that it was given for (`basis`); never deleted."""

    __tablename__ = "check_override"
    __table_args__ = (Index("check_override_of_question", "pack", "question"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(120))
    situation: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(3))
    key: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(Integer)
    person: Mapped[str] = mapped_column(String(120))
    at: Mapped[dt.datetime] = mapped_column(Moment)


class CheckRunRow(Base):
    """When everything of a pack was last checked: dates pass without anybody changing a text."""

    __tablename__ = "check_run"
    pack: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Moment)
