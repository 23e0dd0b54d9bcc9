"""Checks of a question as a whole: its languages, examples and tests, and the questions that compete with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.editing.checks.answers import Limits
from bot.editing.checks.findings import Finding
from bot.editing.checks.rivals import Rival


def check(
    languages: Sequence[str],
    texts: Mapping[str, set[str]],
    examples: int,
    tests: int,
    rival: Rival | None = None,
    limits: Limits | None = None,
) -> Iterator[Finding]:
    """Check a question.

    Args:
        languages: of the pack.
        texts: in which languages there is an approved text, by situation.
        examples: how many examples it has, over all languages.
        tests: how many test questions it has.
        rival: the question that it competes with.
        limits: from where on warnings are given.

    Yields:
        Findings. Their basis is what would have to change for an override to lapse.
    """
    limits = limits or Limits()
    for situation, spoken in texts.items():
        for language in languages:
            if language not in spoken:
                about = situation
                yield Finding("untranslated", "warning", "", language, about, {"language": language}, "untranslated")
    if examples < limits.examples:
        values: dict[str, str | int] = {"count": examples, "wanted": limits.examples}
        yield Finding("few_examples", "warning", values=values, basis=str(examples))
    if not tests:
        yield Finding("no_tests", "error", basis="0")
    if rival:
        # In steps of ten: an override should not lapse with every example that is added.
        step = f"{rival.name} {int(rival.share * 10)}"
        shown: dict[str, str | int] = {"share": round(100 * rival.share), "other": rival.name}
        yield Finding("competes", "warning", about=rival.name, values=shown, basis=step)
