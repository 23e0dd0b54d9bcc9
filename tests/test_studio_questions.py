"""Questions as wholes in the studio: where people are led when they ask on. Real server, database and Chromium."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, serving
from playwright.sync_api import Browser, Page, expect
from studio_help import accessibility_problems, chromium, colleague

SECOND = "second@service.example"
STEPS = "documents/passport_lost"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests change."""
    copy = tmp_path_factory.mktemp("questions")
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, copy / file.name)
    (copy / "models").symlink_to(trained / "models")
    with serving(copy) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def stored(server: Server, query: str) -> list[Any]:
    with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
        return database.execute(query).fetchall()


def submit(page: Page) -> None:
    """Submit the open form; warnings of the checks are let stand."""
    page.get_by_role("button", name="Submit for review").click()
    page.wait_for_load_state()
    warnings = page.locator("#remarks .message.warning")
    while warnings.count():
        warnings.first.get_by_text("Let it stand").click()
        warnings.first.get_by_label("Reason").fill("It is meant this way")
        warnings.first.get_by_role("button", name="Override the warning").click()
        page.wait_for_load_state()
    if page.get_by_text("Submitted.").count() == 0:
        page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("Submitted.")).to_be_visible()


def test_follow_up_questions_are_chosen_reviewed_and_lead_there(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens(f"/studio/questions/{STEPS}")
        page.get_by_role("link", name="Change where people are led").click()
        page.locator("body[data-ready=yes]").wait_for()
        box = page.get_by_role("group", name="Where people are led when they ask on")
        box.get_by_label("and how much is it?").select_option(label="How much is the citizenship fee?")
        expect(box.get_by_label("and how much is it?").locator(f"option[value='fee {STEPS}']")).to_have_count(0)
        expect(page.locator("#saved")).to_contain_text("Saved", timeout=15_000)
        assert accessibility_problems(page) == []
        submit(page)
        assert not [problem for problem in ani.problems if "409" not in problem]
    with colleague(browser, server, "editor", email=SECOND) as boris:
        page = boris.page
        boris.opens(f"/studio/answers/{STEPS}/hy/review")
        expect(page.locator("ins")).to_have_text(
            re.compile("and how much is it\\? – How much is the citizenship fee\\?")
        )
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Approved. It goes live")).to_be_visible()
        boris.opens(f"/studio/questions/{STEPS}")
        item = page.get_by_role("listitem").filter(has_text="and how much is it?")
        expect(item.get_by_role("link", name="How much is the citizenship fee?")).to_be_visible()
        boris.opens(f"/studio/answers/{STEPS}/hy/history")
        expect(page.locator("ins").first).to_contain_text("How much is the citizenship fee?")
    ((leads,),) = stored(server, f"SELECT follow_ups FROM question WHERE id = '{STEPS}'")
    assert json.loads(leads)["fee"] == "citizenship/fee"


def test_follow_up_that_leads_nowhere_is_refused_at_its_place(browser: Browser, server: Server) -> None:
    """A question that has gone meanwhile, or the question itself: never a dead end for visitors."""
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/answers/visa/fee/hy")
        page.locator("body[data-ready=yes]").wait_for()
        page.evaluate(
            "() => { const box = document.getElementById('f-follow-where');"
            "box.add(new Option('itself', 'where visa/fee', true, true));"
            "box.dispatchEvent(new Event('input', { bubbles: true })); }"
        )
        page.get_by_role("button", name="Submit for review").click()
        expect(page.locator("#e-follow_ups")).to_contain_text("Choose others.")
        page.get_by_role("alert").get_by_role("link", name="Where people are led").click()
        expect(page).to_have_url(re.compile("#f-follow_ups$"))
        page.get_by_role("button", name="Discard the draft").click()
        expect(page.get_by_text("The draft is closed.")).to_be_visible()
