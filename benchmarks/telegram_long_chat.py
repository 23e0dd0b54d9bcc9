"""One chat of 500 turns: what the last turns cost beside the first, in CPU time and memory of the real service.

    .venv/bin/python -m benchmarks.telegram_long_chat

A turn is a message to the stand-in for Telegram and its answer. Writes benchmarks/results/telegram_long_chat.md and .json.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from telegram_server import TelegramServer  # noqa: E402

TURNS = 500
WINDOW = 40
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_QUESTIONS = (
    "How much is a visa?",
    "and how long does it take?",
    "сколько стоит гражданство?",
    "which documents do I need?",
)


def cost(pid: int) -> tuple[float, float]:
    """Return the CPU seconds that a process has used, and its resident memory in MB."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return (int(fields[11]) + int(fields[12])) / _TICK, resident * _PAGE / 1e6


def main() -> None:
    """Run from the command line."""
    source = ROOT / ".cache" / "test-data"
    with tempfile.TemporaryDirectory() as scratch, TelegramServer() as telegram:
        data = Path(scratch)
        shutil.copytree(source / "models", data / "models")
        for file in source.glob("guidepost.sqlite*"):
            shutil.copy(file, data / file.name)
        environment = os.environ | {
            "GUIDEPOST_DATA_DIR": str(data),
            "GUIDEPOST_ENCODER_DIR": str(source / "encoder"),
            "GUIDEPOST_TELEGRAM_TOKEN": telegram.token,
            "GUIDEPOST_TELEGRAM_API": telegram.url,
            "GUIDEPOST_PORT": "0",
            "GUIDEPOST_LOG_LEVEL": "WARNING",
        }
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], cwd=ROOT, env=environment)
        try:
            user = telegram.user(language="en")
            spent, memory = [], []
            for turn in range(TURNS + WINDOW):
                before = cost(process.pid)[0] if turn else 0.0
                said = len(user.from_bot)
                user.send(_QUESTIONS[turn % len(_QUESTIONS)])
                user.until(lambda said=said: len(user.from_bot) > said, timeout=120)
                after, resident = cost(process.pid)
                spent.append(after - before)
                memory.append(resident)
        finally:
            process.terminate()
            process.wait(15)
    # The first turns load and warm what is shared by all chats.
    first, last = spent[WINDOW : 2 * WINDOW], spent[-WINDOW:]
    found = {
        "turns": TURNS,
        "first_ms": round(1000 * statistics.mean(first), 1),
        "last_ms": round(1000 * statistics.mean(last), 1),
        "ratio": round(statistics.mean(last) / statistics.mean(first), 2),
        "memory_first_mb": round(statistics.mean(memory[WINDOW : 2 * WINDOW]), 1),
        "memory_last_mb": round(statistics.mean(memory[-WINDOW:]), 1),
    }
    text = f"""# A long chat

One chat of {TURNS} turns on the stand-in for Telegram (`python -m benchmarks.telegram_long_chat`).
Means of {WINDOW} turns; CPU time of the whole
process with receiving, storing, understanding and sending.

| | first turns | last turns | ratio |
|---|---|---|---|
| CPU, ms a turn | {found["first_ms"]} | {found["last_ms"]} | {found["ratio"]} |
| memory, MB | {found["memory_first_mb"]} | {found["memory_last_mb"]} | {found["memory_last_mb"] / found["memory_first_mb"]:.2f} |
"""
    results = ROOT / "benchmarks" / "results"
    (results / "telegram_long_chat.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (results / "telegram_long_chat.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
