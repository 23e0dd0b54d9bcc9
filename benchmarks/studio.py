"""Server time of every page of the editors' site over a large pack: 500 questions, six languages, 60,000 examples,
200,000 messages.

Run after `make run` once, in the project folder: .venv/bin/python -m benchmarks.studio --data var
It works on a copy; nothing of the data directory is changed. Writes benchmarks/results/studio.md.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import os
import platform
import random
import re
import secrets
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "studio.md"
LIMIT_MS = 400
"""What every page must stay under, median."""

QUESTIONS, EXAMPLES, TESTS, MESSAGES, CONVERSATIONS = 500, 60_000, 4_000, 200_000, 20_000
DRAFTS, REVISIONS, NOTES, AUDITED = 300, 3_000, 300, 2_000
LANGUAGES = ("hy", "ru", "en", "lv", "az", "uk")
PASSWORD = "four plain words here"
WHO = "benchmark@service.example"

Rows = Sequence[tuple[Any, ...]]


# --- filling --------------------------------------------------------------------------------------------------------


class Filler:
    """Fills a copy of a real database. Texts are the pack's own, many times over, so that their sizes are real."""

    def __init__(self, path: Path, pack: str) -> None:
        self.pack = pack
        self.connection = sqlite3.connect(path)
        self.random = random.Random(7)
        self.now = dt.datetime.now(dt.UTC)
        self.topics = [row[0] for row in self.ask("SELECT DISTINCT substr(id, 1, instr(id, '/') - 1) FROM question")]
        self.fresh: list[str] = []

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query, values).fetchall()

    def insert(self, table: str, columns: str, rows: Rows) -> None:
        """Insert rows into some columns of a table."""
        marks = ", ".join("?" * len(columns.split(",")))
        self.connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def at(self) -> str:
        """Return some moment of the last twenty days, within the retention time, as the database writes it."""
        moment = self.now - dt.timedelta(minutes=self.random.randrange(20 * 24 * 60))
        return moment.strftime("%Y-%m-%d %H:%M:%S.000000")

    def fill(self) -> None:
        """Insert everything."""
        self._languages()
        self._questions()
        self._examples()
        self._messages()
        self._editing()
        self.connection.commit()
        self.connection.execute("ANALYZE")
        self.connection.commit()

    def _languages(self) -> None:
        body = json.loads(self.ask("SELECT body FROM pack WHERE id = ?", self.pack)[0][0])
        body["languages"] = list(LANGUAGES)
        for named in (body["name"], body["service"], *body["topics"].values(), *body["situations"].values()):
            for language in LANGUAGES:
                named.setdefault(language, named["en"])
        self.connection.execute("UPDATE pack SET body = ? WHERE id = ?", (json.dumps(body), self.pack))
        for answer, body_text in self.ask("SELECT answer_id, body FROM answer_text WHERE language = 'en'"):
            rows = [(answer, language, 3 + n, body_text) for n, language in enumerate(LANGUAGES[3:])]
            self.insert("answer_text", "answer_id, language, position, body", rows)

    def _questions(self) -> None:
        known = self.ask("SELECT id, title FROM question WHERE pack = ? ORDER BY position", self.pack)
        facts = [row[0] for row in self.ask("SELECT facts FROM answer WHERE pack = ?", self.pack)]
        texts = self.ask("SELECT body FROM answer_text")
        number = self.ask("SELECT max(id) FROM answer")[0][0]
        for place in range(QUESTIONS - len(known)):
            name = f"{self.topics[place % len(self.topics)]}/large_{place:03}"
            title = json.loads(known[place % len(known)][1])
            title = {language: f"{title.get(language, title['en'])} {place}"[:90] for language in LANGUAGES}
            row = (self.pack, name, len(known) + place, json.dumps(title), "[]", "{}")
            self.insert("question", "pack, id, position, title, related, follow_ups", [row])
            for position, situation in enumerate((None, "displaced")[: 1 + place % 2]):
                number += 1
                values = (number, self.pack, name, position, situation, self.random.choice(facts), "[]", None)
                self.insert("answer", "id, pack, question, position, situation, facts, links, valid_until", [values])
                spoken = [(number, code, n, self.random.choice(texts)[0]) for n, code in enumerate(LANGUAGES)]
                self.insert("answer_text", "answer_id, language, position, body", spoken)
            self.fresh.append(name)

    def _examples(self) -> None:
        known = self.ask("SELECT text, language FROM example WHERE pack = ?", self.pack)
        position = self.ask("SELECT max(position) FROM example")[0][0]
        rows = []
        for n in range(EXAMPLES - len(known)):
            text, language = known[n % len(known)]
            rows.append(
                (self.pack, self.fresh[n % len(self.fresh)], position + n + 1, f"{text} {n}", language, "written")
            )
        self.insert("example", "pack, intent, position, text, language, source", rows)
        there = self.ask("SELECT count(*) FROM held_back")[0][0]
        tests = [
            (
                self.pack,
                self.fresh[n % len(self.fresh)],
                there + n,
                known[n % len(known)][1],
                f"test {n} {known[n % len(known)][0]}",
            )
            for n in range(TESTS - there)
        ]
        self.insert("held_back", "pack, expected, position, language, text", tests)

    def _messages(self) -> None:
        people = [secrets.token_hex(20) for _ in range(CONVERSATIONS)]
        rows: Rows = [(one, self.pack, "web", "hy", self.at(), self.at(), None) for one in people]
        self.insert("conversation", "id, pack, channel, language, created_at, last_at, tracker", rows)
        asked = [row[0] for row in self.ask("SELECT text FROM held_back LIMIT 1000")]
        reply = {
            "outcome": "answer",
            "language": "hy",
            "blocks": [{"kind": "text", "text": "x" * 600}],
            "question": "visa/fee",
        }
        first = (self.ask("SELECT max(id) FROM inbound")[0][0] or 0) + 1
        inbound, outbound = [], []
        for n in range(MESSAGES):
            person = people[n % len(people)]
            body = {
                "conversation": person,
                "message_id": str(n),
                "channel": "web",
                "text": f"{asked[n % 1000]} {n // 5}",
            }
            inbound.append((first + n, person, str(n), self.at(), json.dumps(body, ensure_ascii=False), 1))
            outbound.append((person, first + n, self.at(), json.dumps(reply)))
        self.insert("inbound", "id, conversation_id, message_id, received_at, body, answered", inbound)
        self.insert("outbound", "conversation_id, inbound_id, created_at, body", outbound)

    def _editing(self) -> None:
        body = json.loads(self.ask("SELECT body FROM answer_text LIMIT 1")[0][0])
        fields = json.dumps({name: value for name, value in body.items() if value})
        states = ("draft", "in_review", "sent_back")
        drafts = [
            (
                self.pack,
                self.fresh[n],
                "",
                LANGUAGES[n % 6],
                fields,
                "[]",
                states[n % 3],
                2,
                None,
                '[[1, "A"]]',
                1,
                "A",
                self.at(),
                self.at(),
                "",
            )
            for n in range(min(DRAFTS, len(self.fresh)))
        ]
        columns = (
            "pack, question, situation, language, fields, conflicts, state, version, base, writers, author, author_name"
        )
        self.insert("draft", columns + ", changed_at, submitted_at, comment", drafts)
        revisions = [
            (
                self.pack,
                self.fresh[n % len(self.fresh)],
                "",
                LANGUAGES[n % 6],
                fields,
                f"{n:016x}",
                0,
                0,
                "A",
                1,
                "B",
                self.at(),
                "",
            )
            for n in range(REVISIONS)
        ]
        columns = "pack, question, situation, language, fields, digest, small_edit, removed, author_name, approved_by"
        self.insert("revision", columns + ", approved_by_name, approved_at, comment", revisions)
        notes = [
            (self.pack, self.fresh[n % len(self.fresh)], "Look at this.", 1, "A", self.at(), "", None)
            for n in range(NOTES)
        ]
        self.insert("note", "pack, question, text, author, author_name, written_at, done_by_name, done_at", notes)
        outdated = [(self.pack, self.fresh[-n - 1], "", "ru", self.at(), 1) for n in range(60)]
        self.insert("outdated", "pack, question, situation, language, since, revision", outdated)


def fill_vectors(encoder: Path, texts: list[str]) -> None:
    """Put random vectors for made-up texts beside the encoder: computing 54,000 takes ten minutes and changes nothing."""
    from bot.rasa_runtime import load_rasa

    load_rasa()
    os.environ["GUIDEPOST_ENCODER_DIR"] = str(encoder)
    from bot.understanding.encoder import shared_encoder
    from bot.understanding.normaliser import clean, fold

    opened = shared_encoder(encoder)
    folded = list(dict.fromkeys(fold(clean(text)) for text in texts))
    drawn = np.random.default_rng(7).normal(size=(len(folded), opened.dimensions)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    known = opened._disk.get(folded)
    opened._disk.put({text: vector for text, vector in zip(folded, drawn, strict=True) if text not in known})


async def audit_lines(directory: Path) -> None:
    """Write audit lines through the service, so that their chain holds."""
    from bot.accounts import audit
    from bot.storage import Database

    database = Database.in_directory(directory)
    await database.migrate()
    for start in range(0, AUDITED, 500):
        async with database.work() as session:
            for n in range(start, min(start + 500, AUDITED)):
                await audit.record(session, None, "draft.edit", f"citizenship/fee {n}", {"n": n})
    await database.close()


# --- measuring ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """One page, in milliseconds: how long an answer took, and the server's own CPU time, which other programs on the
    machine do not lengthen."""

    name: str
    status: int
    kilobytes: float
    median: float
    slowest: float
    cpu: float


@contextmanager
def serving(directory: Path, encoder: Path) -> Iterator[tuple[str, int]]:
    """Run the real server on the filled copy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GUIDEPOST_DATA_DIR": str(directory),
        "GUIDEPOST_ENCODER_DIR": str(encoder),
        "GUIDEPOST_PORT": str(port),
        "GUIDEPOST_LOG_LEVEL": "WARNING",
    }
    add = [sys.executable, "-m", "bot.cli", "user", "add", WHO, "--name", "A", "--role", "administrator", "--password"]
    subprocess.run(add, input=PASSWORD + "\n", text=True, env=environment, cwd=ROOT, check=True, capture_output=True)
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=environment, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise SystemExit("The server stopped; its words stand above.")
            try:
                if httpx.get(url + "/health", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.5)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(60)


def sign_in(url: str) -> httpx.Client:
    """Return a signed-in client; its requests carry the form token."""
    client = httpx.Client(base_url=url, timeout=120)
    check = re.search(r'name="check" value="([^"]*)"', client.get("/studio/sign-in").text)
    fields = {"email": WHO, "password": PASSWORD, "check": check[1] if check else ""}
    answer = client.post("/studio/sign-in", data=fields)
    if answer.status_code != 303:
        raise SystemExit(f"Signing in failed: {answer.status_code}")
    token = re.search(r'<meta name="csrf-token" content="([^"]+)"', client.get("/studio/account").text)
    client.headers["X-CSRF-Token"] = token[1] if token else ""
    return client


def cpu_of(process: int) -> float:
    """Return the CPU time that a process has used, in milliseconds (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(name: str, send: Callable[[], httpx.Response], repeats: int, server: int) -> Measured:
    """Time a request, the first one apart: it fills what is kept in memory."""
    answer = send()
    times = []
    used = cpu_of(server)
    for _ in range(repeats):
        began = time.perf_counter()
        answer = send()
        times.append(1000 * (time.perf_counter() - began))
    cpu = (cpu_of(server) - used) / repeats
    return Measured(name, answer.status_code, len(answer.content) / 1024, statistics.median(times), max(times), cpu)


def pages(client: httpx.Client, database: Path, small: str) -> list[tuple[str, Callable[[], httpx.Response]]]:
    """Return every page that is read, and what scripts and forms ask for while somebody works."""
    with closing(sqlite3.connect(database)) as connection:
        release = connection.execute("SELECT release_id FROM live").fetchone()[0]
        account = connection.execute("SELECT min(id) FROM account").fetchone()[0]
    question = "citizenship/fee"
    text = f"/studio/answers/{small}/hy"
    reads = [
        "/studio",
        "/studio/account",
        "/studio/accounts",
        f"/studio/accounts/{account}",
        "/studio/audit",
        "/studio/audit?page=20",
        "/studio/board",
        "/studio/board?topic=citizenship",
        "/studio/checks",
        "/studio/checks?severity=warning&page=10",
        "/studio/examples",
        "/studio/places",
        "/studio/places/gyumri",
        f"/studio/examples/{question}",
        f"/studio/examples/{small}",
        f"/studio/examples/{small}?pattern=visa",
        "/studio/notice",
        "/studio/questions/new",
        f"/studio/questions/{question}",
        f"/studio/questions/{small}",
        text,
        text + "/history",
        text + "/review",
        "/studio/retired",
        "/studio/releases",
        f"/studio/releases/{release}",
        f"/studio/releases/{release}/real",
        "/studio/review",
        "/studio/try",
    ]
    found: list[tuple[str, Callable[[], httpx.Response]]] = [
        (path, lambda path=path: client.get(path))
        for path in reads  # type: ignore[misc]
    ]
    line = {"text": "how much must I pay to become a citizen", "spoken": "en"}
    found += [
        ("POST …/look (one line)", lambda: client.post(f"/studio/examples/{question}/look", data=line)),
        (
            "POST …/look (20 lines)",
            lambda: client.post(
                f"/studio/examples/{question}/look",
                data={"text": "\n".join(f"pay {n} to become a citizen" for n in range(20)), "spoken": "en"},
            ),
        ),
        ("POST /studio/try", lambda: client.post("/studio/try", data={"text": "inchqan arje qaghaqaciutyuny"})),
    ]
    return found


def report(measured: list[Measured], first: float) -> str:
    """Return the results as Markdown."""
    slow = [page for page in measured if page.median >= LIMIT_MS]
    lines = [
        "# The editors' site over a large pack",
        "",
        f"{QUESTIONS} questions, {len(LANGUAGES)} languages, {EXAMPLES:,} examples, {TESTS:,} test questions, "
        f"{MESSAGES:,} messages, {DRAFTS} drafts, {REVISIONS:,} revisions. Milliseconds from sending a request to its "
        f"last byte, on loopback, one at a time, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load of the machine meanwhile {os.getloadavg()[1]:.1f}. "
        "Made by `benchmarks/studio.py`.",
        "",
        f"Limit: a median under {LIMIT_MS} ms. " + ("All pages keep it." if not slow else f"Not so: {len(slow)}."),
        "",
        "| page | status | KB | median | slowest | CPU, mean |",
        "|---|---|---|---|---|---|",
    ]
    for page in measured:
        mark = " **over**" if page.median >= LIMIT_MS else ""
        columns = (f"`{page.name}`", page.status, f"{page.kilobytes:.0f}", f"{page.median:.0f}{mark}")
        lines.append("| " + " | ".join(map(str, (*columns, f"{page.slowest:.0f}", f"{page.cpu:.0f}"))) + " |")
    lines += [
        "",
        f"The first look at lines after a start, which reads the vectors of all examples: {first / 1000:.1f} s.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fill, serve, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var"), help="data directory of a trained deployment")
    parser.add_argument("--encoder", type=Path, help="its encoder directory, where that lies elsewhere")
    parser.add_argument("--repeats", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="guidepost-studio-") as name:
        directory, encoder = Path(name) / "data", Path(name) / "encoder"
        directory.mkdir()
        shutil.copytree(options.encoder or options.data / "encoder", encoder)
        for file in options.data.glob("guidepost.sqlite*"):
            shutil.copy(file, directory / file.name)
        (directory / "models").symlink_to((options.data / "models").resolve())
        asyncio.run(audit_lines(directory))
        print("Filling ...", flush=True)
        filler = Filler(directory / "guidepost.sqlite", "armenia")
        with closing(filler.connection):
            filler.fill()
            texts = [row[0] for row in filler.ask("SELECT text FROM example")]
        fill_vectors(encoder, texts)
        print("Starting ...", flush=True)
        with serving(directory, encoder) as (url, server), closing(sign_in(url)) as client:
            began = time.perf_counter()
            client.post("/studio/examples/citizenship/fee/look", data={"text": "how much", "spoken": "en"})
            first = 1000 * (time.perf_counter() - began)
            client.get("/studio/checks")
            while "being checked now" in client.get("/studio/checks").text:
                time.sleep(1)
            measured: list[Measured] = []
            for page, send in pages(client, directory / "guidepost.sqlite", filler.fresh[0]):
                measured.append(measure(page, send, options.repeats, server))
                print(f"{measured[-1].median:8.0f} ms  {measured[-1].status}  {page}", flush=True)
    wrong = [page for page in measured if page.status != 200]
    if wrong:
        raise SystemExit(f"These pages did not answer as they should, so nothing was written: {wrong}")
    RESULT.write_text(report(measured, first), encoding="utf-8")


if __name__ == "__main__":
    main()
