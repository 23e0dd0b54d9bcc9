"""Nothing that Telegram handed over is lost, nothing is answered twice, and one chat's trouble is nobody else's."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, copy_data, free_port, guidepost, serving
from telegram_server import TelegramServer, User, random_updates

from bot.i18n import texts as common
from channels.telegram import texts
from channels.telegram.channel import secret_of

pytestmark = pytest.mark.long

ASK = "How much is a visa?"


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running
        assert running.refused == [], "Telegram would have refused these"


@dataclass(frozen=True)
class Running:
    """A service, the Telegram it talks to, and where its data lies."""

    server: Server
    telegram: TelegramServer
    data: Path


@pytest.fixture(scope="module")
def polling(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for tests that need no restart. Starting one takes seconds."""
    yield from run(copy_data(trained, tmp_path_factory.mktemp("polling")), settings)


@pytest.fixture(scope="module")
def webhooked(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from run(copy_data(trained, tmp_path_factory.mktemp("webhooked")), by_webhook)


def run(data: Path, how: Callable[[TelegramServer], dict[str, str]]) -> Iterator[Running]:
    with TelegramServer() as telegram, serving(data, GUIDEPOST_LOG_LEVEL="DEBUG", **how(telegram)) as server:
        yield Running(server, telegram, data)
        assert telegram.refused == [], "Telegram would have refused these"


@pytest.fixture(scope="module")
def data(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all tests here: each has a Telegram, and people, of its own."""
    return copy_data(trained, tmp_path_factory.mktemp("durable"))


@pytest.fixture
def fresh(data: Path) -> Path:
    """The data directory without what earlier tests' Telegrams sent: theirs counted their updates from elsewhere."""
    with sqlite3.connect(data / "guidepost.sqlite") as database:
        for table in ("channel_update", "delivery", "closed_chat"):
            database.execute(f"DELETE FROM {table}")
    return data


def settings(telegram: TelegramServer, **more: str) -> dict[str, str]:
    return {"GUIDEPOST_TELEGRAM_TOKEN": telegram.token, "GUIDEPOST_TELEGRAM_API": telegram.url, **more}


def by_webhook(telegram: TelegramServer) -> dict[str, str]:
    port = free_port()
    return settings(
        telegram,
        GUIDEPOST_PORT=str(port),
        GUIDEPOST_TELEGRAM_MODE="webhook",
        GUIDEPOST_PUBLIC_URL=f"http://127.0.0.1:{port}",
    )


def answers(user: User) -> list[str]:
    return [message["text"] for message in user.from_bot]


def eventually(data: Path, query: str, wanted: int, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with sqlite3.connect(data / "guidepost.sqlite") as database:
            (found,) = database.execute(query).fetchone()
        if found == wanted:
            return
        assert time.monotonic() < deadline, (query, found)
        time.sleep(0.1)


def test_the_same_update_many_times_is_answered_once(telegram: TelegramServer, fresh: Path) -> None:
    """Three times, ten times at once, after a restart: one answer; and by its stored number also a day later."""
    known = by_webhook(telegram)
    secret = secret_of(telegram.token, "")
    with serving(fresh, **known) as server:
        user = telegram.user(language="en")
        user.send(ASK)
        user.read(2)
        message = {"message_id": 77, "date": 1, "chat": user.chat.info, "from": user.info, "text": ASK}
        update = {"update_id": 987_654_321, "message": message}

        def send(_: int) -> int:
            answered = httpx.post(
                server.url + "/telegram/webhook",
                json=update,
                headers={"X-Telegram-Bot-Api-Secret-Token": secret},
                timeout=30,
            )
            return answered.status_code

        assert [send(0), send(0), send(0)] == [200, 200, 200]
        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(send, range(10))) == [200] * 10
        assert len(user.read()) == 1
        user.quiet(1.5)
    with sqlite3.connect(fresh / "guidepost.sqlite") as database:
        # A day passes.
        database.execute("UPDATE channel_update SET received_at = datetime(received_at, '-1 day')")
        assert database.execute("SELECT count(*) FROM channel_update WHERE body IS NOT NULL").fetchone() == (0,)
    with serving(fresh, **known):
        deadline = time.monotonic() + 60
        while (status := send(0)) == 503:  # while the channel starts, Telegram is asked to come again
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert status == 200
        user.quiet(1.5)


def test_polled_updates_that_come_again_are_answered_once(polling: Running) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    number = telegram.inject(
        {"message": {"message_id": 5, "date": 1, "chat": user.chat.info, "from": user.info, "text": ASK}}
    )
    user.read(2)
    telegram.redeliver(number, 3)
    user.send("/help")
    assert texts.HELP[:30] in user.read()[0]["text"]


def test_shuffled_updates_keep_their_order_in_each_chat(webhooked: Running) -> None:
    """A hundred updates over ten chats, brought to the webhook in random order."""
    telegram = webhooked.telegram
    people = [telegram.user(language="en") for _ in range(10)]
    for person in people:
        person.start()
    for person in people:
        person.read()
    commands = ["help", "privacy", "menu", "language", "nosuch"] * 2
    with telegram.shuffled(7):
        for command in commands:
            for person in people:
                person.command(f"/{command}")
    wanted = [texts.HELP, texts.PRIVACY, texts.MENU, common.LANGUAGE_ASK, texts.UNKNOWN_COMMAND]
    for person in people:
        said = [message["text"] for message in person.read(10, timeout=60)]
        assert [text[:15] for text in said] == [text[:15] for text in wanted * 2]


def test_ten_slow_chats_wait_together(polling: Running) -> None:
    """Telegram takes eight seconds for each message: all ten are on their way before the first has arrived."""
    telegram = polling.telegram
    people = [telegram.user(language="en") for _ in range(10)]
    telegram.delay("sendMessage", 8.0)
    try:
        for person in people:
            person.command("/help")
        telegram.wait(lambda: all(telegram.called("sendMessage", person.id) for person in people), what="all at once")
        assert [person.id for person in people if answers(person)] == []
        for person in people:
            person.read()
    finally:
        telegram.clear_faults()


def test_poison_is_set_aside_and_the_next_is_answered(polling: Running) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    telegram.inject({"callback_query": {"id": "1", "from": user.info, "data": "canaryword"}})
    telegram.inject({"message": {"message_id": "canaryword", "chat": {"id": user.id}}})
    telegram.inject({"canaryword": {"canaryword": True}})
    user.send(ASK)
    user.read(2)
    listed = guidepost("inbox", "list", data_dir=polling.data)
    lines = listed.stdout.strip().splitlines()
    assert (listed.returncode, len(lines)) == (0, 2), listed.stdout
    assert "malformed" in lines[0]
    assert "canaryword" not in listed.stdout + polling.server.log.read_text()
    again = guidepost("inbox", "retry", "--all", data_dir=polling.data)
    assert again.stdout.startswith("2 will be")
    eventually(polling.data, "SELECT count(*) FROM channel_update WHERE state = 'dead'", 2, seconds=90)
    assert guidepost("inbox", "retry", data_dir=polling.data).returncode == 1


def test_too_many_requests_waits_without_stopping_others(polling: Running) -> None:
    telegram = polling.telegram
    slow, quick = telegram.user(language="en"), telegram.user(language="en")
    telegram.fail("sendMessage", code=429, retry_after=10, chat=slow.id)
    begin = time.monotonic()
    slow.send(ASK)
    quick.send(ASK)
    quick.read(2)
    assert not answers(slow), "the chat that was told to wait did not"
    assert len(slow.read(2)) == 2
    assert time.monotonic() - begin >= 10


@pytest.mark.parametrize("html", [False, True])
def test_server_errors_are_tried_again(polling: Running, html: bool) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    telegram.fail("sendMessage", code=502, times=2, html=html)
    user.send(ASK)
    assert len(user.read(2)) == 2
    user.quiet(1)


def test_lost_confirmation_is_not_repeated_blindly_but_asked_about(polling: Running) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    user.start()
    user.read()
    telegram.drop("sendMessage", accepted=True)
    user.send(ASK)
    card, asked = user.read(2)
    assert "3,000" in card["text"]
    assert asked["text"] == texts.DID_IT_ARRIVE
    user.quiet(1)
    user.click(asked, texts.REPEAT)
    [again] = user.read()
    assert again["text"] == card["text"]
    assert asked["message_id"] not in [message["message_id"] for message in user.messages]
    telegram.drop("sendMessage", accepted=False)
    user.send(ASK)
    [lost] = user.read()
    user.click(lost, texts.REPEAT)
    assert "3,000" in user.read()[0]["text"]


def test_blocked_chat_is_closed_until_its_person_comes_back(polling: Running) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    telegram.delay("sendChatAction", 1.0)
    user.send(ASK)
    user.block()
    eventually(polling.data, "SELECT count(*) FROM closed_chat", 1)
    eventually(polling.data, "SELECT count(*) FROM delivery WHERE state = 'waiting'", 0)
    telegram.clear_faults()
    sent = len(telegram.called("sendMessage", user.id))
    time.sleep(1)
    assert len(telegram.called("sendMessage", user.id)) == sent
    user.unblock()
    user.command("/help")
    assert texts.HELP[:20] in user.read()[-1]["text"]


def test_webhook_refuses_what_is_not_telegram(webhooked: Running) -> None:
    telegram = webhooked.telegram
    user = telegram.user(language="en")
    user.send(ASK)
    user.read(2)
    url, header = webhooked.server.url + "/telegram/webhook", "X-Telegram-Bot-Api-Secret-Token"
    good = {header: secret_of(telegram.token, "")}

    def status(**request: Any) -> int:
        answered = httpx.post(url, timeout=30, **request)
        if answered.status_code != 200:
            assert set(answered.json()) == {"code", "message", "details"}
        return answered.status_code

    update = {"update_id": 5, "message": {}}
    assert status(json=update) == 403
    assert status(json=update, headers={header: "wrong"}) == 403
    assert status(json=update, headers={header: good[header][:-1]}) == 403
    assert status(content=b"{", headers=good) == 400
    assert status(content=b"[" * 100_000, headers=good) == 400
    for body in ([], {}, {"update_id": "5"}, {"update_id": True}, {"update_id": -1}, {"update_id": 2**70}):
        assert status(json=body, headers=good) == 400
    assert status(content=b"x" * 1_000_001, headers=good) == 413
    assert httpx.get(url).status_code in (404, 405)


def test_without_telegram_everything_else_runs_and_says_so(fresh: Path, telegram: TelegramServer) -> None:
    with serving(fresh) as server:
        assert "no token is set" in server.log.read_text()
        assert httpx.get(server.url + "/health").json()["telegram"] == "off"
        refused = httpx.post(server.url + "/telegram/webhook", json={"update_id": 1})
        assert refused.status_code in (403, 404)
    with serving(fresh, **{**settings(telegram), "GUIDEPOST_TELEGRAM_TOKEN": "1:wrong"}) as server:
        deadline = time.monotonic() + 20
        while "does not know this token" not in server.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert httpx.post(server.url + "/api/chat", json={"text": ASK}, timeout=30).status_code == 200


def test_check_says_what_is_wrong(telegram: TelegramServer, fresh: Path) -> None:
    def check(**more: str) -> tuple[int, str]:
        done = guidepost("telegram", "check", data_dir=fresh, **{**settings(telegram), **more})
        return done.returncode, done.stdout

    assert check()[0] == 0
    assert f"@{telegram.bot['username']}" in check()[1]
    assert "No token is set" in check(GUIDEPOST_TELEGRAM_TOKEN="")[1]
    code, said = check(GUIDEPOST_TELEGRAM_TOKEN="1:wrong")
    assert (code, "does not know this token" in said) == (1, True)
    assert "out of reach" in check(GUIDEPOST_TELEGRAM_API=f"http://127.0.0.1:{free_port()}")[1]
    said = check(GUIDEPOST_TELEGRAM_MODE="webhook", GUIDEPOST_PUBLIC_URL="http://example.org")[1]
    assert "https" in said
    assert "nowhere" in said


def test_webhook_without_an_address_says_what_to_set(telegram: TelegramServer, fresh: Path) -> None:
    done = guidepost(
        "serve",
        data_dir=fresh,
        GUIDEPOST_PORT=str(free_port()),
        **settings(telegram, GUIDEPOST_TELEGRAM_MODE="webhook"),
    )
    assert done.returncode == 1
    assert "GUIDEPOST_PUBLIC_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_kind_of_update_is_taken(polling: Running) -> None:
    """Two thousand generated updates of every type of the Bot API: no unhandled error, nothing of them in the log."""
    telegram, database = polling.telegram, polling.data / "guidepost.sqlite"
    user = telegram.user(language="en")
    with sqlite3.connect(database) as rows:
        before = rows.execute("SELECT coalesce(max(id), 0) FROM channel_update").fetchone()[0]
    for update in random_updates(2000, seed=11, chats=[user.id]):
        telegram.inject(update)
    deadline = time.monotonic() + 400
    while True:
        with sqlite3.connect(database) as rows:
            query = "SELECT state, count(*) FROM channel_update WHERE id > ? GROUP BY state"
            states = dict(rows.execute(query, (before,)).fetchall())
        if states.get("done", 0) >= 2000 or "dead" in states:
            break
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
    assert states == {"done": 2000}
    log = polling.server.log.read_text()
    assert "canaryword" not in log
    assert "Traceback" not in log
    assert "An update failed" not in log
    after = telegram.user(language="en")
    after.command("/help")
    assert texts.HELP[:30] in after.read(timeout=60)[0]["text"]


def test_killed_at_each_point_nothing_is_lost(data: Path, fresh: Path) -> None:
    """One round at each named point; `benchmarks/telegram_kills.py` does two hundred."""
    import sys

    from conftest import ROOT

    sys.path.insert(0, str(ROOT))
    from benchmarks.telegram_kills import POINTS, run

    found = run(len(POINTS), fresh)
    assert all(ended.endswith("-9") for ended in found["deaths"]), found
    assert {point: count["lost"] for point, count in found["points"].items()} == dict.fromkeys(POINTS, 0)
    said_twice = sum(count["twice"] for count in found["points"].values())
    assert said_twice == sum(found["taken_but_not_marked"].values()), found
    assert found["refused"] == []


def test_forgetting_leaves_nothing(polling: Running) -> None:
    telegram = polling.telegram
    user = telegram.user(language="en")
    user.send("How much is a visa, says sparrowword")
    user.read(2)
    user.command("/forget")
    [asked] = user.read()
    user.click(asked, texts.FORGET_YES)
    user.until(lambda: user.message(asked["message_id"])["text"] == texts.FORGOTTEN)
    assert "sparrowword" not in polling.server.log.read_text()

    def stored() -> str:
        with sqlite3.connect(polling.data / "guidepost.sqlite") as database:
            return "\n".join(database.iterdump())

    assert "sparrowword" not in stored()
    # The message that says so is itself marked as sent a moment after Telegram has shown it.
    user.until(lambda: str(user.id) not in stored())
