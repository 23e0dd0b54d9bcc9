"""Questions as wholes in the studio: where people are led, retiring and restoring. Real server, database and Chromium."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from browser_help import chromium
from conftest import Server
from playwright.sync_api import Browser, Page, expect
from studio_help import accessibility_problems, colleague, let_stand, own_server, sends

from bot.knowledge import checks, seed
from bot.knowledge.files import LoadedFiles
from bot.knowledge.schema import Content
from bot.storage import Database

SECOND = "second@service.example"
STEPS = "documents/passport_lost"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests change."""
    with own_server(trained, tmp_path_factory.mktemp("questions")) as running:
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
    sends(page, "Submit for review")
    let_stand(page, page.locator("#remarks .message.warning"))
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


def everything_about(server: Server, question: str) -> dict[str, Any]:
    """All that the content holds of a question, and all that leads to it."""
    ((body,),) = stored(server, "SELECT body FROM pack WHERE id = 'armenia'")
    pack = json.loads(body)
    return {
        "question": stored(server, f"SELECT title, related, follow_ups FROM question WHERE id = '{question}'"),
        "texts": stored(
            server,
            "SELECT situation, facts, links, valid_until, language, body FROM answer JOIN answer_text ON "
            f"answer.id = answer_id WHERE question = '{question}' ORDER BY situation, language",
        ),
        "examples": stored(
            server, f"SELECT text, language, source, style FROM example WHERE intent = '{question}' ORDER BY text"
        ),
        "tests": stored(server, f"SELECT text, language FROM held_back WHERE expected = '{question}' ORDER BY text"),
        "related": stored(server, f"SELECT id FROM question WHERE related LIKE '%\"{question}\"%' ORDER BY id"),
        "follow_ups": stored(server, f"SELECT id FROM question WHERE follow_ups LIKE '%\"{question}\"%' ORDER BY id"),
        "pack": [
            question in pack["start_questions"],
            question in pack["emergency_questions"],
            sorted(
                f"{topic} {a}" for topic, leads in pack["follow_ups"].items() for a in leads if leads[a] == question
            ),
        ],
    }


def test_question_is_retired_after_a_review_and_restored_as_it_was(browser: Browser, server: Server) -> None:
    """Asylum/apply: others lead to it in every way that there is, and nothing may be left that leads nowhere."""
    question = "asylum/apply"
    before = everything_about(server, question)
    assert before["related"]
    assert before["follow_ups"]
    assert before["pack"][2]
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens(f"/studio/questions/{question}")
        title = page.locator("h1").inner_text()
        expect(page.get_by_text("With it go the ways that lead to it:")).to_be_visible()
        assert accessibility_problems(page) == []
        page.get_by_role("button", name="Propose to retire it").click()
        expect(page.get_by_text("It is proposed to retire this question, in all languages")).to_be_visible()
        page.get_by_role("button", name="Submit for review").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
        assert everything_about(server, question) == before, "nothing has gone before a colleague approves"
        ani.opens(f"/studio/answers/{question}/hy/review")
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        assert not ani.problems
    with colleague(browser, server, "editor", email=SECOND) as boris:
        page = boris.page
        boris.opens(f"/studio/answers/{question}/hy/review")
        expect(page.get_by_text("With it go the ways that lead to it:")).to_be_visible()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Approved. The question is retired with the next release.")).to_be_visible()
        gone = everything_about(server, question)
        assert gone == {**{name: [] for name in before}, "pack": [False, False, []]}
        boris.opens("/studio/board?topic=asylum")
        expect(page.get_by_role("link", name=title, exact=True)).to_have_count(0)
        page.get_by_role("link", name="Retired questions").click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        assert accessibility_problems(page) == []
        # Valid without it: a release can be built.
        assert problems_of(server) == []
        page.locator("#try-panel summary").press("Enter")
        page.locator("#try-panel-text").fill(title)
        page.keyboard.press("Enter")
        approved = page.locator("#try-panel .trial[data-which=approved]")
        expect(approved.locator(".outcome")).to_have_text("asked back", timeout=20_000)
        page.get_by_role("button", name="Restore the question").click()
        expect(page.get_by_text("The question is back as it was.")).to_be_visible()
        assert not [problem for problem in boris.problems if "404" not in problem]
    assert everything_about(server, question) == before
    assert problems_of(server) == []
    deeds = [row[0] for row in stored(server, f"SELECT action FROM audit WHERE subject = '{question}' ORDER BY id")]
    assert [deed for deed in deeds if deed.startswith("question.")] == [
        "question.propose_retiring",
        "question.retire",
        "question.restore",
    ]


def test_whoever_retires_a_question_sees_whose_texts_it_closes(browser: Browser, server: Server) -> None:
    question = "visa/fee"
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens(f"/studio/answers/{question}/ru")
        page.locator("body[data-ready=yes]").wait_for()
        page.get_by_label("Note").fill("Пишу и ещё не закончила.")
        sends(page, "Save")
        said = "Texts that colleagues are working on are closed with it"
        ani.opens(f"/studio/questions/{question}")
        expect(page.locator("section", has_text=said).get_by_role("link", name="Russian")).to_be_visible()
        page.get_by_role("button", name="Propose to retire it").click()
        page.get_by_role("button", name="Submit for review").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
    with colleague(browser, server, "editor", email=SECOND) as boris:
        boris.opens(f"/studio/answers/{question}/hy/review")
        named = boris.page.locator(".message.warning", has_text=said)
        expect(named.get_by_role("link")).to_have_count(1)
        assert accessibility_problems(boris.page) == []
        named.get_by_role("link", name="Russian").click()
        expect(boris.page.get_by_label("Note")).to_have_value("Пишу и ещё не закончила.")


def problems_of(server: Server) -> list[str]:
    """What is wrong with the content as it is approved: ways that lead nowhere, tests without a question …"""

    async def read() -> Content:
        database = Database.in_directory(server.log.parent)
        try:
            return await seed.read(database, "armenia")
        finally:
            await database.close()

    # In a thread: Playwright has an event loop of its own running here.
    with ThreadPoolExecutor(1) as thread:
        content = thread.submit(asyncio.run, read()).result()
    return [each.message for each in checks.check(LoadedFiles(content, {}, [])) if each.severity == "error"]
