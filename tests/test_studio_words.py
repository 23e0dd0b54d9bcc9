"""The studio speaks the editors' language: each part has one name, what is wrong is said once, and no page shows ids."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import httpx
import pytest
from browser_help import chromium
from conftest import Server
from playwright.sync_api import Browser, expect
from studio_help import accessibility_problems, colleague, hidden, own_server, signed_in

from bot.editing.checks.texts import FIELDS
from studio.names import FIELD_NAMES

ID = re.compile(r"\b[a-z]+_?[a-z]*/[a-z]+_?[a-z]*\b")
"""A question's id, as no text of these pages has it."""


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests change."""
    with own_server(trained, tmp_path_factory.mktemp("words")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def publisher(server: Server) -> Iterator[httpx.Client]:
    with closing(signed_in(server, "publisher")) as client:
        yield client


def speak(client: httpx.Client, language: str) -> None:
    client.post("/studio/language", data={"language": language, "next": "/studio"})


def main_text(page: str) -> str:
    """The words of a page, without its markup."""
    main = page[page.index("<main") : page.index("</main>")]
    return unescape(re.sub(r"<[^>]+>", " ", main))


def test_parts_of_an_answer_have_one_name_everywhere() -> None:
    """What the checks speak of is called as it stands in the form."""
    assert {name: FIELD_NAMES[name] for name in FIELDS} == FIELDS


@pytest.mark.parametrize("path", ["/studio/examples", "/studio/examples/citizenship/fee", "/studio/checks"])
@pytest.mark.parametrize("language", ["en", "hy", "ru"])
def test_pages_show_titles_and_no_ids(publisher: httpx.Client, path: str, language: str) -> None:
    speak(publisher, language)
    assert ID.findall(main_text(publisher.get(path).text)) == []
    speak(publisher, "en")


def test_what_is_wrong_is_said_once_and_a_link_leads_there(browser: Browser, server: Server) -> None:
    """At the part itself, with one line above that names the parts; the list beside holds warnings only."""
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/answers/citizenship/fee/hy")
        page.locator("body[data-ready=yes]").wait_for()
        page.get_by_label("Short answer").fill("Արժե 7777 դրամ։")
        page.get_by_role("button", name="Submit for review").click()
        wrong = "no cited fact contains 7777"
        expect(page.locator("#e-summary")).to_contain_text(wrong)
        assert page.locator("body").inner_text().count(wrong) == 1
        line = page.get_by_role("alert")
        expect(line).to_have_count(1)
        expect(line).to_contain_text("These parts have to be corrected first: Short answer")
        assert "Only this text has 7777, Russian has not." in page.locator("#remarks").inner_text()
        assert page.locator("body").inner_text().count("Only this text has 7777") == 2, "once for each other language"
        assert accessibility_problems(page) == []
        line.get_by_role("link", name="Short answer").click()
        expect(page).to_have_url(re.compile("#f-summary$"))
        ani.opens("/studio/answers/citizenship/fee/hy")
        expect(page.locator("#e-summary")).to_contain_text(wrong)
        expect(page.locator("#to-correct")).to_contain_text("To correct: Short answer")
        page.locator("body[data-ready=yes]").wait_for()
        page.get_by_label("Short answer").fill("")
        page.get_by_role("button", name="Submit for review").click()
        expect(page.locator("#e-summary")).to_have_text(
            "The short answer is empty. Write in one or two sentences what the person needs most."
        )
        page.get_by_role("button", name="Discard the draft").click()
        expect(page.get_by_text("The draft is closed.")).to_be_visible()
        assert not [problem for problem in ani.problems if "409" not in problem]


def test_history_says_in_words_that_a_text_came_from_files(server: Server) -> None:
    """The first approval keeps what the files had; nobody is named as its writer."""
    path = "/studio/answers/visa/fee/en"
    with closing(signed_in(server, "editor")) as ani, closing(signed_in(server, "publisher")) as boris:
        page = ani.get(path).text
        note = re.search(r'<textarea id="f-note"[^>]*>\n(.*?)</textarea>', page, re.S)
        fields = {"seen": hidden(page, "seen"), "note": unescape(note[1] if note else "") + " Call first."}
        json_answer = {"Accept": "application/json"}
        form = {
            **{
                name: unescape(found[1])
                for name in (
                    "summary",
                    "steps",
                    "documents",
                    "fee",
                    "where",
                    "how_long",
                    "deadline",
                    "children",
                    "links",
                )
                if (found := re.search(rf'<textarea id="f-{name}"[^>]*>\n(.*?)</textarea>', page, re.S))
            },
            **{
                name: unescape(found[1])
                for name in ("title", "valid_until")
                if (found := re.search(rf'<input id="f-{name}" name="{name}" value="([^"]*)"', page))
            },
            **fields,
        }
        assert ani.post(path, data=form, headers=json_answer).status_code == 200
        with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
            database.execute("UPDATE draft SET state = 'in_review' WHERE question = 'visa/fee' AND language = 'en'")
        review = boris.get(path + "/review").text
        for warning in re.findall(
            r'name="key" value="([^"]*)"><input type="hidden" name="basis" value="([^"]*)"', review
        ):
            sent = {"question": "visa/fee", "spoken": "en", "reason": "It is meant this way"}
            boris.post("/studio/checks/override", data={**sent, "key": unescape(warning[0]), "basis": warning[1]})
        decided = boris.post(path + "/review", data={"seen": hidden(review, "seen"), "do": "approve"})
        assert decided.status_code == 303, main_text(decided.text)
        for language, words in {
            "en": "From the files of the service",
            "hy": "Ծառայության ֆայլերից",
            "ru": "Из файлов службы",
        }.items():
            speak(boris, language)
            history = main_text(boris.get(path + "/history").text)
            assert words in history
            assert "Files" not in history
        speak(boris, "en")


@pytest.mark.parametrize(
    "path", ["/studio/board?state=approved&view=list&language=ru", "/studio/answers/visa/fee/hy?for=displaced"]
)
def test_language_of_the_studio_changes_where_one_is(publisher: httpx.Client, path: str) -> None:
    """With filters and all; after an answer to a form that has no address of its own, at the page with that form."""
    page = publisher.get(path)
    moved = publisher.post("/studio/language", data={"language": "en", "next": hidden(page.text, "next")})
    assert moved.headers["location"] == path
    met = publisher.post("/studio/examples/visa/fee/add", data={"text": "  ", "spoken": "en"})
    assert "</form>" in met.text
    assert hidden(met.text, "next") == "/studio/examples/visa/fee"


def test_release_names_questions_that_are_not_live_yet(server: Server, publisher: httpx.Client) -> None:
    titles = {
        "title_hy": "Կարո՞ղ եմ կատու բերել",
        "title_ru": "Можно ли привезти кошку",
        "title_en": "May I bring a cat?",
    }
    assert publisher.post("/studio/questions/new", data={"topic": "visa", **titles}).status_code == 303
    with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
        live, scores = database.execute("SELECT id, scores FROM release ORDER BY id DESC LIMIT 1").fetchone()
        new = "visa/may_i_bring_a_cat"
        miss = {"text": "and my cat?", "language": "en", "expected": new, "got": "visa/fee", "verdict": "wrong"}
        changed = {**json.loads(scores), "misses": [miss]}
        database.execute("UPDATE release SET scores = ? WHERE id = ?", (json.dumps(changed), live))
    page = main_text(publisher.get(f"/studio/releases/{live}").text)
    assert page.count("May I bring a cat?") >= 1
    assert ID.findall(page) == []


@pytest.mark.parametrize(
    ("asked_at", "words"),
    [
        ("2020-01-01 00:00:00.000000", "The release is built and tested. It is live."),
        ("2099-01-01 00:00:00.000000", "so no new one was made. It is live."),
    ],
    ids=["new", "as before"],
)
def test_build_says_what_came_of_it(server: Server, publisher: httpx.Client, asked_at: str, words: str) -> None:
    with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
        live = database.execute("SELECT release_id FROM live").fetchone()[0]
        number = database.execute(
            "INSERT INTO build (pack, state, asked_by_name, asked_at, step, done, total, release_id, failure, detail) "
            "VALUES ('armenia', 'done', 'Ani', ?, '', 0, 0, ?, '', '') RETURNING id",
            (asked_at, live),
        ).fetchone()[0]
    page = " ".join(main_text(publisher.get(f"/studio/releases/builds/{number}").text).split())
    assert words in page
    assert "It is not live" not in page


def test_reason_for_publishing_is_asked_for_with_the_topics_names(server: Server, publisher: httpx.Client) -> None:
    with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
        live, scores = database.execute("SELECT id, scores FROM release ORDER BY id DESC LIMIT 1").fetchone()
        good, bad = ({"total": 100, "hit": hit, "accuracy": hit / 100} for hit in (90, 50))
        before = {**json.loads(scores), "topics": {"citizenship": good, "out_of_scope": good}}
        after = {**before, "topics": {"citizenship": bad, "out_of_scope": bad}}
        database.execute("UPDATE release SET scores = ? WHERE id = ?", (json.dumps(before), live))
        columns = "pack, created_at, content_hash, training_hash, snapshot, model_file, model_sha256"
        database.execute(
            f"INSERT INTO release ({columns}, scores) SELECT {columns}, ? FROM release WHERE id = ?",
            (json.dumps(after), live),
        )
        number = database.execute("SELECT max(id) FROM release").fetchone()[0]
    for language, topics in {
        "en": "Citizenship, not ours to answer",
        "hy": "Քաղաքացիություն, մեր հարցը չէ",
        "ru": "Гражданство, не наш вопрос",
    }.items():
        speak(publisher, language)
        answer = publisher.post(f"/studio/releases/{number}/publish", data={"live_seen": str(live), "reason": ""})
        assert answer.status_code == 409
        assert topics in main_text(answer.text)
    speak(publisher, "en")
