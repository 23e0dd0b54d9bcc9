"""The widget for everybody: axe-core in every state, the keyboard alone, small and magnified screens, screen readers."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Server
from playwright.sync_api import Browser, Page, expect
from widget_help import LANGUAGES, Guest, Site, browser, picture, site, tag, visiting  # noqa: F401  # fixtures

pytestmark = pytest.mark.long

THEMES = ("light", "dark", "contrast")


def _closed(guest: Guest) -> None:
    guest.chat.locator(".launcher").wait_for()


def _begun(guest: Guest) -> None:
    guest.opens()


def _answered(guest: Guest) -> None:
    guest.chat.locator(".start button").first.click()
    reply = guest.replies().first
    reply.wait_for()
    reply.locator(".rate button").first.click()
    expect(reply.locator(".rate button").first).to_have_attribute("aria-pressed", "true")
    reply.locator(".ticks input").first.check()


def _asked_back(guest: Guest) -> None:
    guest.asks("asdkjh qwoeiu zzz")


def _person(guest: Guest) -> None:
    before = guest.replies().count()
    guest.chat.locator(".human").click()
    guest.replies().nth(before).wait_for()


def _danger(guest: Guest) -> None:
    guest.asks("help me, he is beating me and will not let me out")


def _menu(guest: Guest) -> None:
    guest.chat.locator("header [aria-expanded]").click()


def _code_wanted(guest: Guest) -> None:
    guest.chat.locator(".menu > button").nth(1).click()
    guest.chat.locator(".place input").wait_for()


def _offline(guest: Guest) -> None:
    guest.chat.locator("header [aria-expanded]").click()
    guest.page.context.set_offline(True)
    guest.chat.locator("textarea").fill("visa")
    guest.chat.locator("textarea").press("Enter")
    expect(guest.chat.locator(".mine").last).to_have_attribute("data-state", "waiting")


def _failed(guest: Guest) -> None:
    guest.page.route("**/api/chat", lambda route: route.fulfill(status=422, json={"code": "invalid", "message": "no"}))
    guest.page.context.set_offline(False)
    expect(guest.chat.locator(".mine").last).to_have_attribute("data-state", "failed")


def _erased(guest: Guest) -> None:
    guest.page.unroute("**/api/chat")
    guest.chat.locator(".erase").click()
    expect(guest.chat.locator("[role=status]")).not_to_be_empty()


STATES: list[Callable[[Guest], None]] = [
    _closed,
    _begun,
    _answered,
    _asked_back,
    _person,
    _danger,
    _menu,
    _code_wanted,
    _offline,
    _failed,
    _erased,
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_any_state(browser: Browser, site: Site, server: Server, language: str) -> None:
    """Each state of one visit, in light, dark and high contrast; axe-core needs the page as a whole."""
    with visiting(browser) as guest:
        guest.visits(site.put("/" + language, tag(server.url, lang=language), server.url, language))
        for state in STATES:
            state(guest)
            for theme in THEMES:
                guest.chat.evaluate("(node, theme) => { node.dataset.theme = theme; }", theme)
                guest.settled()
                assert guest.axe() == [], (state.__name__, theme)
                if state is _answered and language == "hy":
                    picture(guest, f"widget-hy-{theme}.png")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_our_own_pages(browser: Browser, server: Server, language: str) -> None:
    """The page for site owners and the page for frames, as the device asks for them."""
    with visiting(browser) as guest:
        for path in (f"/widget?lang={language}", f"/embed?lang={language}"):
            guest.visits(server.url + path)
            guest.chat.locator(".launcher, .introduction").first.wait_for()
            for media in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"contrast": "more"}):
                guest.page.emulate_media(**media)  # type: ignore[arg-type]
                assert guest.axe() == [], (path, media)
        guest.page.emulate_media(forced_colors="active", contrast="no-preference")
        guest.visits(server.url + f"/embed?lang={language}")
        guest.asks("visa")
        assert [each for each in guest.axe() if "color-contrast" not in each] == []


@pytest.mark.parametrize("color", ["#ffff00", "#777777", "#000000", "hotpink", "oklch(0.6 0.2 140)"])
def test_any_colour_of_a_site_owner_stays_legible(browser: Browser, site: Site, server: Server, color: str) -> None:
    with visiting(browser) as guest:
        guest.visits(site.put("/colour", tag(server.url, lang="en", color=color), server.url))
        for theme in THEMES:
            guest.chat.locator(".launcher").wait_for()
            guest.chat.evaluate("(node, theme) => { node.dataset.theme = theme; }", theme)
            assert guest.axe() == []
        guest.opens()
        assert guest.axe() == []


def _focused(page: Page) -> str:
    """What has the focus, within shadow roots too: its name as people hear it."""
    return str(
        page.evaluate(
            """() => { let node = document.activeElement;
            while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
            return node.getAttribute('aria-label') || node.placeholder || node.innerText || node.tagName; }"""
        )
    )


def _outlined(page: Page) -> bool:
    return bool(
        page.evaluate(
            """() => { let node = document.activeElement;
            while (node.shadowRoot && node.shadowRoot.activeElement) node = node.shadowRoot.activeElement;
            const style = getComputedStyle(node);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; }"""
        )
    )


def _tab_to(guest: Guest, name: str, key: str = "Tab") -> None:
    for _ in range(60):
        guest.page.keyboard.press(key)
        assert _outlined(guest.page), f"no visible focus on {_focused(guest.page)!r}"
        if _focused(guest.page).startswith(name):
            return
    pytest.fail(f"the keyboard never reaches {name!r}")


def test_a_conversation_with_the_keyboard_alone(browser: Browser, site: Site, server: Server) -> None:
    """Open, ask, tick, rate, pick a follow-up, use the menu, close: focus is always visible and comes back."""
    with visiting(browser) as guest:
        guest.visits(site.put("/keys", tag(server.url, lang="en"), server.url))
        guest.chat.locator(".launcher").wait_for()
        _tab_to(guest, "Ask a question")
        guest.page.keyboard.press("Enter")
        assert _focused(guest.page) == "Write your question"
        guest.chat.locator(".introduction").wait_for()
        guest.page.keyboard.type("How does a displaced person from Karabakh become a citizen?")
        guest.page.keyboard.press("Enter")
        reply = guest.replies().first
        reply.wait_for()
        assert _focused(guest.page) == "Write your question", "sending keeps the focus where one goes on writing"
        _tab_to(guest, "Conversation", "Shift+Tab")
        for _ in range(60):
            guest.page.keyboard.press("Tab")
            if reply.locator(".ticks input").first.evaluate("(node) => node.getRootNode().activeElement === node"):
                break
        guest.page.keyboard.press("Space")
        expect(reply.locator(".ticks input").first).to_be_checked()
        _tab_to(guest, "Yes")
        guest.page.keyboard.press("Enter")
        expect(reply.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
        _tab_to(guest, "More", "Shift+Tab")
        guest.page.keyboard.press("Enter")
        expect(guest.chat.locator("header [aria-expanded]")).to_have_attribute("aria-expanded", "true")
        _tab_to(guest, "I have a code")
        guest.page.keyboard.press("Enter")
        expect(guest.chat.locator(".place input")).to_be_focused()
        guest.page.keyboard.press("Escape")
        assert _focused(guest.page) == "More", "closing the menu gives the focus back to its button"
        guest.page.keyboard.press("Escape")
        assert _focused(guest.page) == "Ask a question", "closing the chat gives the focus back to the launcher"
        assert guest.problems == []


def test_a_conversation_at_320_pixels(browser: Browser, site: Site, server: Server) -> None:
    """The width of a small phone, or of 1280 pixels at 400 %: nothing is cut off, nothing scrolls sideways."""
    for language, size in (("hy", (320, 640)), ("ru", (320, 256)), ("en", (640, 400))):
        with visiting(browser, viewport={"width": size[0], "height": size[1]}, has_touch=True) as guest:
            guest.visits(site.put("/small" + language, tag(server.url, lang=language), server.url, language))
            guest.opens()
            guest.chat.locator(".start button").first.click()
            guest.replies().first.wait_for()
            guest.chat.locator("header [aria-expanded]").click()
            guest.settled()
            wide = guest.chat.evaluate(
                """(node) => [...node.shadowRoot.querySelectorAll('*')].filter((each) => each.offsetParent
                && !each.classList.contains('hidden') && (each.getBoundingClientRect().right > innerWidth + 1
                || each.getBoundingClientRect().left < -1 || each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1
                && getComputedStyle(each).display !== 'inline')).map((each) => each.outerHTML.slice(0, 120))"""
            )
            assert wide == []
            assert guest.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
            guest.chat.locator("header [aria-expanded]").click()
            for name in ("textarea", ".send", ".human", ".erase", ".exit", ".close"):
                each = guest.chat.locator(name)
                each.scroll_into_view_if_needed()
                expect(each).to_be_in_viewport(ratio=0.99)
            guest.chat.locator(".ticks label").first.scroll_into_view_if_needed()
            guest.chat.locator(".ticks label").first.click()
            expect(guest.chat.locator(".ticks input").first).to_be_checked()
            if language == "hy":
                guest.chat.locator(".replies, .answer").last.scroll_into_view_if_needed()
                picture(guest, "widget-320.png")
            guest.chat.locator(".close").click()
            expect(guest.chat.locator(".launcher")).to_be_focused()


def test_on_a_small_screen_the_open_chat_keeps_the_focus(browser: Browser, site: Site, server: Server) -> None:
    """It covers the page there, so the page behind it cannot be tabbed into."""
    with visiting(browser, viewport={"width": 320, "height": 640}) as guest:
        guest.visits(site.put("/modal", '<a href="/x">Behind</a>' + tag(server.url, lang="en"), server.url))
        guest.opens()
        for _ in range(25):
            guest.page.keyboard.press("Tab")
            assert _focused(guest.page) != "Behind"


def test_text_at_200_percent(browser: Browser, site: Site, server: Server) -> None:
    """With letters twice as large, as set in the browser, everything is still there."""
    with visiting(browser, viewport={"width": 640, "height": 800}) as guest:
        guest.visits(site.put("/large", tag(server.url, lang="ru"), server.url, "ru"))
        guest.chat.locator(".launcher").wait_for()
        guest.chat.evaluate("(node) => { node.shadowRoot.querySelector('.root').style.fontSize = '2em'; }")
        guest.opens()
        guest.chat.locator(".start button").first.click()
        guest.replies().first.wait_for()
        for name in ("textarea", ".send", ".human", ".erase", ".exit", ".close"):
            each = guest.chat.locator(name)
            each.scroll_into_view_if_needed()
            expect(each).to_be_in_viewport(ratio=0.99)


def test_every_control_is_at_least_24_pixels(browser: Browser, site: Site, server: Server) -> None:
    """WCAG 2.2, 2.5.8; links within a sentence or list are exempt, buttons and boxes are not."""
    with visiting(browser) as guest:
        guest.visits(site.put("/targets", tag(server.url, lang="en"), server.url))
        guest.opens()
        _answered(guest)
        _menu(guest)
        small = guest.chat.evaluate(
            """(node) => [...node.shadowRoot.querySelectorAll('button, input, select, textarea, .call')]
            .filter((each) => each.offsetParent).map((each) => [each.innerText, each.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
        )
        assert small == []


def test_replies_are_announced_and_repeats_too(browser: Browser, site: Site, server: Server) -> None:
    """Replies come as new nodes into a polite log; the same notice twice is a new node, not an unchanged one."""
    with visiting(browser) as guest:
        guest.visits(site.put("/log", tag(server.url, lang="en"), server.url))
        guest.opens()
        log = guest.chat.get_by_role("log", name="Conversation")
        guest.chat.evaluate(
            """(node) => { window.added = [];
            const watch = (name) => new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
              (each) => each.textContent && added.push([name, each.textContent.slice(0, 40)]))))
              .observe(node.shadowRoot.querySelector(`[role=${name}]`), {childList: true});
            watch('log'); watch('status'); }"""
        )
        for _ in range(2):
            guest.asks("hello")
        replies = log.locator(".smalltalk:not(.introduction)")
        expect(replies).to_have_count(2)
        assert replies.nth(0).inner_text() == replies.nth(1).inner_text()
        answer = guest.asks("How much is a visa?")
        for _ in range(2):
            with guest.page.expect_response("**/api/chat/feedback"):
                answer.get_by_role("button", name="Yes").click()
        guest.page.wait_for_function("() => added.filter(([name]) => name === 'status').length >= 2")
        added = guest.page.evaluate("() => added")
        hello = [text for name, text in added if name == "log" and text.startswith("Assistant: Hello")]
        assert len(hello) == 2
        assert [text for name, text in added if name == "status"] == ["Thank you for telling us."] * 2


def test_parts_in_another_language_say_so(browser: Browser, site: Site, server: Server) -> None:
    """A Ukrainian reader gets a Russian answer: the card is marked as Russian, the words around it as Ukrainian."""
    with visiting(browser) as guest:
        guest.visits(site.put("/parts", tag(server.url, lang="uk"), server.url, "uk"))
        guest.opens()
        reply = guest.asks("Я загубив паспорт, куди звертатися?")
        card = reply.locator("h3").locator("..")
        assert (reply.get_attribute("lang"), card.get_attribute("lang")) == ("uk", "ru")
        assert card.locator(".note").first.get_attribute("lang") == "uk"
        assert reply.locator(".tools").get_attribute("lang") == "uk"
        assert guest.chat.locator(".start [data-choice]").first.get_attribute("lang") == "ru"
        assert reply.locator("[data-choice]").first.get_attribute("lang") == "ru"
        assert guest.chat.locator("h2").get_attribute("lang") == "ru"


def test_nothing_moves_for_those_who_ask_for_calm(browser: Browser, site: Site, server: Server) -> None:
    with visiting(browser, reduced_motion="reduce") as guest:
        guest.page.add_init_script(
            """window.moves = []; const own = Element.prototype.scrollIntoView;
            Element.prototype.scrollIntoView = function (how) { moves.push(how.behavior); own.call(this, how); };"""
        )
        guest.visits(site.put("/calm", tag(server.url, lang="en"), server.url))
        guest.opens()
        guest.asks("hello")
        assert set(guest.page.evaluate("() => moves")) == {"auto"}
