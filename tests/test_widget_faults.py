"""Bad networks: whatever is lost, late, repeated or restarted, there is one question and one answer each."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, serving
from playwright.sync_api import Browser, expect
from web_faults import Faults, faulty_network
from widget_help import Guest, Site, browser, site, tag, visiting  # noqa: F401  # fixtures

pytestmark = pytest.mark.long

QUESTION = "How much is a visa?"


@pytest.fixture
def network(server: Server) -> Iterator[Faults]:
    with faulty_network(server.url) as faults:
        yield faults


@pytest.fixture
def guest(browser: Browser, site: Site, network: Faults) -> Iterator[Guest]:
    """Somebody with the chat open, whose browser reaches the server through the faulty network only."""
    with visiting(browser) as made:
        made.visits(site.put("/faults", tag(network.url, lang="en"), network.url))
        made.opens()
        yield made


def writes(guest: Guest, text: str = QUESTION) -> None:
    guest.chat.locator("textarea").fill(text)
    guest.chat.locator("textarea").press("Enter")


def turns(guest: Guest, url: str) -> list[dict[str, Any]]:
    """The conversation as the server has it."""
    token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
    return list(httpx.get(url + "/api/chat/history", params={"conversation": token}, timeout=30).json()["turns"])


def one_question_one_answer(guest: Guest, server: Server) -> None:
    """On the screen and in the database, now and after a reload."""
    for again in (False, True):
        if again:
            guest.page.reload()
            guest.chat.locator(".introduction").wait_for()
        expect(guest.chat.locator(".answer")).to_have_count(1)
        expect(guest.chat.locator(".mine")).to_have_count(1)
        kept = turns(guest, server.url)
        assert [turn["message"]["text"] for turn in kept] == [QUESTION]
        answers = [reply for reply in kept[0]["replies"] if reply["reply"]["outcome"] == "answer"]
        assert len(answers) == 1


def test_lost_requests(guest: Guest, network: Faults, server: Server) -> None:
    network.drop_requests = 2
    writes(guest)
    expect(guest.chat.locator(".mine")).to_have_attribute("data-state", "waiting")
    expect(guest.chat.locator(".mine .state")).to_contain_text("It will be sent by itself")
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent", timeout=20_000)
    one_question_one_answer(guest, server)


def test_lost_answers(guest: Guest, network: Faults, server: Server) -> None:
    """The server answered, the answer got lost: the same message is sent again and gets the same answer."""
    network.drop_answers = 2
    writes(guest)
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent", timeout=20_000)
    assert network.arrived == 3
    one_question_one_answer(guest, server)


def test_five_seconds_of_delay(guest: Guest, network: Faults, server: Server) -> None:
    """It says that it is sending, the person can go on writing, and both are answered in order."""
    network.delay_seconds = 5
    writes(guest)
    expect(guest.chat.locator(".mine")).to_have_attribute("data-state", "sending")
    expect(guest.chat.locator(".mine .state")).to_have_text("Sending …")
    guest.chat.locator("textarea").fill("and")
    expect(guest.chat.locator(".answer")).to_have_count(1, timeout=20_000)
    one_question_one_answer(guest, server)


def test_duplicate_delivery(guest: Guest, network: Faults, server: Server) -> None:
    """The network delivers a first message three times, twice of them at once."""
    network.repeat = 1
    writes(guest)
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent")
    one_question_one_answer(guest, server)


def test_an_impatient_double_click_sends_one(guest: Guest, network: Faults, server: Server) -> None:
    network.delay_seconds = 1
    guest.chat.locator("textarea").fill(QUESTION)
    guest.chat.locator(".send").dblclick()
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent")
    one_question_one_answer(guest, server)


def test_offline_messages_wait_survive_a_reload_and_are_sent_once_in_order(
    guest: Guest, network: Faults, server: Server
) -> None:
    """Written without a network, kept over a reload that fails to reach the chat, sent when the network is back."""
    network.path = "/api/chat/start"
    questions = [QUESTION, "How do I get a residence permit?", "hello"]
    guest.page.context.set_offline(True)
    expect(guest.chat.locator("[role=status]")).to_contain_text("You are offline")
    for question in questions:
        writes(guest, question)
    expect(guest.chat.locator(".mine[data-state=waiting]")).to_have_count(3)
    guest.page.context.set_offline(False)
    network.drop_requests = 1
    expect(guest.chat.locator(".mine[data-state=sent]")).to_have_count(3)
    guest.page.reload()
    expect(guest.chat.locator(".mine")).to_have_count(3, timeout=20_000)
    guest.replies().nth(2).wait_for()
    assert [turn["message"]["text"] for turn in turns(guest, server.url)] == questions
    said = guest.chat.locator(".mine .said").all_inner_texts()
    assert said == questions


def test_unsent_messages_are_kept_over_a_reload(guest: Guest, network: Faults, server: Server) -> None:
    """The page is loaded again before the message got through: it is still there and goes out by itself."""
    network.drop_requests = 1
    writes(guest)
    expect(guest.chat.locator(".mine")).to_have_attribute("data-state", "waiting")
    guest.page.reload()
    expect(guest.chat.locator(".mine .state, .answer").first).to_be_visible(timeout=20_000)
    expect(guest.chat.locator(".answer")).to_have_count(1, timeout=20_000)
    one_question_one_answer(guest, server)


def test_a_refused_message_can_be_tried_again(guest: Guest, server: Server) -> None:
    """When trying by itself does not help, the message says so and has a button; it is still one message."""
    guest.page.route("**/api/chat", lambda route: route.fulfill(status=400, json={"code": "x", "message": "x"}))
    writes(guest)
    expect(guest.chat.locator(".mine .state")).to_contain_text("did not get through")
    guest.page.unroute("**/api/chat")
    guest.chat.get_by_role("button", name="Try again").click()
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent")
    one_question_one_answer(guest, server)


def test_server_restart_in_the_middle(browser: Browser, site: Site, data_dir: Path) -> None:
    """The server is killed while a question is on its way and comes back; the conversation goes on where it was."""
    with serving(data_dir) as first, faulty_network(first.url) as network, visiting(browser) as guest:
        guest.visits(site.put("/restart", tag(network.url, lang="en"), network.url))
        guest.opens()
        guest.asks("How much is the citizenship fee?")
        network.delay_seconds = 1.5
        writes(guest)
        first.kill()
        expect(guest.chat.locator(".mine").nth(1)).to_have_attribute("data-state", "waiting", timeout=10_000)
        with serving(data_dir) as second:
            network.target, network.delay_seconds = second.url, 0
            guest.page.wait_for_timeout(1)
            guest.replies().nth(1).wait_for(timeout=60_000)
            kept = turns(guest, second.url)
            assert [turn["message"]["text"] for turn in kept] == ["How much is the citizenship fee?", QUESTION]
            assert all([r["reply"]["outcome"] for r in turn["replies"]].count("answer") == 1 for turn in kept)
            expect(guest.chat.locator(".answer")).to_have_count(2)
            expect(guest.chat.locator(".mine[data-state=sent]")).to_have_count(2)
            # What is said from elsewhere in the same conversation comes by server-sent events, after the restart too.
            token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
            body = {"text": "hello", "conversation": token}
            httpx.post(second.url + "/api/chat", json=body, timeout=30)
            expect(guest.chat.locator(".smalltalk:not(.introduction)")).to_have_count(1, timeout=60_000)


def test_events_bring_what_a_request_lost(guest: Guest, network: Faults, server: Server) -> None:
    """Every answer to requests is lost; the reply comes over server-sent events and is shown once."""
    guest.asks("hello")
    network.drop_answers = 3
    writes(guest)
    expect(guest.chat.locator(".answer")).to_have_count(1)
    assert network.arrived >= 2
    expect(guest.chat.locator(".mine").last.locator(".state")).to_have_text("Sent", timeout=20_000)
    expect(guest.chat.locator(".answer")).to_have_count(1)


def test_works_where_events_do_not_pass(guest: Guest, server: Server) -> None:
    """A proxy that refuses event streams: plain requests are enough for question and answer."""
    guest.page.route("**/api/chat/events*", lambda route: route.fulfill(status=502, body="bad gateway"))
    guest.page.reload()
    guest.chat.locator(".introduction").wait_for()
    guest.asks(QUESTION)
    one_question_one_answer(guest, server)
    token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
    httpx.post(server.url + "/api/chat", json={"text": "hello", "conversation": token}, timeout=30)
    expect(guest.chat.locator(".smalltalk:not(.introduction)")).to_have_count(1, timeout=20_000)


def test_last_event_id_is_sent_after_a_break(guest: Guest, network: Faults) -> None:
    """The browser names the last reply it has, so that nothing is missed and nothing comes twice."""
    asked: list[int] = []
    own = network.handle

    def remember(request: Any) -> None:
        if request.path.startswith("/api/chat/events"):
            asked.append(int(request.headers.get("Last-Event-ID") or request.path.rsplit("after=")[-1]))
        own(request)

    network.handle = remember  # type: ignore[method-assign]
    guest.asks("hello")
    guest.page.evaluate(
        "() => { const chat = document.querySelector('guidepost-chat'); chat.talk.pause(); chat.talk.listen(); }"
    )
    # The first time it listens, when there is nothing yet to name, may reach the network only now.
    guest.waits_for(lambda: any(asked))


def test_erasing_without_a_network_says_so_and_is_done_later(guest: Guest, server: Server) -> None:
    guest.asks(QUESTION)
    token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
    guest.page.context.set_offline(True)
    guest.chat.locator(".erase").click()
    expect(guest.chat.locator("[role=status]")).to_contain_text("leave this page open")
    assert guest.page.evaluate("() => sessionStorage.length") == 0
    guest.page.context.set_offline(False)

    def gone() -> bool:
        turns_left = httpx.get(server.url + "/api/chat/history", params={"conversation": token}).json()["turns"]
        return turns_left == []

    guest.waits_for(gone)
