"""Scripted people: what they send, press and share, and what they see."""

from __future__ import annotations

import copy
import random
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .media import Media
from .state import Chat, Json, Message, Query, World
from .text import parse, piece, units

if TYPE_CHECKING:
    from .server import TelegramServer

QUIET = 0.3
"""Seconds without a new message after which a reading is complete."""


class Reader:
    """Reads a chat as a person does: what is new since the last look."""

    def __init__(self, server: TelegramServer, chat: Chat) -> None:
        self.server, self.chat = server, chat
        self._world: World = server.world
        self._read = 0

    @property
    def messages(self) -> list[Message]:
        """All messages of the chat as they are now, oldest first."""
        with self._world.lock:
            return [self._world.snapshot(message) for message in self.chat.messages.values()]

    @property
    def from_bot(self) -> list[Message]:
        """The bot's messages that are still there, as they are now."""
        return [message for message in self.messages if message.get("from", {}).get("id") == self.server.bot["id"]]

    @property
    def actions(self) -> list[str]:
        """Chat actions seen so far, such as `typing`."""
        with self._world.lock:
            return list(self.chat.actions)

    @property
    def reactions(self) -> dict[int, list[Json]]:
        """The bot's reactions by message id."""
        with self._world.lock:
            return dict(self.chat.reactions)

    def read(self, count: int = 1, timeout: float = 20.0) -> list[Message]:
        """Wait for at least `count` new messages of the bot and a moment of quiet; the new ones as they are then.

        Raises AssertionError when they don't come within `timeout` seconds.
        """
        if not self._world.wait(lambda: len(self.chat.posted) - self._read >= count, timeout):
            came = len(self.chat.posted) - self._read
            raise AssertionError(
                f"{count} new message(s) were expected in chat {self.chat.id} within {timeout:g} s, {came} came. "
                f"{self.server._story(self.chat.id)}"
            )
        seen = -1
        while len(self.chat.posted) != seen:
            seen = len(self.chat.posted)
            self._world.wait(lambda: len(self.chat.posted) != seen, QUIET)  # noqa: B023 - used at once
        return self._take()

    def _take(self) -> list[Message]:
        with self._world.lock:
            new, self._read = self.chat.posted[self._read :], len(self.chat.posted)
            return [self._world.snapshot(self.chat.messages[number]) for number in new if number in self.chat.messages]

    def quiet(self, seconds: float = 1.0) -> None:
        """Raises AssertionError when a message of the bot that was not read yet is there or arrives within `seconds`."""
        if self._world.wait(lambda: len(self.chat.posted) > self._read, seconds):
            texts = [message.get("text", "(no text)")[:120] for message in self._take()]
            raise AssertionError(f"No message was expected in chat {self.chat.id}, but there came {texts}")

    def last(self, text_contains: str = "") -> Message:
        """The bot's newest message whose text contains this, as it is now. Raises AssertionError when there is none."""
        for message in reversed(self.from_bot):
            if text_contains in str(message.get("text", message.get("caption", ""))):
                return message
        raise AssertionError(f"No message of the bot contains {text_contains!r}. {self.server._story(self.chat.id)}")

    def message(self, message_id: int) -> Message:
        """One message as it is now. Raises KeyError when it was deleted."""
        with self._world.lock:
            return self._world.snapshot(self.chat.messages[message_id])

    def until(self, done: Callable[[], Any], timeout: float = 20.0) -> None:
        """Wait until `done()` is true, for example until a message was edited. Raises AssertionError on time-out."""
        self.server.wait(done, timeout)


def buttons(message: Message) -> list[Json]:
    """The inline buttons under a message, row by row."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def written_entities(text: str, bot_username: str) -> list[Json]:
    """What Telegram itself finds in a person's text: commands, mentions, links, telephone numbers are left out."""
    found = []
    patterns = {
        "bot_command": r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/<>])",
        "mention": r"(?<!\w)(?<!/)@[A-Za-z]\w{3,}",
        "url": r"https?://\S+",
    }
    for kind, pattern in patterns.items():
        for match in re.finditer(pattern, text):
            if kind == "mention" and re.search(r"/\w*$", text[: match.start()]):
                continue
            found.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])})
    return sorted(found, key=lambda entity: entity["offset"])


class User(Reader, Media):
    """A person with a private chat with the bot."""

    def __init__(self, server: TelegramServer, chat: Chat, name: str, language: str, user_id: int) -> None:
        super().__init__(server, chat)
        self.name, self.language, self.id = name, language, user_id
        self.inline_answer: Json = {}
        """The whole answer to the last inline query, with `next_offset`, `cache_time`, `is_personal` and `button`."""
        self._asked = ""

    @property
    def info(self) -> Json:
        """The Bot API's User; `language` may be changed at any time."""
        found: Json = {"id": self.id, "is_bot": False, "first_name": self.name}
        return {**found, "language_code": self.language} if self.language else found

    def send(self, text: str, *, entities: list[Json] | None = None, reply_to: Message | int | None = None) -> Message:
        """Write a text. Commands, mentions and links are marked as Telegram marks them unless `entities` are given."""
        found = written_entities(text, self.server.bot["username"]) if entities is None else entities
        return self._say(text=text, entities=found or None, reply_to_message=self._original(reply_to))

    def start(self, payload: str = "") -> Message:
        """Press Start, with what a deep link carried along."""
        return self.send(f"/start {payload}".strip())

    def command(self, command: str) -> Message:
        """Send a command such as `/help`."""
        return self.send("/" + command.removeprefix("/"))

    def edit(self, message_id: int | Message, text: str) -> Message:
        """Change the text of an own message."""
        number = message_id if isinstance(message_id, int) else message_id["message_id"]
        with self._world.lock:
            message = self.chat.messages[number]
            message.update(text=text, edit_date=int(time.time()))
            message.pop("entities", None)
            if found := written_entities(text, self.server.bot["username"]):
                message["entities"] = found
            self.server.push("edited_message", message)
            return self._world.snapshot(message)

    def _original(self, reply_to: Message | int | None) -> Message | None:
        if reply_to is None:
            return None
        original = self.chat.messages[reply_to if isinstance(reply_to, int) else reply_to["message_id"]]
        return {name: value for name, value in original.items() if name != "reply_to_message"}

    def _say(self, **content: Any) -> Message:
        """Put a message of this person into the private chat and tell the bot."""
        with self._world.lock:
            assert not self.chat.blocked, f"{self.name} has blocked the bot and can't write to it; call unblock() first"
            self.chat.opened = True
            self.chat.members[self.id] = self.info
            message = self._world.post(self.chat, self.info, **content)
            self.server.push("message", message)
            return self._world.snapshot(message)

    # Buttons

    def click(
        self,
        message: Message | int,
        label_or_data: str | int = 0,
        *,
        stale_data: str | None = None,
        wait: bool = True,
        timeout: float = 20.0,
    ) -> Json:
        """Press a button and return the bot's answer: `text`, `show_alert`, `url`.

        The button is found on the message as it is now: by index, by its exact data or text, or by a part of its text.
        `stale_data` presses a button with this data that is not, or no longer, there. With `wait=False` the id of the press comes
        back at once as `{"id": …}`. Raises AssertionError when there is no such button or no answer within `timeout` seconds.
        """
        with self._world.lock:
            number = message if isinstance(message, int) else message["message_id"]
            chat = self.chat if isinstance(message, int) else self._world.chats[message["chat"]["id"]]
            current = chat.messages.get(number)
            assert current or stale_data is not None, f"Message {number} is not there any more"
            data = stale_data if stale_data is not None else find_button(current or {}, label_or_data)["callback_data"]
            query = {"id": str(random.getrandbits(62)), "from": self.info, "chat_instance": chat.instance, "data": data}
            query["message"] = current or {"chat": chat.info, "message_id": number, "date": 0}
            return self._press(query, wait, timeout)

    def click_inline(self, inline_message_id: str, label_or_data: str | int = 0, *, timeout: float = 20.0) -> Json:
        """Press a button of a message that was shared by inline mode."""
        with self._world.lock:
            data = find_button(self._world.inline_messages[inline_message_id], label_or_data)["callback_data"]
            query = {
                "id": str(random.getrandbits(62)),
                "from": self.info,
                "chat_instance": self.chat.instance,
                "data": data,
            }
            return self._press({**query, "inline_message_id": inline_message_id}, True, timeout)

    def _press(self, query: Json, wait: bool, timeout: float) -> Json:
        waiting = self._world.callbacks[query["id"]] = Query(query, time.monotonic())
        self.server.push("callback_query", query)
        if not wait:
            return {"id": query["id"]}
        return self._answered(waiting, timeout, f"The press of {query['data']!r}")

    def press_answer(self, press: Json, timeout: float = 20.0) -> Json:
        """The answer to a press that was made with `wait=False`."""
        return self._answered(self._world.callbacks[press["id"]], timeout, "The press")

    def _answered(self, query: Query, timeout: float, what: str) -> Json:
        if not self._world.wait(lambda: query.answer is not None, timeout):
            raise AssertionError(f"{what} was not answered within {timeout:g} s. {self.server._story(self.chat.id)}")
        assert query.answer is not None
        return query.answer

    # Inline mode

    def inline(self, query: str, offset: str = "", *, timeout: float = 20.0) -> list[Json]:
        """Type `@bot query` in some other chat; the results that the bot offers."""
        number = str(random.getrandbits(62))
        asked: Json = {"id": number, "from": self.info, "query": query, "offset": offset, "chat_type": "private"}
        with self._world.lock:
            waiting = self._world.inline_queries[number] = Query(asked, time.monotonic())
            self.server.push("inline_query", asked)
        self.inline_answer = self._answered(waiting, timeout, f"The inline query {query!r}")
        self._asked = query
        return copy.deepcopy(list(self.inline_answer["results"]))

    def choose(self, result: Json, query: str | None = None) -> Message:
        """Share a result with somebody; the message that they see, with `inline_message_id` where it has buttons.

        `query` is what was typed, by default the last inline query.
        """
        content = result.get("input_message_content", {})
        message: Message = {"from": self.info, "via_bot": self._world.bot_author, "date": int(time.time())}
        if "message_text" in content:
            message["text"], entities = parse(
                content["message_text"], content.get("parse_mode"), content.get("entities")
            )
            message |= {"entities": entities} if entities else {}
        else:
            message |= content
        chosen: Json = {"result_id": result["id"], "from": self.info, "query": self._asked if query is None else query}
        with self._world.lock:
            if result.get("reply_markup"):
                identifier = f"AQAAAA{random.getrandbits(64):016x}"
                message |= {"inline_message_id": identifier, "reply_markup": result["reply_markup"]}
                self._world.inline_messages[identifier] = message
                chosen["inline_message_id"] = identifier
            self.server.push("chosen_inline_result", chosen)
            return self._world.snapshot(message)

    # Other doings

    def block(self) -> int:
        """Block the bot: what it sends is refused with 403 from now on."""
        with self._world.lock:
            self.chat.blocked = True
            return self.server.membership(self.chat, self.info, "member", "kicked")

    def unblock(self) -> int:
        """Let the bot write again."""
        with self._world.lock:
            self.chat.blocked, self.chat.opened = False, True
            return self.server.membership(self.chat, self.info, "kicked", "member")

    def react(self, message: Message | int, emoji: str) -> int:
        """React to a message; the bot hears of it only when it asked for `message_reaction`."""
        number = message if isinstance(message, int) else message["message_id"]
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        reaction = {"chat": self.chat.info, "message_id": number, "user": self.info, "date": int(time.time())}
        return self.server.push("message_reaction", {**reaction, "old_reaction": [], "new_reaction": new})


def find_button(message: Message, wanted: str | int) -> Json:
    """The callback button that a person would press. Raises AssertionError that lists the buttons there are."""
    there = buttons(message)
    if isinstance(wanted, int):
        found = there[wanted : wanted + 1] if wanted >= 0 else there[wanted:][:1]
    else:
        tests: list[Callable[[Json], bool]] = [
            lambda button: wanted in (button.get("callback_data"), button["text"]),
            lambda button: wanted in button["text"],
        ]
        found = next((hits for test in tests if (hits := [button for button in there if test(button)])), [])
    shown = [button["text"] for button in there] or "no buttons at all"
    assert found, f"Message {message.get('message_id')} has no button {wanted!r}; it has {shown}"
    assert "callback_data" in found[0], (
        f"Button {wanted!r} sends nothing to the bot: it has {sorted(set(found[0]) - {'text'})}"
    )
    return found[0]


class Group(Reader):
    """A group with people and the bot. Without being an administrator the bot hears only what is meant for it."""

    def send(self, user: User, text: str, *, reply_to: Message | int | None = None) -> Message:
        """Let a member write. Delivered to the bot when it is an administrator, addressed, or replied to."""
        with self._world.lock:
            original = None
            if reply_to is not None:
                original = self.chat.messages[reply_to if isinstance(reply_to, int) else reply_to["message_id"]]
            found = written_entities(text, self.server.bot["username"])
            shown = original and {name: value for name, value in original.items() if name != "reply_to_message"}
            message = self._world.post(self.chat, user.info, text=text, entities=found or None, reply_to_message=shown)
            if self._hears(text, found, original):
                self.server.push("message", message)
            return self._world.snapshot(message)

    def _hears(self, text: str, entities: list[Json], original: Message | None) -> bool:
        if self.chat.bot_status == "administrator":
            return True
        if self.chat.bot_status != "member":
            return False
        bot = self.server.bot
        if original and original.get("from", {}).get("id") == bot["id"]:
            return True
        for entity in entities:
            covered = piece(text, entity).lower()
            addressed = covered.partition("@")[2]
            if entity["type"] == "mention" and covered == f"@{bot['username']}":
                return True
            if entity["type"] == "bot_command" and addressed in ("", bot["username"].lower()):
                return True
        return False

    def remove_bot(self, by: User) -> int:
        """Throw the bot out of the group."""
        with self._world.lock:
            before, self.chat.bot_status = self.chat.bot_status, "kicked"
            return self.server.membership(self.chat, by.info, before, "kicked")
