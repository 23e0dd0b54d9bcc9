"""Running the rows and writing the report. Every job that is done is kept, so that a stopped run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.understanding import report
from benchmarks.understanding.jobs import ROWS, Datasets

ROOT = Path(__file__).resolve().parents[2]
WORKERS = Path(__file__).parent / "workers"
RESULTS = ROOT / "benchmarks" / "results" / "understanding"
WORK = ROOT / "var" / "bench"
PACK = "pack"
"""The row of the Armenian pack: our own program only."""

SYSTEMS = ("ours", "svm", "nlpjs", "rasa")

RASA_BY_DEFAULT = ("massive_few", "banking_5", "banking_10")
"""Rows that stock Rasa is run on without --all: DIET takes hours of training for each of the others."""


def main(
    datasets: Path,
    rows: Sequence[str] = (),
    systems: Sequence[str] = (),
    *,
    everything: bool = False,
    again: bool = False,
) -> int:
    """Run what has not been run and write the report.

    Args:
        datasets: folder of the public benchmarks.
        rows: which rows; default all.
        systems: which systems; default all.
        everything: also what takes hours.
        again: throw away what is there of these rows and systems.

    Returns:
        0, or 1 when something could not be run.
    """
    RESULTS.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    data = Datasets(datasets)
    failed = 0
    if (not rows or PACK in rows) and (not systems or "ours" in systems):
        failed = _pack(again)
    wanted = [
        (row, system)
        for row in (rows or ROWS)
        if row != PACK
        for system in (systems or SYSTEMS)
        if system != "rasa" or everything or row in RASA_BY_DEFAULT
    ]
    for at, (row, system) in enumerate(wanted, 1):
        target = RESULTS / f"{row}.{system}.json"
        head = f"[{at}/{len(wanted)}] {row} · {system}"
        if target.exists() and not again:
            print(f"{head}: done before", flush=True)
            continue
        try:
            job = ROWS[row](data)
        except FileNotFoundError as error:
            print(f"{head}: no data ({error.filename}); name the folder with --datasets", flush=True)
            failed = 1
            continue
        print(f"{head}: {len(job['train'])} sentences to learn from", flush=True)
        job["names_as_examples"] = row.startswith("banking") and system == "ours"
        began = time.monotonic()
        error_text = _run(system, job, target)
        if error_text:
            print(f"{head}: failed\n{error_text}", flush=True)
            failed = 1
        else:
            print(f"{head}: {time.monotonic() - began:.0f} s", flush=True)
    report.write(RESULTS)
    print(f"Report: {RESULTS.parent / 'understanding.md'}", flush=True)
    return failed


def _pack(again: bool) -> int:
    target = RESULTS / f"{PACK}.ours.json"
    if target.exists() and not again:
        print(f"{PACK}: done before", flush=True)
        return 0
    print(f"{PACK}: held-back questions and the cost of a parse", flush=True)
    command = [sys.executable, str(WORKERS / "pack.py"), str(target)]
    return int(subprocess.run(command, check=False).returncode != 0)  # our own worker


def _run(system: str, job: dict[str, Any], target: Path) -> str | None:
    job_file, result_file = WORK / "job.json", WORK / "result.json"
    job_file.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    result_file.unlink(missing_ok=True)
    command, environment = _command(system)
    if not command:
        return environment.get("why", "")
    log = WORK / f"{system}.log"
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(  # our own workers
            [*command, str(job_file), str(result_file)], env=os.environ | environment, stdout=output, stderr=output
        )
    if done.returncode or not result_file.exists():
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    result = json.loads(result_file.read_text(encoding="utf-8"))
    target.write_text(json.dumps(_scored(job, result), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return None


def _command(system: str) -> tuple[list[str], dict[str, str]]:
    if system == "rasa":
        python = WORK / "rasa" / "bin" / "python"
        if not python.exists():
            return [], {"why": "no environment: make it with `sh benchmarks/understanding/setup_competitors`"}
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "RASA_TELEMETRY_ENABLED": "false"}
        return [str(python), str(WORKERS / "stock_rasa.py")], quiet
    if system == "nlpjs":
        modules = WORK / "nlpjs" / "node_modules"
        if not modules.exists():
            return [], {"why": "no package: get it with `sh benchmarks/understanding/setup_competitors`"}
        return ["node", str(WORKERS / "nlpjs.js")], {"NODE_PATH": str(modules)}
    return [sys.executable, str(WORKERS / f"{system}.py")], {"OMP_NUM_THREADS": "2"}


def _scored(job: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return the costs, and by test how much was right: of all, and of sentences that are not in the training too."""
    known = {" ".join(text.lower().split()) for text, _, _ in job["train"]}
    tests: dict[str, Any] = {}
    for name, sentences in job["tests"].items():
        answers = result["predictions"][name]
        right = [answer["intent"] == intent for answer, (_, intent, _) in zip(answers, sentences, strict=True)]
        fresh = [
            ok for ok, (text, _, _) in zip(right, sentences, strict=True) if " ".join(text.lower().split()) not in known
        ]
        tests[name] = {
            "sentences": len(right),
            "accuracy": round(100 * sum(right) / len(right), 2),
            "accuracy_unseen": round(100 * sum(fresh) / max(1, len(fresh)), 2),
            "unseen": len(fresh),
        }
        if any("language" in answer for answer in answers):
            wanted = name.split()[0]
            tests[name]["language_right"] = round(
                100 * sum(answer.get("language") == wanted for answer in answers) / len(answers), 2
            )
    scored = {key: value for key, value in result.items() if key != "predictions"}
    scored["tests"] = tests
    scored["job"] = hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()[:16]
    if "out of scope" in tests:
        scored["doubt"] = _doubt(job, result)
    return scored


def _doubt(job: dict[str, Any], result: dict[str, Any]) -> list[dict[str, float]]:
    """Return points of the curve: in-scope accuracy with refusals counted wrong, against out-of-scope recall."""

    def certainty(answer: dict[str, Any]) -> float:
        return 1 - float(answer["outside"]) if "outside" in answer else float(answer["score"] or 0)

    inside = result["predictions"]["in scope"]
    outside = [certainty(answer) for answer in result["predictions"]["out of scope"]]
    right = [
        certainty(answer)
        for answer, (_, intent, _) in zip(inside, job["tests"]["in scope"], strict=True)
        if answer["intent"] == intent
    ]
    points = []
    for target in (96, 95, 94, 93, 92, 91, 90):
        needed = -(-target * len(inside) // 100)
        if needed <= len(right):
            threshold = sorted(right, reverse=True)[needed - 1]
            refused = sum(value < threshold for value in outside)
            points.append({"in_scope_accuracy": target, "out_of_scope_recall": round(100 * refused / len(outside), 1)})
    return points
