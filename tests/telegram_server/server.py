"""The stand-in itself: what tests hold in their hands to steer Telegram and to look at it."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from starlette.routing import BaseRoute

from .api import Api, Call
from .faults import Fault, Faults
from .methods import bot_member
from .runner import Runner
from .state import Chat, Json, Query, World
from .updates import Updates
from .user import Group, User
from .validation import check_object

TOKEN_LETTERS = string.ascii_letters + string.digits + "_-"


class TelegramServer:
    """Telegram for tests. A context manager; `url` is the Bot API's base address while it runs."""

    def __init__(
        self,
        *,
        port: int = 0,
        backoff: tuple[float, float] = (0.2, 2.0),
        query_life: float = 60.0,
        flood: int | None = None,
        routes: Iterable[BaseRoute] = (),
    ) -> None:
        """`backoff`: first and longest pause between deliveries to a webhook, seconds. `query_life`: how long a press may be
        answered, seconds. `flood`: messages a second into one chat before 429, off by default. `routes`: more pages to serve."""
        number = random.randint(10**8, 10**10 - 1)
        self.token = f"{number}:AA{''.join(random.choices(TOKEN_LETTERS, k=33))}"
        self.bot: Json = {
            "id": number, "is_bot": True, "first_name": "Guidepost", "username": "guidepost_test_bot", "can_join_groups": True,
            "can_read_all_group_messages": False, "supports_inline_queries": True, "can_connect_to_business": False,
            "has_main_web_app": False, "has_topics_enabled": False, "allows_users_to_create_topics": False,
        }  # fmt: skip
        self.world = World(self.bot, query_life)
        self.updates = Updates(self.world, lambda method, params: self.api.from_webhook(method, params), backoff)
        self.faults = Faults()
        self.api = Api(self.world, self.updates, self.faults, self.token, flood)
        self._runner = Runner([*routes, *self.api.routes], port, self.updates.start, self.updates.stop)
        self.api.cut = self._runner.cut
        self._last_user = random.randint(10**8, 9 * 10**8)
        self.url = ""

    def __enter__(self) -> TelegramServer:
        self.url = self._runner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.stop()

    # What tests look at

    @property
    def calls(self) -> list[Call]:
        """Every call of the bot so far, in the order of arrival."""
        return self.api.calls

    @property
    def refused(self) -> list[Call]:
        """Calls that Telegram would refuse for the bot's own fault. At the end of a test: `assert not telegram.refused`."""
        with self.world.lock:
            return [call for call in self.calls if call.refused]

    @property
    def webhook(self) -> Json:
        """getWebhookInfo, with `secret_token` and `target`."""
        return self.updates.info() | {"secret_token": self.updates.webhook.get("secret_token", "")}

    @property
    def commands(self) -> dict[tuple[str, str], list[Json]]:
        """Menus by scope ("default", "all_private_chats", "chat:5") and language code ("" for all)."""
        return self.world.commands

    @property
    def names(self) -> dict[str, str]:
        """The bot's name by language code."""
        return self.world.names

    @property
    def descriptions(self) -> dict[str, str]:
        """The bot's description by language code."""
        return self.world.descriptions

    @property
    def short_descriptions(self) -> dict[str, str]:
        """The bot's short description by language code."""
        return self.world.short_descriptions

    def called(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of a method so far, in the order of arrival."""
        with self.world.lock:
            return [c for c in self.calls if c.method == method and chat in (None, c.params.get("chat_id"))]

    def wait(self, done: Callable[[], Any], timeout: float = 20.0, what: str = "what the test waits for") -> None:
        """Wait until `done()` is true. Raises AssertionError after `timeout` seconds."""
        if not self.world.wait(done, timeout):
            raise AssertionError(f"{what} did not happen within {timeout:g} s. {self._story()}")

    def _story(self, chat: int | None = None) -> str:
        """The last calls, to understand a failure."""
        with self.world.lock:
            calls = [
                c
                for c in self.calls
                if c.method != "getUpdates" and (chat is None or c.params.get("chat_id") in (chat, None))
            ]
        lines = [
            f"  {c.method} {'ok' if c.ok else c.description or 'running'} {str(c.params)[:160]}" for c in calls[-8:]
        ]
        waiting = len(self.updates.pending)
        return f"{waiting} update(s) are not confirmed. The last calls were:\n" + ("\n".join(lines) or "  none")

    @property
    def unconfirmed(self) -> list[Json]:
        """Updates that the bot has not confirmed yet."""
        with self.world.lock:
            return list(self.updates.pending)

    # Faults

    def fail(
        self,
        method: str,
        *,
        code: int,
        times: int = 1,
        retry_after: int | None = None,
        chat: int | None = None,
        description: str | None = None,
        html: bool = False,
    ) -> None:
        """Answer the next `times` calls with an error and do not carry them out. `html`: as a front server's page."""
        self.faults.add(Fault("fail", method, times, chat, code, retry_after, description, html))

    def hang(
        self, method: str, *, seconds: float, times: int = 1, chat: int | None = None, accepted: bool = True
    ) -> None:
        """Carry out the next calls (unless not `accepted`) and answer `seconds` later."""
        self.faults.add(Fault("hang", method, times, chat, seconds=seconds, accepted=accepted))

    def drop(self, method: str, times: int = 1, *, accepted: bool = True, chat: int | None = None) -> None:
        """Carry out the next calls (unless not `accepted`) and close the connection without an answer."""
        self.faults.add(Fault("drop", method, times, chat, accepted=accepted))

    def delay(self, method: str, seconds: float, chat: int | None = None) -> None:
        """Carry out every call of the method `seconds` later than it came, until `clear_faults`."""
        self.faults.slow(method, seconds, chat)

    def clear_faults(self) -> None:
        """Forget all faults."""
        self.faults.clear()

    def redeliver(self, update_id: int, times: int = 1) -> None:
        """Send an update again, confirmed or not, by polling and by webhook."""
        self.updates.again(update_id, times)

    def shuffled(self, seed: int) -> AbstractContextManager[None]:
        """Updates of the block are held back and then come in random order."""
        return self.updates.shuffled(seed)

    # People, groups, updates

    def user(self, name: str = "Ani", language: str = "hy", user_id: int | None = None) -> User:
        """A person with a private chat. The bot may write to them after their first message."""
        with self.world.lock:
            self._last_user += random.randint(1, 1000)
            identifier = user_id or self._last_user
            return User(self, self._private_chat(identifier, name), name, language, identifier)

    def _private_chat(self, identifier: int, name: str) -> Chat:
        return self.world.chats.setdefault(identifier, Chat({"id": identifier, "type": "private", "first_name": name}))

    def group(self, title: str, members: list[User], *, bot_is_admin: bool = False, supergroup: bool = True) -> Group:
        """A group with the bot in it; tells the bot that it was added."""
        with self.world.lock:
            identifier = -random.randint(10**9, 2 * 10**9)
            if supergroup:
                identifier -= 10**12
            info = {"id": identifier, "type": "supergroup" if supergroup else "group", "title": title}
            chat = Chat(info, opened=True, bot_status="administrator" if bot_is_admin else "member")
            chat.members = {member.id: member.info for member in members}
            self.world.chats[identifier] = chat
        by = members[0].info if members else self.bot
        self.membership(chat, by, "left", chat.bot_status)
        return Group(self, chat)

    def membership(self, chat: Chat, by: Json, before: str, after: str) -> int:
        """Tell the bot that its own place in a chat has changed."""
        change = {"chat": chat.info, "from": by, "date": int(time.time())}
        change |= {"old_chat_member": bot_member(self.bot, before), "new_chat_member": bot_member(self.bot, after)}
        return self.push("my_chat_member", change)

    def channel_post(self, text: str) -> Json:
        """A post in a channel in which the bot is an administrator."""
        with self.world.lock:
            chat = next((c for c in self.world.chats.values() if c.info["type"] == "channel"), None)
            if not chat:
                identifier = -(10**12) - random.randint(10**9, 2 * 10**9)
                chat = Chat(
                    {"id": identifier, "type": "channel", "title": "News"}, opened=True, bot_status="administrator"
                )
                self.world.chats[identifier] = chat
            message = self.world.post(chat, None, text=text, sender_chat=chat.info)
            self.push("channel_post", message)
            return self.world.snapshot(message)

    def push(self, kind: str, content: Json) -> int:
        """Queue an update of the stand-in's own making; it must be valid by the table. Its id, 0 when the bot did not want it."""
        check_object("Update", {"update_id": 1, kind: content})
        return self.updates.push(kind, content)

    def inject(self, update: Json) -> int:
        """Queue an update as it is, valid or not; its id, or the next free one.

        Chats, messages and queries that it speaks of become known, so that the bot may answer them.
        """
        with self.world.lock:
            self._make_known(update)
            return self.updates.add(dict(update))

    def _make_known(self, update: Json) -> None:
        for kind, content in update.items():
            if not isinstance(content, dict):
                continue
            queries = {"callback_query": self.world.callbacks, "inline_query": self.world.inline_queries}.get(kind)
            if queries is not None and isinstance(content.get("id"), str):
                queries[content["id"]] = Query(content, time.monotonic())
            for message in (content, content.get("message")):
                if (
                    isinstance(message, dict)
                    and isinstance(message.get("chat"), dict)
                    and type(message["chat"].get("id")) is int
                ):
                    chat = self.world.chats.setdefault(message["chat"]["id"], Chat(dict(message["chat"])))
                    chat.opened = True
                    number = message.get("message_id")
                    if type(number) is int and number > 0:
                        chat.messages.setdefault(number, dict(message))
                        chat.last_id = max(chat.last_id, number)
