"""Every table. What a table is for stands in its docstring; rules about content live in bot.knowledge."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[dt.datetime]):
    """A point in time, always UTC, also on databases that forget the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Store UTC without a zone."""
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Return an aware UTC time."""
        return value.replace(tzinfo=dt.UTC) if value else None


class Base(DeclarativeBase):
    """Declarative base of all tables."""


class PackRow(Base):
    """A pack's pack.yml."""

    __tablename__ = "pack"
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class FactRow(Base):
    """A statement with its source."""

    __tablename__ = "fact"
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class QuestionRow(Base):
    """What a person wants to know."""

    __tablename__ = "question"
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), primary_key=True)
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[dict[str, Any]] = mapped_column(JSON)
    related: Mapped[list[Any]] = mapped_column(JSON)
    follow_ups: Mapped[dict[str, Any]] = mapped_column(JSON)


class AnswerRow(Base):
    """The answer to a question for one situation; its texts by language are in `answer_text`."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_of_question", "pack", "question"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"))
    question: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(Integer)
    situation: Mapped[str | None] = mapped_column(String(30))
    facts: Mapped[list[Any]] = mapped_column(JSON)
    links: Mapped[list[Any]] = mapped_column(JSON)
    valid_until: Mapped[dt.date | None] = mapped_column(Date)


class AnswerTextRow(Base):
    """What an answer says in one language."""

    __tablename__ = "answer_text"
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class ExampleRow(Base):
    """A training sentence."""

    __tablename__ = "example"
    __table_args__ = (Index("example_of_intent", "pack", "intent"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"))
    intent: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(3))
    source: Mapped[str] = mapped_column(String(60))
    style: Mapped[str | None] = mapped_column(String(60))


class HeldBackRow(Base):
    """A test question, never trained on."""

    __tablename__ = "held_back"
    __table_args__ = (Index("held_back_of_question", "pack", "expected"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), index=True)
    expected: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(3))
    text: Mapped[str] = mapped_column(Text)


class SeedRow(Base):
    """What was last taken in from files, to notice later whether files, database or both changed."""

    __tablename__ = "seed"
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), primary_key=True)
    files_hash: Mapped[str] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[dt.datetime] = mapped_column(Moment)


class SeedFileRow(Base):
    """A seed file's bytes, so that an export writes back unchanged files byte for byte."""

    __tablename__ = "seed_file"
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ReleaseRow(Base):
    """An immutable snapshot of content with the model trained from it and the scores it reached."""

    __tablename__ = "release"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    content_hash: Mapped[str] = mapped_column(String(64))
    training_hash: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[bytes] = mapped_column(LargeBinary)
    model_file: Mapped[str] = mapped_column(String(200))
    model_sha256: Mapped[str] = mapped_column(String(64))
    scores: Mapped[dict[str, Any]] = mapped_column(JSON)


class LiveRow(Base):
    """Which release answers: a pointer. Going back moves it."""

    __tablename__ = "live"
    pack: Mapped[str] = mapped_column(ForeignKey("pack.id"), primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    since: Mapped[dt.datetime] = mapped_column(Moment)


class ConversationRow(Base):
    """One person's thread on one channel. `id` is a keyed hash: never a name or a number."""

    __tablename__ = "conversation"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(30))
    language: Mapped[str | None] = mapped_column(String(3))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    last_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    tracker: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class InboundRow(Base):
    """A message that was accepted: stored once, answered once."""

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("conversation_id", "message_id"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(100))
    received_at: Mapped[dt.datetime] = mapped_column(Moment)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    answered: Mapped[bool] = mapped_column(default=False, index=True)


class OutboundRow(Base):
    """A reply, in the order in which the channel shows it."""

    __tablename__ = "outbound"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)


class SecretRow(Base):
    """Keys that the installation made for itself, e.g. the one that conversation ids are hashed with."""

    __tablename__ = "secret"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class UpdateRow(Base):
    """What a messenger handed over, stored before it was acknowledged.

    The body goes when it was handled; the number stays, so that the same update is never handled twice.
    """

    __tablename__ = "channel_update"
    __table_args__ = (UniqueConstraint("channel", "update_id"), Index("update_waiting", "state", "chat"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel: Mapped[str] = mapped_column(String(30))
    update_id: Mapped[int] = mapped_column(BigInteger)
    chat: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(100))
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class DeliveryRow(Base):
    """A message on its way to a messenger. The body goes when the messenger has taken it."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_waiting", "state", "chat"), Index("delivery_answering", "chat", "answers_to"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel: Mapped[str] = mapped_column(String(30))
    chat: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    state: Mapped[str] = mapped_column(String(15))
    answers_to: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ClosedChatRow(Base):
    """A chat whose person has blocked us: nothing is sent there until they come back."""

    __tablename__ = "closed_chat"
    chat: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(Moment)
