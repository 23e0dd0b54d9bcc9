"""Two releases' scores beside each other, and the confusions of one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.knowledge.scoring import FALLBACK, OUT_OF_SCOPE, URGENT


@dataclass(frozen=True)
class Row:
    """One language or topic in two releases.

    Attributes:
        name: language code or topic; `out_of_scope` for what must be refused.
        total: test questions in the newer release.
        after, before: share understood, in percent; `before` is None where the older release had none.
    """

    name: str
    total: int
    after: float
    before: float | None

    @property
    def change(self) -> float | None:
        """Percentage points gained, negative where lost; None where there is nothing to compare with."""
        return None if self.before is None else round(self.after - self.before, 1)


@dataclass(frozen=True)
class Confusion:
    """Test questions of one question that were taken for another, asked back about or refused."""

    expected: str
    got: str
    count: int


@dataclass(frozen=True)
class Grid:
    """Counts of test questions by the topic they belong to (rows) and what they were taken for (columns)."""

    rows: list[str]
    columns: list[str]
    counts: list[list[int]]


def by_language(scores: dict[str, Any], live: dict[str, Any] | None) -> list[Row]:
    """Return the languages of a release beside those of the live one."""
    return _rows(scores["languages"], live["languages"] if live else {})


def by_topic(scores: dict[str, Any], live: dict[str, Any] | None) -> list[Row]:
    """Return the topics of a release beside those of the live one; empty for releases of earlier versions."""
    return _rows(scores.get("topics", {}), live.get("topics", {}) if live else {})


def _rows(after: dict[str, Any], before: dict[str, Any]) -> list[Row]:
    rows = []
    for name, counts in sorted(after.items()):
        old = before.get(name)
        rows.append(
            Row(
                name=name,
                total=counts["total"],
                after=round(100 * counts["accuracy"], 1),
                before=round(100 * old["accuracy"], 1) if old and old["total"] else None,
            )
        )
    return rows


def overall(scores: dict[str, Any]) -> float | None:
    """Return the share of all test questions that were understood, in percent; None without test questions."""
    inside, outside = scores["languages"].values(), scores["out_of_scope"].values()
    total = sum(counts["total"] for counts in [*inside, *outside])
    hit = sum(counts["right"] + counts["clarified"] for counts in inside) + sum(c["refused"] for c in outside)
    return round(100 * hit / total, 1) if total else None


def lowered(scores: dict[str, Any], live: dict[str, Any] | None, margin: float) -> list[Row]:
    """Return the topics that a release understands worse than the live one.

    Args:
        scores: the release's.
        live: the live release's, None when nothing is live.
        margin: percentage points that do not count yet.
    """
    return [row for row in by_topic(scores, live) if row.change is not None and row.change < -margin]


def confusions(scores: dict[str, Any]) -> list[Confusion]:
    """Return what is taken for what, the most frequent first."""
    counted = Counter((miss["expected"], miss["got"] or FALLBACK) for miss in scores["misses"])
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(expected, got, count) for (expected, got), count in ordered]


def grid(scores: dict[str, Any]) -> Grid:
    """Return the confusions by topic, with the hits on the diagonal."""
    topics = scores.get("topics", {})
    rows = sorted(topics, key=lambda name: (name == OUT_OF_SCOPE, name))
    taken = Counter(
        (miss["expected"].partition("/")[0], _column(miss["got"], miss["verdict"])) for miss in scores["misses"]
    )
    ends = [name for name in (URGENT, FALLBACK, OUT_OF_SCOPE) if name not in rows]
    extra = sorted({column for _, column in taken} - {*rows, *ends})
    # Refusing is a column also where nothing must be refused, so that the picture has the same shape each time.
    columns = [*(name for name in rows if name != OUT_OF_SCOPE), *extra, *(e for e in ends if e != OUT_OF_SCOPE)]
    columns.append(OUT_OF_SCOPE)
    counts = [
        [taken[(row, column)] + (topics[row]["hit"] if row == column else 0) for column in columns] for row in rows
    ]
    return Grid(rows, columns, counts)


def _column(got: str | None, verdict: str) -> str:
    if verdict == "unclear" or got is None:
        return FALLBACK
    return got.partition("/")[0]
