"""The studio in Armenian and Russian: every text of templates and code is translated, with the same blanks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from conftest import ROOT

from bot.accounts import errors as account_errors
from bot.errors import GuidepostError
from studio import access, errors, texts

TEMPLATES = sorted((ROOT / "studio" / "templates").glob("*.html"))
CODE = sorted([*(ROOT / "studio").rglob("*.py"), *(ROOT / "bot" / "accounts").glob("*.py")])


def _of_templates() -> Iterator[tuple[str, Path]]:
    for path in TEMPLATES:
        options = {"trimmed": "true"}
        for _, message, _, _ in extract_from_file(
            "jinja2.ext:babel_extract", str(path), keywords={"t": None}, options=options
        ):
            yield str(message), path


def _of_code() -> Iterator[tuple[str, Path]]:
    """Texts marked by `_()`, and the first argument of the errors that carry their own blanks."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name == "_" or name in ("AccountInputError", "BadInputError"):
                yield str(node.args[0].value), path


def _of_errors() -> Iterator[tuple[str, Path]]:
    for module in (account_errors, access, errors):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, GuidepostError):
                yield each.public, Path(str(module.__file__))


KEYS = dict([*_of_templates(), *_of_code(), *_of_errors()])


def _blanks(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def test_texts_are_found() -> None:
    """Guards the guard: an extraction that finds nothing would pass everything."""
    assert {"Sign in", "Today", "Choose at least one role.", access.ForeignFormError.public} <= set(KEYS)
    assert len(KEYS) > 150


@pytest.mark.parametrize("language", ["hy", "ru"])
def test_every_text_is_translated(language: str) -> None:
    catalog = texts._catalog(language)
    missing = sorted(f"{path.name}: {key}" for key, path in KEYS.items() if key not in catalog)
    assert missing == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "studio" / "locales").glob("*/*.po")), ids=lambda p: "/".join(p.parts[-2:])
)
def test_translations_fill_the_same_blanks(path: Path) -> None:
    with path.open("rb") as file:
        catalog = [m for m in read_po(file, locale=path.parent.name) if m.id]
    assert catalog
    for message in catalog:
        assert message.string, message.id
        assert _blanks(str(message.string)) == _blanks(str(message.id)), message.id


def test_two_files_never_translate_one_text_differently() -> None:
    """All files of a language are read as one: whichever came last would win by chance."""
    for folder in (ROOT / "studio" / "locales").iterdir():
        seen: dict[str, tuple[str, str]] = {}
        for path in sorted(folder.glob("*.po")):
            with path.open("rb") as file:
                for message in read_po(file, locale=folder.name):
                    if not message.id:
                        continue
                    known = seen.setdefault(str(message.id), (str(message.string), path.name))
                    assert known[0] == str(message.string), (message.id, known[1], path.name)
