"""Examples, checks and Try it in the studio: real server, real database, real Chromium."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
import yaml
from browser_help import PATIENCE, chromium
from conftest import ROOT, Server
from playwright.sync_api import Browser, expect
from studio_help import Colleague, accessibility_problems, colleague, hidden, own_server, signed_in

from bot.editing.checks.texts import MESSAGES
from studio import names, remarks
from studio.names import letters

FEE = "/studio/examples/citizenship/fee"
WRONG = "my residence card expires next month, how can I extend it"
FRESH = "what would naturalisation cost me all in all, tell the sum"


@pytest.fixture(scope="module")
def studio(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests may change; the models are those of the original."""
    with own_server(trained, tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def editor(studio: Server) -> Iterator[httpx.Client]:
    with closing(signed_in(studio, "editor")) as client:
        yield client


@pytest.fixture
def at_desk(browser: Browser, studio: Server) -> Iterator[Colleague]:
    with colleague(browser, studio, "editor") as person:
        yield person
        assert person.problems == []


def look(client: httpx.Client, text: str, **fields: str) -> list[dict[str, object]]:
    answer = client.post(FEE + "/look", data={"text": text, **fields}, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    lines: list[dict[str, object]] = answer.json()["lines"]
    return lines


# Examples


def test_lines_are_judged_while_they_are_typed(editor: httpx.Client) -> None:
    lines = look(
        editor, f"{WRONG}\nHow much is the state duty for getting Armenian citizenship?\n{FRESH}", spoken="auto"
    )
    assert [line["state"] for line in lines] == ["flagged", "refused", "fine"]
    assert lines[0]["taken_for"] == "residence/extend"
    assert "test question" in str(lines[1]["remarks"])


def test_refused_lines_come_back_and_sound_ones_are_taken(editor: httpx.Client) -> None:
    """Without any script: what was not taken stands in the field again, with the reason beside it."""
    text = f"do tell the sum for becoming a citizen of yours\n{WRONG}"
    page = editor.post(FEE + "/add", data={"text": text, "spoken": "en"})
    assert page.status_code == 200
    assert "Lines added: 1, not added: 1." in page.text
    assert f">{WRONG}</textarea>" in page.text
    assert "Would be taken for" in page.text
    page = editor.post(FEE + "/add", data={"text": WRONG, "spoken": "en"})
    assert page.status_code == 409
    page = editor.post(FEE + "/add", data={"text": WRONG, "spoken": "en", "flagged_too": "true"})
    assert page.status_code == 303
    page = editor.get(FEE).text
    assert WRONG in page
    number = re.search(rf'value="(\d+)" id="e\d+">\s*<label for="e\d+" lang="en">{re.escape(WRONG)}', page)
    assert number
    assert editor.post(FEE + "/remove", data={"line": number[1]}).status_code == 303
    assert WRONG not in editor.get(FEE).text


@pytest.mark.parametrize("tests", ["", "true"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join(f"line {number} of very many" for number in range(501)), "At most 500 lines"),
        ("  \n \t", "There is no line yet"),
    ],
)
def test_lines_that_cannot_be_taken_come_back_whole(editor: httpx.Client, text: str, said: str, tests: str) -> None:
    """In the form, where they can be made fewer: sending the same once more would never succeed."""
    page = editor.post(FEE + "/add", data={"text": text, "spoken": "ru", "tests": tests} if tests else {"text": text})
    assert page.status_code == 409
    assert said in page.text
    kept = re.search(rf'<textarea id="{"tests" if tests else "examples"}-text"[^>]*>([^<]*)</textarea>', page.text)
    assert kept
    assert kept[1] == text
    if tests:
        assert '<option value="ru" selected>' in page.text


def test_spelling_of_another_place_is_refused_with_its_name(editor: httpx.Client) -> None:
    """Two places by one word: only one of them would ever be found, and nobody would know."""
    page = editor.get("/studio/places/vanadzor").text
    fields = dict.fromkeys(re.findall(r'name="(patterns_\w+)"', page), "")
    fields |= {"seen": hidden(page, "seen"), "patterns_en": "vanadzor\ngyumri", "patterns_hy": "վանաձոր"}
    answer = editor.post("/studio/places/vanadzor", data=fields)
    assert answer.status_code == 409
    assert "“gyumri” belongs to Gyumri already." in answer.text
    assert "vanadzor\ngyumri</textarea>" in answer.text
    assert "gyumri" not in editor.get("/studio/places/vanadzor").text.partition("<textarea")[2].lower()


def test_line_number_that_no_database_holds_removes_nothing(editor: httpx.Client) -> None:
    for tests in ("", "true"):
        answer = editor.post(FEE + "/remove", data={"line": "99999999999999999999", "tests": tests or "false"})
        assert answer.status_code == 303


def test_removing_nothing_says_what_to_do(editor: httpx.Client) -> None:
    answer = editor.post(FEE + "/remove", follow_redirects=True)
    assert "No line was chosen. Tick the lines that are to go" in answer.text
    assert "Lines removed" not in answer.text


def test_typed_lines_are_not_lost_by_going_elsewhere(at_desk: Colleague) -> None:
    """They are kept nowhere before "Add": changing the interface language with lines in the field asks first."""
    page = at_desk.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    at_desk.opens(FEE)
    page.get_by_label("New examples, one a line").click()
    page.keyboard.type("what would naturalisation cost")
    page.get_by_label("Language of the studio").select_option("ru")
    with page.expect_event("dialog"):
        page.get_by_role("button", name="Change").click()
    assert asked == ["beforeunload"]
    expect(page.get_by_label("New examples, one a line")).to_have_value("what would naturalisation cost")


def test_note_is_not_lost_by_going_elsewhere_and_sending_it_asks_nothing(at_desk: Colleague) -> None:
    page = at_desk.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    at_desk.opens("/studio/questions/citizenship/fee")
    note = page.get_by_label("New note")
    note.click()
    page.keyboard.type("Ask the ministry about the new fee.")
    with page.expect_event("dialog"):
        page.get_by_role("button", name="Sign out").click()
    assert asked == ["beforeunload"]
    expect(note).to_have_value("Ask the ministry about the new fee.")
    page.get_by_role("button", name="Leave the note").click()
    expect(page.get_by_text("Your note is there.")).to_be_visible()
    at_desk.opens("/studio")
    assert asked == ["beforeunload"]


def test_test_question_that_the_live_release_misses_is_marked(studio: Server, editor: httpx.Client) -> None:
    """Who comes from “did not understand these test questions” must see which, and what they are taken for."""
    assert studio.log is not None
    with sqlite3.connect(studio.log.parent / "guidepost.sqlite", timeout=30) as database:
        text = database.execute("SELECT text FROM held_back WHERE expected = 'citizenship/fee' LIMIT 1").fetchone()[0]
        live, scores = database.execute(
            "SELECT id, scores FROM release WHERE id = (SELECT release_id FROM live)"
        ).fetchone()
        miss = {"text": text, "language": "hy", "expected": "citizenship/fee", "got": "visa/fee", "verdict": "wrong"}
        changed = json.loads(scores) | {"misses": [miss, {**miss, "text": FRESH, "expected": "visa/fee"}]}
        database.execute("UPDATE release SET scores = ? WHERE id = ?", (json.dumps(changed), live))
    page = editor.get(FEE).text
    marked = [line for line in page.split("<li>") if "Live, it is taken for" in line]
    assert len(marked) == 1
    assert html.escape(text) in marked[0]
    assert "Live, it is taken for: How much is a visa" in marked[0]


def test_page_beyond_the_last_leads_to_the_last(editor: httpx.Client) -> None:
    for path in (FEE + "?spoken=hy&page=999", "/studio/checks?severity=warning&page=999", "/studio/board?page=999"):
        answer = editor.get(path)
        assert answer.status_code == 303, path
        kept, _, page = answer.headers["location"].rpartition("page=")
        assert kept == path.rpartition("page=")[0]
        assert editor.get(answer.headers["location"]).status_code == 200
        assert int(page) < 999


def test_script_in_an_example_is_text(editor: httpx.Client) -> None:
    evil = "<script>alert('fee')</script> how much is citizenship <b>now</b>"
    editor.post(FEE + "/add", data={"text": evil, "spoken": "en", "flagged_too": "true"})
    page = editor.get(FEE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_run_away_pattern_is_refused_on_the_page(editor: httpx.Client) -> None:
    page = editor.get(FEE, params={"pattern": "(a+)+$"})
    assert page.status_code == 200
    assert "could run for minutes" in page.text
    assert "гражданств" in editor.get(FEE, params={"pattern": "гражданств[ао]"}).text.lower()


def test_last_test_question_cannot_be_removed(editor: httpx.Client) -> None:
    page = editor.get(FEE).text
    numbers = re.findall(r'name="line" value="(\d+)" id="t\d+"', page)
    assert numbers
    answer = editor.post(FEE + "/remove", data={"line": numbers, "tests": "true"})
    assert answer.status_code == 409
    assert "at least one test question" in answer.text
    assert re.findall(r'name="line" value="(\d+)" id="t\d+"', editor.get(FEE).text) == numbers


@pytest.mark.parametrize("path", ["/studio/examples/visa/nosuch", "/studio/examples/x/y"])
def test_unknown_question(editor: httpx.Client, path: str) -> None:
    page = editor.get(path)
    assert page.status_code == 404
    assert 'href="/studio/retired"' in page.text
    assert editor.post(path + "/add", data={"text": FRESH, "spoken": "en"}).status_code == 404


@pytest.mark.parametrize("fields", [{"spoken": "zz9"}, {"text": "x\n" * 501}, {"spoken": "e'; --"}])
def test_unusable_form_gets_a_clear_error(editor: httpx.Client, fields: dict[str, str]) -> None:
    answer = editor.post(FEE + "/look", data={"text": "a line", **fields}, headers={"Accept": "application/json"})
    assert answer.status_code in (409, 422)
    assert answer.json()["message"]


def test_viewer_reads_and_changes_nothing(studio: Server) -> None:
    with closing(signed_in(studio, "viewer")) as viewer:
        page = viewer.get(FEE)
        assert page.status_code == 200
        assert "/add" not in page.text
        for path in (FEE + "/add", FEE + "/remove", FEE + "/look", "/studio/checks/run"):
            assert viewer.post(path, data={"text": FRESH}).status_code == 403, path


# Checks


def test_warning_is_found_overridden_and_listed(studio: Server, editor: httpx.Client) -> None:
    # The checks run in the background, begun by whoever looks first.
    deadline = time.monotonic() + PATIENCE
    while "Override the warning" not in (
        page := editor.get("/studio/checks", params={"code": "hard_to_read", "severity": "warning"}).text
    ):
        assert time.monotonic() < deadline, "the checks find nothing"
        time.sleep(0.2)
    form = dict(
        re.findall(r'name="(question|situation|spoken|key|basis)" value="([^"]*)"', page.split("Let it stand")[1])
    )
    refused = editor.post("/studio/checks/override", data={**form, "reason": "ok"})
    assert refused.status_code == 409
    assert "Write in a few words" in refused.text
    given = {**form, "reason": "The law uses these words.", "back": "https://evil.example"}
    answer = editor.post("/studio/checks/override", data=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/checks")
    page = editor.get("/studio/checks", params={"severity": "overridden"}).text
    assert "The law uses these words." in page
    with closing(signed_in(studio, "translator")) as translator:
        # Armenian is theirs, Russian is not.
        other = {**form, "spoken": "ru", "reason": "I like it so."}
        assert translator.post("/studio/checks/override", data=other).status_code == 403
        assert translator.post("/studio/checks/override", data={**other, "spoken": ""}).status_code == 403
        assert translator.post("/studio/checks/override", data={**other, "spoken": "hy"}).status_code == 303


# Try it


@pytest.mark.parametrize("role", ["viewer", "translator", "operator"])
def test_everybody_may_try(studio: Server, role: str) -> None:
    with closing(signed_in(studio, role)) as client:
        page = client.post("/studio/try", data={"text": "сколько стоит гражданство"})
        assert page.status_code == 200
        assert '<a href="/studio/questions/citizenship/fee">' in page.text
        assert client.post("/studio/try", data={"text": "  "}).status_code == 400


def test_what_is_tried_is_text(editor: httpx.Client) -> None:
    page = editor.post("/studio/try", data={"text": "<img src=x onerror=alert(1)> citizenship"}).text
    assert "<img" not in page


# In the browser


def test_editor_sees_flags_while_typing_and_adds_by_keyboard(at_desk: Colleague) -> None:
    page = at_desk.page
    at_desk.opens(FEE)
    field = page.get_by_label("New examples, one a line")
    field.fill(WRONG)
    flagged = page.locator("#examples-looked .flagged")
    expect(flagged).to_contain_text("Would be taken for")
    expect(flagged).to_contain_text("residence")
    field.fill(FRESH)
    expect(flagged).to_have_count(0)
    field.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Lines added: 1.")).to_be_visible()
    expect(page.get_by_text(FRESH)).to_be_visible()


def test_question_is_tried_without_leaving_the_page(at_desk: Colleague) -> None:
    page = at_desk.page
    at_desk.opens("/studio/checks")
    page.locator("#try-panel summary").press("Enter")
    page.locator("#try-panel-text").fill("inchqan e qaghaqaciutyan turqy")
    page.keyboard.press("Enter")
    results = page.locator("#try-panel .try-results")
    expect(results.get_by_text("What would be said").first).to_be_visible(timeout=20_000)
    expect(results).to_contain_text("Latin")
    told = " ".join(results.locator("dl, table, ol").all_inner_texts())
    assert re.findall(r"\b[a-z_]+/[a-z_]+\b|\bLatn\b|\bout_of_scope\b", told) == [], "words, not ids"
    assert page.url.endswith("/studio/checks")
    results.locator("dl").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/studio/questions/citizenship/fee$"))


def test_question_in_work_is_tried_with_its_draft(at_desk: Colleague) -> None:
    """What is being written is asked beside what is live, on the page where it is written."""
    page = at_desk.page
    at_desk.opens("/studio/answers/citizenship/fee/en")
    page.locator("body[data-ready=yes]").wait_for()
    page.get_by_label("Short answer").fill("Words that are still in work.")
    expect(page.locator("#saved")).to_contain_text("Saved", timeout=20_000)
    page.locator("#try-panel summary").press("Enter")
    page.locator("#try-panel-text").fill("how much is citizenship")
    page.keyboard.press("Enter")
    draft = page.locator("#try-panel .trial[data-which=draft]")
    expect(draft.locator(".said")).to_contain_text("Words that are still in work.", timeout=20_000)
    expect(draft.get_by_role("heading", level=2)).to_have_text("With the drafts of this question")
    expect(page.locator("#try-panel .trial[data-which=live] .said")).not_to_contain_text("still in work")
    assert accessibility_problems(page) == []


@pytest.mark.parametrize(("language", "latin"), [("hy", "լատինական"), ("ru", "латиница"), ("en", "Latin")])
def test_letters_are_named_in_the_editors_language(language: str, latin: str) -> None:
    assert letters("Latn", language) == latin
    assert letters("Zzzq", language) == "Zzzq"


def test_everything_that_can_be_recognised_has_a_name() -> None:
    """Kinds of talk, kinds of entities and their values: whoever adds one must say what editors read."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert set(domain["entities"]) == set(names.ENTITY_NAMES)
    lookups = ROOT / "bot" / "understanding" / "lookups"
    for file, known in (("documents", names.DOCUMENT_NAMES), ("statuses", names.STATUS_NAMES)):
        assert set(yaml.safe_load((lookups / f"{file}.yml").read_text(encoding="utf-8"))) == set(known)
    for topic in ("smalltalk", "control", "emergency", "follow_up", "out_of_scope"):
        tree = yaml.safe_load((ROOT / "data" / "nlu" / f"{topic}.yml").read_text(encoding="utf-8"))
        intents = {group["intent"] for group in tree["nlu"]}
        assert intents <= {*names.OTHER_NAMES, *names.TALK_NAMES}
    assert set(domain["intents"]) - set(domain["intents"][:12]) <= set(names.OTHER_NAMES)


@pytest.mark.parametrize("language", ["hy", "ru"])
def test_what_is_found_is_told_in_words(studio: Server, language: str) -> None:
    with closing(signed_in(studio, "viewer")) as client:
        client.post("/studio/language", data={"language": language, "next": "/studio"})
        said = client.post("/studio/try", data={"text": "паспорт 070, я беженец из Украины, живу в Гюмри"}).text
        client.post("/studio/language", data={"language": "en", "next": "/studio"})
    for word in {
        "hy": ["070 կոդով անձնագիր", "փախստական", "Ուկրաինա", "Գյումրի"],
        "ru": ["паспорт с кодом 070", "беженец", "Украина", "Гюмри"],
    }[language]:
        assert word in said


def test_try_works_without_scripts(browser: Browser, studio: Server) -> None:
    with colleague(browser, studio, "viewer", scripts=False) as person:
        person.opens("/studio/checks")
        person.page.locator("#try-panel summary").click()
        person.page.locator("#try-panel-text").fill("how much is citizenship")
        person.page.locator("#try-panel").get_by_role("button", name="Ask").click()
        expect(person.page.get_by_role("heading", name="What would be said").first).to_be_visible(timeout=20_000)


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(browser: Browser, studio: Server, dark: bool) -> None:
    """axe-core finds nothing on any of these pages, in both looks, with flagged lines and results shown."""
    with colleague(browser, studio, "editor", dark=dark) as person:
        for path in ("/studio/examples", FEE, FEE + "?pattern=(a%2B)%2B", "/studio/checks", "/studio/try"):
            person.opens(path)
            assert accessibility_problems(person.page) == [], path
        person.opens(FEE)
        person.page.get_by_label("New examples, one a line").fill(f"{WRONG}\n🙂")
        expect(person.page.locator("#examples-looked .flagged")).to_have_count(1)
        person.page.locator("#try-panel summary").click()
        person.page.locator("#try-panel-text").fill("how much is citizenship")
        person.page.keyboard.press("Enter")
        expect(person.page.locator("#try-panel .said").first).to_be_visible(timeout=20_000)
        assert accessibility_problems(person.page) == []


@pytest.mark.parametrize(
    ("language", "heading"), [("hy", "Օրինակներ և ստուգիչ հարցեր"), ("ru", "Примеры и проверочные вопросы")]
)
def test_interface_languages(studio: Server, language: str, heading: str) -> None:
    with closing(signed_in(studio, "publisher")) as client:
        client.post("/studio/language", data={"language": language, "next": "/studio/examples"})
        assert heading in client.get("/studio/examples").text
        (line,) = look(client, WRONG, spoken="en")
        assert "Would be taken" not in str(line["remarks"])
        client.post("/studio/language", data={"language": "en", "next": "/studio/examples"})


def test_every_remark_can_be_said_in_every_interface_language() -> None:
    """Each code with its blanks filled: a word left out of a translation would end the page in an error."""
    filled = {
        "language": "ru",
        "other_language": "uk",
        "date": "2026-11-22",
        "field": "fee",
        "parts": "steps, fee",
        "question": "visa/fee",
    }
    for code, text in MESSAGES.items():
        blanks = set(re.findall(r"{(\w+)}", text))
        values = {name: filled.get(name, "7") for name in blanks}
        said = {language: remarks.say(language, code, values) for language in ("en", "hy", "ru")}
        assert len(set(said.values())) == 3, said
        assert not any("{" in each for each in said.values())
    assert "Ukrainian" in remarks.say("en", "number_elsewhere", {"other_language": "uk", "numbers": "7"})
    titles = {"visa/fee": {"en": "What does a visa cost?", "hy": "Որքա՞ն արժե վիզան"}}
    assert "What does a visa cost?" in remarks.say("en", "is_test", {"question": "visa/fee"}, titles)
