"""A conversation goes on elsewhere with a code: over real HTTP, and through the service on a real database."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server

from bot.conversation import handover as module
from bot.conversation.handover import Handover, TooManyTriesError, WrongCodeError, for_reading, normalise
from bot.conversation.messages import Inbound
from bot.conversation.service import Conversations
from bot.errors import BadInputError
from bot.storage import Database
from bot.storage import handover as stored


@pytest.fixture
def http(server: Server) -> Any:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def chat(http: httpx.Client, text: str, **more: Any) -> dict[str, Any]:
    response = http.post("/api/chat", json={"text": text, **more})
    assert response.status_code == 200, response.text
    return response.json()


def history(http: httpx.Client, token: str) -> list[dict[str, Any]]:
    return http.get("/api/chat/history", params={"conversation": token}).json()["turns"]


def test_a_conversation_moves_with_its_code_and_goes_on(http: httpx.Client) -> None:
    """On the new device the old messages are there and "and how much is it?" is understood; the old one says so."""
    old = chat(http, "How do I become a citizen? I am from Nagorno-Karabakh")["conversation"]
    offered = http.post("/api/handover", json={"conversation": old}).json()
    assert (offered["minutes"], offered["link"], offered["qr"]) == (10, None, None)
    new = http.post("/api/handover/take", json={"code": offered["code"]}).json()["conversation"]
    assert new != old
    moved = history(http, new)
    assert [turn["message"]["text"] for turn in moved] == ["How do I become a citizen? I am from Nagorno-Karabakh"]
    assert len(moved[0]["replies"]) == 2
    follow_up = chat(http, "which documents?", conversation=new)["replies"]
    assert follow_up[-1]["reply"]["question"] == "citizenship/apply_displaced"
    assert len(follow_up) == 1, "the introduction was said already"
    left = history(http, old)
    assert [turn["message"] for turn in left] == [None]
    assert "goes on in another place" in left[0]["replies"][0]["reply"]["blocks"][0]["text"]


def test_a_code_works_once_and_only_as_long_as_it_is_the_newest(http: httpx.Client) -> None:
    token = chat(http, "How much is a visa?")["conversation"]
    first = http.post("/api/handover", json={"conversation": token}).json()["code"]
    second = http.post("/api/handover", json={"conversation": token}).json()["code"]
    assert http.post("/api/handover/take", json={"code": first}).status_code == 404
    # Typed as people type: small letters, spaces.
    assert http.post("/api/handover/take", json={"code": f" {second.lower()} "}).status_code == 200
    again = http.post("/api/handover/take", json={"code": second})
    assert (again.status_code, again.json()["code"]) == (404, "wrong_code")
    assert "new one" in again.json()["message"]


def test_back_again_into_a_conversation_that_already_has_messages(http: httpx.Client) -> None:
    """There and back: both conversations' messages stand in order, none is lost, none is doubled."""
    web = chat(http, "How much is a visa?", message_id="1")["conversation"]
    phone = chat(http, "hello", message_id="1")["conversation"]
    code = http.post("/api/handover", json={"conversation": web}).json()["code"]
    assert http.post("/api/handover/take", json={"code": code, "conversation": phone}).json() == {"conversation": phone}
    chat(http, "and for how long?", conversation=phone, message_id="2")
    code = http.post("/api/handover", json={"conversation": phone}).json()["code"]
    http.post("/api/handover/take", json={"code": code, "conversation": web})
    turns = history(http, web)
    said = [turn["message"]["text"] for turn in turns if turn["message"]]
    assert said == ["How much is a visa?", "hello", "and for how long?"]
    assert [turn["message"] for turn in turns].count(None) == 1, "the notice of the first move stays where it was said"
    ids = [turn["message_id"] for turn in turns if turn["message"]]
    assert len(set(ids)) == 3


def test_erasing_takes_the_code_along(http: httpx.Client) -> None:
    token = chat(http, "How much is a visa?")["conversation"]
    code = http.post("/api/handover", json={"conversation": token}).json()["code"]
    http.delete("/api/chat", params={"conversation": token})
    assert http.post("/api/handover/take", json={"code": code}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/handover", {"conversation": "x" * 64}, 404, "unknown_conversation"),
        ("/api/handover", {}, 422, "invalid"),
        ("/api/handover/take", {"code": ""}, 422, "invalid"),
        ("/api/handover/take", {"code": "x", "conversation": "forged"}, 404, "unknown_conversation"),
    ],
)
def test_bad_requests_are_refused_in_the_one_shape(
    http: httpx.Client, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    response = http.post(path, json=body)
    assert (status, code) == (response.status_code, response.json()["code"])


def test_the_database_holds_no_code(start_server: Any, data_dir: Path) -> None:
    """Whoever reads the database can use none of the codes in it."""
    with start_server() as running, httpx.Client(base_url=running.url, timeout=30) as http:
        token = chat(http, "hello")["conversation"]
        code = http.post("/api/handover", json={"conversation": token}).json()["code"]
        with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
            rows = database.execute("SELECT * FROM handover").fetchall()
        assert len(rows) == 1
        plain = code.replace("-", "")
        files = list(data_dir.glob("guidepost.sqlite*"))
        assert not any(plain.encode() in path.read_bytes() or code.encode() in path.read_bytes() for path in files)


def test_guessing_is_stopped(start_server: Any) -> None:
    """After ten wrong codes the eleventh try is refused, the right code too: a lucky guess does not help."""
    with start_server() as running, httpx.Client(base_url=running.url, timeout=30) as http:
        token = chat(http, "hello")["conversation"]
        code = http.post("/api/handover", json={"conversation": token}).json()["code"]
        tries = [http.post("/api/handover/take", json={"code": f"0000000{n}"}).status_code for n in range(10)]
        assert tries == [404] * 10
        refused = http.post("/api/handover/take", json={"code": code})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")


# --- the service, with a clock of its own -----------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
async def parts(assistant: Any, tmp_path: Path) -> AsyncIterator[tuple[Handover, Conversations, Clock, Database]]:
    database = Database.in_directory(tmp_path)
    await database.migrate()
    conversations = Conversations(database, assistant.live, 30)
    clock = Clock()
    yield (
        Handover(database, conversations, lambda: assistant.identity, assistant.live, clock),
        conversations,
        clock,
        database,
    )
    await database.close()


def inbound(conversation: str, text: str, message_id: str = "1", channel: str = "web") -> Inbound:
    return Inbound(conversation=conversation, message_id=message_id, channel=channel, text=text, language="en")


async def test_a_code_ends_after_ten_minutes(parts: Any) -> None:
    handover, conversations, clock, database = parts
    await conversations.handle(inbound("a" * 40, "How much is a visa?"))
    code = await handover.offer("a" * 40, "web")
    clock.now += dt.timedelta(minutes=10, seconds=1)
    with pytest.raises(WrongCodeError):
        await handover.take(code, "b" * 40)
    fresh = await handover.offer("c" * 40, "web")
    clock.now += dt.timedelta(minutes=9, seconds=59)
    await handover.take(fresh, "b" * 40)
    # Expired codes are thrown away when the next one is made.
    await handover.offer("d" * 40, "web")
    clock.now += dt.timedelta(minutes=11)
    await handover.offer("e" * 40, "web")
    async with database.work() as session:
        assert await stored.waiting_codes(session) == 1


async def test_the_old_place_hears_that_it_goes_on_in_telegram(parts: Any) -> None:
    """Whoever still has the old page open is told at once, in the conversation's language."""
    handover, conversations, _, _ = parts
    old, new = "a" * 40, "b" * 40
    await conversations.handle(inbound(old, "Сколько стоит виза?"))
    code = await handover.offer(old, "web")
    async with conversations.listen(old) as heard:
        taken = await handover.take(code, new)
        told = heard.get_nowait()
    assert (taken.language, taken.messages) == ("ru", 1)
    assert "Telegram" in told.reply.blocks[0].text
    assert told.reply.language == "ru"
    replies = await conversations.handle(inbound(new, "а документы?", "2", "telegram"))
    assert replies[-1].reply.language == "ru"


async def test_the_same_code_at_the_same_moment_moves_once(parts: Any) -> None:
    handover, conversations, _, _ = parts
    await conversations.handle(inbound("a" * 40, "How much is a visa?"))
    code = await handover.offer("a" * 40, "web")
    results = await asyncio.gather(*(handover.take(code, letter * 40) for letter in "bcdefg"), return_exceptions=True)
    assert [type(result) for result in results].count(WrongCodeError) == 5
    histories = [await conversations.history(letter * 40) for letter in "bcdefg"]
    assert sorted(map(len, histories)) == [0, 0, 0, 0, 0, 1]


async def test_two_conversations_can_change_places_without_waiting_forever(parts: Any) -> None:
    handover, conversations, _, _ = parts
    one, other = "a" * 40, "b" * 40
    await conversations.handle(inbound(one, "How much is a visa?"))
    await conversations.handle(inbound(other, "hello"))
    codes = [await handover.offer(one, "web"), await handover.offer(other, "web")]
    await asyncio.wait_for(asyncio.gather(handover.take(codes[0], other), handover.take(codes[1], one)), 30)
    said = await conversations.history(one)
    assert sorted(turn["message"]["text"] for turn in said if turn["message"]) == ["How much is a visa?", "hello"]


async def test_a_message_under_way_is_answered_where_the_conversation_went(parts: Any) -> None:
    """A message that was accepted while the conversation moves is neither lost nor left without an answer."""
    handover, conversations, _, _ = parts
    old, new = "a" * 40, "b" * 40
    await conversations.handle(inbound(old, "hello"))
    code = await handover.offer(old, "web")

    async def until(done: Any) -> None:
        async with asyncio.timeout(20):
            while not await done():  # noqa: ASYNC110  # what is waited for is in the database
                await asyncio.sleep(0.01)

    async def move_waits() -> bool:
        return conversations._locks[old][1] == 2

    async def message_is_stored() -> bool:
        return len(await conversations.history(old)) == 2

    async with conversations.in_order(old):
        taking = asyncio.create_task(handover.take(code, new))
        await until(move_waits)
        asking = asyncio.create_task(conversations.handle(inbound(old, "How much is a visa?", "2")))
        await until(message_is_stored)
    await asyncio.gather(taking, asking)
    moved = await conversations.history(new)
    assert [turn["message"]["text"] for turn in moved] == ["hello", "How much is a visa?"]
    assert all(turn["replies"] for turn in moved)
    assert await conversations.recover() == 0


async def test_a_code_taken_in_its_own_conversation_is_explained_and_kept(parts: Any) -> None:
    handover, conversations, _, _ = parts
    await conversations.handle(inbound("a" * 40, "hello"))
    code = await handover.offer("a" * 40, "web")
    with pytest.raises(BadInputError, match="where you want to go on"):
        await handover.take(code, "a" * 40)
    assert (await handover.take(code, "b" * 40)).messages == 1


async def test_wrong_codes_of_everybody_together_are_bounded(parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handover, _, _, _ = parts
    monkeypatch.setattr(module, "_TRIES_OF_ALL", 20)
    for number in range(20):
        with pytest.raises(WrongCodeError):
            await handover.take("WRONG", f"{number:040}", source=f"source {number}")
    with pytest.raises(TooManyTriesError):
        await handover.take("WRONG", "z" * 40, source="somebody else")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("abcd-efgh", "ABCDEFGH"), (" ABCD EFGH ", "ABCDEFGH"), ("oil0-1234", "01101234"), ("АВСЕ-НКМТ", "ABCEHKMT")],
)
def test_codes_are_read_as_people_type_them(typed: str, meant: str) -> None:
    """Small letters, dashes, look-alikes, and a keyboard that was left on Russian."""
    assert normalise(typed) == meant


def test_codes_are_random_and_without_look_alikes() -> None:
    assert not set("ILOU") & set(module._LETTERS)
    assert len(module._LETTERS) ** module.LENGTH == 2**40
    assert for_reading("ABCDEFGH") == "ABCD-EFGH"
