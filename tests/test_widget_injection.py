"""What people and editors write is text and nothing else: nothing runs, nothing is fetched, nothing breaks the layout."""

# ruff: noqa: F811  # arguments named like the fixtures of widget_help
from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import ROOT, Server, guidepost, serving
from playwright.sync_api import Browser, Page, expect
from test_survival import copy_project
from widget_help import Guest, Site, browser, site, tag, visiting  # noqa: F401  # fixtures

PAYLOADS: list[tuple[str, str]] = [
    (kind, text)
    for kind, texts in yaml.safe_load((ROOT / "tests/messages/injections.yml").read_text(encoding="utf-8")).items()
    for text in texts
]

SHOWN = {
    "![x](https://evil.example/pixel.png)": "!x",
    "**bold** _italic_ `code`": "bold _italic_ `code`",
    "<https://evil.example>": "https://evil.example",
    "[<b>](https://evil.example/1)": "<b>",
    "[<img src=x onerror=hit()>](https://evil.example/2)": "<img src=x onerror=hit()>",
    "[a [b](https://evil.example/3) c](javascript:hit())": "[a b c](javascript:hit())",
    "[\u202egnp.yap](https://evil.example/4)": "\u202egnp.yap",
    "[x](https://evil.example/6 \"' onmouseover=hit() '\")": "x",
    "**[**x**](https://evil.example/7)**": "x",
    "[[[[[[[[[[[[[[[[[[[[x](https://evil.example/8)](javascript:hit())": "[[[[[[[[[[[[[[[[[[[x](javascript:hit())",
    "\\[x\\](javascript:hit()) \\<script>hit()\\</script>": "[x](javascript:hit()) <script>hit()</script>",
}
"""What is shown of the payloads that have formatting which answers may have; all others are shown as they are."""

LINKED = [
    "https://evil.example/pixel.png",
    "https://evil.example",
    *(f"https://evil.example/{n}" for n in (1, 2, 3, 4, 6, 7, 8)),
]

_TRAP = """
window.hits = 0;
window.hit = () => { window.hits++; };
window.alert = window.confirm = window.prompt = window.hit;
"""


def test_there_are_sixty_payloads() -> None:
    assert len(PAYLOADS) >= 60
    assert {"script", "html", "markdown", "schemes", "bidi", "css"} <= {kind for kind, _ in PAYLOADS}


def _trapped(page: Page) -> None:
    """Every frame of the page gets functions that count when anything calls them."""
    page.add_init_script(_TRAP)


def _harmless(guest: Guest, hosts: set[str], width: int) -> None:
    """Nothing ran, was fetched, made an element that does something, covers the page, or sticks out of the panel."""
    found = guest.chat.evaluate(
        """(node) => { const root = node.shadowRoot, panel = root.querySelector('.panel').getBoundingClientRect();
        return {
          strange: [...root.querySelectorAll('.log *')].map((each) => each.localName).filter((name) => !['div', 'span',
            'p', 'h3', 'h4', 'ul', 'ol', 'li', 'a', 'bdi', 'button', 'label', 'input', 'strong', 'em'].includes(name)),
          links: [...root.querySelectorAll('a')].map((each) => each.protocol)
            .filter((each) => !/^(https?|tel|mailto):$/.test(each)),
          handlers: [...root.querySelectorAll('*')].filter((each) => [...each.attributes].some((attribute) =>
            attribute.name.startsWith('on') || attribute.name === 'style' && !each.classList.contains('root')
            )).length,
          outside: [...root.querySelectorAll('.log *')].filter((each) => { const box = each.getBoundingClientRect();
            return !each.classList.contains('hidden') && box.width && (box.left < panel.left - 1 || box.right > panel.right + 1); })
            .map((each) => each.textContent.slice(0, 60)),
          panel: [panel.width, panel.height], sideways: document.documentElement.scrollWidth, hits: window.hits,
        }; }"""
    )
    assert found["strange"] == []
    assert found["links"] == []
    assert found["handlers"] == 0
    assert found["outside"] == []
    assert found["sideways"] <= width
    assert found["hits"] == 0
    assert guest.hosts <= hosts
    assert guest.violations() == []
    assert guest.problems == []
    expect(guest.chat.locator(".send")).to_be_visible()
    expect(guest.page.locator("main p").first).to_be_visible()


def test_sixty_payloads_by_visitors(browser: Browser, site: Site, server: Server) -> None:
    """Each is sent as a message, shown as it was typed, and shown so again after a reload."""
    with visiting(browser, viewport={"width": 390, "height": 800}) as guest:
        _trapped(guest.page)
        page = site.put("/payloads", tag(server.url, lang="en"), server.url)
        hosts = {url.split("/")[2] for url in (page, server.url)}
        guest.visits(page)
        guest.opens()
        for _, text in PAYLOADS:
            guest.page.evaluate("(text) => Guidepost.send(text)", text)
        expect(guest.chat.locator(".mine[data-state=sent]")).to_have_count(len(PAYLOADS), timeout=120_000)
        assert [text for _, text in PAYLOADS] == guest.chat.locator(".mine .said").all_text_contents()
        _harmless(guest, hosts, 390)
        guest.page.reload()
        expect(guest.chat.locator(".mine")).to_have_count(len(PAYLOADS))
        assert [text for _, text in PAYLOADS] == guest.chat.locator(".mine .said").all_text_contents()
        _harmless(guest, hosts, 390)


def test_content_files_with_payloads_are_refused(data_dir: Path, tmp_path: Path) -> None:
    """The first of two walls: an editor who pastes markup into an answer is told so, with file and line."""
    project = copy_project(tmp_path)
    path = project / "data/packs/armenia/answers/visa.yml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    (fee,) = (question for question in tree["questions"] if question["id"] == "fee")
    fee["answers"][0]["en"]["documents"] = [text for kind, text in PAYLOADS if kind in ("script", "html")]
    fee["answers"][0]["links"] = [{"url": text, "title": "x"} for kind, text in PAYLOADS if kind == "schemes"]
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    refused = guidepost("content", "check", data_dir=data_dir, GUIDEPOST_PROJECT_DIR=str(project))
    assert refused.returncode == 1
    assert re.search(r"visa\.yml:\d+: error", refused.stdout + refused.stderr)


@pytest.fixture(scope="module")
def poisoned(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose live release has a payload in every text of an answer, as if the first wall had a hole."""
    data = tmp_path_factory.mktemp("poisoned")
    shutil.copytree(trained / "models", data / "models")
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, data / file.name)
    texts = [text for _, text in PAYLOADS]
    with closing(sqlite3.connect(data / "guidepost.sqlite")) as database, database:
        query = "SELECT release_id, snapshot FROM live JOIN release ON release.id = release_id"
        release, snapshot = database.execute(query).fetchone()
        content = json.loads(zlib.decompress(snapshot))
        (fee,) = (question for question in content["questions"] if question["id"] == "visa/fee")
        answer: dict[str, Any] = fee["answers"][0]
        answer["links"] = [{"url": f"https://evil.example/{n}", "title": text} for n, text in enumerate(texts)]
        answer["texts"]["en"] = {
            "summary": texts[1],
            "steps": texts,
            "documents": texts,
            **dict(zip(("fee", "where", "how_long", "deadline", "children", "note"), texts[19:], strict=False)),
        }
        content["pack"]["service"]["en"] = "<img src=x onerror=hit()>\u202e"
        poison = zlib.compress(json.dumps(content).encode())
        database.execute("UPDATE release SET snapshot = ? WHERE id = ?", (poison, release))
    with serving(data) as running:
        yield running


def test_sixty_payloads_in_content(browser: Browser, site: Site, poisoned: Server) -> None:
    """In summary, steps, documents, links, note and the authority's name; downloaded as text too."""
    with visiting(browser, viewport={"width": 390, "height": 800}) as guest:
        _trapped(guest.page)
        page = site.put("/poisoned", tag(poisoned.url, lang="en"), poisoned.url)
        guest.visits(page)
        guest.opens()
        reply = guest.asks("How much is a visa?")
        wanted = [SHOWN.get(text, text).strip() for _, text in PAYLOADS]
        assert [text.strip() for text in reply.locator(".ticks span").all_text_contents()] == wanted
        assert [text.strip() for text in reply.locator("ol li").all_text_contents()] == wanted
        assert [text.strip() for text in reply.locator(".plain a").all_text_contents()] == [
            text.strip() for _, text in PAYLOADS
        ]
        links = reply.locator("ol li a")
        assert [link.get_attribute("href") for link in links.all()] == LINKED
        assert {("noopener noreferrer", "_blank")} == {
            (link.get_attribute("rel"), link.get_attribute("target")) for link in links.all()
        }
        assert reply.locator("ol li strong").all_text_contents() == ["bold", "x"]
        _harmless(guest, {url.split("/")[2] for url in (page, poisoned.url)}, 390)
        assert guest.axe() == []


def test_addresses_that_run_code_are_refused_in_content_and_not_linked(
    browser: Browser,
    site: Site,
    server: Server,
) -> None:
    """Should one come through all the same, e.g. from a later version of the API, it is shown as plain text."""
    with visiting(browser) as guest:
        _trapped(guest.page)
        start = httpx.post(server.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=30).json()
        block = start["replies"][-1]["reply"]["blocks"][0]
        block["title"] = block["sources_heading"] = block["verified_text"] = PAYLOADS[0][1]
        block["links"] = [{"url": text, "title": f"link {n}"} for n, (_, text) in enumerate(PAYLOADS)]
        block["sources"] = [{"url": text, "title": text, "date": "", "date_text": text} for _, text in PAYLOADS]
        guest.page.route(
            "**/api/chat", lambda route: route.fulfill(json=start, headers={"access-control-allow-origin": "*"})
        )
        page = site.put("/links", tag(server.url, lang="en"), server.url)
        guest.visits(page)
        guest.opens()
        reply = guest.asks("How much is a visa?")
        assert reply.locator("a").count() <= 2
        expect(reply.locator(".plain li")).to_have_count(len(PAYLOADS))
        _harmless(guest, {url.split("/")[2] for url in (page, server.url)}, 1000)


def test_attributes_of_a_careless_site_are_text_too(browser: Browser, site: Site, server: Server) -> None:
    """A site that fills attributes from elsewhere gets text, never markup, styles or addresses."""
    with visiting(browser) as guest:
        _trapped(guest.page)
        data = {
            "launcher": "&lt;img src=x onerror=hit()&gt;",
            "greeting": "&lt;script&gt;hit()&lt;/script&gt;",
            "color": "red;} * { display: none",
            "lang": "../../x",
            "dir": "&quot;&gt;&lt;script&gt;hit()&lt;/script&gt;",
            "exit": "javascript:hit()",
            "theme": "&lt;b&gt;",
        }
        page = site.put("/careless", tag(server.url, **data), server.url)
        guest.visits(page)
        expect(guest.chat.locator(".launcher")).to_have_text("<img src=x onerror=hit()>")
        guest.opens()
        expect(guest.chat.locator(".greeting")).to_contain_text("<script>hit()</script>")
        _harmless(guest, {url.split("/")[2] for url in (page, server.url)}, 1000)


@pytest.mark.parametrize(("kind", "text"), PAYLOADS, ids=lambda value: None)
def test_frame_takes_payloads_in_its_address(server: Server, kind: str, text: str) -> None:
    """Options of the frame come from its address: what is not a theme is refused, the rest stands escaped."""
    page = httpx.get(server.url + "/embed", params={"lang": text[:8], "color": text[:40], "greeting": text[:500]})
    assert page.status_code == 200
    assert page.text.count("<script") == 1
    assert "<img" not in page.text
    assert page.text.count("<style") == 0
    assert httpx.get(server.url + "/embed", params={"theme": text}).status_code == 422
