"""Fifty visitors chatting at once: how long until the first byte of an answer, against the real server over HTTP.

Each visitor opens the chat, listens to server-sent events like the widget, and sends questions with a pause between
them, as people do. Visitors are a process of their own, on the same machine, and take from the same cores.

Run: .venv/bin/python -m benchmarks.web_visitors [--url http://127.0.0.1:8000]; without --url a server is started.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
VISITORS = 50
QUESTIONS_EACH = 8
PAUSE_SECONDS = (3.0, 9.0)
"""Between two questions of a visitor. Reading an answer takes longer; this is the busier case."""

PROMISE_MS = 300


def questions() -> list[str]:
    """Return the pack's own test questions, which the classifier was not trained on."""
    trees = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "tests/content").glob("*.yml")]
    asked = [each for tree in trees if tree["pack"] == "armenia" for each in (tree.get("questions") or {}).values()]
    return sorted(text for by_language in asked for texts in by_language.values() for text in texts)


async def visitor(url: str, asked: list[str], seed: int, times: list[float], failed: list[int]) -> None:
    """One visitor: open, listen, ask with pauses; the time to the first byte of each answer goes to `times` (ms)."""
    rng = random.Random(seed)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await asyncio.sleep(rng.uniform(0, PAUSE_SECONDS[1]))
        start = (await client.post("/api/chat/start", json={"language": "hy"})).json()
        token = start["conversation"]
        listening = asyncio.create_task(_listen(url, token))
        try:
            for number in range(QUESTIONS_EACH):
                body = {"text": rng.choice(asked), "conversation": token, "message_id": f"m{number}"}
                began = time.perf_counter()
                async with client.stream("POST", "/api/chat", json=body) as response:
                    if response.status_code != 200:
                        failed.append(response.status_code)
                        continue
                    async for _ in response.aiter_raw():
                        times.append(1000 * (time.perf_counter() - began))
                        break
                await asyncio.sleep(rng.uniform(*PAUSE_SECONDS))
        finally:
            listening.cancel()


async def _listen(url: str, token: str) -> None:
    async with (
        httpx.AsyncClient(base_url=url, timeout=None) as client,
        client.stream("GET", "/api/chat/events", params={"conversation": token}) as response,
    ):
        async for _ in response.aiter_raw():
            pass


async def measure(url: str) -> tuple[list[float], int]:
    """Return the times to the first byte of every answer, in milliseconds, and how many requests failed."""
    asked = questions()
    times: list[float] = []
    failed: list[int] = []
    await asyncio.gather(*(visitor(url, asked, seed, times, failed) for seed in range(VISITORS)))
    return times, len(failed)


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Start a server on a data directory of its own, or on GUIDEPOST_DATA_DIR; return its address and process id."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(os.environ.get("GUIDEPOST_DATA_DIR", folder))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {**os.environ, "GUIDEPOST_PORT": str(port), "GUIDEPOST_DATA_DIR": str(data)}
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=env, cwd=ROOT)
        url = f"http://127.0.0.1:{port}"
        try:
            while process.poll() is None:
                try:
                    httpx.get(url + "/health", timeout=1).raise_for_status()
                    break
                except httpx.HTTPError:
                    time.sleep(0.5)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(30)


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(times: list[float], failed: int, load: float, cpu: float | None) -> dict[str, object]:
    """Write the report's two files and return what they say."""
    cuts = statistics.quantiles(times, n=100)
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "visitors": VISITORS,
        "answers": len(times),
        "failed": failed,
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "server_cpu_ms_per_answer": round(1000 * cpu / len(times), 1) if cpu is not None else None,
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "longest_ms": round(max(times), 1),
        "promise_p95_ms": PROMISE_MS,
        "kept": cuts[94] < PROMISE_MS and not failed,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "web_visitors.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    verdict = "kept" if result["kept"] else "NOT kept"
    (RESULTS / "web_visitors.md").write_text(
        f"# {VISITORS} visitors at once\n\n"
        f"{result['answers']} answers ({failed} failed) to the pack's test questions, {VISITORS} visitors with an open event "
        "stream each, "
        f"{PAUSE_SECONDS[0]:.0f} to {PAUSE_SECONDS[1]:.0f} s between two questions of one visitor; server and visitors on the "
        f"same {result['cores']} cores (load before: {result['load_before']}). Measured {result['date']} with "
        "`python -m benchmarks.web_visitors`.\n\n"
        "| to the first byte of the answer | ms |\n|---|---|\n"
        f"| median | {result['p50_ms']} |\n| p95 | {result['p95_ms']} |\n| p99 | {result['p99_ms']} |\n"
        f"| longest | {result['longest_ms']} |\n\n"
        f"Processor time of the server per answer, all in: {result['server_cpu_ms_per_answer']} ms.\n\n"
        f"The promise, p95 under {PROMISE_MS} ms: **{verdict}**.\n",
        encoding="utf-8",
    )
    return result


def main() -> None:
    """Measure, write the report, say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a running server; without it one is started")
    url = parser.parse_args().url
    load, cpu = os.getloadavg()[0], None
    if url:
        times, failed = asyncio.run(measure(url))
    else:
        with server() as (own, pid):
            before = cpu_seconds(pid)
            times, failed = asyncio.run(measure(own))
            cpu = cpu_seconds(pid) - before
    print(json.dumps(report(times, failed, load, cpu), indent=2))


if __name__ == "__main__":
    main()
