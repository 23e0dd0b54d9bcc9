"""Kill the service at every named point of a message's way, again and again, and count what was lost or said twice.

    .venv/bin/python -m benchmarks.telegram_kills --rounds 200

Each round starts the real service against the stand-in for Telegram with `GUIDEPOST_KILL_AT`, lets fresh people write, and waits
for the process to die; the last round lives. Every person then must have their introduction and their answer, once. Writes
benchmarks/results/telegram_kills.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from telegram_server import TelegramServer, User  # noqa: E402

POINTS = ("received", "stored", "parsed", "answered", "sent")
QUESTION = "How much is a visa?"
EXPECTED = 2
"""The introduction and the answer."""

_PEOPLE = 3
_DEADLINE = 180.0


def run(rounds: int, data_dir: Path, *, seed: int = 1, progress: bool = False) -> dict[str, Any]:
    """Kill and restart.

    Args:
        rounds: how often to kill; the points take turns.
        data_dir: a trained data directory that may be spoiled.
        seed: of the passes at which the points kill.
        progress: whether to print a line a round.

    Returns:
        Messages accepted, lost and said twice, by the point at which the process died after they were sent.
    """
    chance = random.Random(seed)
    people: list[tuple[str, User]] = []
    deaths: Counter[str] = Counter()
    accepted: Counter[tuple[int, str]] = Counter()
    unmarked: Counter[str] = Counter()
    with TelegramServer() as telegram:
        environment = os.environ | {
            "GUIDEPOST_DATA_DIR": str(data_dir),
            "GUIDEPOST_TELEGRAM_TOKEN": telegram.token,
            "GUIDEPOST_TELEGRAM_API": telegram.url,
            "GUIDEPOST_PORT": "0",
            "GUIDEPOST_LOG_LEVEL": "WARNING",
        }
        for number in range(rounds):
            point = POINTS[number % len(POINTS)]
            for _ in range(_PEOPLE):
                person = telegram.user(language="en")
                person.send(QUESTION)
                people.append((point, person))
            # Of three fresh people each point is passed three times at least, unless they come in one batch.
            passes = 1 if point in ("received", "stored") else chance.randint(1, _PEOPLE)
            with _service(environment | {"GUIDEPOST_KILL_AT": f"{point}:{passes}"}) as process:
                process.wait(_DEADLINE)
            deaths[f"{point}: {process.returncode}"] += 1
            unmarked[point] += _taken_but_not_marked(data_dir, people, accepted)
            if progress:
                print(f"[{number + 1}/{rounds}] {point}:{passes} ended with {process.returncode}", flush=True)
        with _service(environment) as process:
            deadline = time.monotonic() + _DEADLINE
            while time.monotonic() < deadline and any(len(p.from_bot) < EXPECTED for _, p in people):
                time.sleep(0.5)
            time.sleep(2)
            process.terminate()
        counted = {point: Counter({"accepted": 0, "lost": 0, "twice": 0}) for point in POINTS}
        for point, person in people:
            said = len(person.from_bot)
            counted[point]["accepted"] += 1
            counted[point]["lost"] += max(0, EXPECTED - said)
            counted[point]["twice"] += max(0, said - EXPECTED)
        refused = [f"{call.method}: {call.description}" for call in telegram.refused]
    return {
        "rounds": rounds,
        "deaths": dict(deaths),
        "points": {point: dict(count) for point, count in counted.items()},
        "taken_but_not_marked": {point: unmarked[point] for point in POINTS},
        "refused": refused,
    }


def _taken_but_not_marked(data_dir: Path, people: list[tuple[str, User]], accepted: Counter[tuple[int, str]]) -> int:
    """Count the messages that Telegram had taken when the process died, and that were still waiting to be marked so.

    Args:
        data_dir: where the database lies.
        people: everybody who wrote.
        accepted: how often Telegram had taken which text in which chat at the last death; brought up to date.
    """
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        rows = database.execute("SELECT body FROM delivery WHERE state = 'waiting' AND body IS NOT NULL").fetchall()
    waiting = Counter(
        (b["params"]["chat_id"], b["params"].get("text", "")) for b in (json.loads(row[0]) for row in rows)
    )
    now = Counter((person.id, message.get("text", "")) for _, person in people for message in person.from_bot)
    found = sum(min(count, now[key] - accepted[key]) for key, count in waiting.items())
    accepted.clear()
    accepted.update(now)
    return found


class _service:  # noqa: N801
    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def report(found: dict[str, Any]) -> str:
    """Return the result as markdown."""
    lines = [
        "# Killed at named points",
        "",
        f"{found['rounds']} rounds of SIGKILL, the points taking turns, {_PEOPLE} fresh people writing before each "
        "(`python -m benchmarks.telegram_kills`).",
        "",
        "| written before a death at | messages accepted | answers lost | messages said twice |",
        "|---|---|---|---|",
    ]
    lines += [f"| {point} | {n['accepted']} | {n['lost']} | {n['twice']} |" for point, n in found["points"].items()]
    lines += [
        "",
        "Telegram had taken a message, and the process died before it was marked so, this many times, by the point of death: "
        f"{found['taken_but_not_marked']}. Only these can be said twice.",
    ]
    lines += [
        "",
        f"How the processes ended (-9: killed): {found['deaths']}. Requests that Telegram would refuse: {len(found['refused'])}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--data-dir", type=Path, help="a trained data directory to copy; default: .cache/test-data")
    options = parser.parse_args()
    import shutil

    source = options.data_dir or ROOT / ".cache" / "test-data"
    os.environ.setdefault("GUIDEPOST_ENCODER_DIR", str(source / "encoder"))
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        shutil.copytree(source / "models", copy / "models")
        for file in source.glob("guidepost.sqlite*"):
            shutil.copy(file, copy / file.name)
        found = run(options.rounds, copy, progress=True)
    results = ROOT / "benchmarks" / "results"
    (results / "telegram_kills.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (results / "telegram_kills.md").write_text(report(found), encoding="utf-8")
    print(report(found))


if __name__ == "__main__":
    main()
