"""The studio's frame, accounts and audit in real Chromium: attacks of other sites, keyboard, no script, accessibility."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser_help import chromium
from conftest import Server
from playwright.sync_api import Browser, expect
from studio_help import PASSWORD, accessibility_problems, add_account, colleague, signed_in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def _other_site(html: str) -> Iterator[str]:
    """Another site: the same machine, another port, which browsers take for the same site but another origin."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            body = html.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_port}/"
    finally:
        site.shutdown()
        site.server_close()
        thread.join()


PAGES = {
    "home": "/studio",
    "own account": "/studio/account",
    "enrolment": "/studio/account/second-factor",
    "accounts": "/studio/accounts",
    "one account": "/studio/accounts/1",
    "audit": "/studio/audit?check=1",
    "error": "/studio/there-is-no-such-page",
}


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(browser: Browser, server: Server, dark: bool) -> None:
    """WCAG 2.2 A and AA as far as axe-core sees: no finding on any page, light and dark."""
    found = {}
    with colleague(browser, server, "administrator", dark=dark) as person:
        for name, path in PAGES.items():
            person.opens(path)
            found[name] = accessibility_problems(person.page)
        person.page.context.clear_cookies()
        person.opens("/studio/sign-in")
        found["sign-in"] = accessibility_problems(person.page)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize(("language", "word"), [("hy", "Հաշիվներ"), ("ru", "Учётные записи")])
def test_interface_speaks_the_persons_language(browser: Browser, server: Server, language: str, word: str) -> None:
    with colleague(browser, server, "administrator", email=f"{language}@service.example") as person:
        person.page.get_by_label("Language of the studio").select_option(language)
        person.page.get_by_role("button", name="Change").click()
        expect(person.page.locator("html")).to_have_attribute("lang", language)
        person.opens("/studio/accounts")
        expect(person.page.locator("h1")).to_have_text(word)
        assert accessibility_problems(person.page) == []
        assert not person.problems


def test_sign_in_with_the_keyboard_alone(browser: Browser, server: Server) -> None:
    """The address has the focus at once; Tab and Enter do the rest; the first Tab then skips the navigation."""
    email = add_account(server, "viewer")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(server.url + "/studio/account")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/studio/account")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    context.close()


def test_lost_session_loses_no_word_even_without_script(browser: Browser, server: Server) -> None:
    """Somebody types, the session ends, they send: signed in again, one button sends what they had typed."""
    with colleague(browser, server, "administrator", email="typing@service.example", scripts=False) as person:
        page = person.page
        person.opens("/studio/accounts")
        form = page.locator("form[action='/studio/accounts']")
        form.get_by_label("E-mail address").fill("Late@service.example")
        form.get_by_label("Name").fill("Անի «Ուշացած» <b>")
        form.get_by_label("translator:").check()
        form.get_by_label("Armenian").check()
        page.context.clear_cookies()
        form.get_by_role("button", name="Make the account").click()
        expect(page.get_by_role("status")).to_contain_text("What you typed is kept")
        page.get_by_label("E-mail address").fill("typing@service.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Send what I typed").click()
        expect(page.locator("h1")).to_contain_text("Անի «Ուշացած» <b>")
        person.opens("/studio/accounts")
        row = page.get_by_role("row").filter(has_text="late@service.example")
        expect(row).to_contain_text("translator, editor (hy)")


def test_page_of_another_site_cannot_show_the_studio_in_a_frame(browser: Browser, server: Server) -> None:
    """Clickjacking: nobody can lay the studio's buttons under others."""
    with colleague(browser, server, "administrator") as person:
        for path in ("/studio", "/studio/accounts", "/studio/sign-in"):
            with _other_site(f'<iframe id="f" src="{server.url}{path}"></iframe>') as address:
                person.page.goto(address)
                frame = person.page.frames[-1]
                frame.wait_for_load_state()
                assert frame.url.startswith("chrome-error:")
                assert frame.locator("input, .brand").count() == 0
        assert any("frame-ancestors" in problem for problem in person.problems)


def test_page_of_another_site_cannot_act_for_a_signed_in_person(browser: Browser, server: Server) -> None:
    """Cross-site request forgery with the victim's own cookies: a form that sends itself changes nothing."""
    victim = signed_in(server, "editor", email="victim@service.example")
    with colleague(browser, server, "administrator") as person:
        person.opens("/studio/accounts")
        person.page.get_by_role("link", name="Victim").click()
        own = person.page.url.rsplit("/", 1)[1]
        attack = (
            f'<form method="post" action="{server.url}/studio/accounts/{own}/disable"><input name="csrf" value="x"></form>'
            "<script>document.forms[0].submit()</script>"
        )
        with _other_site(attack) as address:
            person.page.goto(address)
            person.page.wait_for_url("**/disable")
        expect(person.page.locator("h1")).to_have_text("This did not work")
        # What the other site wanted to send is not offered for sending once more.
        expect(person.page.get_by_role("button", name="Send it once more")).to_have_count(0)
    assert victim.get("/studio").status_code == 200


def test_stored_script_never_runs_in_a_colleagues_browser(browser: Browser, server: Server) -> None:
    """What one person writes is text in another's page, in lists, in the audit, in messages."""
    evil = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script>"
    with colleague(browser, server, "administrator", email="evil@service.example") as person:
        person.opens("/studio/accounts")
        form = person.page.locator("form[action='/studio/accounts']")
        form.get_by_label("E-mail address").fill("payload@service.example")
        form.get_by_label("Name").fill(evil)
        form.get_by_role("button", name="Make the account").click()
        expect(person.page.locator("h1")).to_contain_text("<img src=x")
    with colleague(browser, server, "publisher") as reader:
        reader.opens("/studio/audit?action=account.add")
        row = reader.page.get_by_role("row").filter(has_text="payload@service.example")
        row.locator("summary").click()
        expect(row.locator("dl")).to_contain_text("<script>")
        assert reader.page.locator("main img, main script").count() == 0
        assert reader.page.title() != "hit"
        assert not reader.problems


def test_script_that_slips_into_a_page_is_stopped_by_the_policy(browser: Browser, server: Server) -> None:
    """The second wall: even markup that got into a page unescaped does not run."""
    with colleague(browser, server, "viewer") as person:
        person.opens("/studio/account")
        person.page.evaluate(
            """() => {
              const script = document.createElement('script');
              script.textContent = "document.title = 'hit'";
              document.body.append(script);
            }"""
        )
        assert person.page.title() != "hit"
        assert any("Content Security Policy" in problem for problem in person.problems)


def test_double_click_makes_one_account_and_shows_its_password(browser: Browser, server: Server) -> None:
    with colleague(browser, server, "administrator", email="twice@service.example") as person:
        person.opens("/studio/accounts")
        form = person.page.locator("form[action='/studio/accounts']")
        form.get_by_label("E-mail address").fill("impatient@service.example")
        form.get_by_label("Name").fill("Impatient")
        form.get_by_role("button", name="Make the account").dblclick()
        expect(person.page.locator("h1")).to_contain_text("Impatient")
        expect(person.page.get_by_text("There is an account")).to_have_count(0)


def test_second_factor_is_set_up_in_the_browser(browser: Browser, server: Server) -> None:
    """The picture is there, the code of the app is taken, recovery codes are shown once."""
    import pyotp

    with colleague(browser, server, "viewer", email="phone@service.example") as person:
        page = person.page
        person.opens("/studio/account")
        page.get_by_role("link", name="Set it up").click()
        expect(page.get_by_role("img", name="Picture for the authenticator app")).to_be_visible()
        assert page.locator(".qr svg path").count() >= 1
        secret = (page.locator("ol code").text_content() or "").replace(" ", "")
        page.get_by_label("Code of six digits").fill("12")
        page.get_by_role("button", name="Switch it on").click()
        expect(page.get_by_role("alert")).to_contain_text("not right")
        page.get_by_label("Code of six digits").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Switch it on").click()
        expect(page.locator(".codes code")).to_have_count(10)
        codes = page.locator(".codes code").all_text_contents()
        assert len(set(codes)) == 10
        assert all(re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", code) for code in codes)
        assert accessibility_problems(page) == []
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("E-mail address").fill("phone@service.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Code of six digits")).to_be_visible()
        assert accessibility_problems(page) == []
        page.get_by_label("Code of six digits").fill(codes[3])
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url("**/studio")
