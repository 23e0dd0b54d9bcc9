"""The widget on somebody else's site, in real Chromium, under a policy that forbids all but the widget's server."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server
from playwright.sync_api import Browser, expect
from widget_help import LANGUAGES, Guest, Site, browser, picture, site, tag, visiting  # noqa: F401  # fixtures

CITIZEN = "How does a displaced person from Karabakh become a citizen?"


@pytest.fixture
def guest(browser: Browser) -> Iterator[Guest]:
    with visiting(browser) as made:
        yield made


@pytest.fixture
def home(site: Site, server: Server) -> str:
    """The address of a page with the snippet on it."""
    return site.put("/home", tag(server.url, pack="armenia", lang="en"), server.url)


# What it weighs


@pytest.mark.parametrize("language", LANGUAGES)
def test_weighs_at_most_14_kilobytes_with_styles_and_texts(server: Server, language: str) -> None:
    """Over the wire: the script with its styles, and the texts of the visitor's language."""
    total = 0
    for path in ("/widget.js", f"/widget/texts/{language}.json"):
        with httpx.stream("GET", server.url + path, headers={"Accept-Encoding": "gzip"}) as response:
            assert response.headers["content-encoding"] == "gzip"
            total += sum(len(chunk) for chunk in response.iter_raw())
    assert total <= 14 * 1024


def test_a_known_version_is_not_sent_again(server: Server) -> None:
    first = httpx.get(server.url + "/widget.js")
    again = httpx.get(server.url + "/widget.js", headers={"If-None-Match": "W/" + first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = httpx.get(server.url + "/widget.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == first.content
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2


# On the page


def test_answers_on_another_site_and_leaves_nothing_behind(guest: Guest, home: str, server: Server) -> None:
    """A sourced answer; no cookie, no other host, no console message, nothing the site's policy had to stop."""
    guest.visits(home)
    guest.chat.locator(".launcher").wait_for()
    assert guest.page.evaluate(
        "() => performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname)"
    ) == [
        "/widget.js",
        "/widget/texts/en.json",
    ], "nothing is told to the chat's server before the visitor opens the chat"
    guest.opens()
    reply = guest.asks(CITIZEN)
    assert reply.get_attribute("data-question") == "citizenship/apply_displaced"
    expect(reply.locator(".checked")).to_contain_text("22 November 2026")
    assert reply.locator(".sources a").count() >= 3
    expect(guest.chat.locator(".mine .state")).to_have_text("Sent")
    guest.settled()
    picture(guest, "widget.png")
    assert guest.page.context.cookies() == []
    assert guest.page.evaluate("() => Object.keys(localStorage)") == []
    assert guest.hosts == {home.split("/")[2], server.url.split("/")[2]}
    assert (guest.problems, guest.violations()) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_speaks_the_languages(guest: Guest, site: Site, server: Server, language: str) -> None:
    """Texts, introduction and start questions come in the language, and what is in another says so to screen readers."""
    guest.visits(site.put("/" + language, tag(server.url, lang=language), server.url, language))
    guest.opens()
    assert guest.chat.locator(".root").get_attribute("lang") == language
    assert guest.chat.locator(".introduction").get_attribute("lang") == language
    expect(guest.chat.locator(".start button")).to_have_count(4)
    labels = guest.chat.locator("button:visible").all_inner_texts()
    assert language == "en" or not {"Send", "More", "Leave quickly", "Talk to a person"} & set(labels)
    assert guest.problems == []


def test_takes_the_page_language_when_none_is_named(guest: Guest, site: Site, server: Server) -> None:
    guest.visits(site.put("/latvian", tag(server.url), server.url, "lv"))
    expect(guest.chat.locator(".launcher")).to_have_text("Uzdot jautājumu")


def test_another_pack_is_said_to_the_site_owner(guest: Guest, site: Site, server: Server) -> None:
    guest.visits(site.put("/pack", tag(server.url, pack="atlantis"), server.url))
    expect(guest.chat).to_have_count(1)
    guest.waits_for(lambda: any("serves the pack 'armenia'" in problem for problem in guest.problems))


# Looks


def test_attributes_set_the_looks(guest: Guest, site: Site, server: Server) -> None:
    """Side, words, greeting, colour, theme, open state, writing direction; the colour never costs legibility."""
    data = {
        "position": "left",
        "launcher": "Ask the town",
        "greeting": "The town hall greets you.",
        "color": "#ffee00",
        "theme": "dark",
        "open": "true",
        "dir": "rtl",
    }
    guest.visits(site.put("/looks", tag(server.url, **data), server.url))
    expect(guest.chat.locator(".greeting")).to_contain_text("The town hall greets you.")
    panel = guest.chat.locator(".panel").bounding_box()
    assert panel is not None
    assert panel["x"] < 100
    assert guest.page.evaluate("() => document.activeElement === document.body"), "opened by itself: takes no focus"
    root = guest.chat.locator(".root")
    assert (root.get_attribute("dir"), root.get_attribute("data-theme")) == ("rtl", "dark")
    style = "(node) => { const s = getComputedStyle(node); return [s.backgroundColor, s.color]; }"
    assert guest.chat.locator(".send").evaluate(style) == ["rgb(255, 238, 0)", "rgb(0, 0, 0)"]
    box, send = guest.chat.locator("textarea").bounding_box(), guest.chat.locator(".send").bounding_box()
    assert box is not None
    assert send is not None
    assert send["x"] < box["x"], "right to left: the button to send is on the left"
    picture(guest, "widget-rtl.png")
    guest.page.keyboard.press("Tab")
    guest.chat.locator(".close").click()
    expect(guest.chat.locator(".launcher")).to_have_text("Ask the town")


def test_custom_properties_of_the_page_set_colour_and_size(guest: Guest, home: str) -> None:
    guest.visits(home)
    guest.page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('guidepost-chat { --guidepost-accent: #123456; --guidepost-width: 20em; }');
        document.adoptedStyleSheets = [sheet]; }"""
    )
    guest.opens()
    assert guest.chat.locator(".panel").evaluate("(node) => node.offsetWidth") == 320
    assert guest.chat.locator(".send").evaluate("(node) => getComputedStyle(node).backgroundColor") == "rgb(18, 52, 86)"


def test_page_and_widget_do_not_restyle_each_other(guest: Guest, home: str) -> None:
    """A page that styles every button and paragraph does not reach into the widget."""
    guest.visits(home)
    guest.page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { color: red !important; font-size: 40px } button { display: none } html { font-size: 40% }');
        document.adoptedStyleSheets = [sheet]; }"""
    )
    guest.opens()
    style = "(node) => { const s = getComputedStyle(node); return [s.fontSize, s.color === 'rgb(255, 0, 0)']; }"
    assert guest.chat.locator(".introduction p").evaluate(style)[1] is False
    assert guest.chat.locator(".send").is_visible()


def test_follows_the_device_between_light_dark_and_contrast(guest: Guest, home: str) -> None:
    guest.visits(home)
    theme = guest.chat.locator(".root")
    guest.chat.locator(".launcher").wait_for()
    for media, wanted in (
        ({"color_scheme": "light"}, "light"),
        ({"color_scheme": "dark"}, "dark"),
        ({"color_scheme": "dark", "contrast": "more"}, "contrast"),
    ):
        guest.page.emulate_media(**media)  # type: ignore[arg-type]
        expect(theme).to_have_attribute("data-theme", wanted)


# For the site's own code


def test_api_and_events(guest: Guest, home: str) -> None:
    """open, close, send and on; events carry what kind of reply it was, never what anybody wrote."""
    guest.visits(home)
    guest.chat.locator(".launcher").wait_for()
    guest.page.evaluate(
        """() => { window.heard = [];
        for (const name of ['open', 'close', 'message']) Guidepost.on(name, (detail) => heard.push([name, detail]));
        window.stop = Guidepost.on('open', () => heard.push(['never']));
        stop(); document.addEventListener('guidepost:open', () => heard.push(['dom'])); }"""
    )
    guest.page.evaluate("() => Guidepost.open()")
    guest.chat.locator(".introduction").wait_for()
    guest.page.evaluate("() => Guidepost.send('How much is a visa?')")
    guest.replies().first.wait_for()
    guest.page.evaluate("() => Guidepost.close()")
    heard = guest.page.evaluate("() => heard")
    assert heard[:2] == [["open", {}], ["dom"]]
    assert ["message", {"from": "visitor"}] in heard
    assert ["message", {"from": "assistant", "outcome": "answer", "question": "visa/fee"}] in heard
    assert heard[-1] == ["close", {}]
    assert "How much" not in str(heard)


def test_two_widgets_on_one_page_are_two_conversations(guest: Guest, site: Site, server: Server) -> None:
    body = tag(server.url, lang="en") + tag(server.url, lang="ru", position="left")
    guest.visits(site.put("/two", body, server.url))
    left, right = (Guest(guest.page, f"guidepost-chat[data-lang={lang}]") for lang in ("ru", "en"))
    left.opens()
    right.opens()
    right.asks("How much is a visa?")
    left.asks("Сколько стоит виза?")
    expect(left.chat.locator(".mine")).to_have_count(1)
    expect(right.chat.locator(".mine")).to_have_count(1)
    tokens = guest.page.evaluate("() => Object.values(sessionStorage).map((value) => JSON.parse(value).token)")
    assert len(set(tokens)) == 2
    assert guest.problems == []


def test_element_placed_by_hand_fills_its_place(guest: Guest, site: Site, server: Server) -> None:
    """`data-auto="off"` adds nothing by itself; the site owner's own element is the chat, within the page."""
    body = '<guidepost-chat data-mode="inline" data-lang="en"></guidepost-chat>' + tag(server.url, auto="off")
    guest.visits(site.put("/inline", body, server.url))
    guest.chat.locator(".introduction").wait_for()
    expect(guest.chat).to_have_count(1)
    expect(guest.chat.locator(".launcher")).to_have_count(0)
    guest.asks(CITIZEN)
    assert guest.page.evaluate("() => scrollY") == 0, "an answer does not scroll the site's page"


# The conversation


def test_choices_follow_ups_and_a_person(guest: Guest, home: str) -> None:
    guest.visits(home)
    guest.opens()
    guest.asks("How much is the citizenship fee?")
    guest.chat.get_by_role("button", name="I was displaced from Nagorno-Karabakh").click()
    expect(guest.replies().nth(1)).to_contain_text("1 September 2025")
    expect(guest.chat.locator(".mine").last).to_contain_text("I was displaced from Nagorno-Karabakh")
    expect(guest.asks("which documents?")).to_contain_text("070")
    guest.chat.locator(".human").click()
    expect(guest.chat.locator(".handoff a[href='tel:8422']")).to_be_visible()
    danger = guest.asks("help me, he is beating me and will not let me out")
    expect(danger.locator("a[href='tel:112']")).to_be_visible()
    assert guest.problems == []


def test_conversation_survives_a_reload_with_its_ticks_and_open_state(guest: Guest, home: str) -> None:
    """After a reload: the same conversation, still open, each thing once, ticks and rating as they were."""
    guest.visits(home)
    guest.opens()
    guest.chat.locator(".start button").first.click()
    reply = guest.replies().first
    reply.locator(".ticks input").nth(1).check()
    reply.get_by_role("button", name="Yes").click()
    expect(guest.chat.locator("[role=status]")).to_contain_text("Thank you")
    guest.page.reload()
    reply.wait_for()
    expect(guest.chat.locator(".mine")).to_have_count(1)
    expect(guest.chat.locator(".mine")).to_contain_text("I am from Nagorno-Karabakh")
    expect(guest.chat.locator(".introduction")).to_have_count(1)
    expect(guest.replies()).to_have_count(1)
    expect(reply.locator(".ticks input").nth(0)).not_to_be_checked()
    expect(reply.locator(".ticks input").nth(1)).to_be_checked()
    expect(reply.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
    assert guest.asks("and how much is it?").get_attribute("data-question") is not None
    assert guest.problems == []


def test_ends_with_the_tab_unless_told_to_remember(guest: Guest, site: Site, server: Server) -> None:
    """On a shared phone the next tab knows nothing; a site for one's own devices may ask for the contrary."""
    for remember, mine in (("", 0), ("local", 1)):
        url = site.put("/remember" + remember, tag(server.url, lang="en", remember=remember), server.url)
        guest.visits(url)
        guest.opens()
        guest.asks("How much is a visa?")
        guest.page.goto("about:blank")
        other = Guest(guest.page.context.new_page())
        other.visits(url)
        if not mine:
            other.opens()
        other.chat.locator(".introduction").wait_for()
        expect(other.chat.locator(".mine")).to_have_count(mine)


def test_feedback_reaches_the_database_and_goes_with_the_conversation(server: Server) -> None:
    """A rating can be changed, belongs to a reply of the own conversation only, and is erased with it."""
    import sqlite3

    chat = httpx.post(server.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=30).json()
    token, reply_id = chat["conversation"], chat["replies"][-1]["id"]

    def rate(rating: str, conversation: str = token, number: int = reply_id) -> Any:
        body = {"conversation": conversation, "reply_id": number, "rating": rating}
        return httpx.post(server.url + "/api/chat/feedback", json=body)

    def kept() -> list[str]:
        with sqlite3.connect(server.log.parent / "guidepost.sqlite") as database:
            query = "SELECT rating FROM feedback WHERE reply_id = ?"
            return [row[0] for row in database.execute(query, (reply_id,))]

    assert rate("up").json() == {"rating": "up"}
    assert rate("down").json() == {"rating": "down"}
    assert kept() == ["down"]
    other = httpx.post(server.url + "/api/chat", json={"text": "hello"}, timeout=30).json()["conversation"]
    refused = rate("up", conversation=other)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_reply")
    assert rate("up", conversation="x" * 64).status_code == 404
    assert rate("maybe").status_code == 422
    assert kept() == ["down"]
    httpx.delete(server.url + "/api/chat", params={"conversation": token})
    assert kept() == []


def test_erasing_leaves_nothing_on_device_or_server(guest: Guest, home: str, server: Server) -> None:
    guest.visits(home)
    guest.opens()
    guest.asks("How much is a visa?")
    token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
    guest.chat.locator(".erase").click()
    expect(guest.chat.locator("[role=status]")).to_contain_text("deleted from this device and from the service")
    expect(guest.chat.locator(".message")).to_have_count(0)
    assert guest.page.evaluate("() => sessionStorage.length + localStorage.length") == 0
    assert httpx.get(server.url + "/api/chat/history", params={"conversation": token}).json()["turns"] == []
    guest.asks("How much is a visa?")
    assert guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token") != token
    expect(guest.chat.locator(".mine")).to_have_count(1)
    guest.page.reload()
    expect(guest.chat.locator(".mine")).to_have_count(1)


def test_leaving_quickly_erases_and_replaces_the_page(guest: Guest, site: Site, server: Server) -> None:
    """The page is replaced, so that going back does not show it; the conversation is gone on both sides."""
    calm = site.put("/weather", "<p>Sunny.</p>", server.url)
    for exit_, wanted in (("", "about:blank"), (calm, calm), ("javascript:alert(1)", "about:blank")):
        guest.visits(site.put("/before", "", server.url))
        guest.visits(site.put("/exit", tag(server.url, lang="en", exit=exit_), server.url))
        guest.opens()
        guest.asks("How much is a visa?")
        token = guest.page.evaluate("() => JSON.parse(Object.values(sessionStorage)[0]).token")
        guest.chat.locator(".exit").click()
        guest.page.wait_for_url(wanted)
        guest.page.go_back()
        assert guest.page.url.endswith("/before")
        history = {"conversation": token}
        # The page is gone at once; its last request goes out behind it.
        guest.waits_for(
            lambda at=history: not httpx.get(server.url + "/api/chat/history", params=at).json()["turns"]  # type: ignore[misc]
        )
        assert guest.page.evaluate("() => sessionStorage.length") == 0


def test_download_and_print_hold_the_whole_conversation(guest: Guest, home: str, tmp_path: Path) -> None:
    """The file and the paper have question, answer, sources with addresses and dates; paper has nothing of the page."""
    guest.visits(home)
    guest.opens()
    guest.asks(CITIZEN)
    guest.chat.get_by_role("button", name="More").click()
    with guest.page.expect_download() as started:
        guest.chat.get_by_role("button", name="Download the conversation").click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert started.value.suggested_filename == "guidepost.txt"
    for wanted in (CITIZEN, "mcs-citizenship.am", "What to do:", "1. ", "Sources:", "https://", "22 November 2026"):
        assert wanted in text
    guest.page.evaluate("() => { window.print = () => {}; }")
    guest.chat.get_by_role("button", name="Print the conversation").click()
    guest.page.emulate_media(media="print")
    shown = guest.page.evaluate("() => document.body.innerText")
    assert CITIZEN in shown
    assert "Sources:" in shown
    assert "What the town writes" not in shown
    guest.page.emulate_media(media="screen")
    guest.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    expect(guest.page.locator(".guidepost-print")).to_have_count(0)
    assert (guest.problems, guest.violations()) == ([], [])


def test_language_can_be_changed_in_the_widget(guest: Guest, home: str) -> None:
    guest.visits(home)
    guest.opens()
    guest.asks("How much is a visa?")
    guest.chat.get_by_role("button", name="More").click()
    guest.chat.get_by_label("Language").select_option("uk")
    expect(guest.chat.locator(".send")).to_have_text("Надіслати")
    expect(guest.chat.locator(".mine")).to_have_count(1)
    guest.page.reload()
    expect(guest.chat.locator(".send")).to_have_text("Надіслати")


# Speech


def test_speech_is_hidden_where_the_browser_has_none(guest: Guest, home: str) -> None:
    """No voice in the language on this device, no button; a voice that would send the text elsewhere does not count."""
    guest.page.add_init_script(
        "speechSynthesis.getVoices = () => [{lang: 'en-US', localService: false}, {lang: 'ru-RU', localService: true}];"
        "delete window.SpeechRecognition; delete window.webkitSpeechRecognition;"
    )
    guest.visits(home)
    guest.opens()
    reply = guest.asks(CITIZEN)
    expect(reply.locator(".read")).to_be_hidden()
    expect(guest.chat.locator(".dictate")).to_have_count(0)


def test_reads_aloud_with_a_voice_of_the_language(guest: Guest, home: str) -> None:
    guest.page.add_init_script(
        """window.spoken = [];
        speechSynthesis.getVoices = () => [{lang: 'en-GB', localService: true, name: 'Own'}];
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
        speechSynthesis.speak = (said) => { spoken.push(said); };
        speechSynthesis.cancel = () => { if (spoken.length) spoken.push('stopped'); };"""
    )
    guest.visits(home)
    guest.opens()
    read = guest.asks(CITIZEN).get_by_role("button", name="Read aloud")
    read.click()
    spoken = guest.page.evaluate("() => spoken.map((said) => [said.lang, said.text])")
    assert spoken[0] == ["en-GB", "I am from Nagorno-Karabakh. How do I become a citizen?"]
    assert not any("https://" in text for _, text in spoken), "addresses are not read out"
    stop = guest.chat.get_by_role("button", name="Stop reading")
    expect(stop).to_have_attribute("aria-pressed", "true")
    stop.click()
    assert guest.page.evaluate("() => spoken.at(-1)") == "stopped"


@pytest.mark.parametrize("local", [True, False])
def test_dictates_on_the_device_or_asks_first(guest: Guest, home: str, local: bool) -> None:
    """Where the browser recognises speech on the device it begins at once; else it says first where the voice may go."""
    available = "available" if local else "unavailable"
    guest.page.add_init_script(
        f"""window.SpeechRecognition = class {{
          static async available() {{ return '{available}'; }}
          start() {{ this.local = this.processLocally; window.hearing = this; }}
          stop() {{ this.onend(); }}
        }};"""
    )
    guest.visits(home)
    guest.opens()
    guest.chat.get_by_role("button", name="Dictate").click()
    if not local:
        expect(guest.chat.locator("[role=status]")).to_contain_text("may send your voice to its maker")
        assert guest.page.evaluate("() => window.hearing") is None
        guest.chat.get_by_role("button", name="Dictate").click()
    guest.chat.get_by_role("button", name="Stop dictating").wait_for()
    assert guest.page.evaluate("() => [hearing.lang, !!hearing.local]") == ["en", local]
    guest.page.evaluate("() => hearing.onresult({results: [[{transcript: 'how much is a visa'}]]})")
    guest.chat.get_by_role("button", name="Stop dictating").click()
    expect(guest.chat.locator("textarea")).to_have_value("how much is a visa")


# Other origins, frames, the page for site owners


def test_only_the_public_addresses_are_open_to_other_origins(server: Server) -> None:
    """The API answers every origin and never with credentials; pages and everything else do not."""
    asked = {"Origin": "https://town.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type"
    preflight = httpx.options(server.url + "/api/chat", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, "*")
    got = httpx.get(server.url + "/widget.js", headers={"Origin": "https://town.example"})
    assert got.headers["access-control-allow-origin"] == "*"
    refused = httpx.get(server.url + "/api/chat/history?conversation=x", headers={"Origin": "https://town.example"})
    assert refused.headers["access-control-allow-origin"] == "*", "an error can be read too"
    for path in ("/health", "/en/", "/widget", "/webhooks/rest/webhook"):
        closed = httpx.get(server.url + path, headers={"Origin": "https://town.example"})
        assert "access-control-allow-origin" not in closed.headers, path
    assert all("credentials" not in name for name in preflight.headers)


def test_answers_of_the_api_are_not_compressed_pages_are(server: Server) -> None:
    """Compressing a token beside somebody's words would give the token away by its length."""
    api = httpx.post(server.url + "/api/chat/start", json={"language": "en"})
    assert "content-encoding" not in api.headers
    assert httpx.get(server.url + "/widget").headers["content-encoding"] == "gzip"


def test_frame_works_on_any_site_and_only_that_page_may_be_framed(guest: Guest, site: Site, server: Server) -> None:
    frame = (
        f'<iframe src="{server.url}/embed?lang=en&amp;theme=dark" title="Assistant" width="400" height="640"></iframe>'
    )
    guest.visits(site.put("/frame", frame, server.url, more_policy=f"; frame-src {server.url}"))
    inside = guest.page.frame_locator("iframe").locator("guidepost-chat")
    inside.locator("textarea").fill(CITIZEN)
    inside.locator("textarea").press("Enter")
    expect(inside.locator(".answer")).to_contain_text("mcs-citizenship.am")
    assert (guest.problems, guest.violations()) == ([], [])
    for path in ("/en/", "/widget", "/widget.js"):
        assert "frame-ancestors 'none'" in httpx.get(server.url + path).headers["content-security-policy"]


def test_leaving_quickly_from_a_frame_leaves_the_whole_page(guest: Guest, site: Site, server: Server) -> None:
    frame = f'<iframe src="{server.url}/embed?lang=en" title="Assistant" width="400" height="640"></iframe>'
    guest.visits(site.put("/frame-exit", frame, server.url, more_policy=f"; frame-src {server.url}"))
    guest.page.frame_locator("iframe").locator("guidepost-chat .exit").click()
    guest.page.wait_for_url("about:blank")


def test_playground_writes_the_snippet_that_works(guest: Guest, site: Site, server: Server) -> None:
    """What is clicked together, copied onto another site, looks as chosen there; the policy lines are enough for it."""
    guest.visits(server.url + "/widget?lang=en")
    guest.page.get_by_label("Language").first.select_option("ru")
    guest.page.get_by_label("Colours").select_option("dark")
    guest.page.get_by_label("Side of the page").select_option("left")
    guest.page.get_by_label("Words on the button").fill('Спросите "нас" <тут>')
    guest.page.get_by_label("Open from the start").check()
    guest.page.keyboard.press("Tab")
    expect(guest.chat.locator(".introduction")).to_be_visible()
    picture(guest, "playground.png")
    guest.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    guest.page.get_by_role("button", name="Copy", exact=True).click()
    expect(guest.page.locator("#copied")).to_have_text("Copied")
    snippet = guest.page.evaluate("() => navigator.clipboard.readText()")
    policy = guest.page.locator("#policy").inner_text()
    frame = guest.page.locator("#frame").inner_text()
    assert guest.problems == []
    assert guest.violations() == []
    page = site.put("/copied", snippet, server.url)
    site.pages["/copied"] = (site.pages["/copied"][0], "default-src 'none'; " + policy)
    guest.visits(page)
    root = guest.chat.locator(".root")
    expect(guest.chat.locator(".introduction")).to_have_attribute("lang", "ru")
    assert (root.get_attribute("data-theme"), root.get_attribute("data-side")) == ("dark", "left")
    guest.chat.locator(".close").click()
    expect(guest.chat.locator(".launcher")).to_have_text('Спросите "нас" <тут>')
    assert guest.violations() == []
    address = re.search(r'src="([^"]+)"', frame)
    assert address
    assert httpx.get(address[1].replace("&amp;", "&")).status_code == 200
