"""Sentences by language, shipped with the program: what telling languages apart is learned from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "lookups" / "languages"


@lru_cache(maxsize=1)
def by_language() -> dict[str, list[str]]:
    """Return the sentences of every language; see the folder's README for where they come from."""
    return _read("*.txt")


@lru_cache(maxsize=1)
def of_our_subject() -> dict[str, list[str]]:
    """Return those sentences that were written for Guidepost: about papers, offices and everyday life."""
    return _read("??.txt")


def _read(pattern: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob(pattern)):
        lines = path.read_text(encoding="utf-8").splitlines()
        found.setdefault(path.name.split(".")[0], []).extend(line for line in lines if line.strip())
    return found
