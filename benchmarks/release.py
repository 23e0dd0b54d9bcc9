"""What building a release takes, step by step, from a warm cache: in a process of its own, as the server starts it.

Run after `make run` once: .venv/bin/python -m benchmarks.release [--questions 80] [--real 500] [--large]

It works on a copy of the data directory. One example is added, so the model is trained anew, and `--real` made-up
messages are put into the copy to be replayed: test questions with a few words before them, because the encoder must not
know them. Writes benchmarks/results/release.md.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

from benchmarks.studio import Filler
from bot.knowledge import seed
from bot.knowledge.schema import Content
from bot.publishing.queue import BuildQueue, environment
from bot.settings import Settings
from bot.storage import Database, contents, conversations
from bot.storage import publishing as stored

RESULT = Path(__file__).parent / "results" / "release.md"
BEFORE = ("tell me please:", "խնդրում եմ ասեք՝", "скажите пожалуйста", "one more thing,", "hello")


async def main() -> None:
    """Measure, print and store a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, nargs="*", default=[80, 0], help="sizes of the pack; 0: all of it")
    parser.add_argument("--real", type=int, default=500, help="real questions to replay")
    parser.add_argument(
        "--large",
        action="store_true",
        help="also the pack of benchmarks/studio.py, 60,000 examples: a quarter of an hour",
    )
    options = parser.parse_args()
    rows = []
    for size in options.questions:
        # The first build fills the cache with what the smaller pack's reader makes of the examples; the second counts.
        rows.append(await _measure(Settings.load(), size, options.real))
    if options.large:
        rows.append(await _measure(Settings.load(), 0, options.real, large=True))
    text = _table(rows)
    RESULT.write_text(text, encoding="utf-8")
    print(text)


async def _measure(settings: Settings, size: int, real: int, *, large: bool = False) -> dict[str, float | int]:
    with tempfile.TemporaryDirectory() as work:
        data_dir = Path(work)
        shutil.copytree(settings.models_dir, data_dir / "models")
        for file in settings.data_dir.glob("guidepost.sqlite*"):
            shutil.copy(file, data_dir / file.name)
        if large:
            Filler(data_dir / "guidepost.sqlite", settings.pack).fill()
        copy = settings.model_copy(
            update={"data_dir": data_dir, "encoder_dir": settings.encoder, "replay_questions": real, "database_url": ""}
        )
        database = Database.in_directory(data_dir)
        try:
            await database.migrate()
            content = _smaller(await seed.read(database, settings.pack), size)
            await _fill(database, content, real)
            await _build(copy, database)
            return await _build(copy, database, content)
        finally:
            await database.close()


def _smaller(content: Content, size: int) -> Content:
    if not size:
        return content
    questions = content.questions[:size]
    kept = {question.id for question in questions}
    ours = {question.id for question in content.questions}
    gone = ours - kept
    tree = content.model_dump(mode="json")
    tree["questions"] = [q for q in tree["questions"] if q["id"] in kept]
    for question in tree["questions"]:
        question["related"] = [name for name in question["related"] if name in kept]
        question["follow_ups"] = {k: name for k, name in question["follow_ups"].items() if name in kept}
    tree["examples"] = [e for e in tree["examples"] if e["intent"] not in gone]
    tree["held_back"] = [h for h in tree["held_back"] if h["expected"] not in gone]
    return Content.model_validate(tree)


async def _fill(database: Database, content: Content, real: int) -> None:
    texts = [item.text for item in content.held_back]
    async with database.work() as session:
        await contents.write_content(session, content.model_dump(mode="json"))
        for number, (text, before) in enumerate(zip(cycle(texts), cycle(BEFORE), strict=False)):
            if number == real:
                break
            await conversations.accept(
                session,
                conversation=f"benchmark-{number % 50}",
                pack=content.pack.pack,
                channel="web",
                message_id=str(number),
                body={"text": f"{before} {text} {number // len(texts) or ''}".strip(), "choice": None},
            )


async def _build(settings: Settings, database: Database, content: Content | None = None) -> dict[str, float | int]:
    if content:
        tree = content.model_dump(mode="json")
        tree["examples"].append(tree["examples"][0] | {"text": f"a new example of the benchmark {time.time_ns()}"})
        async with database.work() as session:
            await contents.write_content(session, tree)
    queue = BuildQueue(database, settings)
    number = await queue.ask(None)
    async with database.work() as session:
        await stored.start_next_build(session, settings.pack)
    command = [sys.executable, "-m", "bot.cli", "release", "build", "--id", str(number)]
    began = last = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment(settings)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    steps: dict[str, float] = {}
    spent = 0.0
    while process.returncode is None:
        await asyncio.wait([asyncio.create_task(process.wait())], timeout=0.2)
        now = time.monotonic()
        step = (await queue.get(number)).step or "read"
        steps[step] = steps.get(step, 0.0) + now - last
        last = now
        total = _cpu_of(process.pid) or spent
        steps[f"cpu {step}"] = steps.get(f"cpu {step}", 0.0) + total - spent
        spent = total
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    build = await queue.get(number)
    if build.state != stored.DONE:
        raise SystemExit(f"The build failed: {build.failure} {build.detail}")
    found = await seed.read(database, settings.pack)
    return {
        "questions": len(found.questions),
        "examples": len(found.examples),
        "tests": len(found.held_back),
        "real": (build.replay or {}).get("replayed", 0),
        "memory": after.ru_maxrss / 1024,
        "total": time.monotonic() - began,
        **steps,
    }


def _cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used; 0 where the system does not tell (Linux does)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _table(rows: list[dict[str, float | int]]) -> str:
    load = os.getloadavg()[0]
    lines = [
        "# Building a release from a warm cache",
        "",
        f"Measured {dt.date.today().isoformat()} by `benchmarks/release.py` on {os.cpu_count()} cores ({platform.machine()}), load "
        f"{load:.1f} at the end. By step: wall seconds / CPU seconds, in a process at nice 10, seen once a second. On a machine "
        "that does other things the CPU seconds are the better measure; they and the memory are the first process's, the second "
        "adds to them (docs/decisions/0010). The first three steps end with a release that can be looked at and published; the "
        "replay is its blast radius.",
        "",
        "| questions | examples | tests | read | train | score | **release** | real questions | replay | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:

        def both(*steps: str, of: dict[str, float | int] = row) -> str:
            return f"{sum(of.get(s, 0) for s in steps):.1f} / {sum(of.get(f'cpu {s}', 0) for s in steps):.1f}"

        lines.append(
            f"| {row['questions']} | {row['examples']:,} | {row['tests']:,} | {both('read')} | {both('train')} | "
            f"{both('score')} | **{both('read', 'train', 'score')}** | {row['real']} | {both('replay')} | {row['memory']:.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    asyncio.run(main())
