"""How results on held-back questions are counted and told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_content_files import tiny_files

from bot.knowledge import files
from bot.knowledge.library import Library
from bot.knowledge.schema import HeldBack
from bot.knowledge.scoring import judge, report, score

FEE, PASSPORT, VISA = "documents/fee", "documents/passport", "visa/apply"


def tiny_library() -> Library:
    loaded = files.parse({name: text.encode() for name, text in tiny_files().items()}, "tiny")
    assert loaded.content is not None
    return Library(loaded.content)


LIBRARY = tiny_library()


def parsed(intent: str, name: str | None = None, ranking: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the processor returns, as far as it counts here."""
    return {
        "intent": {"name": intent, "confidence": 0.5},
        "question": {"name": name, "ranking": [{"name": entry, "score": 0.3} for entry in ranking]},
    }


def answered(name: str) -> dict[str, Any]:
    return parsed(name.partition("/")[0], name, (name, "visa/apply"))


REFUSED = parsed("out_of_scope", FEE, (FEE,))
ASKED_BACK = parsed("nlu_fallback", FEE, ("out_of_scope", "smalltalk/hello", FEE, PASSPORT))


@pytest.mark.parametrize(
    ("parse", "expected", "verdict"),
    [
        (answered(FEE), FEE, "right"),
        (answered(FEE), PASSPORT, "wrong"),
        (answered(FEE), "out_of_scope", "wrong"),
        (answered("smalltalk/hello"), "smalltalk/hello", "right"),
        (ASKED_BACK, FEE, "clarified"),
        (ASKED_BACK, PASSPORT, "clarified"),
        (ASKED_BACK, VISA, "unclear"),
        (ASKED_BACK, "out_of_scope", "unclear"),
        (ASKED_BACK, "smalltalk/hello", "unclear"),
        (REFUSED, FEE, "refused"),
        (REFUSED, "out_of_scope", "right"),
        (parsed("nlu_fallback"), FEE, "unclear"),
        (parsed("visa"), FEE, "wrong"),
        (parsed("emergency", "emergency/danger"), VISA, "clarified"),
        (parsed("emergency", "emergency/danger"), FEE, "wrong"),
        (parsed("emergency", "emergency/danger"), "out_of_scope", "wrong"),
    ],
)
def test_verdicts(parse: dict[str, Any], expected: str, verdict: str) -> None:
    assert verdict == judge(parse, expected, LIBRARY)


def test_only_choices_that_are_really_offered_count() -> None:
    """Three questions are offered; the fourth in the ranking helps nobody, nor one that the pack no longer has."""
    gone = parsed("nlu_fallback", None, ("documents/gone", FEE, PASSPORT, VISA))
    assert judge(gone, VISA, LIBRARY) == "clarified"
    tree = LIBRARY.content.model_dump()
    tree["questions"].append(tree["questions"][0] | {"id": "documents/fourth"})
    wider = Library(type(LIBRARY.content).model_validate(tree))
    four = parsed("nlu_fallback", None, ("documents/fourth", FEE, PASSPORT, VISA))
    assert judge(four, PASSPORT, wider) == "clarified"
    assert judge(four, VISA, wider) == "unclear"


def test_the_emergency_reply_offers_what_the_pack_says() -> None:
    """Who asks about violence and is given the emergency numbers finds the question beneath them."""
    assert LIBRARY.pack.emergency_questions == [VISA]
    tree = LIBRARY.content.model_dump()
    tree["pack"]["emergency_questions"] = []
    none = Library(type(LIBRARY.content).model_validate(tree))
    assert judge(parsed("emergency", "emergency/danger"), VISA, none) == "wrong"


def held(expected: str, language: str = "en") -> HeldBack:
    return HeldBack(expected=expected, language=language, text=f"{expected} in {language}")


CASES = [
    (answered(FEE), held(FEE)),
    (ASKED_BACK, held(PASSPORT)),
    (ASKED_BACK, held(VISA)),
    (REFUSED, held(FEE)),
    (answered(VISA), held(FEE)),
    (answered(FEE), held(FEE, "hy")),
    (REFUSED, held("out_of_scope")),
    (answered(FEE), held("out_of_scope")),
    (REFUSED, held("out_of_scope", "ru")),
]


def scored(cases: list[tuple[dict[str, Any], HeldBack]]) -> dict[str, Any]:
    return score([parse for parse, _ in cases], [item for _, item in cases], LIBRARY)


def test_scores_by_language() -> None:
    """Foreign questions are counted apart: refusing them says nothing about answering ours."""
    scores = scored(CASES)
    assert scores["languages"] == {
        "en": {"right": 1, "clarified": 1, "refused": 1, "wrong": 1, "unclear": 1, "total": 5, "accuracy": 0.4},
        "hy": {"right": 1, "clarified": 0, "refused": 0, "wrong": 0, "unclear": 0, "total": 1, "accuracy": 1.0},
    }
    assert scores["out_of_scope"] == {"en": {"refused": 1, "total": 2}, "ru": {"refused": 1, "total": 1}}


def test_misses_say_what_was_asked_and_what_it_was_taken_for() -> None:
    assert [tuple(miss.values()) for miss in scored(CASES)["misses"]] == [
        ("visa/apply in en", "en", VISA, "nlu_fallback", "unclear"),
        ("documents/fee in en", "en", FEE, "out_of_scope", "refused"),
        ("documents/fee in en", "en", FEE, VISA, "wrong"),
        ("out_of_scope in en", "en", "out_of_scope", FEE, "wrong"),
    ]


def test_nothing_held_back_is_no_score() -> None:
    assert scored([]) == {"languages": {}, "topics": {}, "out_of_scope": {}, "misses": []}


def test_a_result_that_is_missing_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="longer"):
        score([answered(FEE)], [held(FEE), held(VISA)], LIBRARY)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([answered(FEE), answered(VISA), REFUSED, ASKED_BACK, parsed("nlu_fallback")]),
            st.builds(held, st.sampled_from([FEE, PASSPORT, VISA, "out_of_scope"]), st.sampled_from(["hy", "ru"])),
        )
    )
)
def test_every_question_is_counted_once(cases: list[tuple[dict[str, Any], HeldBack]]) -> None:
    scores = scored(cases)
    counts = list(scores["languages"].values())
    outside = list(scores["out_of_scope"].values())
    assert len(cases) == sum(count["total"] for count in [*counts, *outside])
    for count in counts:
        verdicts = ("right", "clarified", "refused", "wrong", "unclear")
        assert count["total"] == sum(count[verdict] for verdict in verdicts)
        assert 0 <= count["accuracy"] <= 1
    good = sum(c["right"] + c["clarified"] for c in counts) + sum(c["refused"] for c in outside)
    assert len(cases) == good + len(scores["misses"])
    assert report(scores)


def test_the_report_is_for_people() -> None:
    text = report(scored(CASES))
    assert "  en:  40.0 % of 5  (right 1, asked back 1, wrong 1, asked back without it 1, refused 1)" in text
    assert "  hy: 100.0 % of 1" in text
    assert "Out-of-scope questions refused\n  en:  50.0 % of 2\n  ru: 100.0 % of 1" in text
    assert "Misses (4)" in text
    assert "  [en] wrong: 'out_of_scope in en' is out_of_scope, taken for documents/fee" in text


def test_the_report_can_leave_the_misses_out() -> None:
    assert "Misses" not in report(scored(CASES), misses=False)
    assert "Misses" not in report(scored(CASES[:1]))
