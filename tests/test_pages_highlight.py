"""Marking found words: never breaks what is escaped, finds inflected forms, leaves other words alone."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.wording import akin, folded, words
from channels.web.pages.highlight import mark, snippet


@given(st.text(), st.sets(st.text(min_size=1, max_size=12), max_size=5))
def test_marking_adds_marks_and_nothing_else(text: str, wanted: set[str]) -> None:
    """Without the marks it is the escaped text; read by a browser it is the text itself."""
    marked = str(mark(text, {folded(each) for each in wanted} - {""}))
    bare = re.sub(r"</?mark>", "", marked)
    assert "<" not in bare
    assert html.unescape(bare) == html.unescape(html.escape(text))
    assert marked.count("<mark>") == marked.count("</mark>")
    assert not re.search(r"<mark>[^<]*<mark>", marked)


@given(st.lists(st.sampled_from(["<b>", "visa", "&amp;", "&", "\"'", "visas", "</mark>", "<mark>", "\u202e"])))
def test_marking_between_markup_keeps_it_text(parts: list[str]) -> None:
    text = " ".join(parts)
    marked = str(mark(text, {"visa"}))
    assert html.unescape(re.sub(r"</?mark>", "", marked)) == text
    assert marked.count("<mark>") == sum(part in ("visa", "visas") for part in parts)


@given(st.lists(st.text(), min_size=1, max_size=4), st.text(max_size=10))
def test_a_snippet_is_part_of_a_text(texts: list[str], query: str) -> None:
    found = snippet(texts, set(words(query)))
    core = found.removeprefix("… ").removesuffix(" …")
    assert any(core in text for text in texts)
    assert len(core) <= 180


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("гражданство", "гражданства", True),
        ("виза", "визу", True),
        ("վիզա", "վիզայի", True),
        ("քաղաքացիություն", "քաղաքացիության", True),
        ("vīza", "vīzu", True),
        ("sənəd", "sənədlər", True),
        ("citizen", "citizenship", True),
        ("Visa", "VISA", True),
        ("visa", "visit", False),
        ("passport", "password", False),
        ("070", "070", True),
        ("070", "0700", False),
        ("2025", "2026", False),
        ("не", "на", False),
        ("стоит", "стоимость", False),
    ],
)
def test_forms_of_one_word(one: str, other: str, same: bool) -> None:
    assert akin(folded(one), folded(other)) == akin(folded(other), folded(one)) == same


def test_the_fitting_part_of_a_long_answer_is_shown() -> None:
    texts = ["A summary.", "word " * 60 + "the certificate is at the office " + "word " * 60]
    found = snippet(texts, {"certificate"})
    assert "certificate" in found
    assert found.startswith("… ")
    assert found.endswith(" …")
    assert snippet(texts, {"nothing"}) == "A summary."


def test_marks_inside_armenian_words() -> None:
    """Armenian writes the question mark inside of the word."""
    assert str(mark("Որքա՞ն արժե վիզան", {"որքան"})) == "<mark>Որքա՞ն</mark> արժե վիզան"
