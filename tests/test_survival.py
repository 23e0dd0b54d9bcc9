"""What must not be lost: conversations, content, the live release."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, environment, free_port, guidepost, serving

pytestmark = pytest.mark.long


def test_kill_loses_no_conversation(data_dir: Path) -> None:
    """Five times SIGKILL in the middle of traffic: whatever was accepted is answered, the conversation goes on."""
    token, accepted = None, 0
    for round_ in range(5):
        with serving(data_dir) as server:
            if token:
                history = httpx.get(
                    server.url + "/api/chat/history", params={"conversation": token}, timeout=30
                ).json()["turns"]
                assert len(history) >= accepted
                assert all(turn["replies"] for turn in history), "accepted, but not answered after the restart"
                follow_up = httpx.post(
                    server.url + "/api/chat", json={"text": "and how much is it?", "conversation": token}, timeout=30
                ).json()
                assert follow_up["replies"][-1]["reply"]["question"] == "citizenship/fee"
                accepted = len(history) + 1
            body = {"text": "How much is the citizenship fee?", "conversation": token}
            token = httpx.post(server.url + "/api/chat", json=body, timeout=30).json()["conversation"]
            accepted += 1

            def flood(url: str = server.url, known: str = token) -> None:
                while True:
                    try:
                        httpx.post(
                            url + "/api/chat",
                            json={"text": "How much is the citizenship fee?", "conversation": known},
                            timeout=5,
                        )
                    except httpx.TransportError:
                        return

            writers = [threading.Thread(target=flood) for _ in range(3)]
            for writer in writers:
                writer.start()
            time.sleep(0.2 + 0.1 * round_)
            server.kill()
            for writer in writers:
                writer.join(10)
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_killed_training_leaves_the_old_release_serving(data_dir: Path, tmp_path: Path) -> None:
    """SIGKILL while a new model is being trained: no half model, the old release answers, the next start finishes."""
    project = copy_project(tmp_path)
    nlu = project / "data/nlu/visa.yml"
    before = guidepost("ask", "--json", "How much is a visa?", data_dir=data_dir, GUIDEPOST_PROJECT_DIR=str(project))
    assert before.returncode == 0, before.stderr
    nlu.write_text(nlu.read_text() + example("visa/fee", "what would the stamp set me back"), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "train"],
        env=environment(data_dir, GUIDEPOST_PROJECT_DIR=str(project)),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Training the classifier" in line:
            break
    process.kill()
    process.wait()
    process.stderr.close()
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        (before_kill,) = database.execute("SELECT release_id FROM live").fetchone()
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    after = guidepost(
        "ask", "--json", "what would the stamp set me back", data_dir=data_dir, GUIDEPOST_PROJECT_DIR=str(project)
    )
    assert after.returncode == 0, after.stderr
    assert '"question": "visa/fee"' in after.stdout
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        newest, live = database.execute("SELECT (SELECT max(id) FROM release), release_id FROM live").fetchone()
        assert before_kill < newest == live, "the next start did not finish what was interrupted"
        (released,) = database.execute("SELECT content_hash FROM release WHERE id = ?", (live,)).fetchone()
        assert database.execute("SELECT count(*) FROM release WHERE content_hash = ?", (released,)).fetchone()[0] == 1


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "missing"])
def test_damaged_model_is_noticed_and_made_anew(data_dir: Path, damage: str) -> None:
    """A model that is not what was stored is never loaded; here nothing else exists, so it is trained again."""
    model = max((data_dir / "models").glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for other in (data_dir / "models").glob("*.tar.gz"):
        if other != model:
            other.unlink()
    data = bytearray(model.read_bytes())
    if damage == "missing":
        model.unlink()
    else:
        data[len(data) // 2] ^= 1
        model.write_bytes({"truncated": bytes(data[:1000]), "empty": b"", "flipped": bytes(data)}[damage])
    if damage in ("truncated", "missing"):
        done = guidepost("ask", "--json", "How much is a visa?", data_dir=data_dir)
        assert done.returncode == 0, done.stderr
        assert '"question": "visa/fee"' in done.stdout
    else:
        from bot.knowledge.releases import Releases
        from bot.storage import Database

        database = Database.in_directory(data_dir)
        releases = Releases(database, "armenia", data_dir / "models", ROOT, None, None)  # type: ignore[arg-type]
        with sqlite3.connect(data_dir / "guidepost.sqlite") as rows:
            found = rows.execute("SELECT model_file, model_sha256 FROM release ORDER BY id DESC").fetchone()
        assert not releases._is_sound(*found)


def test_files_changed_and_database_edited_is_said_and_decided_by_a_command(data_dir: Path, tmp_path: Path) -> None:
    """Nothing is overwritten silently: the start names the two commands, and each does what it says."""
    project = copy_project(tmp_path)
    settings: dict[str, Any] = {
        "data_dir": data_dir,
        "GUIDEPOST_PROJECT_DIR": str(project),
        "GUIDEPOST_LOG_LEVEL": "WARNING",
    }
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        database.execute(
            "UPDATE question SET title = json_set(title, '$.en', 'What does a visa cost?') WHERE id = 'visa/fee'"
        )
    answers = project / "data/packs/armenia/answers/work.yml"
    answers.write_bytes(answers.read_bytes().replace(b"employer", b"company", 1))
    asked = guidepost("ask", "How much is a visa?", **settings)
    assert asked.returncode == 0, asked.stderr
    assert "content import --force" in asked.stderr
    assert "content export" in asked.stderr
    refused = guidepost("content", "import", **settings)
    assert (refused.returncode, "Nothing was changed" in refused.stderr) == (1, True)
    exported = guidepost("content", "export", **settings)
    assert exported.returncode == 0, exported.stderr
    assert "data/packs/armenia/answers/visa.yml" in exported.stdout
    assert "What does a visa cost?" in (project / "data/packs/armenia/answers/visa.yml").read_text(encoding="utf-8")
    assert (ROOT / "data/packs/armenia/answers/work.yml").read_bytes() == answers.read_bytes()
    assert (
        "has not changed" in (again := guidepost("content", "export", **settings)).stdout
        or "Nothing has changed" in again.stdout
    )


def test_changed_answer_text_goes_live_without_training(data_dir: Path, tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    answers = project / "data/packs/armenia/answers/visa.yml"
    text = answers.read_text(encoding="utf-8")
    assert "A visitor visa" in text
    answers.write_text(text.replace("A visitor visa", "A tourist visa", 1), encoding="utf-8")
    done = guidepost("train", data_dir=data_dir, GUIDEPOST_PROJECT_DIR=str(project))
    assert done.returncode == 0, done.stderr
    assert "no training needed" in done.stderr
    assert "Training the classifier" not in done.stderr
    said = guidepost("ask", "How much is a visitor visa?", data_dir=data_dir, GUIDEPOST_PROJECT_DIR=str(project))
    assert "A tourist visa" in said.stdout


def test_port_in_use_is_one_clear_line(data_dir: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = guidepost("serve", data_dir=data_dir, GUIDEPOST_PORT=str(port))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"Port {port} is in use" in done.stderr
    assert f"PORT={port + 1}" in done.stderr


def test_second_start_retrains_nothing_and_answers_within_ten_seconds(data_dir: Path) -> None:
    """Not a timed test of speed but of work: the log shows no training, encoding or import."""
    with serving(data_dir) as server:
        assert httpx.post(server.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=30).status_code == 200
        log = server.log.read_text()
    assert "Ready: http://127.0.0.1" in log
    assert not [word for word in ("Training", "Encoding", "Took in", "Building") if word in log]


def test_what_people_write_reaches_no_log(data_dir: Path) -> None:
    """A canary through answers, refusals, fallbacks, errors and a debug log level."""
    with serving(data_dir, GUIDEPOST_LOG_LEVEL="DEBUG") as server:
        for text in (
            "canaryword how much is a visa",
            "canaryword weather tomorrow",
            "canaryword",
            "/canaryword",
            "canaryword " * 2000,
        ):
            httpx.post(server.url + "/api/chat", json={"text": text}, timeout=30)
            httpx.post(
                server.url + "/webhooks/rest/webhook", json={"sender": "canaryword", "message": text}, timeout=30
            )
        httpx.post(server.url + "/api/chat", json={"text": 5, "canaryword": "canaryword"}, timeout=30)
        httpx.get(server.url + "/api/chat/history?conversation=canaryword", timeout=30)
        log = server.log.read_text()
    assert "canaryword" not in log
    assert "Ready" in log


def test_bad_content_at_first_start_says_where(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    answers = project / "data/packs/armenia/answers/visa.yml"
    answers.write_text(answers.read_text(encoding="utf-8").replace("3,000 AMD", "3,333 AMD"), encoding="utf-8")
    done = guidepost(
        "serve", data_dir=tmp_path / "fresh", GUIDEPOST_PROJECT_DIR=str(project), GUIDEPOST_PORT=str(free_port())
    )
    assert done.returncode == 1
    assert "data/packs/armenia/answers/visa.yml:" in done.stderr
    assert "no cited fact contains 3333" in done.stderr
    assert "Traceback" not in done.stderr


def copy_project(target: Path) -> Path:
    project = target / "project"
    project.mkdir()
    for name in ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "data", project / "data")
    shutil.copytree(ROOT / "tests/content", project / "tests/content")
    return project


def example(intent: str, text: str) -> str:
    return f"- intent: {intent}\n  examples:\n  - text: {text}\n    metadata: {{language: en, source: written}}\n"
