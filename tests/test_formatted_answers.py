"""One formatted answer in every channel: pages, widget, Telegram, the API, plain text."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, copy_data, serving
from playwright.sync_api import Browser, Locator, expect
from telegram_server import TelegramServer
from widget_help import Site, browser, site, tag, visiting  # noqa: F401  # fixtures

LONG = "Երկար նախադասություն 👨‍👩‍👧 **շատ կարևոր բառեր** և [ձևաթուղթը](https://forms.example/long). "
FEE: dict[str, Any] = {
    "summary": "A visa costs **3,000 AMD**, *never more*.\nPay [at the **desk**](https://desk.example/a_b?x=1&y=2).",
    "steps": ["Fill in [the form](https://forms.example/1).", "Pay **at once**.", "Wait."],
    "documents": ["**Passport**, valid", "[The form](https://forms.example/2), signed", "A photo \\*"],
    "fee": "*3,000 AMD* 👨‍👩‍👧 **each**",
    "note": "Ask <https://ask.example/now>, <ask@ask.example> or [call us](tel:84-22).",
}
"""English texts of visa/fee."""


@pytest.fixture(scope="module")
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running
        assert running.refused == [], "Telegram would have refused these"


@pytest.fixture(scope="module")
def formatted(telegram: TelegramServer, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose live release has the formatted answer: the content changed, the model did not."""
    data = copy_data(trained, tmp_path_factory.mktemp("formatted"))
    with closing(sqlite3.connect(data / "guidepost.sqlite")) as database, database:
        query = "SELECT release_id, snapshot FROM live JOIN release ON release.id = release_id"
        release, snapshot = database.execute(query).fetchone()
        content = json.loads(zlib.decompress(snapshot))
        for name, text in (("fee", FEE), ("extend", {"summary": "Long.", "note": LONG * 40, "steps": [LONG * 3] * 12})):
            (question,) = (each for each in content["questions"] if each["id"] == f"visa/{name}")
            question["answers"] = question["answers"][:1]
            question["answers"][0]["texts"]["en"] = text
        poison = zlib.compress(json.dumps(content).encode())
        database.execute("UPDATE release SET snapshot = ? WHERE id = ?", (poison, release))
    with serving(data, GUIDEPOST_TELEGRAM_TOKEN=telegram.token, GUIDEPOST_TELEGRAM_API=telegram.url) as running:
        yield running


def shows(place: Locator) -> None:
    """What every page shows of the answer, whoever made its elements."""
    expect(place.locator("strong")).to_have_text(["3,000 AMD", "desk", "at once", "Passport", "each"])
    expect(place.locator("em")).to_have_text(["never more", "3,000 AMD"])
    text = place.inner_text()
    assert "**" not in text
    assert "A photo *" in text
    assert "never more.\nPay at the desk." in text
    links = {
        link.inner_text(): (link.get_attribute("href"), link.get_attribute("rel"))
        for link in place.locator("a").all()
        if "example" in (link.get_attribute("href") or "") or "tel:84-" in (link.get_attribute("href") or "")
    }
    assert links == {
        "at the desk": ("https://desk.example/a_b?x=1&y=2", "noopener noreferrer"),
        "the form": ("https://forms.example/1", "noopener noreferrer"),
        "The form": ("https://forms.example/2", "noopener noreferrer"),
        "https://ask.example/now": ("https://ask.example/now", "noopener noreferrer"),
        "ask@ask.example": ("mailto:ask@ask.example", "noopener noreferrer"),
        "call us": ("tel:84-22", "noopener noreferrer"),
    }


def test_page_of_the_question(browser: Browser, formatted: Server) -> None:
    """The page shows it; search engines, previews and lists get the plain words."""
    with visiting(browser, java_script_enabled=False) as guest:
        guest.visits(formatted.url + "/en/q/visa/fee")
        shows(guest.page.locator("article"))
        assert guest.problems == []
        plain = "A visa costs 3,000 AMD, never more."
        for name in ("description", "og:description"):
            content = guest.page.locator(f"meta[name='{name}'], meta[property='{name}']").first.get_attribute("content")
            assert (content or "").startswith(plain)
        data = json.loads(guest.page.locator("script[type='application/ld+json']").text_content() or "")
        said = data["mainEntity"][0]["acceptedAnswer"]["text"]
        assert said.startswith(plain)
        assert "1. Fill in the form." in said
        guest.visits(formatted.url + "/en/t/visa")
        expect(guest.page.locator("main")).to_contain_text(plain)
        guest.visits(formatted.url + "/en/search?q=how+much+is+a+visa")
        expect(guest.page.locator("ol.results li").first).to_contain_text("3,000 AMD")
        assert "**" not in guest.page.locator("main").inner_text()


def test_chat_of_plain_forms(browser: Browser, formatted: Server) -> None:
    with visiting(browser, java_script_enabled=False) as guest:
        guest.visits(formatted.url + "/en/chat")
        guest.page.locator("#text").fill("How much is a visa?")
        guest.page.get_by_role("button", name="Send").click()
        shows(guest.page.locator(".reply.answer"))
        assert guest.problems == []


def test_widget(browser: Browser, site: Site, formatted: Server) -> None:
    """Elements of the shadow root; what is kept for reading aloud is plain, the file has the addresses."""
    with visiting(browser, viewport={"width": 390, "height": 800}, accept_downloads=True) as guest:
        guest.visits(site.put("/formatted", tag(formatted.url, lang="en"), formatted.url))
        guest.opens()
        reply = guest.asks("How much is a visa?")
        shows(reply)
        assert guest.axe() == []
        box = reply.locator(".ticks input").nth(1)
        box.check()
        guest.page.reload()
        shows(guest.replies().first)
        expect(guest.replies().first.locator(".ticks input").nth(1)).to_be_checked()
        guest.chat.get_by_role("button", name="More").click()
        with guest.page.expect_download() as started:
            guest.chat.get_by_role("button", name="Download").click()
        text = Path(started.value.path()).read_text(encoding="utf-8")
        assert "1. Fill in the form. (https://forms.example/1)" in text
        assert "Ask https://ask.example/now, ask@ask.example or call us." in text
        assert text.count("https://ask.example/now") == 1
        assert guest.violations() == []
        assert guest.problems == []


def entities(message: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    raw = message["text"].encode("utf-16-le")
    return [
        (e["type"], raw[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le"), e.get("url"))
        for e in message.get("entities", [])
    ]


def test_telegram_card_and_checklist(telegram: TelegramServer, formatted: Server) -> None:
    """Entities on exactly the words, also behind emoji; numbers and mail addresses are written out."""
    user = telegram.user(language="en")
    user.send("How much is a visa?")
    messages = user.read(3)
    card = next(each for each in messages if "3,000" in each["text"])
    found = entities(card)
    assert {
        ("bold", "3,000 AMD", None),
        ("italic", "never more", None),
        ("bold", "desk", None),
        ("text_link", "at the desk", "https://desk.example/a_b?x=1&y=2"),
        ("text_link", "the form", "https://forms.example/1"),
        ("bold", "at once", None),
        ("italic", "3,000 AMD", None),
        ("bold", "each", None),
        ("text_link", "https://ask.example/now", "https://ask.example/now"),
    } <= set(found)
    assert "Ask https://ask.example/now, ask@ask.example or call us (84-22)." in card["text"]
    ticks = next(each for each in messages if "☐" in each["text"])
    assert {("bold", "Passport", None), ("text_link", "The form", "https://forms.example/2")} <= set(entities(ticks))
    assert "☐ 3. A photo *" in ticks["text"]
    labels = [button["text"] for row in ticks["reply_markup"]["inline_keyboard"] for button in row]
    assert labels == ["☐ 1", "☐ 2", "☐ 3"]
    user.click(ticks, "☐ 2")
    user.until(lambda: "☑ 2. The form" in user.message(ticks["message_id"])["text"])
    assert set(entities(user.message(ticks["message_id"]))) == set(entities(ticks)), "a tick moves no formatting"


def test_telegram_splits_between_marks(telegram: TelegramServer, formatted: Server) -> None:
    """Over 4,096 units with hundreds of marks: no link and no bold word is torn, none is lost."""
    user = telegram.user(language="en")
    user.send("Can I extend my visa?")
    user.until(lambda: sum(message["text"].count("շատ կարևոր բառեր") for message in user.messages) >= 76)
    found = [each for message in user.messages for each in entities(message)]
    assert found.count(("bold", "շատ կարևոր բառեր", None)) == 76
    assert found.count(("text_link", "ձևաթուղթը", "https://forms.example/long")) == 76
    assert len([message for message in user.messages if "շատ կարևոր" in message["text"]]) >= 2


def test_telegram_inline_mode(telegram: TelegramServer, formatted: Server) -> None:
    """What is offered is described in plain words, what is shared is formatted."""
    user = telegram.user(language="en")
    (result,) = (each for each in user.inline("visa fee") if "How much is a visa" in each["title"])
    assert result["description"].startswith("A visa costs 3,000 AMD, never more.")
    shared = result["input_message_content"]
    found = entities({"text": shared["message_text"], "entities": shared["entities"]})
    assert {("bold", "Passport", None), ("text_link", "The form", "https://forms.example/2")} <= set(found)


def test_programs_get_plain_text_with_marks_beside_it(formatted: Server) -> None:
    """The API's texts can be shown as they are; Rasa's contract has the addresses in the text."""
    answer = httpx.post(formatted.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=60).json()
    (block,) = (each for each in answer["replies"][-1]["reply"]["blocks"] if each["kind"] == "answer")
    assert block["summary"] == "A visa costs 3,000 AMD, never more.\nPay at the desk."
    assert block["marks"][0] == {"start": 13, "end": 22, "kind": "bold"}
    assert {"kind": "link", "start": 40, "end": 51, "url": "https://desk.example/a_b?x=1&y=2"} in block["marks"]
    sections = {section["kind"]: section for section in block["sections"]}
    assert sections["fee"]["text"] == "3,000 AMD 👨‍👩‍👧 each"
    letters = list(sections["fee"]["text"])
    last = sections["fee"]["marks"][-1]
    assert "".join(letters[last["start"] : last["end"]]) == "each", "counted in code points"
    said = httpx.post(
        formatted.url + "/webhooks/rest/webhook", json={"sender": "x", "message": "How much is a visa?"}, timeout=60
    ).json()
    text = "\n".join(each.get("text") or "" for each in said)
    assert "Pay at the desk (https://desk.example/a_b?x=1&y=2)." in text
    assert "or call us (84-22)." in text


def test_an_aspect_that_is_asked_for_is_formatted_too(formatted: Server) -> None:
    """Asking "and how much is it?" after an answer gets that part alone."""
    with httpx.Client(base_url=formatted.url, timeout=60) as client:
        first = client.post("/api/chat", json={"text": "How much is a visa?"}).json()
        then = client.post("/api/chat", json={"text": "which documents?", "conversation": first["conversation"]}).json()
        blocks = then["replies"][-1]["reply"]["blocks"]
        (section,) = blocks[0]["sections"]
        assert section["item_marks"][0] == [{"start": 0, "end": 8, "kind": "bold"}]
        fee = client.post(
            "/api/chat", json={"text": "and how much is it?", "conversation": first["conversation"]}
        ).json()
        assert fee["replies"][-1]["reply"]["blocks"][0]["marks"][0]["kind"] == "italic"
