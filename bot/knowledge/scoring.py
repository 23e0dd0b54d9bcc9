"""How well a model understands a pack's held-back questions."""

from __future__ import annotations

from typing import Any, Literal

from bot.knowledge.library import Library
from bot.knowledge.schema import HeldBack

Verdict = Literal["right", "clarified", "refused", "wrong", "unclear"]

OUT_OF_SCOPE = "out_of_scope"
FALLBACK = "nlu_fallback"
URGENT = "emergency"


def judge(parse: dict[str, Any], expected: str, library: Library) -> Verdict:
    """Judge one parse result.

    Returns:
        `right`: answered with the expected question (or refused, where that was expected); `clarified`: asked back
        with it among the choices; `refused`: called out of scope though it is ours; `unclear`: asked back without
        it; `wrong`: answered with something else.
    """
    intent = parse["intent"]["name"]
    understood = parse.get("question") or {}
    if intent == OUT_OF_SCOPE:
        return "right" if expected == OUT_OF_SCOPE else "refused"
    if intent == URGENT:
        # The reply gives the emergency numbers first and offers these questions beneath them.
        return "clarified" if expected in library.pack.emergency_questions else "wrong"
    if intent == FALLBACK:
        return "clarified" if expected in library.candidates(understood.get("ranking", [])) else "unclear"
    return "right" if understood.get("name") == expected else "wrong"


def score(parsed: list[dict[str, Any]], held_back: list[HeldBack], library: Library) -> dict[str, Any]:
    """Score a model.

    Args:
        parsed: what the model made of the test questions.
        held_back: the test questions, in the same order.
        library: the content that choices come from.

    Returns:
        `languages`: per language, counts by verdict of in-scope questions and `accuracy` (right or clarified,
        0 to 1); `topics`: see `by_topic`; `out_of_scope`: per language `refused` and `total`; `misses`: what was
        neither, each with text, language, expected, got and verdict.
    """
    languages: dict[str, dict[str, Any]] = {}
    outside: dict[str, dict[str, int]] = {}
    misses: list[dict[str, Any]] = []
    for parse, item in zip(parsed, held_back, strict=True):
        verdict = judge(parse, item.expected, library)
        intent = parse["intent"]["name"]
        got = intent if intent in (OUT_OF_SCOPE, FALLBACK) else parse["question"].get("name")
        if item.expected == OUT_OF_SCOPE:
            count = outside.setdefault(item.language, {"refused": 0, "total": 0})
            count["total"] += 1
            count["refused"] += verdict == "right"
        else:
            counts = languages.setdefault(
                item.language, dict.fromkeys(("right", "clarified", "refused", "wrong", "unclear", "total"), 0)
            )
            counts["total"] += 1
            counts[verdict] += 1
        if verdict not in ("right", "clarified"):
            misses.append(
                {
                    "text": item.text,
                    "language": item.language,
                    "expected": item.expected,
                    "got": got,
                    "verdict": verdict,
                }
            )
    for counts in languages.values():
        counts["accuracy"] = round((counts["right"] + counts["clarified"]) / counts["total"], 4)
    return {
        "languages": languages,
        "topics": by_topic(held_back, misses),
        "out_of_scope": outside,
        "misses": misses,
    }


def by_topic(held_back: list[HeldBack], misses: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return per topic `total`, `hit` (right or clarified) and `accuracy` (0 to 1); out of scope is one of them."""
    topics: dict[str, dict[str, Any]] = {}
    for item in held_back:
        topic = topics.setdefault(item.expected.partition("/")[0], {"total": 0, "hit": 0})
        topic["total"] += 1
        topic["hit"] += 1
    for miss in misses:
        topics[miss["expected"].partition("/")[0]]["hit"] -= 1
    for topic in topics.values():
        topic["accuracy"] = round(topic["hit"] / topic["total"], 4)
    return topics


def report(scores: dict[str, Any], *, misses: bool = True) -> str:
    """Return scores as a text for people."""
    lines = ["Held-back questions: right question, or asked back with it among the choices"]
    for language, c in sorted(scores["languages"].items()):
        lines.append(
            f"  {language}: {100 * c['accuracy']:5.1f} % of {c['total']}  (right {c['right']}, asked back {c['clarified']}, "
            f"wrong {c['wrong']}, asked back without it {c['unclear']}, refused {c['refused']})"
        )
    if scores["out_of_scope"]:
        lines.append("Out-of-scope questions refused")
        for language, c in sorted(scores["out_of_scope"].items()):
            lines.append(f"  {language}: {100 * c['refused'] / c['total']:5.1f} % of {c['total']}")
    if misses and scores["misses"]:
        lines.append(f"Misses ({len(scores['misses'])})")
        lines.extend(
            f"  [{m['language']}] {m['verdict']}: {m['text']!r} is {m['expected']}, taken for {m['got']}"
            for m in scores["misses"]
        )
    return "\n".join(lines)
