"""Picking what to say from the content that is live."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from test_content_files import tiny_files, write

from bot.knowledge import files, library
from bot.knowledge.library import Library, NoLibraryError
from bot.knowledge.schema import Content, Question

FEE, PASSPORT = "documents/fee", "documents/passport"


@pytest.fixture
def tree(tmp_path: Path) -> dict[str, Any]:
    """The tiny pack as values that a test may change before it opens a library on them."""
    loaded = files.load(write(tmp_path, tiny_files()), "tiny")
    assert loaded.content is not None
    return loaded.content.model_dump()


def opened(tree: dict[str, Any]) -> Library:
    return Library(Content.model_validate(tree))


def question(library: Library, name: str) -> Question:
    found = library.question(name)
    assert found is not None
    return found


def by_id(tree: dict[str, Any], name: str) -> dict[str, Any]:
    return next(question for question in tree["questions"] if question["id"] == name)


def starts(tree: dict[str, Any]) -> list[str]:
    return [question.id for question in opened(tree).start_questions()]


def test_there_is_always_something_to_start_from(tree: dict[str, Any]) -> None:
    """Retiring the last starting point must not leave a heading with nothing beneath it."""
    assert starts(tree) == [PASSPORT]
    for none in ([], ["documents/retired"]):
        tree["pack"]["start_questions"] = none
        assert starts(tree) == [PASSPORT, "visa/apply"]
    tree["questions"] = [by_id(tree, FEE)]
    assert starts(tree) == [FEE]


@pytest.mark.parametrize(
    ("situation", "expected"),
    [("displaced", "It is free."), ("foreigner", "The fee is 25 000 AMD."), (None, "The fee is 25 000 AMD.")],
)
def test_the_variant_is_that_of_the_situation(tree: dict[str, Any], situation: str | None, expected: str) -> None:
    """Who has no variant of their own gets the one for everybody, wherever it stands in the list."""
    for _ in range(2):
        found = opened(tree)
        assert found.choose(question(found, FEE), "en", situation).text.summary == expected
        by_id(tree, FEE)["answers"].reverse()


@pytest.mark.parametrize("language", ["hy", "ru", "en"])
def test_the_language_is_the_persons(tree: dict[str, Any], language: str) -> None:
    found = opened(tree)
    chosen = found.choose(question(found, FEE), language, "displaced")
    expected = {"hy": "Անվճար է։", "ru": "Бесплатно.", "en": "It is free."}[language]
    assert (language, expected) == (chosen.language, chosen.text.summary)


@pytest.mark.parametrize(
    ("available", "order", "wanted", "expected"),
    [
        (["ru", "en"], ["hy", "ru", "en"], "hy", "ru"),
        (["ru", "en"], ["en", "ru"], "hy", "en"),
        (["hy", "ru"], ["hy", "ru", "en"], "en", "hy"),
        (["en"], ["hy", "ru"], "ru", "en"),
        (["ru", "en"], [], "hy", "ru"),
        (["hy", "ru", "en"], ["hy", "ru", "en"], "ka", "hy"),
    ],
)
def test_the_next_best_language_stands_in(
    tree: dict[str, Any], available: list[str], order: list[str], wanted: str, expected: str
) -> None:
    """In the pack's order; when that has none of the answer's languages, any: something is always said."""
    tree["pack"]["fallback_languages"] = order
    entry = by_id(tree, FEE)
    texts = entry["answers"][0]["texts"]
    entry["answers"][0]["texts"] = {language: texts[language] for language in available}
    entry["title"] = {language: f"title in {language}" for language in available}
    found = opened(tree)
    chosen = found.choose(question(found, FEE), wanted, None)
    assert expected == chosen.language
    assert texts[expected]["summary"] == chosen.text.summary
    assert f"title in {expected}" == found.title(question(found, FEE), wanted)
    names = {language: f"name in {language}" for language in available}
    assert f"name in {expected}" == found.name(names, wanted)


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        ("uk", ["hy", "ru", "en"], "ru"),
        ("lv", ["hy", "ru", "en"], "en"),
        ("lv", ["hy", "ru"], "ru"),
        ("uk", ["hy", "en"], "hy"),
        ("uk", ["hy", "uk"], "uk"),
        ("az", ["hy", "ru", "en"], "hy"),
    ],
)
def test_who_speaks_another_language_gets_the_one_they_likely_read(
    tree: dict[str, Any], wanted: str, available: list[str], expected: str
) -> None:
    """A Ukrainian reads Russian rather than Armenian; without a text in it the pack's own order holds."""
    assert tree["pack"]["fallbacks"] == {"uk": ["ru"], "lv": ["en", "ru"]}
    entry = by_id(tree, FEE)
    texts = entry["answers"][0]["texts"]
    entry["answers"][0]["texts"] = {language: texts.get(language, texts["hy"]) for language in available}
    entry["title"] = {language: f"title in {language}" for language in available}
    found = opened(tree)
    assert found.choose(question(found, FEE), wanted, None).language == expected
    assert found.title(question(found, FEE), wanted) == f"title in {expected}"


@pytest.mark.parametrize(("day", "expired"), [("2030-12-30", False), ("2030-12-31", False), ("2031-01-01", True)])
def test_an_answer_holds_through_its_last_day(tree: dict[str, Any], day: str, expired: bool) -> None:
    found = opened(tree)
    today = dt.date.fromisoformat(day)
    assert found.choose(question(found, FEE), "en", "displaced", today).expired is expired
    assert found.choose(question(found, FEE), "en", None, today).expired is False


def test_without_a_day_today_counts(tree: dict[str, Any]) -> None:
    end = by_id(tree, FEE)["answers"][1]
    for days, expired in ((-2, True), (2, False)):
        end["valid_until"] = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
        found = opened(tree)
        assert found.choose(question(found, FEE), "en", "displaced").expired is expired


def test_today_is_the_day_at_the_authority(tree: dict[str, Any]) -> None:
    """Between these two places it is never the same date."""
    tree["pack"]["time_zone"] = "Pacific/Kiritimati"
    east = opened(tree).today()
    tree["pack"]["time_zone"] = "Etc/GMT+12"
    assert opened(tree).today() < east


@pytest.mark.parametrize("facts", [["F-FEE", "F-END"], ["F-END", "F-FEE"]])
def test_verified_on_is_the_earliest_day(tree: dict[str, Any], facts: list[str]) -> None:
    by_id(tree, FEE)["answers"][0]["facts"] = facts
    found = opened(tree)
    assert dt.date(2026, 10, 1) == found.choose(question(found, FEE), "en", None).verified_on


def test_sources_are_named_once_in_the_order_of_the_facts(tree: dict[str, Any]) -> None:
    tree["facts"]["F-MORE"] = tree["facts"]["F-FEE"] | {"statement": "Another sentence of the same law"}
    by_id(tree, FEE)["answers"][0]["facts"] = ["F-END", "F-FEE", "F-MORE"]
    found = opened(tree)
    assert [source.title for source in found.choose(question(found, FEE), "en", None).sources] == [
        "Order",
        "Law on fees",
    ]


def test_emergency_numbers_have_their_sources(tree: dict[str, Any]) -> None:
    assert [source.title for source in opened(tree).emergency_sources()] == ["Law on fees"]


def test_a_follow_up_leads_where_the_question_says_else_where_its_topic_says(tree: dict[str, Any]) -> None:
    tree["pack"]["follow_ups"] = {"documents": {"fee": FEE, "where": "visa/apply"}}
    by_id(tree, PASSPORT)["follow_ups"] = {"where": FEE}
    found = opened(tree)
    passport = question(found, PASSPORT)
    assert found.follow_up(passport, "fee") is question(found, FEE)
    assert found.follow_up(passport, "where") is question(found, FEE)
    assert found.follow_up(passport, "deadline") is None
    assert found.follow_up(question(found, FEE), "where") is question(found, "visa/apply")
    assert found.follow_up(question(found, "visa/apply"), "fee") is None


def test_a_follow_up_never_leads_back_to_the_same_question(tree: dict[str, Any]) -> None:
    """The topic's fee question has just been answered: to say it again would be no answer."""
    tree["pack"]["follow_ups"] = {"documents": {"fee": FEE}}
    found = opened(tree)
    assert found.follow_up(question(found, FEE), "fee") is None


def test_choices_are_our_own_questions_best_first(tree: dict[str, Any]) -> None:
    names = ["out_of_scope", "visa/apply", "smalltalk/hello", FEE, "documents/removed", PASSPORT]
    ranking = [{"name": name, "score": 1 / number} for number, name in enumerate(names, 1)]
    found = opened(tree)
    assert found.candidates(ranking) == ["visa/apply", FEE, PASSPORT]
    assert found.candidates(ranking, 2) == ["visa/apply", FEE]
    assert found.candidates([]) == []


def test_an_unknown_question_is_none(tree: dict[str, Any]) -> None:
    assert opened(tree).question("documents/removed") is None


def test_an_action_without_content_says_so() -> None:
    with pytest.raises(NoLibraryError, match="in_place"):
        library.current()


def test_content_is_in_place_inside_the_block_only(tree: dict[str, Any]) -> None:
    outer, inner = opened(tree), opened(tree)
    with library.in_place(outer):
        with suppress(ZeroDivisionError), library.in_place(inner):
            assert library.current() is inner
            raise ZeroDivisionError
        assert library.current() is outer
    with pytest.raises(NoLibraryError):
        library.current()


async def test_turns_at_the_same_time_each_have_their_own_content(tree: dict[str, Any]) -> None:
    """A release that goes live in between does not change the content under a running turn."""
    libraries = [opened(tree) for _ in range(5)]
    together = asyncio.Barrier(len(libraries))

    async def turn(own: Library) -> Library:
        with library.in_place(own):
            await together.wait()
            return library.current()

    found = await asyncio.gather(*(turn(own) for own in libraries))
    assert all(own is seen for own, seen in zip(libraries, found, strict=True))
