"""CPU time and memory of this process and of what it started."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Predict = Callable[[str, str], dict[str, Any]]


def cpu_seconds() -> float:
    """Return CPU seconds used so far, children included."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def run(train: Callable[[dict[str, Any]], Predict]) -> None:
    """Run a worker: `worker.py job.json result.json`.

    Args:
        train: learns from a job and returns what answers (text, language) with intent, score and anything else.
    """
    job_file, result_file = Path(sys.argv[1]), Path(sys.argv[2])
    job = json.loads(job_file.read_text(encoding="utf-8"))
    began, cpu = time.monotonic(), cpu_seconds()
    predict = train(job)
    result: dict[str, Any] = {
        "training_seconds": round(time.monotonic() - began, 1),
        "training_cpu_seconds": round(cpu_seconds() - cpu, 1),
        "predictions": {},
    }
    asked = 0
    cpu = cpu_seconds()
    for name, sentences in job["tests"].items():
        print(f"    asking {len(sentences)} sentences: {name}", flush=True)
        result["predictions"][name] = [predict(text, language) for text, _, language in sentences]
        asked += len(sentences)
    result["cpu_ms_a_message"] = round(1000 * (cpu_seconds() - cpu) / asked, 2)
    result["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result_file.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
