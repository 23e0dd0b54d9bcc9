"""Documents that would mislead when they are wrong."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from conftest import ROOT

from bot import i18n
from bot.i18n import texts
from bot.settings import Settings
from channels.telegram import texts as telegram_texts
from channels.web.pages import texts as page_texts
from channels.web.widget import texts as widget_texts


def test_every_setting_is_documented_with_its_help() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"## `GUIDEPOST_{name.upper()}`" in text
        assert str(field.description) in text
    assert len(Settings.model_fields) == text.count("## `GUIDEPOST_")


def test_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [path.parent.name for base in ("bot", "channels") for path in (ROOT / base).glob("*/__init__.py")]
    assert [room for room in rooms if f"{room}/" not in text] == []


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md")),
    ],
)
def test_links_and_commands_exist(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http|tel:|mailto:|#)([^)#]+)", text):
        assert (path.parent / target).exists(), target
    makefile = (ROOT / "Makefile").read_text()
    for goal in re.findall(r"`make ([a-z-]+)", text):
        assert f"\n{goal}:" in makefile, goal


def _keys() -> set[str]:
    own = {value for module in (texts, telegram_texts) for name, value in vars(module).items() if name.isupper()}
    return own | set(page_texts.ALL.values()) | set(widget_texts.TEXTS.values()) | set(widget_texts.PLAYGROUND.values())


@pytest.mark.parametrize("language", ["hy", "ru", "en", "lv", "az", "uk"])
def test_interface_texts_are_complete(language: str) -> None:
    """Every text has a translation with the same blanks to fill; none is left over."""
    with (i18n.LOCALES / language / "guidepost.po").open("rb") as file:
        catalog = {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id}
    assert _keys() == set(catalog)
    for key, value in catalog.items():
        assert value
        wanted = set(re.findall(r"{(\w+)}", key))
        given = set(re.findall(r"{(\w+)}", value))
        assert given <= wanted, (key, value)
        assert {"phone", "phones", "date", "until"} & wanted <= given, (key, value)


def test_repository_names_no_package_index() -> None:
    """Lock files and scripts work behind any mirror."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    hosts = re.compile("py" + r"pi\.org|python" + r"hosted|npm" + r"js\.|deb" + r"ian\.org")
    found = [
        name for name in tracked if name and hosts.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_readme_says_the_two_commands() -> None:
    text = Path(ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in text
    assert "make test" in text
