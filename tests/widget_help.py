"""Somebody else's site with the widget on it, and a visitor there; shared by the widget's tests."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_help import PATIENCE, chromium
from conftest import ROOT
from playwright.sync_api import Browser, BrowserContext, Locator, Page

LANGUAGES = ("hy", "ru", "en", "lv", "az", "uk")
PICTURES = ROOT / "docs" / "pictures"

_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with chromium() as running:
        yield running


class Site:
    """A site owner's server, on an origin of its own, with a policy that allows the widget's server and nothing else."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        pages = self.pages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, policy = pages.get(urlsplit(self.path).path, ("", ""))
                self.send_response(200 if html else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, path: str, body: str, guidepost: str, language: str = "en", more_policy: str = "") -> str:
        """Publish a page and return its address."""
        policy = f"default-src 'none'; script-src {guidepost}; connect-src {guidepost}; base-uri 'none'{more_policy}"
        html = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>A town</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            f"</head><body><main><h1>A town</h1><p>What the town writes.</p></main>{body}</body></html>"
        ).replace('<link rel="icon" href="data:,">', "")
        self.pages[path] = (html, policy)
        return self.url + path

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site owner's server."""
    running = Site()
    running.pages["/favicon.ico"] = (" ", "")
    yield running
    running.close()


def tag(guidepost: str, **data: str) -> str:
    """Return the script tag that a site owner copies."""
    attributes = "".join(f' data-{name}="{value}"' for name, value in data.items())
    return f'<script src="{guidepost}/widget.js"{attributes} async></script>'


class Guest:
    """Somebody on a page with the widget; remembers every problem the browser reports and every host it asked."""

    def __init__(self, page: Page, widget: str = "guidepost-chat") -> None:
        self.page = page
        self.chat: Locator = page.locator(widget)
        self.problems: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self.problems.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def visits(self, url: str) -> None:
        """Load a page."""
        self.page.goto(url)

    def opens(self) -> None:
        """Open the chat and wait until it has begun."""
        self.chat.locator(".launcher").click()
        self.chat.locator(".introduction").wait_for()

    def replies(self) -> Locator:
        """Return what was said but for the introduction."""
        return self.chat.locator(".theirs[data-outcome]:not(.introduction)")

    def asks(self, text: str) -> Locator:
        """Type a question and wait for the reply."""
        before = self.replies().count()
        self.chat.locator("textarea").fill(text)
        self.chat.locator("textarea").press("Enter")
        reply = self.replies().nth(before)
        reply.wait_for()
        return reply

    def waits_for(self, holds: Callable[[], object]) -> None:
        """Wait until something holds that the page itself does not show."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not happen"
            self.page.wait_for_timeout(100)

    def violations(self) -> list[str]:
        """Return what the page's policy forbade."""
        found: list[str] = self.page.evaluate("() => window.violations")
        return found

    def axe(self) -> list[str]:
        """Return what axe-core finds wrong on the page once nothing moves any more, one line a finding."""
        self.settled()
        options = {
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            "resultTypes": ["violations"],
        }
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{each['id']}: {node['html'][:200]}: {node['failureSummary'][:300]}"
            for each in found
            for node in each["nodes"]
        ]

    def settled(self) -> None:
        """Wait until nothing moves any more."""
        self.page.wait_for_function("() => document.getAnimations().every((each) => each.playState !== 'running')")


@contextmanager
def visiting(browser: Browser, **options: Any) -> Iterator[Guest]:
    """Give a fresh browser profile to a visitor."""
    options.setdefault("viewport", {"width": 1000, "height": 800})
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(_WATCH)
    try:
        yield Guest(context.new_page())
    finally:
        context.close()


def picture(guest: Guest, name: str) -> None:
    """Keep a screenshot for the documents, where there is none: delete one to have it made anew."""
    path = Path(PICTURES / name)
    if path.exists():
        return  # a test run leaves the tree as it was
    PICTURES.mkdir(exist_ok=True)
    guest.page.screenshot(path=path, animations="disabled")
