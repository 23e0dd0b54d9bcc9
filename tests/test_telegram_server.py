"""The stand-in for Telegram is itself tested: what it refuses, how it delivers, which faults it makes."""

from __future__ import annotations

import atexit
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import telegram
from axe_playwright_python.sync_playwright import Axe
from browser_help import chromium
from conftest import ROOT, free_port
from playwright.sync_api import Page, expect
from telegram_server import TelegramServer, User, random_updates
from telegram_server.demo import Page as DemoPage
from telegram_server.table import METHODS, TYPES, UPDATE_TYPES
from telegram_server.text import check_entities, parse_html, parse_markdown, piece
from telegram_server.validation import check_object

Json = dict[str, Any]
FACE = "🙂"
WEB = httpx.Client(timeout=20, trust_env=False)
"""One client for all tests: making one reads all certificates of the machine."""
atexit.register(WEB.close)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer(backoff=(0.02, 0.05)) as running:
        yield running


@pytest.fixture
def ani(server: TelegramServer) -> User:
    """A person who has written to the bot, whose update is confirmed."""
    person = server.user("Ani")
    person.start()
    call(server, "getUpdates", offset=call(server, "getUpdates")["result"][-1]["update_id"] + 1)
    return person


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[TelegramServer, User]]:
    """One server and one person for the many calls that change nothing."""
    with TelegramServer() as running:
        person = running.user("Ani")
        person.start()
        yield running, person


def call(server: TelegramServer, method: str, **params: Any) -> Json:
    """Call a method with a JSON body."""
    url = f"{server.url}/bot{server.token}/{method}"
    return WEB.post(url, json=params).json()


def keyboard(*rows: list[Json]) -> Json:
    return {"inline_keyboard": list(rows)}


def button(text: str = "Yes", **more: Any) -> Json:
    return {"text": text, **(more or {"callback_data": "yes"})}


def one(text: str = "Yes", **more: Any) -> Json:
    """A keyboard of one button."""
    return keyboard([button(text, **more)])


def link(offset: int, length: int, kind: str = "bold", **more: Any) -> Json:
    return {"type": kind, "offset": offset, "length": length, **more}


GOOD: dict[str, tuple[str, Json]] = {
    "plain": ("sendMessage", {"text": "Hello"}),
    "4096 units": ("sendMessage", {"text": FACE * 2048}),
    "4096 units after parsing": ("sendMessage", {"text": f"<b>{'a' * 4096}</b>", "parse_mode": "HTML"}),
    "nested": ("sendMessage", {"text": "abcdef", "entities": [link(0, 6), link(1, 2, "italic"), link(3, 3, "italic")]}),
    "link": ("sendMessage", {"text": f"{FACE}ab", "entities": [link(2, 2, "text_link", url="https://example.org")]}),
    "markdown": ("sendMessage", {"text": "*bold _italic_* [link](https://e.org) 1\\.5", "parse_mode": "MarkdownV2"}),
    "preview off": ("sendMessage", {"text": "a", "link_preview_options": {"is_disabled": True}}),
    "64 bytes": ("sendMessage", {"text": "a", "reply_markup": one(callback_data="ա" * 32)}),
    "100 buttons": ("sendMessage", {"text": "a", "reply_markup": keyboard(*[[button()] * 5] * 20)}),
    "number as text": ("sendMessage", {"text": "a", "disable_notification": "true"}),
    "reply keyboard": ("sendMessage", {"text": "a", "reply_markup": {"keyboard": [[{"text": "y"}]]}}),
    "venue": ("sendVenue", {"latitude": 40.1, "longitude": 44.5, "title": "Office", "address": "Street 1"}),
    "location": ("sendLocation", {"latitude": 40.1, "longitude": 44.5}),
    "typing": ("sendChatAction", {"action": "typing"}),
}  # fmt: skip

BAD: dict[str, tuple[str, Json, str]] = {
    "unknown parameter": ("sendMessage", {"text": "a", "colour": "red"}, "unknown parameter"),
    "missing text": ("sendMessage", {}, "text is empty"),
    "empty text": ("sendMessage", {"text": " \n"}, "text is empty"),
    "empty after parsing": ("sendMessage", {"text": "<b></b>", "parse_mode": "HTML"}, "text is empty"),
    "wrong type": ("sendMessage", {"text": ["a"]}, "String expected"),
    "text as a truth value": ("sendMessage", {"text": "a", "protect_content": "perhaps"}, "Boolean expected"),
    "4097 units": ("sendMessage", {"text": "a" * 4097}, "too long"),
    "4098 units in 2049 letters": ("sendMessage", {"text": FACE * 2049}, "too long"),
    "unknown chat": ("sendMessage", {"chat_id": 1, "text": "a"}, "chat not found"),
    "person by name": ("sendMessage", {"chat_id": "@ani", "text": "a"}, "chat not found"),
    "entity outside": ("sendMessage", {"text": "ab", "entities": [link(0, 3)]}, "outside"),
    "entity of length 0": ("sendMessage", {"text": "ab", "entities": [link(0, 0)]}, "outside"),
    "entity in a letter": ("sendMessage", {"text": FACE, "entities": [link(0, 1)]}, "middle of a UTF-16"),
    "half over another": ("sendMessage", {"text": "abcd", "entities": [link(0, 3), link(1, 3, "italic")]}, "overlap"),
    "bold in code": ("sendMessage", {"text": "abcd", "entities": [link(0, 4, "code"), link(1, 1)]}, "nested"),
    "unknown entity": ("sendMessage", {"text": "ab", "entities": [link(0, 1, "loud")]}, "must be one of"),
    "link without address": ("sendMessage", {"text": "ab", "entities": [link(0, 1, "text_link")]}, "url"),
    "101 entities": ("sendMessage", {"text": "a" * 101, "entities": [link(n, 1) for n in range(101)]}, "too many"),
    "both ways": ("sendMessage", {"text": "a", "entities": [link(0, 1)], "parse_mode": "HTML"}, "together"),
    "unknown mode": ("sendMessage", {"text": "a", "parse_mode": "RTF"}, "parse_mode"),
    "HTML not closed": ("sendMessage", {"text": "<b>a", "parse_mode": "HTML"}, "end tag"),
    "HTML crossed": ("sendMessage", {"text": "<b><i>a</b></i>", "parse_mode": "HTML"}, "Unmatched"),
    "HTML unknown": ("sendMessage", {"text": "<p>a</p>", "parse_mode": "HTML"}, "Unsupported"),
    "HTML bare sign": ("sendMessage", {"text": "1 < 2", "parse_mode": "HTML"}, "Unsupported"),
    "Markdown reserved": ("sendMessage", {"text": "1.5", "parse_mode": "MarkdownV2"}, "reserved"),
    "Markdown not closed": ("sendMessage", {"text": "*a", "parse_mode": "MarkdownV2"}, "end of the entity"),
    "data of 65 bytes": ("sendMessage", {"text": "a", "reply_markup": one(callback_data="a" * 65)}, "BUTTON_DATA_INVALID"),
    "data of 33 letters": (
        "sendMessage", {"text": "a", "reply_markup": one(callback_data="ա" * 33)}, "BUTTON_DATA_INVALID"),
    "empty data": ("sendMessage", {"text": "a", "reply_markup": one(callback_data="")}, "BUTTON_DATA_INVALID"),
    "two doings": (
        "sendMessage", {"text": "a", "reply_markup": one(callback_data="a", url="https://e.org")}, "exactly one"),
    "no doing": ("sendMessage", {"text": "a", "reply_markup": keyboard([{"text": "a"}])}, "exactly one"),
    "unknown field": ("sendMessage", {"text": "a", "reply_markup": one(callback="a")}, "unknown field"),
    "button without a text": ("sendMessage", {"text": "a", "reply_markup": one("")}, "text"),
    "button's address": ("sendMessage", {"text": "a", "reply_markup": one(url="example")}, "invalid"),
    "101 buttons": ("sendMessage", {"text": "a", "reply_markup": keyboard(*[[button()]] * 101)}, "100"),
    "9 in a row": ("sendMessage", {"text": "a", "reply_markup": keyboard([button()] * 9)}, "in a row"),
    "broken JSON": ("sendMessage", {"text": "a", "reply_markup": "{"}, "JSON"),
    "reply to nothing": ("sendMessage", {"text": "a", "reply_parameters": {"message_id": 999}}, "replied not found"),
    "preview of two sizes": (
        "sendMessage", {"text": "a", "link_preview_options": {"prefer_small_media": True, "prefer_large_media": True}}, "exclude"),
    "preview's field": ("sendMessage", {"text": "a", "link_preview_options": {"disabled": True}}, "unknown field"),
    "edit of nothing": ("editMessageText", {"message_id": 999, "text": "a"}, "message to edit not found"),
    "edit of a person's": ("editMessageText", {"message_id": 1, "text": "a"}, "can't be edited"),
    "edit without a target": ("editMessageText", {"text": "a"}, "identifier is not specified"),
    "delete of nothing": ("deleteMessage", {"message_id": 999}, "message to delete not found"),
    "unknown action": ("sendChatAction", {"action": "thinking"}, "wrong parameter action"),
    "beyond the pole": ("sendLocation", {"latitude": 91, "longitude": 0}, "latitude"),
    "unknown emoji": ("setMessageReaction", {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "?"}]}, "must be one of"),
    "press unknown": ("answerCallbackQuery", {"chat_id": None, "callback_query_id": "5"}, "query ID is invalid"),
    "answer of 201 units": ("answerCallbackQuery", {"chat_id": None, "callback_query_id": "5", "text": "a" * 201}, "0-200"),
    "51 results": ("answerInlineQuery", {"chat_id": None, "inline_query_id": "5", "results": [
        {"type": "article", "id": str(n), "title": "a", "input_message_content": {"message_text": "a"}} for n in range(51)]}, "50"),
    "results alike": ("answerInlineQuery", {"chat_id": None, "inline_query_id": "5", "results": [
        {"type": "article", "id": "1", "title": "a", "input_message_content": {"message_text": "a"}}] * 2}, "DUPLICATE"),
    "result's id": ("answerInlineQuery", {"chat_id": None, "inline_query_id": "5", "results": [
        {"type": "article", "id": "a" * 65, "title": "a", "input_message_content": {"message_text": "a"}}]}, "65 bytes"),
    "result's markup": (
        "answerInlineQuery", {"chat_id": None, "inline_query_id": "5", "results": [
        {"type": "article", "id": "1", "title": "a", 
         "input_message_content": {"message_text": "<p>", "parse_mode": "HTML"}}]}, "parse"),
    "command with a capital": (
        "setMyCommands", {"chat_id": None, "commands": [{"command": "Help", "description": "abc"}]}, "BOT_COMMAND_INVALID"),
    "command of 33 letters": (
        "setMyCommands", {"chat_id": None, "commands": [{"command": "a" * 33, "description": "abc"}]}, "1-32"),
    "description of 257": ("setMyCommands", {"chat_id": None, "commands": [{"command": "a", "description": "a" * 257}]}, "1-256"),
    "101 commands": ("setMyCommands", {"chat_id": None, "commands": [{"command": "a", "description": "abc"}] * 101}, "100"),
    "language": ("setMyCommands", {"chat_id": None, "commands": [], "language_code": "hye"}, "ISO 639-1"),
    "description": ("setMyDescription", {"chat_id": None, "description": "a" * 513}, "0-512"),
    "short description": ("setMyShortDescription", {"chat_id": None, "short_description": "a" * 121}, "0-120"),
    "name": ("setMyName", {"chat_id": None, "name": "a" * 65}, "0-64"),
    "webhook without TLS": ("setWebhook", {"chat_id": None, "url": "http://example.org/"}, "HTTPS"),
    "webhook's port": ("setWebhook", {"chat_id": None, "url": "https://example.org:8000/"}, "ports"),
    "secret": ("setWebhook", {"chat_id": None, "url": "https://example.org/", "secret_token": "a b"}, "unallowed"),
    "secret of 257": ("setWebhook", {"chat_id": None, "url": "https://example.org/", "secret_token": "a" * 257}, "1-256"),
    "update type": ("getUpdates", {"chat_id": None, "allowed_updates": ["messages"]}, "unknown kind"),
    "101 at once": ("getUpdates", {"chat_id": None, "limit": 101}, "1-100"),
    "file": ("getFile", {"chat_id": None, "file_id": "nothing"}, "wrong file_id"),
    "photo that is no file": ("sendPhoto", {"photo": "nothing"}, "wrong file identifier"),
}  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize("name", GOOD)
    def test_correct_calls_pass(self, shared: tuple[TelegramServer, User], name: str) -> None:
        server, ani = shared
        method, params = GOOD[name]
        answer = call(server, method, chat_id=ani.id, **params)
        assert answer["ok"], answer
        assert not server.calls[-1].refused
        if isinstance(answer["result"], dict):
            check_object("Message", answer["result"])

    @pytest.mark.parametrize("name", BAD)
    def test_wrong_calls_are_refused_and_counted(self, shared: tuple[TelegramServer, User], name: str) -> None:
        server, ani = shared
        before = len(server.refused)
        method, params, complaint = BAD[name]
        params = {k: v for k, v in {"chat_id": ani.id, **params}.items() if v is not None}
        answer = call(server, method, **params)
        assert answer["error_code"] == 400
        assert complaint in answer["description"]
        assert [refused.description for refused in server.refused[before:]] == [answer["description"]]

    @pytest.mark.parametrize("way", ["json", "form", "multipart", "query"])
    def test_every_way_of_sending_parameters_means_the_same(self, server: TelegramServer, ani: User, way: str) -> None:
        markup, url = keyboard([button()]), f"{server.url}/bot{server.token}/SENDMESSAGE"
        strings = {"chat_id": str(ani.id), "text": "<b>a</b>", "parse_mode": "HTML", "reply_markup": json.dumps(markup)}
        answer = {
            "json": lambda: WEB.post(url, json={**strings, "chat_id": ani.id, "reply_markup": markup}),
            "form": lambda: WEB.post(url, data=strings),
            "multipart": lambda: WEB.post(url, files={name: (None, value) for name, value in strings.items()}),
            "query": lambda: WEB.get(url, params=strings),
        }[way]().json()
        assert answer["result"]["reply_markup"] == markup
        assert answer["result"]["entities"] == [link(0, 1)]

    def test_a_token_that_is_wrong_or_none(self, server: TelegramServer) -> None:
        assert WEB.get(f"{server.url}/bot5:{'A' * 35}/getMe").status_code == 401
        assert WEB.get(f"{server.url}/botnonsense/getMe").status_code == 404
        assert server.calls == []

    def test_unknown_and_unwritten_methods_are_noticed(self, server: TelegramServer) -> None:
        assert call(server, "sendTelepathy")["error_code"] == 404
        assert call(server, "logOut")["error_code"] == 501
        assert call(server, "sendDice")["error_code"] == 400  # validated first
        assert len(server.refused) == 3

    def test_blocked_is_refused_but_no_fault_of_the_bot(self, server: TelegramServer, ani: User) -> None:
        ani.block()
        answer = call(server, "sendMessage", chat_id=ani.id, text="a")
        assert (answer["error_code"], answer["description"]) == (403, "Forbidden: bot was blocked by the user")
        assert server.refused == []
        ani.unblock()
        assert call(server, "sendMessage", chat_id=ani.id, text="a")["ok"]
        changes = [update["my_chat_member"]["new_chat_member"]["status"] for update in server.unconfirmed]
        assert changes == ["kicked", "member"]

    def test_nobody_is_written_to_first(self, server: TelegramServer) -> None:
        stranger = server.user("Vahe")
        assert "chat not found" in call(server, "sendMessage", chat_id=stranger.id, text="a")["description"]

    def test_edits_must_change_something(self, server: TelegramServer, ani: User) -> None:
        sent = call(server, "sendMessage", chat_id=ani.id, text="a", reply_markup=keyboard([button()]))["result"]
        same = {"chat_id": ani.id, "message_id": sent["message_id"], "text": "a"}
        assert (
            "not modified" in call(server, "editMessageText", **same, reply_markup=keyboard([button()]))["description"]
        )
        assert call(server, "editMessageText", **same)["ok"]  # the keyboard goes
        assert "reply_markup" not in ani.last("a")
        again = call(server, "editMessageReplyMarkup", chat_id=ani.id, message_id=sent["message_id"])
        assert "not modified" in again["description"]

    def test_repeating_an_edit_whose_answer_was_lost_is_no_fault(self, server: TelegramServer, ani: User) -> None:
        sent = call(server, "sendMessage", chat_id=ani.id, text="a")["result"]
        server.drop("editMessageText", accepted=True)
        edit = {"chat_id": ani.id, "message_id": sent["message_id"], "text": "b"}
        with pytest.raises(httpx.TransportError):
            call(server, "editMessageText", **edit)
        assert "not modified" in call(server, "editMessageText", **edit)["description"]
        assert server.refused == []


class TestTexts:
    def test_html(self) -> None:
        source = '<b>a<i>b</i></b> <a href="https://e.org/?a=1&amp;b">c</a> &lt;&#1377;<tg-spoiler>d</tg-spoiler>'
        text, entities = parse_html(FACE + source)
        assert text == f"{FACE}ab c <աd"
        kinds = [(entity["type"], piece(text, entity)) for entity in entities]
        assert kinds == [("italic", "b"), ("bold", "ab"), ("text_link", "c"), ("spoiler", "d")]
        check_entities(text, entities)

    def test_markdown(self) -> None:
        text, entities = parse_markdown(
            f"*{FACE}* __u__ ~s~ ||x|| `c` ```py\nd\n``` [l](https://e\\.org)\n>quote\n\\>no"
        )
        kinds = [(entity["type"], piece(text, entity)) for entity in entities]
        assert kinds == [("bold", FACE), ("underline", "u"), ("strikethrough", "s"), ("spoiler", "x"), ("code", "c"),
                         ("pre", "d\n"), ("text_link", "l"), ("blockquote", "quote")]  # fmt: skip
        assert text.endswith("quote\n>no")

    def test_white_space_at_both_ends_goes_and_entities_follow(self, server: TelegramServer, ani: User) -> None:
        sent = call(server, "sendMessage", chat_id=ani.id, text="\n ab \n", entities=[link(2, 3)])["result"]
        assert (sent["text"], sent["entities"]) == ("ab", [link(0, 2)])


class TestPolling:
    def test_offset_confirms_and_negative_offset_forgets(self, server: TelegramServer, ani: User) -> None:
        for number in range(5):
            ani.send(str(number))
        first = call(server, "getUpdates", limit=2)["result"]
        assert [update["message"]["text"] for update in first] == ["0", "1"]
        assert call(server, "getUpdates", limit=2)["result"] == first  # nothing was confirmed
        rest = call(server, "getUpdates", offset=first[-1]["update_id"] + 1)["result"]
        assert [update["message"]["text"] for update in rest] == ["2", "3", "4"]
        assert [update["message"]["text"] for update in call(server, "getUpdates", offset=-1)["result"]] == ["4"]
        assert len(server.unconfirmed) == 1

    def test_a_long_poll_ends_with_the_first_update(self, server: TelegramServer, ani: User) -> None:
        with ThreadPoolExecutor(1) as pool:
            poll = pool.submit(call, server, "getUpdates", timeout=15)
            server.wait(lambda: server.called("getUpdates"))
            ani.send("now")
            assert poll.result(10)["result"][0]["message"]["text"] == "now"

    def test_a_second_poller_ends_the_first(self, server: TelegramServer) -> None:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(call, server, "getUpdates", timeout=15)
            server.wait(lambda: server.called("getUpdates"))
            time.sleep(0.1)
            assert call(server, "getUpdates")["ok"]
            assert first.result(10)["error_code"] == 409
        assert server.refused == []

    def test_an_edit_does_not_change_what_waits(self, server: TelegramServer, ani: User) -> None:
        message = ani.send("before")
        ani.edit(message, "after")
        sent, edited = call(server, "getUpdates")["result"]
        assert (sent["message"]["text"], edited["edited_message"]["text"]) == ("before", "after")

    def test_kinds_that_were_not_asked_for_do_not_come(self, server: TelegramServer, ani: User) -> None:
        message = ani.send("a")
        assert ani.react(message, "👍") == 0  # left out unless asked for
        call(server, "getUpdates", allowed_updates=["message_reaction"])
        assert ani.react(message, "👍") > 0
        ani.send("b")
        kinds = [sorted(update)[-1] for update in call(server, "getUpdates")["result"]]
        assert kinds == ["update_id", "update_id"]
        assert ["message" in update for update in server.unconfirmed] == [True, False]

    def test_shuffled_updates_all_arrive_in_small_batches(self, server: TelegramServer, ani: User) -> None:
        with server.shuffled(1):
            for number in range(20):
                ani.send(str(number))
            assert server.unconfirmed == []
        seen, offset = [], 0
        while batch := call(server, "getUpdates", offset=offset, limit=3)["result"]:
            fresh = [update for update in batch if update["update_id"] not in {u["update_id"] for u in seen}]
            seen += fresh
            offset = max(update["update_id"] for update in seen) + 1
        texts = [update["message"]["text"] for update in seen]
        assert sorted(texts, key=int) == [str(number) for number in range(20)]
        assert texts != sorted(texts, key=int)

    def test_a_confirmed_update_comes_again(self, server: TelegramServer, ani: User) -> None:
        ani.send("a")
        update = call(server, "getUpdates")["result"][0]
        assert call(server, "getUpdates", offset=update["update_id"] + 1)["result"] == []
        server.redeliver(update["update_id"], times=3)
        assert call(server, "getUpdates", offset=update["update_id"] + 1)["result"] == [update] * 3
        assert call(server, "getUpdates", offset=update["update_id"] + 1)["result"] == []


class Receiver:
    """A webhook that notes what came, and answers with the next of `answers` (status and body), else 200."""

    def __init__(self) -> None:
        self.got: list[tuple[Json, str]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.url = ""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver.got.append((body, self.headers.get("X-Telegram-Bot-Api-Secret-Token", "")))
            status, content = receiver.answers.pop(0) if receiver.answers else (200, b"")
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{http.server_port}/hook"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class TestWebhook:
    def test_updates_are_repeated_until_accepted(self, server: TelegramServer, ani: User) -> None:
        with receiving() as hook:
            hook.answers = [(500, b""), (503, b"")]
            assert call(server, "setWebhook", url=hook.url, secret_token="s-1_x")["ok"]
            ani.send("a")
            server.wait(lambda: not server.unconfirmed)
            assert [secret for _, secret in hook.got] == ["s-1_x"] * 3
            assert len({update["update_id"] for update, _ in hook.got}) == 1
            assert server.webhook["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"
            assert server.webhook["secret_token"] == "s-1_x"
            assert call(server, "getUpdates")["error_code"] == 409

    def test_updates_wait_for_a_server_that_is_down(self, server: TelegramServer, ani: User) -> None:
        port = free_port()
        call(server, "setWebhook", url=f"http://127.0.0.1:{port}/")
        ani.send("a")
        server.wait(lambda: len(server.updates.deliveries) > 2)
        info = call(server, "getWebhookInfo")["result"]
        check_object("WebhookInfo", info)
        assert (info["pending_update_count"], info["last_error_message"]) == (1, "Connection failed")
        assert call(server, "deleteWebhook", drop_pending_updates=True)["ok"]
        assert call(server, "getUpdates")["result"] == []

    def test_waiting_updates_go_to_a_new_webhook(self, server: TelegramServer, ani: User) -> None:
        ani.send("a")
        with receiving() as hook:
            call(server, "setWebhook", url="https://assistant.example/telegram/webhook")
            server.updates.target = hook.url
            server.wait(lambda: hook.got)
            update = hook.got[0][0]
            server.wait(lambda: not server.unconfirmed)
            server.redeliver(update["update_id"], times=2)
            server.wait(lambda: len(hook.got) == 3)
            assert all(got == update for got, _ in hook.got)

    def test_a_method_in_the_answer_is_carried_out(self, server: TelegramServer, ani: User) -> None:
        with receiving() as hook:
            hook.answers = [(200, json.dumps({"method": "sendMessage", "chat_id": ani.id, "text": "at once"}).encode())]
            call(server, "setWebhook", url=hook.url)
            ani.send("a")
            assert ani.read()[0]["text"] == "at once"


class TestFaults:
    def test_too_many_requests(self, server: TelegramServer, ani: User) -> None:
        other = server.user("Vahe")
        other.start()
        server.fail("sendMessage", code=429, retry_after=7, chat=ani.id, times=2)
        assert call(server, "sendMessage", chat_id=other.id, text="a")["ok"]
        for _ in range(2):
            answer = call(server, "sendMessage", chat_id=ani.id, text="a")
            assert answer == {
                "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": {"retry_after": 7},
            }  # fmt: skip
        assert call(server, "sendMessage", chat_id=ani.id, text="a")["ok"]
        assert server.refused == []
        assert len(ani.from_bot) == 1

    def test_a_front_server_answers_with_a_page(self, server: TelegramServer) -> None:
        server.fail("getMe", code=502, html=True)
        answer = WEB.get(f"{server.url}/bot{server.token}/getMe")
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")

    @pytest.mark.parametrize("accepted", [True, False])
    def test_time_out(self, server: TelegramServer, ani: User, accepted: bool) -> None:
        server.hang("sendMessage", seconds=5, accepted=accepted)
        with pytest.raises(httpx.ReadTimeout):
            WEB.post(f"{server.url}/bot{server.token}/sendMessage", json={"chat_id": ani.id, "text": "a"}, timeout=0.3)
        assert len(ani.from_bot) == accepted

    @pytest.mark.parametrize("accepted", [True, False])
    def test_a_closed_connection(self, server: TelegramServer, ani: User, accepted: bool) -> None:
        server.drop("sendMessage", times=2, accepted=accepted)
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                call(server, "sendMessage", chat_id=ani.id, text="a")
        assert call(server, "sendMessage", chat_id=ani.id, text="a")["ok"]
        assert len(ani.from_bot) == (3 if accepted else 1)

    def test_a_slow_chat_does_not_slow_the_others(self, server: TelegramServer, ani: User) -> None:
        other = server.user("Vahe")
        other.start()
        server.delay("sendMessage", 0.5, chat=ani.id)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(call, server, "sendMessage", chat_id=ani.id, text="a")
            server.wait(lambda: server.called("sendMessage", chat=ani.id))
            assert call(server, "sendMessage", chat_id=other.id, text="a")["ok"]
            assert not slow.done()
            server.clear_faults()
            assert slow.result(10)["ok"]

    def test_wrong_calls_do_not_use_up_faults(self, server: TelegramServer, ani: User) -> None:
        server.fail("sendMessage", code=500)
        assert call(server, "sendMessage", chat_id=ani.id, text="")["error_code"] == 400
        assert call(server, "sendMessage", chat_id=ani.id, text="a")["error_code"] == 500

    def test_flood_is_held_back_when_asked_for(self) -> None:
        with TelegramServer(flood=2) as server:
            person = server.user()
            person.start()
            codes = [call(server, "sendMessage", chat_id=person.id, text="a").get("error_code") for _ in range(3)]
        assert codes == [None, None, 429]


def answering(server: TelegramServer, react: Callable[[Json], None]) -> threading.Thread:
    """A bot in a thread that polls until it has reacted to one update."""

    def run() -> None:
        updates = call(server, "getUpdates", timeout=10)["result"]
        call(server, "getUpdates", offset=updates[-1]["update_id"] + 1)
        react(updates[-1])

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class TestPeople:
    def test_press(self, server: TelegramServer, ani: User) -> None:
        markup = keyboard(
            [button("Yes", callback_data="y"), button("Yes, but", callback_data="b")],
            [button("Web", url="https://e.org")],
        )
        message = call(server, "sendMessage", chat_id=ani.id, text="a", reply_markup=markup)["result"]
        pressed: list[Json] = []

        def react(update: Json) -> None:
            query = update["callback_query"]
            pressed.append(query)
            call(server, "answerCallbackQuery", callback_query_id=query["id"], text="Noted", show_alert=True)
            again = call(server, "answerCallbackQuery", callback_query_id=query["id"])
            assert "query ID is invalid" in again["description"]

        bot = answering(server, react)
        answer = ani.click(message, "but")
        bot.join()
        assert (answer["text"], answer["show_alert"]) == ("Noted", True)
        assert pressed[0]["data"] == "b"
        with pytest.raises(AssertionError, match="has no button 'No'"):
            ani.click(message, "No")
        with pytest.raises(AssertionError, match="sends nothing"):
            ani.click(message, "Web")
        call(server, "editMessageReplyMarkup", chat_id=ani.id, message_id=message["message_id"])
        with pytest.raises(AssertionError, match="no buttons at all"):
            ani.click(message, "Yes")
        assert ani.click(message, stale_data="forged", wait=False)["id"]
        assert server.unconfirmed[-1]["callback_query"]["data"] == "forged"

    def test_a_press_grows_too_old(self) -> None:
        with TelegramServer(query_life=0) as server:
            person = server.user()
            person.start()
            press = person.click(1, stale_data="x", wait=False)
            answer = call(server, "answerCallbackQuery", callback_query_id=press["id"])
            assert "query is too old" in answer["description"]
            assert server.refused == []

    def test_inline_mode(self, server: TelegramServer, ani: User) -> None:
        result = {
            "type": "article", "id": "visa-1", "title": "Visa", "reply_markup": keyboard([button()]),
            "input_message_content": {"message_text": "<b>Visa</b>", "parse_mode": "HTML"},
        }  # fmt: skip

        def react(update: Json) -> None:
            query = update["inline_query"]
            assert query["query"] == "visa"
            assert call(server, "answerInlineQuery", inline_query_id=query["id"], results=[result])["ok"]

        bot = answering(server, react)
        results = ani.inline("visa")
        bot.join()
        assert results == [result]
        shared = ani.choose(results[0])
        assert (shared["text"], shared["entities"]) == ("Visa", [link(0, 4)])
        chosen = server.unconfirmed[-1]["chosen_inline_result"]
        assert (chosen["result_id"], chosen["query"]) == ("visa-1", "visa")
        assert call(server, "editMessageReplyMarkup", inline_message_id=shared["inline_message_id"])["result"] is True

    def test_everything_that_people_send_is_valid(
        self, server: TelegramServer, ani: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PTB_TIMEDELTA", "true")
        files = ("voice", "audio", "video", "video_note", "photo", "document", "sticker", "animation")
        for name in (*files, "contact", "poll", "dice"):
            getattr(ani, name)()
        ani.location(40.1, 44.5)
        ani.location(40.1, 44.5, live=True)
        ani.venue(40.1, 44.5)
        ani.forward("heard")
        ani.send("reply", reply_to=1)
        server.channel_post("news")
        updates = call(server, "getUpdates")["result"]
        assert len(updates) == 17
        for update in updates:
            check_object("Update", update)
            assert telegram.Update.de_json(update, None)

    def test_commands_and_mentions_are_marked_in_utf16(self, server: TelegramServer, ani: User) -> None:
        message = ani.send(f"{FACE} /help@guidepost_test_bot and @somebody, not a/b or c@example.org")
        marked = [(entity["type"], piece(message["text"], entity)) for entity in message["entities"]]
        assert marked == [("bot_command", "/help@guidepost_test_bot"), ("mention", "@somebody")]

    def test_a_file_is_downloaded(self, server: TelegramServer, ani: User) -> None:
        voice = ani.voice(b"OggS content", seconds=2)["voice"]
        file = call(server, "getFile", file_id=voice["file_id"])["result"]
        check_object("File", file)
        url = f"{server.url}/file/bot{server.token}/{file['file_path']}"
        assert WEB.get(url).content == b"OggS content"
        server.fail("download", code=502)
        assert WEB.get(url).status_code == 502

    def test_reading(self, server: TelegramServer, ani: User) -> None:
        ani.quiet(0.05)
        call(server, "sendMessage", chat_id=ani.id, text="a")
        call(server, "sendMessage", chat_id=ani.id, text="b")
        call(server, "sendChatAction", chat_id=ani.id, action="typing")
        assert [message["text"] for message in ani.read(2)] == ["a", "b"]
        assert ani.actions == ["typing"]
        with pytest.raises(AssertionError, match=r"(?s)1 new message\(s\) were expected.*sendMessage ok"):
            ani.read(timeout=0.05)
        call(server, "sendMessage", chat_id=ani.id, text="c")
        with pytest.raises(AssertionError, match="there came"):
            ani.quiet(0.05)

    def test_a_group_keeps_its_privacy(self, server: TelegramServer, ani: User) -> None:
        group = server.group("Neighbours", [ani])
        posted = call(server, "sendMessage", chat_id=group.chat.id, text="Hello all")["result"]
        heard = {"/help": True, "/help@guidepost_test_bot": True, "/help@other_bot": False, "hello": False,
                 "@guidepost_test_bot hello": True, "@guidepost_test_bot_2 hello": False}  # fmt: skip
        for text, expected in heard.items():
            before = len(server.unconfirmed)
            group.send(ani, text)
            assert (len(server.unconfirmed) > before) is expected, text
        before = len(server.unconfirmed)
        group.send(ani, "thanks", reply_to=posted)
        assert server.unconfirmed[before]["message"]["reply_to_message"]["text"] == "Hello all"
        admin = server.group("Ours", [ani], bot_is_admin=True)
        admin.send(ani, "hello")
        assert server.unconfirmed[-1]["message"]["text"] == "hello"
        group.remove_bot(ani)
        assert call(server, "sendMessage", chat_id=group.chat.id, text="a")["error_code"] == 403


class TestLibrary:
    async def test_python_telegram_bot_works_with_it(
        self, server: TelegramServer, ani: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The library's own way of encoding everything passes the stand-in, and its answers become the library's objects."""
        monkeypatch.setenv("PTB_TIMEDELTA", "true")
        async with telegram.Bot(
            server.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot"
        ) as bot:
            assert bot.username == "guidepost_test_bot"
            await bot.set_my_commands([telegram.BotCommand("help", "What I can do")], language_code="hy")
            assert server.commands["default", "hy"] == [{"command": "help", "description": "What I can do"}]
            await bot.set_my_description("Answers", language_code="ru")
            await bot.set_my_short_description("Short")
            assert (server.descriptions, server.short_descriptions) == ({"ru": "Answers"}, {"": "Short"})
            assert (await bot.get_my_short_description("lv")).short_description == "Short"
            rows = [[telegram.InlineKeyboardButton("Yes", callback_data="y")]]
            sent = await bot.send_message(
                ani.id,
                f"{FACE} bold",
                entities=[telegram.MessageEntity("bold", 3, 4)],
                reply_markup=telegram.InlineKeyboardMarkup(rows),
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
                reply_parameters=telegram.ReplyParameters(1),
            )
            assert sent.parse_entities() == {sent.entities[0]: "bold"}
            await bot.edit_message_reply_markup(ani.id, sent.message_id)
            await bot.set_message_reaction(ani.id, 1, "👍")
            await bot.send_document(ani.id, b"list", filename="list.txt", caption="A list")
            assert ani.last("A list")["document"]["file_name"] == "list.txt"
            photo = await bot.send_photo(ani.id, b"jpeg")
            assert await (await bot.get_file(photo.photo[-1].file_id)).download_as_bytearray() == b"jpeg"
            await bot.send_venue(ani.id, 40.1, 44.5, "Office", "Street 1")
            assert (await bot.get_chat(ani.id)).first_name == "Ani"
            assert (await bot.get_chat_member(ani.id, bot.id)).status == "member"
            ani.send("hello")
            (update,) = await bot.get_updates(timeout=5)
            assert update.message.text == "hello"
            server.fail("sendMessage", code=429, retry_after=3)
            with pytest.raises(telegram.error.RetryAfter):
                await bot.send_message(ani.id, "a")
            ani.block()
            with pytest.raises(telegram.error.Forbidden):
                await bot.send_message(ani.id, "a")
        assert server.refused == []


class TestGenerator:
    def test_2000_updates_of_every_kind_are_valid(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else the library warns of its next version
        chats = [555, -(10**12) - 5, {"id": 7, "type": "private", "first_name": "Vahe"}]
        updates = random_updates(2000, 1, chats, canary="canaryword")
        assert random_updates(50, 1, chats, now=1) == random_updates(50, 1, chats, now=1)
        assert random_updates(50, 1, chats, now=1) != random_updates(50, 2, chats, now=1)
        kinds = {name for update in updates for name in update}
        assert kinds == {"update_id", *UPDATE_TYPES}
        for update in updates:
            check_object("Update", update)
            telegram.Update.de_json(update, None)
        messages = [update["message"] for update in updates if "message" in update]
        assert {message["chat"]["id"] for message in messages} == {555, -(10**12) - 5, 7}
        texts = [message["text"] for message in messages if "text" in message]
        assert len(texts) > len(messages) / 3
        assert all("canaryword" in text for text in texts)
        reached = {name for update in updates for name in update.get("message", {})}
        assert len(reached) > 0.8 * len(TYPES["Message"]["fields"])

    def test_injected_updates_may_be_answered(self, server: TelegramServer) -> None:
        query = {"id": "77", "from": {"id": 5, "is_bot": False, "first_name": "A"}, "data": "x"}  # no chat_instance
        message = {"message_id": 9, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "a"}
        number = server.inject({"callback_query": query})
        assert server.inject({"update_id": number + 50, "message": message}) == number + 50
        assert server.inject({"nonsense": {}}) == number + 51
        assert [update["update_id"] for update in call(server, "getUpdates")["result"]] == [
            number,
            number + 50,
            number + 51,
        ]
        assert call(server, "answerCallbackQuery", callback_query_id="77")["ok"]
        assert call(server, "sendMessage", chat_id=5, text="a", reply_parameters={"message_id": 9})["ok"]
        assert server.refused == []


def test_the_table_holds_no_sentences() -> None:
    """Names, types and numbers are the Bot API's; the documentation's sentences are not copied into the repository."""
    assert len(METHODS) > 150
    assert METHODS["sendMessage"]["fields"]["text"] == {
        "types": ["String"],
        "length": [1, 4096],
        "parsed": True,
        "required": True,
    }
    fields = [field for entry in (METHODS | TYPES).values() for field in entry.get("fields", {}).values()]
    words = [value for field in fields for value in field.get("values", [])]
    assert [word for word in words if len(word) > 40 or word.count(" ") > 1] == []


@pytest.fixture
def page() -> Iterator[Page]:
    """A page in real Chromium that must report no problem."""
    problems: list[str] = []
    with chromium() as browser:
        opened = browser.new_page()
        opened.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
        opened.on("pageerror", lambda error: problems.append(str(error)))
        yield opened
    assert problems == []


class TestDemo:
    def test_the_page_to_chat_in(self, page: Page) -> None:
        """Texts with markup stay texts, entities show, boxes are ticked in place, and the page is accessible."""
        chat = DemoPage()
        with TelegramServer(routes=chat.routes()) as server:
            person = chat.open(server, "hy")
            call(
                server, "setMyCommands", commands=[{"command": "help", "description": "Օգնություն"}], language_code="hy"
            )
            page.goto(server.url)
            page.get_by_role("button", name="/help").click()
            expect(page.locator("article.own")).to_have_text("You:/help")
            page.get_by_label("Message", exact=True).fill("<b>hello</b>")
            page.keyboard.press("Enter")
            server.wait(lambda: len(person.messages) == 2)
            assert person.messages[0]["entities"] == [link(0, 5, "bot_command")]
            text = f"{FACE} <img src=x onerror=alert(1)> bold link bad"
            at = text.index("bold") + 1
            entities = [
                link(at, 9), link(at + 5, 4, "text_link", url="https://example.org/"),
                link(at + 10, 3, "text_link", url="tg://user?id=5"),
            ]  # fmt: skip
            rows = keyboard([button("☐ Passport", callback_data="tick")])
            sent = call(server, "sendMessage", chat_id=person.id, text=text, entities=entities, reply_markup=rows)[
                "result"
            ]
            card = page.locator("article.bot").last
            expect(card.locator(".text")).to_have_text(text)
            expect(card.locator("b")).to_have_text("bold link")
            expect(card.locator("b a")).to_have_attribute("href", "https://example.org/")
            assert card.locator("img").count() == 0
            assert card.locator("a").last.get_attribute("href") is None  # only the web is linked

            def react(update: Json) -> None:
                ticked = keyboard([button("☑ Passport", callback_data="tick")])
                target = {"chat_id": person.id, "message_id": sent["message_id"]}
                call(server, "editMessageReplyMarkup", **target, reply_markup=ticked)
                call(server, "answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Noted")

            call(server, "getUpdates", offset=server.unconfirmed[-1]["update_id"] + 1)
            bot = answering(server, react)
            card.get_by_role("button", name="☐ Passport").click()
            bot.join()
            expect(card.get_by_role("button", name="☑ Passport")).to_be_focused()
            expect(page.get_by_role("status")).to_have_text("Noted")
            page.get_by_label("Telegram's language").select_option("lv")
            server.wait(lambda: person.language == "lv")
            page.get_by_role("button", name="Location (Yerevan)").click()
            expect(page.locator("article.own").last).to_contain_text("[Location]")
            assert "location" in person.messages[-1]
            page.get_by_role("button", name="Block the bot").click()
            expect(page.get_by_role("button", name="Unblock the bot")).to_be_visible()
            violations = Axe().run(page).response["violations"]
            assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == []
            page.goto("about:blank")  # or it would complain of the stand-in's end

    def test_the_command_starts_and_ends_both(self) -> None:
        """The assistant gets its settings by environment and reaches the stand-in; Ctrl-C ends both without a stack trace."""
        assistant = (
            "import os, time, httpx\n"
            "base, token = os.environ['GUIDEPOST_TELEGRAM_API'], os.environ['GUIDEPOST_TELEGRAM_TOKEN']\n"
            "ok = httpx.get(f'{base}/bot{token}/getMe').json()['ok']\n"
            "print(os.environ['GUIDEPOST_TELEGRAM_MODE'], ok, os.getpid(), flush=True)\n"
            "time.sleep(60)"
        )
        port = free_port()
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(assistant)}"
        with subprocess.Popen(
            [sys.executable, "-m", "tests.telegram_server.demo", "--port", str(port), "--assistant-command", command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        ) as demo:  # fmt: skip
            try:
                assert demo.stdout
                lines = [demo.stdout.readline() for _ in range(4)]
                assert any(f"http://127.0.0.1:{port}" in line for line in lines)
                (started,) = [line.split() for line in lines if line.startswith("polling")]
                assert started[1] == "True"
                demo.send_signal(signal.SIGINT)
                _, complaints = demo.communicate(timeout=30)
            finally:
                demo.kill()
        assert (demo.returncode, complaints) == (0, "")
        with pytest.raises(ProcessLookupError):
            os.kill(int(started[2]), 0)
