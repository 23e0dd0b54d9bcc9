"""Editing in the browser: the answer form, two people at once, review, history, the board."""

from __future__ import annotations

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
from studio_help import accessibility_problems, colleague, hidden, let_stand, own_server, sends, signed_in

FEE = "/studio/answers/citizenship/fee/en"
SECOND = "second@service.example"


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose content these tests change."""
    with own_server(trained, tmp_path_factory.mktemp("editing")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def two(server: Server) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two editors who are signed in."""
    with closing(signed_in(server, "editor")) as ani, closing(signed_in(server, "editor", email=SECOND)) as boris:
        yield ani, boris


def form_of(client: httpx.Client, path: str) -> dict[str, str]:
    """The text fields of the form as the page has them, to be sent back."""
    from html.parser import HTMLParser

    fields: dict[str, str] = {}

    class Form(HTMLParser):
        name = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found = dict(attrs)
            if tag == "textarea":
                self.name = found["name"] or ""
                fields[self.name] = ""
            elif tag == "input" and found.get("type") in (None, "hidden", "date"):
                fields[found["name"] or ""] = found.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            if self.name:
                fields[self.name] = fields[self.name].removeprefix("\n")  # as browsers do
            self.name = ""

        def handle_data(self, data: str) -> None:
            if self.name:
                fields[self.name] += data

    page = client.get(path)
    assert page.status_code == 200, page.text
    html = page.text.split('<form id="answer"')[1].split("</form>")[0]
    Form().feed(html)
    return fields


def save(client: httpx.Client, path: str, fields: dict[str, str], **more: str) -> httpx.Response:
    return client.post(path, data={**fields, **more})


@pytest.mark.parametrize("part", ["steps", "documents", "links", "fee"])
def test_emptied_part_that_a_colleague_changed_waits_for_a_decision(
    two: tuple[httpx.Client, httpx.Client], part: str
) -> None:
    """One writes into a part, the other empties it: both texts are kept, and the pages open for both."""
    ani, boris = two
    path = "/studio/answers/residence/documents/hy"
    first, second = form_of(ani, path), form_of(boris, path)
    added = "https://migration.mia.gov.am Կայք" if part == "links" else "Անիի տողը։"
    assert save(ani, path, first, **{part: f"{first[part]}\n{added}".strip()}).status_code == 303
    answer = save(boris, path, second, **{part: ""})
    assert answer.status_code in (303, 409)
    for client in two:
        for page in (path, path + "/review"):
            assert client.get(page).status_code == 200
    assert added.split()[0] in boris.get(path).text
    save(ani, path, form_of(ani, path), do="discard")


def test_discarding_a_proposal_to_retire_leaves_what_a_colleague_was_writing(
    two: tuple[httpx.Client, httpx.Client],
) -> None:
    ani, boris = two
    path = "/studio/answers/asylum/border_points/hy"
    assert save(ani, path, form_of(ani, path), note="Դեռ գրում եմ։").status_code == 303
    assert boris.post("/studio/questions/asylum/border_points/retire").status_code == 303
    page = boris.get(path).text
    assert "It is proposed to retire this question" in page
    assert "To correct" not in page
    assert save(boris, path, form_of(boris, path), do="discard").status_code == 303
    page = ani.get(path).text
    assert "It is proposed to retire" not in page
    assert form_of(ani, path)["note"] == "Դեռ գրում եմ։"
    assert save(ani, path, form_of(ani, path), do="discard").status_code == 303
    assert form_of(ani, path)["note"] != "Դեռ գրում եմ։"


def test_without_a_script_a_text_is_written_reviewed_and_found_in_its_history(browser: Browser, server: Server) -> None:
    """Every step by plain forms: filter the board, change, submit, approve by a colleague, read what changed."""
    path = "/studio/answers/citizenship/how_long/en"
    with colleague(browser, server, "editor", scripts=False) as ani:
        page = ani.page
        ani.opens("/studio/board")
        page.get_by_label("Words of the title").fill("citizenship application")
        page.get_by_role("button", name="Show").click()
        ani.opens(path)
        before = page.get_by_label("Note").input_value()
        page.get_by_label("Note").fill(before + " Ask at the desk.")
        page.get_by_role("button", name="Look at it").click()
        expect(page.locator("[data-look=telegram]")).to_contain_text("Ask at the desk.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved as a draft")).to_be_visible()
        sends(page, "Submit for review")
        let_stand(page, page.locator(".remarks .message.warning"))
        if page.get_by_text("Submitted.").count() == 0:
            page.get_by_role("button", name="Submit for review").click()
        expect(page.get_by_text("Submitted.")).to_be_visible()
        ani.opens(path + "/review")
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    with colleague(browser, server, "editor", email=SECOND, scripts=False) as boris:
        page = boris.page
        boris.opens("/studio")
        page.locator("[data-task=review]").get_by_role("link").first.click()
        expect(page.locator("ins")).to_contain_text("Ask at the desk.")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Approved. It goes live with the next release.")).to_be_visible()
        boris.opens(path + "/history")
        expect(page.get_by_text("Approved by Second.")).to_be_visible()
        expect(page.locator("ins").first).to_contain_text("Ask at the desk.")
        page.get_by_role("button", name="Take this text up again").nth(1).click()
        expect(page.get_by_label("Note")).to_have_value(before)
        page.get_by_role("button", name="Discard the draft").click()


def test_the_preview_follows_the_typing_and_the_text_saves_itself(browser: Browser, server: Server) -> None:
    path = "/studio/answers/visa/fee/en"
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens(path)
        page.get_by_label("Short answer").fill("A visa costs a little.")
        expect(page.locator("[data-look=widget]")).to_contain_text("A visa costs a little.")
        expect(page.locator("[data-look=telegram]")).to_be_hidden()
        page.get_by_role("tab", name="Widget").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("[data-look=telegram]")).to_contain_text("A visa costs a little.")
        page.keyboard.press("ArrowRight")
        expect(page.locator("[data-look=page]")).to_contain_text("A visa costs a little.")
        expect(page.locator("#saved")).to_contain_text("Saved", timeout=15_000)
        page.reload()
        expect(page.get_by_label("Short answer")).to_have_value("A visa costs a little.")
        assert not ani.problems


def test_after_an_automatic_save_the_page_tells_that_there_is_a_draft(browser: Browser, server: Server) -> None:
    """State line, badge and buttons follow without a reload; the cursor stays; it is said once to those who listen."""
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/answers/documents/passport_lost/en")
        page.locator("body[data-ready=yes]").wait_for()
        state, said = page.locator("#draft-state"), page.locator("#saved[role=status]")
        own = page.locator("#languages a[aria-current=page]")
        expect(state).to_contain_text("This is the approved text.")
        expect(own).to_contain_text("approved")
        expect(page.get_by_role("button", name="Discard the draft")).to_have_count(0)
        note = page.get_by_label("Note")
        note.press_sequentially("Call first.")
        expect(said).to_have_text("Saved as a draft. People still get the approved answer.", timeout=15_000)
        expect(state).to_contain_text(re.compile(r"^Draft \d+, "))
        expect(own).to_contain_text("draft")
        expect(own).not_to_contain_text("approved")
        expect(note).to_be_focused()
        note.press_sequentially(" Then come.")
        expect(said).to_have_text("Saved", timeout=15_000)
        expect(note).to_be_focused()
        assert note.input_value().startswith("Call first. Then come.")
        own.focus()
        page.evaluate("document.getElementById('f-fee').dispatchEvent(new Event('input', { bubbles: true }))")
        expect(said).to_have_text("Not saved yet")
        expect(said).to_have_text("Saved", timeout=15_000)
        expect(own).to_be_focused()
        page.get_by_role("button", name="Discard the draft").click()
        expect(page.get_by_text("The draft is closed.")).to_be_visible()
        expect(state).to_contain_text("This is the approved text.")
        assert not ani.problems


def test_lists_are_helped_by_buttons_and_keys(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/answers/visa/evisa/en")
        steps = page.get_by_label("What to do", exact=True).and_(page.locator("textarea"))
        steps.fill("One\nTwo")
        tools = page.get_by_role("group", name="What to do")
        tools.get_by_role("button", name="Add a line").click()
        page.keyboard.type("Three")
        page.keyboard.press("Alt+ArrowUp")
        expect(steps).to_have_value("One\nThree\nTwo")
        tools.get_by_role("button", name="Move the line down").click()
        expect(steps).to_have_value("One\nTwo\nThree")
        expect(page.locator("[data-look=widget] ol li")).to_have_text(["One", "Two", "Three"])


def test_two_people_see_each_other_and_both_texts_are_kept(browser: Browser, server: Server) -> None:
    """Boris types over what Ani saved meanwhile: his page warns him, both texts stand side by side, he decides."""
    with colleague(browser, server, "editor") as ani, colleague(browser, server, "editor", email=SECOND) as boris:
        ani.opens(FEE)
        boris.opens(FEE)
        expect(boris.page.locator("#presence")).to_contain_text("Editor")
        ani.page.get_by_label("Fee", exact=True).fill("Ani's fee")
        ani.page.get_by_label("How long it takes").fill("Ani's time")
        expect(ani.page.locator("#saved")).to_contain_text("Saved", timeout=15_000)
        boris.page.get_by_label("Fee", exact=True).fill("Boris' fee")
        boris.page.get_by_label("Deadline").fill("Boris' deadline")
        expect(boris.page.locator("#saved")).to_contain_text("Both texts are kept", timeout=15_000)
        assert boris.page.get_by_label("Fee", exact=True).input_value() == "Boris' fee"
        expect(boris.page.get_by_label("How long it takes")).to_have_value("Ani's time")
        boris.page.get_by_role("button", name="Save").click()
        fee = boris.page.locator("[data-field=fee]")
        expect(fee.locator(".theirs")).to_have_text("Ani's fee")
        expect(fee.locator("textarea")).to_have_value("Boris' fee")
        expect(boris.page.get_by_label("How long it takes")).to_have_value("Ani's time")
        boris.page.get_by_role("button", name="Submit for review").click()
        expect(boris.page.get_by_role("alert")).to_contain_text("Both texts are kept")
        fee.get_by_role("checkbox").check()
        boris.page.get_by_role("button", name="Save").click()
        expect(boris.page.get_by_text("Saved as a draft")).to_be_visible()
        ani.page.reload()
        expect(ani.page.get_by_label("Fee", exact=True)).to_have_value("Boris' fee")
        expect(ani.page.get_by_label("Deadline")).to_have_value("Boris' deadline")
        expect(ani.page.locator(".conflict")).to_have_count(0)


def test_an_automatic_save_tells_the_page_what_colleagues_changed(two: tuple[httpx.Client, httpx.Client]) -> None:
    """What was joined on the server comes back, so that the next save does not undo it; what both typed is kept twice."""
    path = "/studio/answers/residence/extend/ru"
    ani, boris = two
    opened, also = form_of(ani, path), form_of(boris, path)
    json = {"Accept": "application/json"}
    assert ani.post(path, data={**opened, "fee": "Её плата"}, headers=json).status_code == 200
    first = boris.post(path, data={**also, "note": "Его заметка"}, headers=json).json()
    assert first["joined"] == {"fee": "Её плата"}
    # He typed into that very field while the answer was under way: the page says that it is unsure.
    typed = {**also, "note": "Его заметка", "fee": "Его плата", "seen": first["seen"]}
    second = boris.post(path, data={**typed, "unsure": "fee"}, headers=json)
    assert second.status_code == 409
    assert second.json()["conflicts"] == ["fee"]
    page = boris.get(path).text
    assert "Её плата" in page
    assert "Его плата" in page


def test_same_person_in_two_windows_can_decide_and_discard(two: tuple[httpx.Client, httpx.Client]) -> None:
    """Their own name stands beside the other window's text, and a draft with both can be discarded."""
    path, (ani, _) = "/studio/answers/residence/refused/hy", two
    opened = form_of(ani, path)
    save(ani, path, opened, fee="Առաջին")
    both = save(ani, path, opened, fee="Երկրորդ")
    assert both.status_code == 409
    assert "<b> wrote" not in both.text
    gone = save(ani, path, form_of(ani, path), do="discard")
    assert gone.status_code == 303
    assert "Առաջին" not in ani.get(path).text


def test_a_conflict_page_contains_everything_that_was_typed(two: tuple[httpx.Client, httpx.Client]) -> None:
    """Over plain HTTP: status 409, both texts, the other fields merged, and saving that page again loses nothing."""
    path = "/studio/answers/residence/fee/ru"
    ani, boris = two
    opened, also = form_of(ani, path), form_of(boris, path)
    assert save(ani, path, opened, fee="Её плата", note="Её заметка").status_code == 303
    conflict = save(boris, path, also, fee="Его плата", deadline="Его срок")
    assert conflict.status_code == 409
    for text in ("Её плата", "Её заметка", "Его плата", "Его срок"):
        assert text in conflict.text
    again = form_of(boris, path)
    assert again["fee"] == "Его плата"
    assert save(boris, path, again).status_code == 409, "undecided: still both"
    assert save(boris, path, form_of(boris, path), decided="fee").status_code == 303
    final = form_of(ani, path)
    assert (final["fee"], final["note"], final["deadline"]) == ("Его плата", "Её заметка", "Его срок")


@pytest.fixture
def translator(server: Server) -> Iterator[httpx.Client]:
    """Somebody who translates into Armenian."""
    with closing(signed_in(server, "translator")) as client:
        yield client


def test_a_translator_edits_own_languages_only(translator: httpx.Client) -> None:
    """Armenian by account: the Russian form is not offered, and a request made by hand is refused."""
    armenian, russian = "/studio/answers/residence/fee/hy", "/studio/answers/residence/fee/ru"
    assert '<form id="answer"' in translator.get(armenian).text
    page = translator.get(russian)
    assert page.status_code == 200
    assert '<form id="answer"' not in page.text
    assert translator.post(russian, data={"seen": "x", "summary": "взлом"}).status_code == 403
    assert translator.post(russian + "/history", data={"seen": "x", "number": "1"}).status_code == 403
    assert translator.post("/studio/questions/new", data={}).status_code == 403
    assert "взлом" not in translator.get(russian).text


def test_script_stored_by_an_editor_does_not_run_in_anothers_browser(
    browser: Browser, server: Server, two: tuple[httpx.Client, httpx.Client]
) -> None:
    """In every field, in notes and titles: shown as typed, on the form, preview, review, history and home."""
    path = "/studio/answers/asylum/how_long/en"
    evil = "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">\"'>"
    ani, _ = two
    fields = form_of(ani, path)
    for name in ("title", "summary", "steps", "documents", "fee", "where", "note"):
        fields[name] = evil
    save(ani, path, fields)
    assert ani.post("/studio/questions/asylum/how_long/notes", data={"text": evil}).status_code == 303
    with colleague(browser, server, "editor", email=SECOND) as boris:
        for page in (
            path,
            path + "/history",
            path + "/review",
            "/studio/questions/asylum/how_long",
            "/studio",
            "/studio/board",
        ):
            boris.opens(page)
            boris.page.wait_for_load_state("networkidle")
            assert boris.page.title() != "hit"
            assert boris.page.locator("main img, main script:not([src])").count() == 0
        boris.opens(path)
        boris.page.get_by_label("Deadline").fill("x")
        expect(boris.page.locator("[data-look=widget]")).to_contain_text("<script>")
        assert boris.page.title() != "hit"
        assert not boris.problems
    save(ani, path, form_of(ani, path), do="discard")


def test_a_new_question_begins_with_its_titles_and_a_fact_of_its_own(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/board")
        page.get_by_role("link", name="New question").click()
        page.get_by_label("Topic").select_option("visa")
        page.get_by_label("Title: Armenian").fill("Կարո՞ղ եմ շունս բերել")
        page.get_by_label("Title: Russian").fill("Можно ли привезти собаку")
        page.get_by_label("Title: English").fill("May I bring my dog?")
        page.get_by_role("button", name="Begin the question").click()
        expect(page.get_by_label("Title", exact=True)).to_have_value("Կարո՞ղ եմ շունս բերել")
        page.get_by_label("Short answer").fill("Այո՛։")
        page.get_by_role("button", name="Submit for review").click()
        expect(page.get_by_text("No fact is cited.")).to_be_visible()
        page.get_by_text("Add a new fact with its source").click()
        page.get_by_label("What the source says").fill("Dogs may enter with a certificate.")
        page.get_by_label("Title of the source").fill("Rules for animals")
        page.get_by_label("Address of the source").fill("https://example.org/dogs")
        page.get_by_role("button", name="Add the fact").click()
        expect(page.locator(".fact")).to_contain_text("Dogs may enter with a certificate.")
        expect(page.locator("[data-look=widget] .sources")).to_contain_text("Rules for animals")
        ani.opens("/studio/board?text=dog")
        expect(page.locator("tbody tr")).to_contain_text("May I bring my dog?")
        ani.opens("/studio/questions/visa/may_i_bring_my_dog")
        page.get_by_role("button", name="Throw the question away").click()
        expect(page.get_by_text("The question is gone.")).to_be_visible()


def test_a_list_is_worked_through_from_one_text_to_the_next(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        ani.opens("/studio/board?state=approved&language=ru&view=list")
        second = page.locator(".worklist li").nth(1).get_by_role("link").text_content()
        page.get_by_role("link", name="Begin with the first").click()
        expect(page.locator(".worklist-place")).to_contain_text("List: 1 of")
        page.get_by_role("link", name="next in the list").click()
        expect(page.locator(".worklist-place")).to_contain_text("List: 2 of")
        assert second is not None
        expect(page.get_by_role("heading", level=1)).to_contain_text(second)


def test_back_to_the_list_leads_to_the_same_list(two: tuple[httpx.Client, httpx.Client]) -> None:
    """Language, topic, words looked for and order included: the list that was being worked through."""
    ani, _boris = two
    listed = "state=approved&language=ru&topic=visa&text=a%26b&sort=title&view=list"
    begun = ani.get("/studio/answers/visa/fee/ru?list=approved&in=ru&topic=visa&text=a%26b&sort=title").text
    assert f'href="/studio/board?{listed.replace("&", "&amp;")}"' in begun


def test_when_the_session_is_gone_the_form_says_so_and_saving_keeps_the_text(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor", email="lost@service.example") as ani:
        page = ani.page
        ani.opens("/studio/answers/work/permit/en")
        page.context.clear_cookies()
        page.get_by_label("Note").fill("Typed before the session was lost.")
        said = page.locator("#saved")
        expect(said).to_contain_text("You are signed out", timeout=15_000)
        expect(said).to_be_in_viewport()  # beside the buttons, far below the top of the page
        page.keyboard.type(" And after it.")
        expect(said).to_contain_text("You are signed out")
        page.get_by_role("button", name="Save").click()
        page.get_by_label("E-mail address").fill("lost@service.example")
        page.get_by_label("Password").fill("four plain words here")
        sends(page, "Sign in")
        if page.get_by_label("Note").count() == 0:
            page.locator("main form button").first.click()
        expect(page.get_by_label("Note")).to_have_value("Typed before the session was lost. And after it.")


def test_autosave_goes_on_after_the_service_was_out_of_order(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor", email="order@service.example") as ani:
        page = ani.page
        ani.opens("/studio/answers/work/permit/ru")
        page.locator("body[data-ready=yes]").wait_for()
        answer = {"message": "The service is briefly out of order.", "code": "busy"}
        page.route("**/studio/answers/work/permit/ru", lambda route: route.fulfill(status=503, json=answer), times=1)
        page.get_by_label("Note").fill("Typed while it was out of order.")
        expect(page.locator("#saved")).to_contain_text("out of order. Could not save.")
        expect(page.locator("#saved")).to_contain_text("Saved")
        ani.opens("/studio/answers/work/permit/ru")
        expect(page.get_by_label("Note")).to_have_value("Typed while it was out of order.")


def test_nobody_leaves_unasked_what_could_not_be_saved(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor", email="leaves@service.example") as ani:
        page = ani.page
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        ani.opens("/studio/answers/work/permit/hy")
        page.locator("body[data-ready=yes]").wait_for()
        page.context.clear_cookies()
        page.get_by_label("Note").click()
        page.keyboard.type("Typed before the session was lost.")
        expect(page.locator("#saved")).to_contain_text("You are signed out")
        ani.opens("/studio/sign-in")
        assert asked == ["beforeunload"]


def test_new_fact_that_was_typed_is_kept_by_every_button(browser: Browser, server: Server) -> None:
    """Typed into its corner and saved with the form instead of by its own button; leaving it there unsaved is asked about."""
    with colleague(browser, server, "editor", email="facts@service.example") as ani:
        page = ani.page
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        for button, fact in (("Save", "Dogs pay nothing."), ("Submit for review", "Cats pay nothing.")):
            ani.opens("/studio/answers/work/permit/hy")
            page.locator("body[data-ready=yes]").wait_for()
            page.get_by_text("Add a new fact with its source").click()
            page.get_by_label("What the source says, in your own words").fill(fact)
            sends(page, button)
            expect(page.locator(".fact").filter(has_text=fact)).to_be_visible()
        assert asked == []
        page.get_by_text("Add a new fact with its source").click()
        page.get_by_label("What the source says, in your own words").click()
        page.keyboard.type("Birds")
        ani.opens("/studio")
        assert asked == ["beforeunload"]


def test_source_with_a_day_that_no_calendar_has_is_told_and_does_not_break_the_page(
    browser: Browser, server: Server
) -> None:
    with colleague(browser, server, "editor", email="days@service.example") as ani:
        page = ani.page
        ani.opens("/studio/answers/work/permit/hy")
        page.locator("body[data-ready=yes]").wait_for()
        page.get_by_text("Add a new fact with its source").click()
        page.get_by_label("What the source says, in your own words").fill("Parrots pay nothing.")
        page.get_by_label("Title of the source").fill("The law on parrots")
        page.get_by_label("Address of the source").fill("https://example.org/parrots")
        page.get_by_label("Date that the source carries").fill("2026-02-29")
        sends(page, "Save")
        expect(page.locator(".fact").filter(has_text="Parrots")).to_be_visible()
        sends(page, "Submit for review")
        expect(page.locator("main")).to_contain_text("“2026-02-29” is not a date.")
        sends(page, "Discard the draft")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"new_statement": ""}, "The new fact says nothing."),
        ({"new_title": " "}, "has no title of its source"),
        ({"new_url": "javascript:alert(1)"}, "“javascript:alert(1)” is not a web address."),
        ({"new_date": "yesterday"}, "“yesterday” is not a date."),
    ],
    ids=["statement", "title", "address", "date"],
)
def test_new_fact_is_added_once_it_is_whole(
    two: tuple[httpx.Client, httpx.Client], wrong: dict[str, str], said: str
) -> None:
    """By its own button it stays in its corner to be corrected; saved with the form it is told what it lacks."""
    ani, _ = two
    path = "/studio/answers/visa/fee/hy"
    whole = {
        "new_statement": "Swans pay nothing.",
        "new_title": "The law on swans",
        "new_url": "https://example.org/swans",
        "new_date": "2026",
    }
    form = form_of(ani, path)
    cited = ani.get(path).text.count('class="fact"')
    refused = save(ani, path, form, **{**whole, **wrong}, do="add_fact")
    assert refused.status_code == 409
    assert said in unescape(refused.text)
    for name, text in {**whole, **wrong}.items():
        assert name == "new_statement" or f'name="{name}" value="{text}"' in refused.text
    assert ani.get(path).text.count('class="fact"') == cited
    assert save(ani, path, form_of(ani, path), **{**whole, **wrong}).status_code == 303
    assert said in unescape(ani.get(path).text)
    assert "There is no fact" not in ani.get(path).text
    save(ani, path, form_of(ani, path), do="discard")
    assert save(ani, path, form_of(ani, path), **whole, do="add_fact").status_code == 303
    assert "Swans pay nothing." in ani.get(path).text
    save(ani, path, form_of(ani, path), do="discard")


def test_comment_of_a_reviewer_is_kept_when_the_text_was_taken_up_again(
    two: tuple[httpx.Client, httpx.Client], server: Server
) -> None:
    """Whoever explains at length what has to change does not lose it to a colleague who saves meanwhile."""
    path, (ani, boris) = "/studio/answers/visa/evisa/ru", two
    save(ani, path, form_of(ani, path), note="Заметка.")
    with sqlite3.connect(server.log.parent / "guidepost.sqlite", timeout=30) as database:
        database.execute("UPDATE draft SET state = 'in_review' WHERE question = 'visa/evisa' AND language = 'ru'")
    seen = hidden(boris.get(path + "/review").text, "seen")
    save(ani, path, form_of(ani, path), note="Другая заметка.")
    answer = boris.post(path + "/review", data={"do": "send_back", "seen": seen, "comment": "Назовите и срок <b>."})
    assert answer.status_code == 409
    kept = re.search(
        r'action="(/studio/questions/visa/evisa/notes)".*?<textarea[^>]*>([^<]*)</textarea>', answer.text, re.S
    )
    assert kept
    assert unescape(kept[2]) == "Назовите и срок <b>."
    assert boris.post(kept[1], data={"text": unescape(kept[2])}).status_code == 303
    save(ani, path, form_of(ani, path), do="discard")


def test_languages_are_named_where_titles_are_missing(two: tuple[httpx.Client, httpx.Client]) -> None:
    answer = two[0].post("/studio/questions/new", data={"topic": "visa", "title_hy": "Շուն", "title_ru": " "})
    assert answer.status_code == 409
    assert "Write the title in every language: Russian, English." in answer.text


def test_a_look_without_a_script_keeps_a_new_fact_that_was_begun(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "editor", scripts=False) as ani:
        page = ani.page
        ani.opens("/studio/answers/work/permit/hy")
        page.get_by_text("Add a new fact with its source").click()
        page.get_by_label("Title of the source").fill("A new law")
        sends(page, "Look at it")
        expect(page.get_by_label("Title of the source")).to_have_value("A new law")
        expect(page.get_by_label("Title of the source")).to_be_visible()


@pytest.mark.parametrize("size", [(360, 640), (1280, 720)])
def test_focus_is_never_wholly_under_the_bar(browser: Browser, server: Server, size: tuple[int, int]) -> None:
    """WCAG 2.2, 2.4.11: the bar of buttons stays at the window's foot; whoever tabs through the form sees where they are."""
    hidden = """() => {
        const at = document.activeElement, bar = document.querySelector(".bar");
        if (at === document.body || bar.contains(at)) return "";
        const box = at.getBoundingClientRect(), cover = bar.getBoundingClientRect();
        const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
        return top >= cover.top && bottom <= cover.bottom ? at.outerHTML.slice(0, 80) : "";
    }"""
    with colleague(browser, server, "editor") as ani:
        page = ani.page
        page.set_viewport_size({"width": size[0], "height": size[1]})
        ani.opens("/studio/answers/citizenship/apply_displaced/hy")
        page.locator("body[data-ready=yes]").wait_for()
        page.wait_for_load_state()
        page.get_by_label("Title", exact=True).focus()
        covered = []
        for _ in range(60):
            page.keyboard.press("Tab")
            covered.append(page.evaluate(hidden))
        assert [each for each in covered if each] == []


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(
    browser: Browser, server: Server, two: tuple[httpx.Client, httpx.Client], dark: bool
) -> None:
    """axe-core finds nothing (WCAG 2.2 A and AA), with a conflict, remarks and previews on the page; 320 px fits."""
    path = "/studio/answers/documents/passport_lost/hy"
    ani, boris = two
    opened, also = form_of(ani, path), form_of(boris, path)
    save(ani, path, opened, fee="Ա" + str(dark))
    save(boris, path, also, fee="Բ" + str(dark))
    with colleague(browser, server, "editor", email=SECOND, dark=dark) as looks:
        for page in (
            "/studio",
            "/studio/board",
            "/studio/board?view=list&state=approved",
            path.rsplit("/", 1)[0].replace("answers", "questions"),
            "/studio/questions/new",
            path,
            "/studio/answers/citizenship/apply_displaced/ru",
            path + "/history",
            path + "/review",
            "/studio/review",
        ):
            looks.opens(page)
            assert accessibility_problems(looks.page) == [], page
        looks.page.set_viewport_size({"width": 320, "height": 700})
        boris.post("/studio/language", data={"language": "ru", "next": "/studio"})  # the longest words
        spaced = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }"
        spaced = (
            f"() => {{ const s = new CSSStyleSheet(); s.replaceSync('{spaced}'); document.adoptedStyleSheets = [s]; }}"
        )
        for page in (
            path,
            "/studio/board",
            "/studio/board?view=list",
            "/studio/releases/1",
            "/studio/account",
            "/studio",
        ):
            looks.opens(page)
            assert looks.page.evaluate("() => document.documentElement.scrollWidth") <= 320, page
            looks.page.evaluate(spaced)  # WCAG 1.4.12
            assert looks.page.evaluate("() => document.documentElement.scrollWidth") <= 320, f"{page} spaced"
        boris.post("/studio/language", data={"language": "en", "next": "/studio"})
        assert not looks.problems
