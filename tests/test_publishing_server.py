"""Releases with the real server, the real training and a real browser: nothing is lost, nothing goes live by itself."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser_help import chromium
from conftest import Server, guidepost, serving
from playwright.sync_api import Browser
from studio_help import accessibility_problems, colleague, signed_in
from test_survival import copy_project

pytestmark = pytest.mark.long

NEW_EXAMPLE = "what do I owe for the crossing sticker"
"""Refused by the content as it is; an editor adds it to the visa fee."""

PATIENCE = 240
"""Seconds after which something hangs. The machine may be busy; no speed is tested here."""


def edit(data_dir: Path, *statements: str) -> None:
    with sqlite3.connect(data_dir / "guidepost.sqlite", timeout=30) as database:
        for statement in statements:
            database.execute(statement)


def asks(data_dir: Path, query: str) -> Any:
    with sqlite3.connect(data_dir / "guidepost.sqlite", timeout=30) as database:
        return database.execute(query).fetchone()[0]


ADD_EXAMPLE = (
    "INSERT INTO example (pack, intent, position, text, language, source) "
    f"VALUES ('armenia', 'visa/fee', 999999, '{NEW_EXAMPLE}', 'en', 'written')"
)
CHANGE_TEXT = (
    "UPDATE answer_text SET body = json_set(body, '$.summary', 'A tourist visa costs what the law says.') "
    "WHERE language = 'en' AND answer_id = (SELECT id FROM answer WHERE question = 'visa/fee' AND situation IS NULL)"
)


def eventually(holds: Callable[[], Any], what: str) -> Any:
    """Wait until something holds; fails when it hangs."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.3)
    pytest.fail(f"did not happen: {what}")


def asked(server: Server, text: str, language: str = "en") -> dict[str, Any]:
    answer = httpx.post(server.url + "/api/chat", json={"text": text, "language": language}, timeout=60)
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()["replies"][-1]["reply"]
    return reply


def live(data_dir: Path) -> int:
    return int(asks(data_dir, "SELECT release_id FROM live"))


def begin_build(client: httpx.Client) -> str:
    answer = client.post("/studio/releases/build")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def state_of(client: httpx.Client, build: str) -> dict[str, Any]:
    answer = client.get(build + "/progress")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


@contextmanager
def visitors(server: Server) -> Iterator[list[str]]:
    """People who ask without pause; yields what went wrong for them."""
    problems: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                answer = httpx.post(server.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=60)
                if answer.status_code != 200 or answer.json()["replies"][-1]["reply"]["question"] != "visa/fee":
                    problems.append(answer.text)
            except httpx.TransportError as error:
                problems.append(repr(error))
            stop.wait(0.2)

    people = [threading.Thread(target=ask) for _ in range(2)]
    for each in people:
        each.start()
    try:
        yield problems
    finally:
        stop.set()
        for each in people:
            each.join(90)


@dataclass
class Built:
    """A server with one release built by editors on top of the live one."""

    server: Server
    publisher: httpx.Client
    before: int
    release: int
    build: str
    steps: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def data_dir(self) -> Path:
        return self.server.log.parent


@pytest.fixture(scope="module")
def built(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The one real training of this module, while people ask."""
    data_dir = tmp_path_factory.mktemp("built")
    shutil.copytree(trained / "models", data_dir / "models")
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, data_dir / file.name)
    edit(data_dir, ADD_EXAMPLE, CHANGE_TEXT)
    before = live(data_dir)
    with serving(data_dir, GUIDEPOST_REPLAY_QUESTIONS="20") as server:
        assert asked(server, NEW_EXAMPLE)["outcome"] == "out_of_scope"
        asked(server, "How much is a visa? Mail me: anna@example.org")
        publisher = signed_in(server, "publisher")
        build = begin_build(publisher)
        steps: list[str] = []
        with visitors(server) as problems:

            def over() -> bool:
                now = state_of(publisher, build)
                if not steps or steps[-1] != now["text"]:
                    steps.append(now["text"])
                return now["state"] not in ("queued", "running")

            eventually(over, "the build ends")
        assert state_of(publisher, build)["state"] == "done", publisher.get(build).text
        release = int(asks(data_dir, "SELECT release_id FROM build"))
        yield Built(server, publisher, before, release, build, steps, problems)


def test_building_changes_nothing_that_answers(built: Built) -> None:
    assert built.problems == []
    assert live(built.data_dir) == built.before
    assert httpx.get(built.server.url + "/health").json()["release"] == built.before
    assert built.release > built.before
    assert asked(built.server, NEW_EXAMPLE)["outcome"] == "out_of_scope"
    for step in ("training the model", "asking the test questions"):  # the replay may be over between two looks
        assert any(text.startswith(step) for text in built.steps), built.steps


def test_the_page_shows_scores_confusions_and_blast_radius(built: Built) -> None:
    page = built.publisher.get(f"/studio/releases/{built.release}").text
    for text in (
        "By language",
        "By topic",
        "What is taken for what",
        "Citizenship",
        "<svg",
        "Answered now, not answered before",
    ):
        assert text in page
    newly = built.publisher.get(f"/studio/releases/{built.release}/real?kind=newly_answered").text
    assert NEW_EXAMPLE in newly
    assert "A tourist visa costs what the law says." in newly
    reworded = built.publisher.get(f"/studio/releases/{built.release}/real?kind=reworded").text
    assert "Mail me: [e-mail]" in reworded
    assert "anna@example.org" not in reworded
    assert re.search(r"<ins>[^<]*law", reworded)
    assert "A tourist visa costs what the law says." in re.sub(r"</?ins>", "", reworded)


def test_published_it_answers_and_taken_back_it_does_not(built: Built) -> None:
    """Answers and model move together, within seconds, and nobody's message is lost meanwhile."""
    url, client = f"/studio/releases/{built.release}", built.publisher
    with visitors(built.server) as problems:
        done = client.post(
            f"{url}/publish", data={"live_seen": str(built.before), "reason": "The new wording is right."}
        )
        assert done.status_code == 303, done.text
        assert asked(built.server, NEW_EXAMPLE)["question"] == "visa/fee"
        said = asked(built.server, "How much is a visa?")
        assert said["blocks"][0]["summary"] == "A tourist visa costs what the law says."
        assert client.post(f"{url}/publish", data={"live_seen": str(built.before)}).status_code == 409
        back = client.post("/studio/releases/back", data={"live_seen": str(built.release)})
        assert back.status_code == 303, back.text
        assert asked(built.server, NEW_EXAMPLE)["outcome"] == "out_of_scope"
        assert "law says" not in asked(built.server, "How much is a visa?")["blocks"][0]["summary"]
    assert problems == []
    assert live(built.data_dir) == built.before


def test_the_command_line_moves_the_pointer_and_the_server_follows(built: Built) -> None:
    """Any process may publish; the one that serves looks once a second."""
    for number, outcome in ((built.release, "answer"), (built.before, "out_of_scope")):
        done = guidepost(
            "release", "publish", str(number), "--reason", "a test of the pointer", data_dir=built.data_dir
        )
        assert done.returncode == 0, done.stderr
        eventually(lambda wanted=outcome: asked(built.server, NEW_EXAMPLE)["outcome"] == wanted, f"{number} answers")
    listed = guidepost("release", "list", data_dir=built.data_dir)
    assert re.search(rf"^ *{built.before} .* live$", listed.stdout, re.MULTILINE)


def test_a_scheduled_release_goes_live_by_itself(built: Built) -> None:
    url, client = f"/studio/releases/{built.release}", built.publisher
    due = time.gmtime(time.time() + 4 * 3600 + 10)  # Yerevan is four hours ahead of UTC
    fields = {"at": time.strftime("%Y-%m-%dT%H:%M:%S", due), "reason": "The law takes effect then."}
    assert client.post(f"{url}/schedule", data={**fields, "at": "2020-01-01T00:00"}).status_code == 400
    assert client.post(f"{url}/schedule", data=fields).status_code == 303
    assert "waiting for its time" in client.get("/studio/releases").text
    eventually(lambda: asked(built.server, NEW_EXAMPLE)["outcome"] == "answer", "the schedule")
    page = client.get("/studio/releases").text
    assert "as scheduled" in page
    assert "The law takes effect then." in page
    assert client.post("/studio/releases/back", data={"live_seen": str(built.release)}).status_code == 303


def test_only_publishers_publish_and_only_editors_build(built: Built) -> None:
    url = f"/studio/releases/{built.release}"
    for role, builds in (("viewer", False), ("editor", True)):
        client = signed_in(built.server, role)
        page = client.get(url).text
        assert ("Publish now" in page, "Build this release" in page) == (False, builds)
        assert client.post(f"{url}/publish", data={"live_seen": "1"}).status_code == 403
        if not builds:
            assert client.post("/studio/releases/build").status_code == 403
    assert live(built.data_dir) == built.before


def test_too_long_a_notice_is_named_in_the_words_of_the_interface(built: Built) -> None:
    operator = signed_in(built.server, "operator", email="long-notice@service.example")
    operator.post("/studio/language", data={"language": "ru", "next": "/studio"})
    fields = {"text_hy": "ա" * 2000, "until": "2036-01-01T00:00"}
    answer = operator.post("/studio/notice", data=fields)
    assert answer.status_code == 400
    assert "В тексте объявления (армянский) 2000 знаков" in answer.text
    assert f">{fields['text_hy']}</textarea>" in answer.text, "in the form, where it can be shortened"
    late = operator.post("/studio/notice", data={"text_hy": "Փակ է։", "until": "2020-01-01T10:00"})
    assert late.status_code == 400
    assert "2020-01-01 10:00" in late.text
    assert ">Փակ է։</textarea>" in late.text
    assert 'value="2020-01-01T10:00"' in late.text


def test_release_that_cannot_go_live_as_asked_keeps_what_was_typed(built: Built) -> None:
    """A time that has passed, a page that is older than what is live: said on the release's own page, nothing typed is lost."""
    publisher = signed_in(built.server, "publisher")
    url = f"/studio/releases/{built.release}"
    fields = {"at": "2020-01-01T10:00", "reason": "The law takes effect."}
    for path, data, words in (
        ("/schedule", fields, "2020-01-01 10:00 has passed already."),
        ("/schedule", {**fields, "at": "tonight"}, "tonight"),
        ("/publish", {**fields, "live_seen": "999"}, "Somebody has published another release"),
    ):
        answer = publisher.post(url + path, data=data)
        assert answer.status_code in (400, 409)
        assert words in answer.text
        assert answer.text.count(">The law takes effect.</textarea>") == 1
        assert "Send it once more" not in answer.text
        if path == "/schedule":
            assert f'value="{data["at"]}"' in answer.text
    assert live(built.data_dir) == built.before


def test_error_leads_back_to_where_the_button_was(built: Built) -> None:
    publisher = signed_in(built.server, "publisher")
    answer = publisher.post("/studio/releases/schedules/999/cancel")
    assert answer.status_code == 404
    assert '<a href="/studio/releases">To the page that you came from</a>' in answer.text


def test_an_emergency_notice_stands_above_every_reply(built: Built) -> None:
    """On the page, over REST, in a conversation under way, in the person's language; markup stays text."""
    operator = signed_in(built.server, "operator")
    text = "The office in Yerevan is <b>closed</b> today."
    conversation = httpx.post(built.server.url + "/api/chat", json={"text": "How much is a visa?"}, timeout=60).json()

    def first_block(**request: str) -> str:
        body = {"text": "How much is a visa?", "conversation": conversation["conversation"], **request}
        reply = httpx.post(built.server.url + "/api/chat", json=body, timeout=60).json()["replies"][-1]["reply"]
        return str(reply["blocks"][0].get("text", ""))

    fields = {"text_en": text, "text_ru": "Офис сегодня закрыт.", "text_hy": "", "until": "2036-01-01T00:00"}
    assert operator.post("/studio/notice", data=fields).status_code == 303
    assert first_block() == f"⚠ Important notice\n{text}"
    opening = httpx.post(built.server.url + "/api/chat/start", json={"language": "ru"}, timeout=30).json()
    assert opening["introduction"]["blocks"][0]["text"].endswith("Офис сегодня закрыт.")
    rest = httpx.post(
        built.server.url + "/webhooks/rest/webhook", json={"sender": "x", "message": "How much is a visa?"}, timeout=60
    ).json()
    assert any(text in message.get("text", "") for message in rest), rest
    for path in ("/en/", "/en/q/visa/fee"):
        assert "&lt;b&gt;closed&lt;/b&gt;" in httpx.get(built.server.url + path, timeout=30).text
    page = operator.get("/studio/notice").text
    assert "&lt;b&gt;closed&lt;/b&gt;" in page
    assert "<b>closed" not in page
    (number,) = re.findall(r"/studio/notice/(\d+)/withdraw", page)
    assert operator.post(f"/studio/notice/{number}/withdraw").status_code == 303
    assert "Important notice" not in first_block()
    for until in ("2036-02-01T00:00", "2036-03-01T00:00"):
        assert operator.post("/studio/notice", data={**fields, "until": until}).status_code == 303
    replaced, withdrawn = re.findall(r"<tr><td><p.*?</tr>", operator.get("/studio/notice").text, re.S)
    assert "2036" not in replaced + withdrawn, "the first of the two ended when the second one came"
    (number,) = re.findall(r"/studio/notice/(\d+)/withdraw", operator.get("/studio/notice").text)
    # A page from before the replacement: it says how things stand, and keeps what was typed.
    for path, data in ((f"/{int(number) - 1}/withdraw", {}), ("", {**fields, "seen": str(int(number) - 1)})):
        late = operator.post("/studio/notice" + path, data=data)
        assert late.status_code == 409
        assert "The notice has changed since this page was opened." in late.text
        assert f"/studio/notice/{number}/withdraw" in late.text
    assert ">Офис сегодня закрыт.</textarea>" in late.text
    assert first_block().startswith("⚠ Important notice")
    assert operator.post(f"/studio/notice/{number}/withdraw").status_code == 303


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_are_accessible(built: Built, browser: Browser, dark: bool) -> None:
    paths = (
        "/studio/releases",
        f"/studio/releases/{built.release}",
        f"/studio/releases/{built.release}/real?kind=reworded",
        f"/studio/releases/{built.release}/real?kind=newly_answered",
        built.build,
        "/studio/notice",
    )
    with colleague(browser, built.server, "publisher", dark=dark) as person:
        for path in paths:
            person.opens(path)
            assert accessibility_problems(person.page) == [], path
        assert person.problems == []


def test_a_publisher_works_with_the_keyboard_and_without_scripts(built: Built, browser: Browser) -> None:
    with colleague(browser, built.server, "publisher", scripts=False) as person:
        person.opens(f"/studio/releases/{built.release}")
        button = person.page.get_by_role("button", name=f"Publish release {built.release}")
        person.page.locator("#reason-now").fill("Checked by two colleagues.")
        button.focus()
        person.page.keyboard.press("Enter")
        person.page.get_by_text(f"Release {built.release} is published.").wait_for()
        assert asked(built.server, NEW_EXAMPLE)["question"] == "visa/fee"
        person.page.get_by_role("button", name="Take back").press("Enter")
        person.page.get_by_text(f"Taken back: release {built.before} answers again").wait_for()
    assert live(built.data_dir) == built.before


# --- what goes wrong ---


def test_a_killed_training_is_told_and_changes_nothing(data_dir: Path) -> None:
    """SIGKILL of the training, then of the server: what answers stays, no start publishes what editors wrote."""
    edit(data_dir, ADD_EXAMPLE)
    before = live(data_dir)
    with serving(data_dir) as server:
        editor = signed_in(server, "editor")
        build = begin_build(editor)
        eventually(lambda: "training" in state_of(editor, build)["text"], "training begins")
        (process,) = children(server.process.pid)
        os.kill(process, signal.SIGKILL)
        eventually(lambda: state_of(editor, build)["state"] == "failed", "the build is given up")
        page = editor.get(build).text
        assert "ended from outside" in page
        assert "What answers people has not changed." in page
        assert asked(server, "How much is a visa?")["question"] == "visa/fee"
        again = begin_build(editor)
        eventually(lambda: "training" in state_of(editor, again)["text"], "the next build begins")
        (orphan,) = children(server.process.pid)
        server.kill()
    try:
        with serving(data_dir) as server:
            assert httpx.get(server.url + "/health").json()["release"] == before
            assert asked(server, NEW_EXAMPLE)["outcome"] == "out_of_scope"
            editor = signed_in(server, "editor")
            assert state_of(editor, again)["state"] in ("running", "done"), "the process outlives the server"
            if editor.post(again + "/cancel").status_code != 303:
                assert state_of(editor, again)["state"] == "done"
            else:
                eventually(lambda: not Path(f"/proc/{orphan}").exists(), "a cancelled build ends")
    finally:
        if Path(f"/proc/{orphan}").exists():
            os.kill(orphan, signal.SIGKILL)
    assert live(data_dir) == before
    assert asks(data_dir, "PRAGMA integrity_check") == "ok"
    assert asks(data_dir, f"SELECT count(*) FROM example WHERE text = '{NEW_EXAMPLE}'") == 1, "no edit is lost"


def test_a_full_disk_is_told_and_changes_nothing(data_dir: Path) -> None:
    """No file may grow beyond 12 MB: the model does not fit, the rest does."""
    before = live(data_dir)
    edit(data_dir, ADD_EXAMPLE, f"DELETE FROM release WHERE id != {before}")
    with sqlite3.connect(data_dir / "guidepost.sqlite", isolation_level=None) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (data_dir / "guidepost.sqlite").stat().st_size < 8_000_000
    with serving(data_dir) as server:
        editor = signed_in(server, "editor")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (12_000_000, 12_000_000))
        build = begin_build(editor)
        eventually(lambda: state_of(editor, build)["state"] not in ("queued", "running"), "the build ends")
        assert "The disk is full." in editor.get(build).text
        assert asked(server, "How much is a visa?")["question"] == "visa/fee"
        assert list((data_dir / "models").glob(".training-*")) == []
    assert live(data_dir) == before


@pytest.mark.parametrize("how", ["made by another version", "damaged"])
def test_what_cannot_be_compared_with_does_not_stop_a_build(data_dir: Path, how: str) -> None:
    """A new release is what helps; it is only not compared."""
    before = live(data_dir)
    edit(data_dir, ADD_EXAMPLE)
    if how == "damaged":
        edit(data_dir, f"UPDATE release SET snapshot = substr(snapshot, 1, 5000) WHERE id = {before}")
    else:
        edit(data_dir, f"UPDATE release SET training_hash = 'of another version' WHERE id = {before}")
    done = guidepost("release", "build", data_dir=data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is built. Publish it with" in done.stdout
    assert asks(data_dir, "SELECT state FROM build ORDER BY id DESC LIMIT 1") == "done"
    assert asks(data_dir, "SELECT replay FROM build ORDER BY id DESC LIMIT 1") in (None, "null")
    assert live(data_dir) == before


def test_a_damaged_release_is_never_loaded(data_dir: Path) -> None:
    """Damaged before publishing it is refused; damaged between pointer and loading, the old one goes on and the page says so."""
    with sqlite3.connect(data_dir / "guidepost.sqlite") as database:
        row = database.execute(
            "SELECT r.pack, r.created_at, r.content_hash, r.training_hash, r.snapshot, r.model_file, r.model_sha256, "
            "r.scores, r.id FROM release r JOIN live ON live.release_id = r.id"
        ).fetchone()
        number = database.execute(
            "INSERT INTO release (pack, created_at, content_hash, training_hash, snapshot, model_file, model_sha256, scores) "
            "VALUES (?, ?, ?, ?, ?, 'copy.tar.gz', ?, ?)",
            (*row[:5], row[6], row[7]),
        ).lastrowid
    model = bytearray((data_dir / "models" / row[5]).read_bytes())
    model[len(model) // 2] ^= 1
    (data_dir / "models" / "copy.tar.gz").write_bytes(model)
    with serving(data_dir) as server:
        publisher = signed_in(server, "publisher")
        refused = publisher.post(f"/studio/releases/{number}/publish", data={"live_seen": str(row[8])})
        assert refused.status_code == 409
        assert "is missing or damaged" in refused.text
        assert live(data_dir) == row[8]
        edit(data_dir, f"UPDATE live SET release_id = {number}")
        eventually(
            lambda: "is damaged or cannot be loaded" in publisher.get("/studio/releases").text, "the page says so"
        )
        assert httpx.get(server.url + "/health").json()["release"] == row[8]
        assert asked(server, "How much is a visa?")["question"] == "visa/fee"
        edit(data_dir, f"UPDATE live SET release_id = {row[8]}")
        eventually(lambda: "cannot be loaded" not in publisher.get("/studio/releases").text, "the trouble is over")


def test_a_crash_in_the_middle_of_publishing_loses_nothing(data_dir: Path) -> None:
    """SIGKILL at several moments: afterwards one of the two releases is live, whole, and the history fits the pointer."""
    for round_, wait in enumerate((0.0, 0.02, 0.1)):
        edit(data_dir, CHANGE_TEXT.replace("what the law says", f"what law {round_} says"))
        with serving(data_dir) as server:
            before = live(data_dir)
            moves = asks(data_dir, "SELECT coalesce(max(id), 0) FROM publication")
            publisher = signed_in(server, "publisher")

            def publish(client: httpx.Client = publisher) -> None:
                try:
                    client.post("/studio/releases/texts")
                except httpx.TransportError:
                    return

            sending = threading.Thread(target=publish)
            sending.start()
            time.sleep(wait)
            server.kill()
            sending.join(60)
        now = live(data_dir)
        newest = asks(data_dir, "SELECT coalesce(max(id), 0) FROM publication")
        assert newest - moves == (1 if now != before else 0)
        if now != before:
            assert asks(data_dir, f"SELECT release_id FROM publication WHERE id = {newest}") == now
        assert asks(data_dir, "PRAGMA integrity_check") == "ok"
    with serving(data_dir) as server:
        assert httpx.get(server.url + "/health").json()["release"] == live(data_dir)
        publisher = signed_in(server, "publisher")
        # Whatever was interrupted can be done again.
        assert publisher.post("/studio/releases/texts").status_code in (303, 409)
        assert asked(server, "How much is a visa?")["blocks"][0]["summary"] == "A tourist visa costs what law 2 says."


def test_no_start_publishes_what_editors_approved(data_dir: Path, tmp_path: Path) -> None:
    """Not even when the content was exported since, so that files and database agree: publishing is a person's act."""
    project = copy_project(tmp_path)
    settings = {"data_dir": data_dir, "GUIDEPOST_PROJECT_DIR": str(project)}
    assert guidepost("ask", "How much is a visa?", **settings).returncode == 0  # type: ignore[arg-type]
    before = live(data_dir)
    edit(data_dir, CHANGE_TEXT)
    for command in (["ask", "How much is a visa?"], ["content", "export"], ["ask", "How much is a visa?"]):
        done = guidepost(*command, **settings)  # type: ignore[arg-type]
        assert done.returncode == 0, done.stderr
        assert "what the law says" not in done.stdout
        assert live(data_dir) == before
