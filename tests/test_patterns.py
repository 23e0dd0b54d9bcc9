"""Patterns that could run away are refused; sound ones are not; nothing runs without a bound."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.editing.checks import patterns

RUN_AWAY = [
    r"(a+)+$", r"(\w+\s?)*$", r"([a-z]+)*!", r"(.*a){20}", r"(x+x+)+y", r"a*a*a*a*b", r"(?:a?)+b", r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(.+)+", r"((ab)*)*c", r"(\d+|\d\d)+x", r"(a{1,30}){1,30}b", r"(?=a)(a+)+b", r".*.*.*x", r"(?P<n>(a|b|ab)*)c", r"\s+\s+\s+$",
    r"(и|ий|и.)+$", r"(a*?)*?b", r"(ab|ab)*c", r"(a|aa)+$", r"(a|a?)+$", r"([^;]+,?)+$", r"(ղ+)+$", r"(a|b|ab)*c",
]  # fmt: skip

SOUND = [
    r"паспорт\w*", r"how (much|long)", r"(?:ab|cd)+", r"^\d{3}-\d+$", r"(\w+;)+", r"виз[аыуе]", r"(foo|bar|baz)\b.*fee",
    r"\bafter \d+ (days|weeks)\b", r"քաղաքաց\S*", r"[a-z]+@[a-z]+\.am", r"(a+b)+", r"(?:\d+,)*\d+", r".*fee.*", r"(ha){2,40}",
    r"(\w)\1", r"(?P<x>a)(?P=x)b", "passport", "", r"(паспорт|паспорта)+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", RUN_AWAY)
def test_pattern_that_could_run_away_is_refused(pattern: str) -> None:
    found = patterns.check(pattern)
    assert found is not None
    assert found.code == "pattern_runs_away"


@pytest.mark.parametrize("pattern", SOUND)
def test_sound_pattern_is_taken(pattern: str) -> None:
    assert patterns.check(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "at", "part"),
    [
        ("(", 1, "("),
        ("ab[a", 3, "[a"),
        ("*a", 1, "*a"),
        ("(?P<n>a)(?P<n>b)", 13, "n>b)"),
        ("a{3,1}", 3, "3,1}"),
        ("\\", 1, "\\"),
        ("[[a]", 2, "[a]"),
        ("a" + "{9" + "9" * 40 + "}", 1, "a{" + "9" * 18),
    ],
)
def test_broken_pattern_says_where(pattern: str, at: int, part: str) -> None:
    """Where instead of why: the parser's own words are English, and the interface may be Armenian."""
    found = patterns.check(pattern)
    assert found is not None
    assert found.code == "pattern_broken"
    assert found.values == {"at": at, "part": part}


def test_endless_pattern_is_refused_before_it_is_parsed() -> None:
    found = patterns.check("(" * 5000 + ")" * 5000)
    assert found is not None
    assert found.code == "pattern_too_long"


def test_search_stops_when_its_time_is_up() -> None:
    """A bad pattern that somehow got past the checks: it is stopped in the middle of a text."""
    began = time.monotonic()
    assert patterns.search(r"(a|aa)+$", ["a" * 60 + "!"] * 50, seconds=0.3) is None
    assert time.monotonic() - began < 5


def test_search_finds_without_regard_to_case() -> None:
    assert patterns.search(r"виз[аы]\b", ["Моя ВИЗА", "визит"]) == [True, False]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=list("ab.+*?|(){}2,[]^$\\w"), max_size=14), st.text(alphabet="ab!2,", max_size=3))
def test_what_is_taken_does_not_run_away(pattern: str, tail: str) -> None:
    """Whatever passes ends within the bound on long texts of its own letters."""
    if patterns.check(pattern) is not None:
        return
    compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION0)
    for text in ("a" * 200 + tail, "ab" * 100 + tail, "b" * 200 + tail, "2," * 100 + tail):
        compiled.search(text, timeout=5)


@pytest.mark.parametrize("word", ["ստեփանակերտ", "нагорн караба", "stepanaker", "ak-47", "o'neil"])
def test_beginning_of_a_word(word: str) -> None:
    assert patterns.check_word(word) is None


@pytest.mark.parametrize("word", ["(a+)+$", "step.*|x", "a\\b", "<script>"])
def test_a_place_is_recognised_by_words_and_not_by_expressions(word: str) -> None:
    found = patterns.check_word(word)
    assert found is not None
    assert found.code == "pattern_not_a_word"
