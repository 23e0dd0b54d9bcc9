"""The report: one table a row of the issue, from the results that are there."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

NAMES = {
    "ours": "Guidepost",
    "svm": "TF-IDF + linear SVM",
    "nlpjs": "nlp.js (basic)",
    "rasa": "Rasa 3.6.21, `rasa init` pipeline (DIET, 100 epochs)",
}
TITLES = {
    "massive_few": "MASSIVE, ten sentences an intent in each of five languages together",
    "massive_english": "MASSIVE, English to learn from, asked in the others",
    "massive_romanised": "MASSIVE in Latin letters, language not given (3,000 native sentences a language to learn from)",
    "clinc": "CLINC150, no out-of-scope sentence to learn from",
    "banking_5": "BANKING77, five sentences an intent",
    "banking_10": "BANKING77, ten sentences an intent",
    "banking_full": "BANKING77, all sentences",
}
TARGETS = {
    "massive_full": "88 / 86 / 87 / 86 / 87",
    "massive_few": "82 / 76 / 79 / 76 / 77",
    "massive_english": "66 / 74 / 57 / 67",
    "massive_romanised": "at most 4 points under native",
    "clinc": "95 at 64 and 92 at 89",
    "banking_5": "80",
    "banking_10": "87",
    "banking_full": "93.5",
}


def write(results: Path) -> None:
    """Write `understanding.md` and `understanding.json` beside the folder of results."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(results.glob("*.json")):
        row, system = path.stem.rsplit(".", 1)
        found.setdefault(row, {})[system] = json.loads(path.read_text(encoding="utf-8"))
    (results.parent / "understanding.json").write_text(
        json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (results.parent / "understanding.md").write_text(text(found), encoding="utf-8")


def text(found: dict[str, dict[str, Any]]) -> str:
    """Return the report in Markdown."""
    lines = [
        "# Understanding, measured",
        "",
        "Written by `guidepost bench understanding`. Same splits, same machine, same run; accuracy in %. "
        f"Machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; shared, so seconds are rough. "
        "Memory is the peak of the process, training included. "
        "`unseen` leaves out test sentences that stand verbatim in the training part.",
        "",
    ]
    if "pack" in found:
        lines += _pack(found["pack"]["ours"])
    full = {
        row.removeprefix("massive_full_"): systems for row, systems in found.items() if row.startswith("massive_full_")
    }
    if full:
        lines += _massive_full(full)
    for row, title in TITLES.items():
        if row in found:
            lines += [f"## {title}", "", f"Aim: {TARGETS[row]}.", ""]
            lines += _table(found[row])
            if row == "clinc":
                lines += _doubt(found[row])
            if row == "massive_romanised":
                lines += ["The Latin spelling was made by a program (see the data set), not by people.", ""]
            if row.startswith("banking"):
                lines += ["Guidepost reads the intents' names as one more sentence each.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _pack(result: dict[str, Any]) -> list[str]:
    parse = result["parse"]
    lines = [
        "## The Armenian pack, through the program",
        "",
        "Aim: 95 % right or asked back with the right choice, confident wrong answers under 1.5 %; a parse under 12 ms and "
        "under 1.5 times the encoder alone.",
        "",
        "| questions | language | of | right or right choice offered | right at once | wrong | refused or asked back without it |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in result["sets"].items():
        for language, c in sorted(scores["languages"].items()):
            total = c["total"]
            lines.append(
                f"| {name} | {language} | {total} | {100 * c['accuracy']:.1f} | {100 * c['right'] / total:.1f} | "
                f"{100 * c['wrong'] / total:.1f} | {100 * (c['refused'] + c['unclear']) / total:.1f} |"
            )
        for language, c in sorted(scores["out_of_scope"].items()):
            lines.append(
                f"| {name}, out of scope | {language} | {c['total']} | {100 * c['refused'] / c['total']:.1f} refused | | | |"
            )
    lines += [
        "",
        f"A parse: {parse['parse_ms']} ms of CPU on one core (median; p90 {parse['parse_p90_ms']}), "
        f"{parse['times_encoder']} times the encoder alone ({parse['encoder_ms']} ms).",
        "",
    ]
    return lines


def _costs(result: dict[str, Any]) -> str:
    return (
        f"{result['training_cpu_seconds']:.0f} | {result['training_seconds']:.0f} | "
        f"{result['cpu_ms_a_message']:.1f} | {result['memory_mb']}"
    )


def _massive_full(full: dict[str, dict[str, Any]]) -> list[str]:
    order = [language for language in ("en", "hy", "ru", "lv", "az") if language in full]
    lines = [
        "## MASSIVE, all training sentences of the language",
        "",
        f"Aim: {TARGETS['massive_full']} (en / hy / ru / lv / az). 11,514 sentences to learn from, 2,974 to be asked.",
        "",
        "| system | " + " | ".join(order) + " | training CPU s | training s | CPU ms a message | memory MB |",
        "|---|" + "---|" * (len(order) + 4),
    ]
    for system, name in NAMES.items():
        results = {language: full[language][system] for language in order if system in full[language]}
        if not results:
            continue
        cells = []
        for language in order:
            test = results[language]["tests"][language] if language in results else None
            cells.append(f"{test['accuracy']:.1f} (unseen {test['accuracy_unseen']:.1f})" if test else "–")
        mean = {
            key: sum(result[key] for result in results.values()) / len(results)
            for key in ("training_cpu_seconds", "training_seconds", "cpu_ms_a_message")
        }
        mean["memory_mb"] = max(result["memory_mb"] for result in results.values())
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {_costs(mean)} |")
    return [*lines, ""]


def _table(systems: dict[str, Any]) -> list[str]:
    tests = list(next(iter(systems.values()))["tests"])
    tests = [test for test in tests if test != "out of scope"]
    lines = [
        "| system | " + " | ".join(tests) + " | training CPU s | training s | CPU ms a message | memory MB |",
        "|---|" + "---|" * (len(tests) + 4),
    ]
    for system, name in NAMES.items():
        if system in systems:
            result = systems[system]
            cells = []
            for test in tests:
                scored = result["tests"][test]
                cell = f"{scored['accuracy']:.1f}"
                if scored["unseen"] != scored["sentences"]:
                    cell += f" (unseen {scored['accuracy_unseen']:.1f})"
                if "language_right" in scored and " " in test and test != "in scope":
                    cell += f", language {scored['language_right']:.1f}"
                cells.append(cell)
            lines.append(f"| {name} | " + " | ".join(cells) + f" | {_costs(result)} |")
    return [*lines, ""]


def _doubt(systems: dict[str, Any]) -> list[str]:
    points = sorted({p["in_scope_accuracy"] for r in systems.values() for p in r.get("doubt", [])}, reverse=True)
    lines = [
        "Out-of-scope recall at an in-scope accuracy (refusals counted wrong) of:",
        "",
        "| system | " + " | ".join(f"{point}" for point in points) + " |",
        "|---|" + "---|" * len(points),
    ]
    for system, name in NAMES.items():
        if system in systems:
            curve = {p["in_scope_accuracy"]: p["out_of_scope_recall"] for p in systems[system].get("doubt", [])}
            lines.append(f"| {name} | " + " | ".join(f"{curve[p]:.1f}" if p in curve else "–" for p in points) + " |")
    return [*lines, ""]
