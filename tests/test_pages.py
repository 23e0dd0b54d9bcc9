"""Pages without JavaScript, as browsers and search engines get them over real HTTP."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from conftest import ROOT, Server

from bot.knowledge import hashes
from bot.knowledge.files import load
from bot.knowledge.library import Library
from bot.knowledge.schema import Content

LANGUAGES = ["hy", "ru", "en", "az", "lv", "uk"]
CONTENT = load(ROOT, "armenia").content
LIBRARY = Library(CONTENT)
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


class Document(HTMLParser):
    """A page as a browser reads it: elements with attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in ("meta", "link", "input", "img", "br"):
            self._open.append(self.elements[-1][2])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for texts in self._open:
            texts.append(data)

    def all(self, tag: str, **wanted: str) -> list[tuple[dict[str, Any], str]]:
        return [
            (attributes, "".join(texts))
            for name, attributes, texts in self.elements
            if name == tag and all(attributes.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def alternates(self) -> dict[str, str]:
        found = self.all("link", rel="alternate")
        return {each["hreflang"]: each["href"] for each, _ in found if "hreflang" in each}

    def hidden(self) -> dict[str, str]:
        """What the form for a question sends along; the form of the language switch has one field more."""
        fields = {each["name"]: each["value"] for each, _ in self.all("input", type="hidden")}
        return {name: value for name, value in fields.items() if name != "only_show"}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30, headers=BROWSER) as client:
        yield client


def get(http: httpx.Client, path: str, **more: Any) -> tuple[httpx.Response, Document]:
    response = http.get(path, **more)
    return response, Document(response.text)


# --- reading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
@pytest.mark.parametrize("question", CONTENT.questions, ids=lambda question: question.id)
def test_every_question_has_a_page_with_all_that_its_answer_says(
    http: httpx.Client, question: Any, language: str
) -> None:
    """Every text, every source with its date, every link, every related question of every answer is on its page."""
    response, page = get(http, f"/{language}/q/{question.id}")
    assert response.status_code == 200
    chosen = LIBRARY.choose(question, language, None)
    body = page.all("main")[0][1]
    assert LIBRARY.title(question, language) in body
    hrefs = {each["href"] for each, _ in page.all("a")}
    for source in chosen.sources:
        assert source.url in hrefs
        assert source.title in body
    for related in question.related:
        assert f"/{language}/q/{related}" in hrefs
    if not chosen.expired:
        for _, text in chosen.text.strings():
            assert text in body
        assert {link.url for link in chosen.answer.links} <= hrefs
        assert len(page.all("input", type="checkbox")) == len(chosen.text.documents)


@pytest.mark.parametrize(
    ("language", "date"),
    [("hy", "2026 թվականի նոյեմբերի 22"), ("ru", "22 ноября 2026 года"), ("en", "22 November 2026")],
)
def test_dates_are_written_in_the_readers_language(http: httpx.Client, language: str, date: str) -> None:
    _, page = get(http, f"/{language}/q/citizenship/apply_displaced")
    assert date in page.all("p", class_="checked")[0][1]
    assert page.all("html", lang=language, dir="ltr")


@pytest.mark.parametrize("language", ["az", "lv", "uk"])
def test_an_answer_in_another_language_says_so_and_is_marked(http: httpx.Client, language: str) -> None:
    """The interface is in the reader's language, the answer in the next best one, which screen readers must know."""
    response, page = get(http, f"/{language}/q/visa/fee")
    assert response.headers["content-language"] == language
    shown = {"az": "ru", "uk": "ru", "lv": "en"}[language]
    article = page.all("article")[0][0]
    assert article["lang"] == shown
    notices = page.all("p", class_="notice")
    assert notices[0][0]["lang"] == language
    canonical = page.all("link", rel="canonical")[0][0]["href"]
    assert canonical.endswith(f"/{shown}/q/visa/fee"), "search engines keep the page in the answer's own language"
    assert not page.all("script", type="application/ld+json")


def test_amounts_are_repeated_in_the_readers_language(http: httpx.Client) -> None:
    _, page = get(http, "/uk/q/visa/fee")
    assert "3\xa0000 вірменських драмів" in page.all("article")[0][1]
    _, page = get(http, "/az/q/visa/fee")
    assert "15.000 Ermənistan dramı" in page.all("article")[0][1]
    _, page = get(http, "/ru/q/visa/fee")
    assert "Суммы" not in page.all("article")[0][1], "the answer itself is in the reader's language"


def test_the_answer_for_a_situation_has_its_own_address(http: httpx.Client) -> None:
    _, everybody = get(http, "/en/q/citizenship/fee")
    links = {each["href"]: text for each, text in everybody.all("a")}
    assert links["?for=displaced"] == "I was displaced from Nagorno-Karabakh"
    _response, own = get(http, "/en/q/citizenship/fee?for=displaced")
    assert "1 September 2025" in own.all("article")[0][1]
    assert own.all("link", rel="canonical")[0][0]["href"].endswith("/en/q/citizenship/fee")
    switches = [each["href"] for each, _ in own.all("a") if each.get("hreflang")]
    assert "/ru/q/citizenship/fee?for=displaced" in switches, "switching the language keeps the situation"
    assert get(http, "/en/q/citizenship/fee?for=martian")[0].status_code == 200


def test_start_page_leads_everywhere(http: httpx.Client) -> None:
    """Topics, start questions, search, chat, statement, feed: all that is linked exists."""
    for language in LANGUAGES:
        response, page = get(http, f"/{language}/")
        assert response.status_code == 200
        here = [each["href"] for each, _ in page.all("a") if each["href"].startswith("/")]
        assert sum("/t/" in href for href in here) == len(CONTENT.pack.topics)
        for href in sorted(set(here)):
            assert http.get(href).status_code == 200, href
        assert page.all("form", role="search")
        assert page.all("script", src="/widget.js")[0][0]["data-lang"] == language


def test_topic_pages_list_their_questions(http: httpx.Client) -> None:
    for topic in CONTENT.pack.topics:
        _, page = get(http, f"/ru/t/{topic}")
        listed = {each["href"] for each, _ in page.all("a")}
        assert {f"/ru/q/{q.id}" for q in CONTENT.questions if q.topic == topic} <= listed


def test_the_root_leads_to_the_readers_language(http: httpx.Client) -> None:
    def led_to(accept: str) -> str:
        response = http.get("/", headers={"Accept-Language": accept})
        assert (response.status_code, response.headers["vary"].split(",")[0]) == (302, "Accept-Language")
        return response.headers["location"]

    assert led_to("ru-RU,ru;q=0.9,en;q=0.8") == "/ru/"
    assert led_to("en;q=0.3, lv;q=0.9") == "/lv/", "the weight counts, not the order"
    assert led_to("fr, de;q=0.5") == "/hy/"
    assert led_to("en;q=0") == "/hy/", "q=0 means: not this one"
    assert led_to("") == led_to(";;;q=x,,") == "/hy/"


# --- search engines ---------------------------------------------------------------------------------------------


def test_structured_data_says_what_the_page_shows(http: httpx.Client) -> None:
    for question_id in ("citizenship/apply_displaced", "visa/fee"):
        _, page = get(http, f"/en/q/{question_id}")
        data = json.loads(page.all("script", type="application/ld+json")[0][1])
        assert (data["@context"], data["@type"], data["inLanguage"]) == ("https://schema.org", "FAQPage", "en")
        question = LIBRARY.question(question_id)
        assert question is not None
        chosen = LIBRARY.choose(question, "en", None)
        entity = data["mainEntity"][0]
        assert (entity["@type"], entity["name"]) == ("Question", question.title["en"])
        for _, text in chosen.text.strings():
            assert text in entity["acceptedAnswer"]["text"]
        assert [each["url"] for each in entity["acceptedAnswer"]["citation"]] == [s.url for s in chosen.sources]
        assert data["dateModified"] == chosen.verified_on.isoformat()


def test_language_links_are_mutual(http: httpx.Client) -> None:
    """Each page that another names as its translation names it back, or search engines ignore both."""
    for path in ("/en/", "/hy/t/visa", "/ru/q/visa/fee", "/lv/accessibility"):
        _, page = get(http, path)
        alternates = page.alternates()
        assert "x-default" in alternates
        own = page.all("link", rel="canonical")[0][0]["href"]
        assert own in alternates.values()
        for language, address in alternates.items():
            if language == "x-default":
                continue
            _, other = get(http, urlsplit(address).path)
            assert other.alternates() == alternates
            assert other.all("link", rel="canonical")[0][0]["href"] == address, "a translation, not a repetition"
            assert other.all("html", lang=language)


def test_sitemap_names_pages_that_exist_and_all_questions(http: httpx.Client, server: Server) -> None:
    tree = ET.fromstring(http.get("/sitemap.xml").text)
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    addresses = [each.text or "" for each in tree.findall("s:url/s:loc", space)]
    assert len(addresses) == len(set(addresses)) > 3 * len(CONTENT.questions)
    assert all(address.startswith(server.url + "/") for address in addresses)
    for address in addresses:
        page = http.get(address)
        assert page.status_code == 200, address
        assert f'<link rel="canonical" href="{address}">' in page.text
    answered = {address.split("/q/")[1] for address in addresses if "/q/" in address}
    assert answered == {question.id for question in CONTENT.questions}
    assert f"Sitemap: {server.url}/sitemap.xml" in http.get("/robots.txt").text


def test_feed_is_valid_and_leads_to_answers(http: httpx.Client) -> None:
    for language in LANGUAGES:
        response = http.get(f"/{language}/changes.rss")
        assert response.headers["content-type"].startswith("application/rss+xml")
        channel = ET.fromstring(response.text).find("channel")
        assert channel is not None
        assert channel.findtext("language") == language
        items = channel.findall("item")
        assert len(items) == 40
        assert len({item.findtext("guid") for item in items}) == 40
        for item in items:
            assert parsedate_to_datetime(item.findtext("pubDate") or "")
            assert item.findtext("title")
        assert http.get(items[0].findtext("link") or "").status_code == 200


def test_the_public_address_stands_in_links_when_it_is_set(start_server: Any) -> None:
    with start_server(GUIDEPOST_PUBLIC_URL="https://guide.example/") as running:
        page = Document(httpx.get(running.url + "/en/q/visa/fee", timeout=30).text)
        assert page.all("link", rel="canonical")[0][0]["href"] == "https://guide.example/en/q/visa/fee"
        assert "https://guide.example/en/" in httpx.get(running.url + "/sitemap.xml", timeout=30).text


# --- what changes -----------------------------------------------------------------------------------------------


def edit_release(data_dir: Path, edit: Any, *, as_new: bool = False) -> None:
    """Change the live release's content in the database, or add a changed copy as the next release."""
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        columns = "pack, created_at, content_hash, training_hash, snapshot, model_file, model_sha256, scores"
        release, data = database.execute(
            "SELECT id, snapshot FROM release WHERE id = (SELECT release_id FROM live)"
        ).fetchone()
        tree = json.loads(zlib.decompress(data))
        edit(tree)
        packed = zlib.compress(json.dumps(tree, ensure_ascii=False).encode())
        # Titles are training examples: with the new fingerprint the model there is stays, so the test trains nothing.
        training = hashes.of_training(Content.model_validate(tree), ROOT)
        if not as_new:
            database.execute(
                "UPDATE release SET snapshot = ?, training_hash = ? WHERE id = ?", (packed, training, release)
            )
            return
        copied = columns.replace("snapshot", "?").replace("created_at", "?").replace("training_hash", "?")
        copied = copied.replace("content_hash", "'another'")
        when = dt.datetime(2026, 11, 23, 9, 30).isoformat(" ") + ".000000"
        cursor = database.execute(
            f"INSERT INTO release ({columns}) SELECT {copied} FROM release WHERE id = ?",
            (when, training, packed, release),
        )
        database.execute("UPDATE live SET release_id = ?", (cursor.lastrowid,))


def _question(tree: dict[str, Any], question_id: str) -> dict[str, Any]:
    return next(each for each in tree["questions"] if each["id"] == question_id)


def test_an_expired_answer_says_so_and_is_not_given(start_server: Any, data_dir: Path) -> None:
    """At the top stands that it is no longer confirmed, with phone and source; the old answer is nowhere."""

    def end(tree: dict[str, Any]) -> None:
        for answer in _question(tree, "visa/fee")["answers"]:
            answer["valid_until"] = "2026-01-31"

    edit_release(data_dir, end)
    with start_server() as running, httpx.Client(base_url=running.url, timeout=30, headers=BROWSER) as http:
        _, page = get(http, "/en/q/visa/fee")
        article = page.all("article")[0]
        assert "expired" in article[0]["class"]
        assert article[1].index("no longer confirmed") < article[1].index("How much is a visa")
        assert "31 January 2026" in article[1]
        assert "3,000" not in page.all("main")[0][1]
        hrefs = [each["href"] for each, _ in page.all("a")]
        assert "tel:8422" in hrefs
        assert any(href.startswith("https://") for href in hrefs)
        assert not page.all("script", type="application/ld+json")
        assert page.all("meta", name="robots", content="noindex")
        assert "/q/visa/fee" not in http.get("/sitemap.xml").text
        found = get(http, "/en/search", params={"q": "how much is a visa"})[1].all("ol")[0][1]
        assert "3,000" not in found
        assert "3,000" not in get(http, "/en/t/visa")[1].all("main")[0][1]


def test_feed_begins_with_what_the_last_release_changed(start_server: Any, data_dir: Path) -> None:
    """The feed tells which answers a release changed, in the languages in which it did."""

    def change(tree: dict[str, Any]) -> None:
        _question(tree, "visa/fee")["answers"][0]["texts"]["en"]["summary"] = "A visa costs 1 AMD <b>now</b> & here."
        extra = _question(tree, "visa/extend") | {"id": "visa/quite_new"}
        tree["questions"].append(extra)

    edit_release(data_dir, change, as_new=True)
    with start_server() as running:

        def feed(language: str) -> list[tuple[str | None, ...]]:
            tree = ET.fromstring(httpx.get(f"{running.url}/{language}/changes.rss", timeout=30).text)
            return [tuple(i.findtext(k) for k in ("title", "description", "pubDate")) for i in tree.iter("item")]

        english = feed("en")
        assert english[0][0] == "How much is a visa to Armenia"
        assert english[0][1] == "The answer has changed. Checked on 22 November 2026."
        assert english[0][2] == "Mon, 23 Nov 2026 09:30:00 +0000"
        assert str(english[1][1]).startswith("A new answer.")
        assert feed("ru")[0][1] == "Новый ответ. Проверено 22 ноября 2026 года.", "the Russian text did not change"


def test_content_never_becomes_markup(start_server: Any, data_dir: Path) -> None:
    """Script, attributes, end tags and addresses that run something, in every field that editors can write."""
    evil = (
        '</script></title><script>alert(1)</script><img src=x onerror=alert(1)>" onmouseover="alert(1)\u202e {{ 7*7 }}'
    )

    title = '</script></title><script>a()</script><img src=x onerror=a()>" onload="a()\u202e'

    def spoil(tree: dict[str, Any]) -> None:
        question = _question(tree, "visa/fee")
        question["title"]["en"] = title
        text = question["answers"][0]["texts"]["en"]
        text |= {"summary": evil, "steps": [evil], "documents": [evil], "fee": evil, "note": evil, "where": evil}
        question["answers"][0]["links"] = [{"url": 'https://x.example/"><script>alert(1)</script>', "title": evil}]
        tree["pack"]["topics"]["visa"]["en"] = evil
        tree["facts"][question["answers"][0]["facts"][0]]["source"] |= {"title": evil}

    edit_release(data_dir, spoil)
    with start_server() as running, httpx.Client(base_url=running.url, timeout=30, headers=BROWSER) as http:
        for path in ("/en/q/visa/fee", "/en/t/visa", "/en/", "/en/search?q=visa+script+alert", "/ru/q/visa/extend"):
            _, page = get(http, path)
            scripts = [(a.get("src"), a.get("type")) for a, _ in page.all("script")]
            assert set(scripts) <= {("/widget.js", None), (None, "application/ld+json")}, path
            assert not page.all("img")
            assert not [1 for _, attributes, _ in page.elements if any(key.startswith("on") for key in attributes)]
            assert len(page.all("title")) == 1
            assert "49" not in page.all("title")[0][1]
        data = Document(http.get("/en/q/visa/fee").text).all("script", type="application/ld+json")
        assert json.loads(data[0][1])["mainEntity"][0]["name"] == title
        ET.fromstring(http.get("/en/changes.rss").text)


# --- searching --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "query", "first", "marked"),
    [
        ("en", "how much is a visa", "visa/fee", "visa"),
        ("en", "visas", "visa/", "visa"),
        ("ru", "стоимость визы", "visa/fee", "виза"),
        ("ru", "skolko stoit viza", "visa/fee", "виза"),
        ("hy", "վիզայի գինը", "visa/fee", "վիզան"),
        ("en", "сколько стоит виза", "visa/fee", "виза"),
        ("uk", "скільки коштує віза", "visa/fee", None),
        ("en", "070 passport", None, "070"),
    ],
)
def test_search_finds_by_meaning_and_marks_words(
    http: httpx.Client, language: str, query: str, first: str | None, marked: str | None
) -> None:
    """The same understanding as the chat: inflected, in Latin letters, in another language than the page's."""
    response, page = get(http, f"/{language}/search", params={"q": query})
    assert response.headers["cache-control"] == "no-store", "what somebody searched for stays on no shared phone"
    assert page.all("meta", name="robots", content="noindex")
    found = [a["href"] for a, _ in page.all("a") if "/q/" in a["href"]]
    assert len(found) >= 3
    if first:
        assert found[0].startswith(f"/{language}/q/{first}")
    marks = [text.casefold() for _, text in page.all("mark")]
    if marked:
        assert marked in marks
    assert page.all("input", name="q")[0][0]["value"] == query


def test_every_title_finds_its_own_question(http: httpx.Client) -> None:
    """Whoever types a question's title finds it first."""
    missed = []
    for number, question in enumerate(CONTENT.questions[::6]):
        language = ("hy", "ru", "en")[number % 3]
        _, page = get(http, f"/{language}/search", params={"q": question.title[language]})
        found = [a["href"] for a, _ in page.all("a") if "/q/" in a["href"]]
        if found[0] != f"/{language}/q/{question.id}":
            missed.append(question.id)
    assert missed == []


def test_search_without_sense_or_in_danger(http: httpx.Client) -> None:
    _, empty = get(http, "/en/search", params={"q": "   "})
    assert "Write a few words" in empty.all("main")[0][1]
    _, strange = get(http, "/en/search", params={"q": "what will the weather be like tomorrow"})
    assert "may not be what you are looking for" in strange.all("p", class_="notice")[0][1]
    _, danger = get(http, "/en/search", params={"q": "help me, he is beating me and will not let me out"})
    hrefs = [a["href"] for a, _ in danger.all("a")]
    assert "tel:112" in hrefs
    for nonsense in ("🙂", "\u202e\u200b", "/asylum", "x" * 3_000, "'; DROP TABLE release; --"):
        assert get(http, "/en/search", params={"q": nonsense})[0].status_code == 200


def test_what_was_searched_for_is_never_markup(http: httpx.Client) -> None:
    _, page = get(http, "/en/search", params={"q": '"><script>alert(1)</script><b>visa'})
    assert [a.get("src") for a, _ in page.all("script")] == ["/widget.js"]
    assert page.all("b") == []
    assert page.all("input", name="q")[0][0]["value"] == '"><script>alert(1)</script><b>visa'


# --- chatting with plain forms ----------------------------------------------------------------------------------


def say(http: httpx.Client, page: Document, text: str = "", **more: str) -> Document:
    response = http.post("/en/chat", data={**page.hidden(), "text": text, **more})
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers
    return Document(response.text)


def turns(page: Document) -> list[str]:
    return [text for _, text in page.all("section", class_="turn")]


def test_a_conversation_with_plain_forms(http: httpx.Client) -> None:
    """Ask, choose, follow up: the token travels in the form only; the answer has its source and date."""
    _, start = get(http, "/en/chat")
    assert "not a person" in start.all("main")[0][1]
    first = say(http, start, "How much is the citizenship fee?")
    assert "Checked on 22 November 2026" in turns(first)[0]
    choices = {text: a["value"] for a, text in first.all("button", name="choice")}
    second = say(http, first, choice=choices["I was displaced from Nagorno-Karabakh"])
    assert "I was displaced from Nagorno-Karabakh" in turns(second)[1]
    assert "1 September 2025" in turns(second)[1]
    third = say(http, second, "which documents?")
    assert len(turns(third)) == 3
    assert "070" in turns(third)[2]
    assert third.hidden()["conversation"] == start.hidden()["conversation"]
    assert third.hidden()["nonce"] != second.hidden()["nonce"]


def test_a_form_sent_twice_is_answered_once_and_filled_in_anew_is_answered_again(http: httpx.Client) -> None:
    _, start = get(http, "/en/chat")
    say(http, start, "How much is a visa?")
    assert len(turns(say(http, start, "How much is a visa?"))) == 1
    assert len(turns(say(http, start, "Where is the head office?"))) == 2, "back, another text: another question"


def test_the_first_message_from_the_start_page_is_answered_once_too(http: httpx.Client) -> None:
    response, start = get(http, "/en/")
    assert response.headers["cache-control"] == "no-store", "its form holds the token of a fresh conversation"
    say(http, start, "How much is a visa?")
    assert len(turns(say(http, start, "How much is a visa?"))) == 1


def test_language_switch_keeps_the_conversation(http: httpx.Client) -> None:
    page = say(http, get(http, "/en/chat")[1], "How much is a visa?")
    targets = [a["formaction"] for a, _ in page.all("button") if "formaction" in a]
    assert "/ru/chat" in targets
    response = http.post("/ru/chat", data={"conversation": page.hidden()["conversation"], "only_show": "yes"})
    russian = Document(response.text)
    assert russian.all("html", lang="ru")
    assert len(turns(russian)) == 1


def test_erasing_and_a_token_that_is_not_known(http: httpx.Client) -> None:
    page = say(http, get(http, "/en/chat")[1], "How much is a visa?")
    old = page.hidden()["conversation"]
    erased = Document(http.post("/en/chat/erase", data={"conversation": old}).text)
    assert "has been deleted" in erased.all("main")[0][1]
    assert turns(erased) == []
    assert erased.hidden()["conversation"] != old
    assert http.get("/api/chat/history", params={"conversation": old}).json() == {"turns": []}
    forged = http.post("/en/chat", data={"conversation": "f" * 64, "text": "How much is a visa?"})
    assert forged.status_code == 404
    kept = Document(forged.text)
    assert kept.all("textarea")[0][1] == "How much is a visa?", "what was written is not lost"


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        ({"text": "   "}, 400, "write your question first"),
        ({"text": "x" * 20_001}, 400, "too long"),
        ({"choice": "q:../../x"}, 400, "write your question first"),
    ],
)
def test_what_cannot_be_used_is_explained_on_the_page(
    http: httpx.Client, data: dict[str, str], status: int, says: str
) -> None:
    response = http.post("/en/chat", data=data)
    assert status == response.status_code
    assert says in Document(response.text).all("p", role="alert")[0][1]


def test_going_on_elsewhere_with_plain_forms(http: httpx.Client) -> None:
    page = say(http, get(http, "/en/chat")[1], "How much is a visa?")
    offered = Document(http.post("/en/chat/elsewhere", data={"conversation": page.hidden()["conversation"]}).text)
    told = offered.all("section", class_="ticket")[0][1]
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", told)
    assert code
    assert re.search(r"until \d\d:\d\d", told), "the time of day where the authority is"
    fresh = get(http, "/en/chat")[1].hidden()["conversation"]
    moved = Document(http.post("/en/chat/take", data={"conversation": fresh, "code": code[0].lower()}).text)
    assert "How much is a visa?" in turns(moved)[0]
    old = Document(http.post("/en/chat", data={**page.hidden(), "only_show": "yes"}).text)
    assert "goes on in another place" in turns(old)[0]
    wrong = http.post("/ru/chat/take", data={"conversation": fresh, "code": "AAAA-AAAA"})
    assert wrong.status_code == 404
    assert "Этот код не подходит" in Document(wrong.text).all("p", role="alert")[0][1]


def test_what_people_write_is_shown_as_they_wrote_it(http: httpx.Client) -> None:
    evil = "<img src=x onerror=alert(1)></p></section>{{ 7*7 }} \u202eabc"
    page = say(http, get(http, "/en/chat")[1], evil)
    assert page.all("img") == []
    assert evil in turns(page)[0]


# --- sending ----------------------------------------------------------------------------------------------------


def test_pages_are_asked_for_again_and_files_kept_for_good(http: httpx.Client) -> None:
    first = http.get("/en/q/visa/fee")
    assert first.headers["cache-control"] == "no-cache"
    again = http.get("/en/q/visa/fee", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    style = Document(first.text).all("link", rel="stylesheet")[0][0]["href"]
    css = http.get(style)
    assert css.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert http.get(style, headers={"If-None-Match": css.headers["etag"]}).status_code == 304
    assert http.get("/static/pages.css").headers["cache-control"] == "no-cache"
    assert http.head("/en/q/visa/fee").status_code == 200


def test_errors_are_pages_for_browsers_and_json_for_programs(http: httpx.Client) -> None:
    for path, language in (("/ru/q/no/such", "ru"), ("/lv/t/nothing", "lv"), ("/xx/", "hy"), ("/some/where", "hy")):
        response, page = get(http, path)
        assert response.status_code == 404, path
        assert page.all("html", lang=language), path
        assert "tel:8422" in [a["href"] for a, _ in page.all("a")]
        assert "default-src 'none'" in response.headers["content-security-policy"]
        program = http.get(path, headers={"Accept": "application/json"})
        assert {"code", "message", "details"} == set(program.json())
    assert http.get("/api/nothing").headers["content-type"] == "application/json"
    assert Document(http.get("/nothing", headers={"Accept-Language": "uk"}).text).all("html", lang="uk")


async def test_an_unexpected_error_is_a_page_too_with_the_same_policy(assistant: Any) -> None:
    from bot.app import create_app

    app = create_app(assistant)

    async def broken() -> None:
        raise RuntimeError("canary-4711")

    app.add_api_route("/ru/broken", broken)
    app.router.routes.insert(0, app.router.routes.pop())
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        response = await http.get("/ru/broken", headers=BROWSER)
        assert response.status_code == 500
        assert "На нашей стороне" in response.text
        assert "canary" not in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert (await http.get("/ru/broken")).json()["code"] == "error"


def test_quick_exit_shows_nothing_and_clears_what_the_browser_keeps(http: httpx.Client) -> None:
    response, page = get(http, "/exit")
    assert page.all("a") == []
    assert response.headers["clear-site-data"] == '"cache", "storage"'
    assert response.headers["cache-control"] == "no-store"


def test_no_page_sets_a_cookie_or_names_another_host_for_what_it_loads(http: httpx.Client) -> None:
    for path in ("/hy/", "/hy/q/visa/fee", "/hy/search?q=visa", "/hy/chat", "/hy/accessibility"):
        response, page = get(http, path)
        assert "set-cookie" not in response.headers
        loaded = [a.get("src") or a.get("href") for tag in ("script", "img", "link") for a, _ in page.all(tag)]
        loads = [a for a in loaded if a and not a.startswith("data:")]
        assert all(urlsplit(urljoin(str(response.url), a)).netloc == urlsplit(str(response.url)).netloc for a in loads)
        assert "style=" not in response.text
        assert html.unescape(response.text)
