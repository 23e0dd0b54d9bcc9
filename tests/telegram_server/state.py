"""What the stand-in remembers: people, chats, messages, presses, files. Guarded by one lock; waiting is by condition."""

from __future__ import annotations

import copy
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import BadRequest, bad

Message = dict[str, Any]
Json = dict[str, Any]


@dataclass
class Chat:
    """One chat and everything in it."""

    info: Json
    """The Bot API's Chat."""
    opened: bool = False
    """Whether the bot may write: a person has written first, or the bot is a member."""
    blocked: bool = False
    bot_status: str = "member"
    members: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    posted: list[int] = field(default_factory=list)
    """Message ids of the bot, in the order in which they appeared; never shrinks, so that readers can keep their place."""
    actions: list[str] = field(default_factory=list)
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    menu_button: Json = field(default_factory=lambda: {"type": "commands"})
    keyboard: Json | None = None
    """The reply keyboard that stands under the person's input field."""
    uncertain: set[int] = field(default_factory=set)
    """Messages whose last edit was carried out and then hidden from the bot: repeating it is no fault."""
    instance: str = field(default_factory=lambda: str(random.getrandbits(63)))
    last_id: int = 0

    @property
    def id(self) -> int:
        return int(self.info["id"])

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id


@dataclass
class Query:
    """A press of a button or an inline query that waits for its answer."""

    update: Json
    asked: float
    answer: Json | None = None
    uncertain: bool = False


@dataclass
class File:
    """A file that can be downloaded."""

    id: str
    path: str
    content: bytes


class World:
    """Chats by id, queries by id, files by id, inline messages by id."""

    def __init__(self, bot: Json, query_life: float) -> None:
        self.bot, self.query_life = bot, query_life
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, Query] = {}
        self.inline_queries: dict[str, Query] = {}
        self.inline_messages: dict[str, Message] = {}
        self.files: dict[str, File] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.names: dict[str, str] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}

    @property
    def bot_author(self) -> Json:
        """The bot as the author of a message."""
        return {name: self.bot[name] for name in ("id", "is_bot", "first_name", "username")}

    def wait(self, done: Callable[[], Any], timeout: float) -> bool:
        """Wait until `done()` is true, at most `timeout` seconds; says whether it became true."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while not (result := done()) and (left := deadline - time.monotonic()) > 0:
                # Woken by every change here; looked at in between too, for what happens outside of the stand-in.
                self.changed.wait(min(left, 0.05))
            return bool(result)

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def chat(self, chat_id: int | str) -> Chat:
        """A chat that the bot may know. Raises 400 as Telegram does."""
        if isinstance(chat_id, str):
            name = chat_id.removeprefix("@").lower()
            found = next((c for c in self.chats.values() if c.info.get("username", "").lower() == name), None)
            # People can't be addressed by their username.
            if not chat_id.startswith("@") or not found or found.info["type"] == "private":
                raise bad("chat not found")
            return found
        if chat_id not in self.chats or not self.chats[chat_id].opened:
            raise bad("chat not found")
        return self.chats[chat_id]

    def writable(self, chat_id: int | str) -> Chat:
        """A chat into which the bot may write. Raises 403 where it was blocked or removed."""
        chat = self.chat(chat_id)
        if chat.blocked:
            raise BadRequest(403, "Forbidden: bot was blocked by the user", expected=True)
        if chat.bot_status in ("left", "kicked"):
            raise BadRequest(403, f"Forbidden: bot was kicked from the {chat.info['type']} chat", expected=True)
        return chat

    def message(self, chat: Chat, message_id: int, what: str) -> Message:
        """A message that must exist; `what` completes Telegram's complaint."""
        if message_id not in chat.messages:
            raise bad(f"{what} not found")
        return chat.messages[message_id]

    def post(self, chat: Chat, author: Json | None, **content: Any) -> Message:
        """Put a message into a chat and tell the readers."""
        with self.changed:
            message: Message = {"message_id": chat.next_id(), "date": int(time.time()), "chat": chat.info}
            if author:
                message["from"] = author
            message |= {name: value for name, value in content.items() if value is not None}
            chat.messages[message["message_id"]] = message
            if author and author["id"] == self.bot["id"]:
                chat.posted.append(message["message_id"])
            self.changed.notify_all()
            return message

    def snapshot(self, message: Message) -> Message:
        """A copy that later edits do not change."""
        with self.lock:
            return copy.deepcopy(message)

    def add_file(self, folder: str, suffix: str, content: bytes) -> Json:
        """Keep a file; the fields that every kind of media has."""
        with self.lock:
            number = len(self.files)
            identifier = f"AwACAgIAAxkBAAI{random.getrandbits(96):024x}{number}"
            self.files[identifier] = File(identifier, f"{folder}/file_{number}.{suffix}", content)
            return {"file_id": identifier, "file_unique_id": f"AgAD{number:06}", "file_size": len(content)}

    def answer(self, queries: dict[str, Query], identifier: str, content: Json) -> None:
        """Answer a press or an inline query, once and in time. Raises 400 as Telegram does."""
        query = queries.get(identifier)
        text = "query is too old and response timeout expired or query ID is invalid"
        if query is None:
            raise bad(text)
        if time.monotonic() - query.asked > self.query_life:
            raise bad(text, expected=True)
        if query.answer is not None:
            raise bad(text, expected=query.uncertain)
        query.answer = content
        self.notify()
