"""Continuing elsewhere: a code carries the conversation to another browser, once; link and picture where there is Telegram."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

import io
import re

import segno
from conftest import Server
from playwright.sync_api import Browser, expect
from widget_help import Guest, Site, browser, picture, site, tag, visiting  # noqa: F401  # fixtures


def _gets_a_code(guest: Guest) -> str:
    guest.chat.get_by_role("button", name="More").click()
    guest.chat.get_by_role("button", name="Continue on another device").click()
    code = guest.chat.locator(".code")
    code.wait_for()
    assert code.evaluate("(node) => node.getRootNode().activeElement === node"), (
        "the code is read out: it has the focus"
    )
    return code.inner_text()


def _enters(guest: Guest, code: str) -> None:
    if not guest.chat.locator(".menu").is_visible():
        guest.chat.get_by_role("button", name="More").click()
    guest.chat.get_by_role("button", name="I have a code").click()
    guest.chat.get_by_label("Code from the other device").fill(code)
    guest.chat.get_by_role("button", name="Continue the conversation").click()


def test_a_code_moves_the_conversation_once(browser: Browser, site: Site, server: Server) -> None:
    """The other browser has everything and goes on where the first stopped; a second try and a wrong code are refused."""
    page = site.put("/code", tag(server.url, lang="en"), server.url)
    with visiting(browser) as first, visiting(browser) as second, visiting(browser) as third:
        for each in (first, second, third):
            each.visits(page)
            each.opens()
        first.asks("How much is the citizenship fee?")
        code = _gets_a_code(first)
        assert re.fullmatch(r"[A-Z0-9]{4}-?[A-Z0-9]{4}", code)
        expect(first.chat.get_by_role("link", name="Open in Telegram")).to_have_count(0)
        expect(first.chat.locator(".qr")).to_have_count(0)
        _enters(second, code.lower().replace("-", " "))
        expect(second.chat.locator("[role=status]")).to_contain_text("The conversation goes on here")
        expect(second.chat.locator(".mine .said").first).to_have_text("How much is the citizenship fee?")
        expect(second.chat.locator(".answer").first).to_be_visible()
        assert second.asks("which documents?").get_attribute("data-question") == "citizenship/documents"
        for wrong in (code, "AAAA-AAAA"):
            _enters(third, wrong)
            expect(third.chat.locator("[role=status]")).to_contain_text("This code does not work")
        expect(third.chat.locator(".mine")).to_have_count(0)


def test_link_and_picture_where_there_is_telegram(browser: Browser, site: Site, server: Server) -> None:
    """What the server answers once Telegram is set up: a link, and a picture that breaks no policy of the page."""
    link = "https://t.me/guidepost_bot?start=ABCD2345"
    image = io.BytesIO()
    segno.make(link, error="m", micro=False).save(image, kind="svg", scale=4, xmldecl=False, nl=False)
    answer = {"code": "ABCD-2345", "minutes": 10, "link": link, "qr": image.getvalue().decode()}
    with visiting(browser) as guest:
        headers = {"access-control-allow-origin": "*", "access-control-allow-headers": "content-type"}
        guest.page.route("**/api/handover", lambda route: route.fulfill(json=answer, headers=headers))
        guest.visits(site.put("/telegram", tag(server.url, lang="en"), server.url))
        guest.opens()
        assert _gets_a_code(guest) == "ABCD-2345"
        expect(guest.chat.get_by_role("link", name="Open in Telegram")).to_have_attribute("href", link)
        drawn = guest.chat.get_by_role("img", name="QR code: opens this conversation in Telegram")
        drawn.scroll_into_view_if_needed()
        box = drawn.bounding_box()
        assert box is not None
        assert box["width"] >= 120
        inked = drawn.evaluate(
            "(node) => { const box = node.querySelector('path').getBBox(); return [box.width, box.height]; }"
        )
        assert min(inked) >= 25, "the modules are drawn, not only the frame"
        for name in (".exit", ".erase", ".send"):
            expect(guest.chat.locator(name)).to_be_in_viewport(ratio=0.99)
        picture(guest, "widget-telegram.png")
        assert guest.axe() == []
        assert (guest.problems, guest.violations()) == ([], [])
