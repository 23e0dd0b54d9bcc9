"""The chat page in real Chromium, as a visitor uses it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Server
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: the browser tests must not be skipped in CI")
        pytest.skip("Chromium is not installed and could not be: see scripts/chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


class Visitor:
    """Somebody with the page open; remembers every problem the browser reports."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def opens(self, path: str) -> None:
        self.page.goto(self.url + path)
        self.page.wait_for_selector("body[data-ready=yes]")

    def asks(self, text: str) -> Any:
        before = self.page.locator(".message[data-outcome]:not(.introduction)").count()
        self.page.fill("#text", text)
        self.page.press("#text", "Enter")
        reply = self.page.locator(".message[data-outcome]:not(.introduction)").nth(before)
        reply.wait_for()
        return reply


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, accept_downloads=False)
    made = Visitor(context.new_page(), server.url)
    yield made
    context.close()


@pytest.mark.parametrize(
    ("language", "question", "checked", "machine"),
    [
        ("hy", "Ինչպե՞ս կարող է Արցախից տեղահանվածը դառնալ ՀՀ քաղաքացի", "2026 թվականի նոյեմբերի 22", "ոչ թե մարդ"),
        ("ru", "Как переселенцу из Карабаха стать гражданином Армении?", "22 ноября 2026 года", "а не человек"),
        ("en", "How does a displaced person from Karabakh become a citizen?", "22 November 2026", "not a person"),
    ],
)
def test_question_is_answered_with_source_and_date(
    visitor: Visitor, language: str, question: str, checked: str, machine: str
) -> None:
    """The first thing that must work: open the page, ask, read a sourced answer; the machine says that it is one."""
    visitor.opens(f"/{language}/")
    expect(visitor.page.locator(".introduction")).to_contain_text(machine)
    reply = visitor.asks(question)
    assert reply.get_attribute("data-question") == "citizenship/apply_displaced"
    assert language == reply.get_attribute("lang")
    expect(reply.locator(".checked")).to_contain_text(checked)
    links = reply.locator(".sources a")
    assert links.count() >= 3
    assert all(links.nth(n).get_attribute("href").startswith("http") for n in range(links.count()))
    assert not visitor.problems


def test_choices_are_buttons_and_follow_ups_work(visitor: Visitor) -> None:
    visitor.opens("/en/")
    visitor.asks("How much is the citizenship fee?")
    visitor.page.get_by_role("button", name="I was displaced from Nagorno-Karabakh").click()
    own = visitor.page.locator(".message.answer").nth(1)
    expect(own).to_contain_text("1 September 2025")
    expect(visitor.page.locator(".mine").last).to_contain_text("I was displaced from Nagorno-Karabakh")
    documents = visitor.asks("which documents?")
    expect(documents).to_contain_text("070")
    assert not visitor.problems


def test_conversation_survives_a_reload_and_can_be_erased(visitor: Visitor) -> None:
    visitor.opens("/ru/")
    visitor.asks("Сколько стоит виза?")
    visitor.page.reload()
    visitor.page.wait_for_selector("body[data-ready=yes]")
    expect(visitor.page.locator(".message.mine")).to_have_text("Вы: Сколько стоит виза?")
    expect(visitor.page.locator(".message.answer")).to_have_count(1)
    expect(visitor.page.locator(".introduction")).to_have_count(1)
    visitor.page.click("#erase")
    expect(visitor.page.locator(".status")).to_contain_text("удалён")
    visitor.page.reload()
    visitor.page.wait_for_selector("body[data-ready=yes]")
    expect(visitor.page.locator(".message.answer")).to_have_count(0)


def test_what_people_write_is_never_markup(visitor: Visitor) -> None:
    """Script, markup and long words do not run, do not format, do not widen the page."""
    visitor.opens("/en/")
    text = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>" + "w" * 500
    visitor.asks(text)
    assert visitor.page.title() != "hit"
    assert visitor.page.locator("main img, main script").count() == 0
    expect(visitor.page.locator(".mine")).to_contain_text("<img src=x")
    width = visitor.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 390


def test_lost_network_says_so_and_sends_once(visitor: Visitor) -> None:
    """Offline the message shows that it failed; trying again sends it, and it is answered once."""
    visitor.opens("/en/")
    visitor.page.context.set_offline(True)
    visitor.page.fill("#text", "How much is a visa?")
    visitor.page.press("#text", "Enter")
    failed = visitor.page.locator(".message.failed")
    expect(failed).to_contain_text("did not get through")
    visitor.page.context.set_offline(False)
    failed.get_by_role("button").click()
    expect(visitor.page.locator(".message.answer")).to_have_count(1)
    expect(visitor.page.locator(".message.mine")).to_have_count(1)


def test_a_person_is_one_tap_away_and_danger_stands_out(visitor: Visitor, tmp_path: Path) -> None:
    visitor.opens("/en/")
    visitor.page.click("#human")
    handoff = visitor.page.locator(".message.handoff")
    expect(handoff.locator("a[href='tel:8422']")).to_be_visible()
    danger = visitor.asks("help me, he is beating me and will not let me out")
    expect(danger).to_contain_text("112")
    assert visitor.page.screenshot(path=tmp_path / "page.png")
    assert not visitor.problems


def test_works_with_the_keyboard_alone(visitor: Visitor) -> None:
    visitor.opens("/en/")
    visitor.page.locator("#text").focus()
    visitor.page.keyboard.type("visa price")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.locator(".message.answer").wait_for()
    assert visitor.page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
