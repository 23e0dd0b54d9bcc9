"""What tests of the studio share: accounts, signing in over HTTP and in Chromium."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from conftest import Server, copy_data, serving
from playwright.sync_api import Browser, Locator, Page

from bot.accounts.directory import Directory
from bot.storage import Database

PASSWORD = "four plain words here"
ROLES = ("viewer", "translator", "editor", "publisher", "operator", "administrator")

_made: dict[tuple[Path, str], str] = {}
"""Accounts by data directory and address, with the test file that made each."""


def email_of(role: str) -> str:
    return f"{role}@service.example"


def add_account(server: Server, role: str, *, email: str | None = None, languages: tuple[str, ...] = ()) -> str:
    """Make an account beside the running server; returns its address. Translators are given Armenian by default.

    By the service that `guidepost user add` calls: the command itself takes seconds to start and has tests of its own.
    """
    account = server.log.parent, email or email_of(role)
    file = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
    if account not in _made:
        spoken = languages or (("hy",) if role == "translator" else ())
        # In a thread: the caller may be within an event loop, as Playwright's tests are.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _add(*account, role, spoken)).result()
        _made[account] = file
    # What one file does to an account that it named would fail another file's tests, in one order of files only.
    assert not email or _made[account] == file, f"{email} is an account of {_made[account]}: take another address"
    return account[1]


async def _add(data_dir: Path, email: str, role: str, languages: tuple[str, ...]) -> None:
    database = Database.in_directory(data_dir)
    try:
        await Directory(database).add(
            email=email,
            name=email.split("@")[0].title(),
            roles=[role],
            languages=languages,
            password=PASSWORD,
            temporary=False,
        )
    finally:
        await database.close()


def hidden(html: str, name: str) -> str:
    """The value of a hidden field, as the browser would send it."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name} in {html[:2000]}"
    return (
        found[1]
        .replace("&#34;", '"')
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Send the real sign-in form."""
    page = client.get("/studio/sign-in")
    values = {"email": email, "password": password, "check": hidden(page.text, "check"), **fields}
    return client.post("/studio/sign-in", data=values)


def visitor(server: Server) -> httpx.Client:
    """A client that keeps its cookies, closed at the end of the run: tests have several people at once."""
    client = httpx.Client(base_url=server.url, timeout=120)
    atexit.register(client.close)
    return client


def signed_in(server: Server, role: str, *, email: str | None = None) -> httpx.Client:
    """Return a client that is signed in with a role; made when there is none yet. `client.headers` has the form token.

    Args:
        server: a running server; its account is made in its data directory.
        role: one of ROLES.
        email: another account than the role's usual one, for two people with the same role.
    """
    address = add_account(server, role, email=email)
    client = visitor(server)
    answer = sign_in(client, address)
    assert answer.status_code == 303, answer.text
    client.headers["X-CSRF-Token"] = form_token(client)
    return client


def form_token(client: httpx.Client) -> str:
    """The token that this session's forms carry."""
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', client.get("/studio/account").text)
    assert found
    return found[1]


@contextmanager
def own_server(trained: Path, directory: Path) -> Iterator[Server]:
    """Run a server whose content the tests of one module may change; use it in a module's fixture."""
    with serving(copy_data(trained, directory)) as running:
        yield running


class Colleague:
    """Somebody who is signed in with a browser; remembers every problem that the browser reports."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.problems: list[str] = []
        page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def opens(self, path: str) -> None:
        self.page.goto(self.server.url + path)

    def signs_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in by the page itself."""
        self.opens("/studio/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/studio*")


@contextmanager
def colleague(
    browser: Browser, server: Server, role: str, *, email: str | None = None, dark: bool = False, scripts: bool = True
) -> Iterator[Colleague]:
    """Somebody with a role, signed in in a browser of their own."""
    address = add_account(server, role, email=email)
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        locale="en-GB",
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    made = Colleague(context.new_page(), server)
    made.signs_in(address)
    yield made
    context.close()


def sends(page: Page, button: str) -> None:
    """Click a button that sends a form, and wait for the page that comes of it: what is counted next is counted there."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def let_stand(page: Page, warnings: Locator, reason: str = "It is meant this way") -> None:
    """Override the warnings of the checks one by one, each with a reason."""
    while warnings.count():
        warnings.first.get_by_text("Let it stand").click()
        warnings.first.get_by_label("Reason").fill(reason)
        with page.expect_navigation():
            warnings.first.get_by_role("button", name="Override the warning").click()


def accessibility_problems(page: Page) -> list[str]:
    """What axe-core (bundled, WCAG 2.2 A and AA) finds on a page."""
    page.wait_for_load_state()  # without its styles everything is too small
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    # The bar of buttons that stays at the window's foot covers half of whatever happens to lie there until one scrolls;
    # axe-core would measure the other half and call it too small.
    page.evaluate("() => document.querySelectorAll('.bar').forEach((bar) => { bar.style.position = 'static'; })")
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    page.evaluate("() => document.querySelectorAll('.bar').forEach((bar) => { bar.style.position = ''; })")
    return [
        f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:200]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
