"""Accounts and the audit against a real database."""

from __future__ import annotations

import ast
import asyncio
import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pyotp
import pytest
from conftest import ROOT
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.accounts import audit, passwords, second_factor
from bot.accounts.audit import Audit
from bot.accounts.deeds import ACTIONS, TOOK_BACK
from bot.accounts.directory import Directory
from bot.accounts.errors import AccountInputError, SignInRefusedError, TooManyTriesError
from bot.accounts.limits import PER_ACCOUNT, WINDOW, Limits
from bot.accounts.sessions import IDLE, Sessions
from bot.accounts.sign_in import SignIn
from bot.accounts.signing import Signer
from bot.errors import GuidepostError
from bot.storage import Database, accounts
from bot.storage.audit import StoredEntry
from studio import texts

GOOD = "four plain words here"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database.in_directory(tmp_path)
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture
def directory(database: Database) -> Directory:
    return Directory(database)


async def _administrator(directory: Directory, email: str = "ann@service.example") -> int:
    made = await directory.add(email=email, name="Ann", roles=["administrator"], password=GOOD, temporary=False)
    return made.id


async def test_password_is_kept_as_argon2id_and_never_as_it_is(directory: Directory, database: Database) -> None:
    account = await directory.get(await _administrator(directory))
    assert account.password_hash
    assert account.password_hash.startswith("$argon2id$")
    assert GOOD not in account.password_hash


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "at least 12 characters"),
        ("a" * 201, "at most 200"),
        ("aaaaaaaaaaaaaaaa", "easily guessed"),
        ("password1234", "easily guessed"),
        ("ann.petrosyan1", "easily guessed"),
    ],
)
def test_weak_password_is_refused_with_what_to_do(password: str, told: str) -> None:
    with pytest.raises(AccountInputError, match=told):
        passwords.check_strength(password, about=("Ann Petrosyan", "ann.petrosyan@service.example"))


def test_random_passwords_are_strong_enough_for_their_own_rule() -> None:
    made = {passwords.random_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        passwords.check_strength(password, about=("Demo", "demo@localhost"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"email": "no address"}, "not an e-mail address"),
        ({"roles": []}, "at least one role"),
        ({"roles": ["king"]}, "no role king"),
        ({"roles": ["translator"]}, "at least one language"),
        ({"name": " "}, "Write the person's name"),
        ({"languages": ["armenian"]}, "two letters"),
        ({"interface_language": "de"}, "in the list"),
        ({"email": "ANN@service.example "}, "already"),
    ],
)
async def test_wrong_account_is_refused_with_what_to_do(
    directory: Directory, values: dict[str, object], told: str
) -> None:
    await _administrator(directory)
    given = {"email": "new@service.example", "name": "New", "roles": ["editor"], "password": GOOD, **values}
    with pytest.raises(AccountInputError, match=told):
        await directory.add(**given)  # type: ignore[arg-type]
    assert len(await directory.everybody()) == 1


async def test_last_administrator_stays(directory: Directory) -> None:
    """Neither taking the role nor disabling may leave the installation without anybody who manages accounts."""
    ann = await _administrator(directory)
    with pytest.raises(AccountInputError, match="last administrator"):
        await directory.change(ann, name="Ann", roles=["editor"], languages=[], by=ann)
    with pytest.raises(AccountInputError, match="last administrator"):
        await directory.set_disabled(ann, True, by=ann)
    ben = await _administrator(directory, "ben@service.example")
    await directory.set_disabled(ben, True, by=ann)
    with pytest.raises(AccountInputError, match="last administrator"):
        await directory.change(ann, name="Ann", roles=["editor"], languages=[], by=ann)
    await directory.set_disabled(ben, False, by=ann)
    await directory.change(ann, name="Ann", roles=["editor"], languages=[], by=ann)


async def test_session_ends_by_idleness_age_and_disabling(directory: Directory, database: Database) -> None:
    ann, ben = await _administrator(directory), await _administrator(directory, "ben@service.example")
    sessions = Sessions(database, hours=10)
    now = dt.datetime.now(dt.UTC)

    async def aged(began: dt.timedelta, seen: dt.timedelta, complete: bool = True) -> str:
        secret = await sessions.begin(ann, complete=complete)
        found = await sessions.current(secret)
        assert found
        async with database.work() as session:
            times = {"began": now - began, "seen": now - seen, "id": found.id}
            query = "UPDATE signed_in SET began_at = :began, seen_at = :seen WHERE id = :id"
            values = {
                k: v.replace(tzinfo=None).isoformat(" ") if isinstance(v, dt.datetime) else v for k, v in times.items()
            }
            await session.execute(text(query), values)
        return secret

    minute = dt.timedelta(minutes=1)
    assert await sessions.current(await aged(9 * IDLE / 2, IDLE - minute)) is not None
    assert await sessions.current(await aged(IDLE + minute, IDLE + minute)) is None
    assert await sessions.current(await aged(dt.timedelta(hours=10) + minute, minute)) is None
    assert await sessions.current(await aged(11 * minute, 11 * minute, complete=False)) is None
    secret = await sessions.begin(ben, complete=True)
    await directory.set_disabled(ben, True, by=ann)
    assert await sessions.current(secret) is None


def _bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.glob("guidepost.sqlite*"))


async def test_database_holds_nothing_that_signs_in(directory: Directory, database: Database, tmp_path: Path) -> None:
    """Who reads the database finds neither a session's secret, nor a password, nor a recovery code."""
    ann = await _administrator(directory)
    sessions = Sessions(database, hours=10)
    signing_in = SignIn(database, sessions, Limits(database, Signer("key")))
    secret = await sessions.begin(ann, complete=True)
    signed_in = await sessions.current(secret)
    assert signed_in
    factor = second_factor.new_secret()
    codes = await signing_in.enrol(signed_in, factor, pyotp.TOTP(factor).now(), "", "here")
    await database.close()
    raw = _bytes(tmp_path)
    for hidden in (secret, GOOD, *codes, *(code.replace("-", "") for code in codes)):
        assert hidden.encode() not in raw


async def test_code_counts_once_even_when_two_requests_bring_it(directory: Directory, database: Database) -> None:
    ann = await _administrator(directory)
    sessions = Sessions(database, hours=10)
    signing_in = SignIn(database, sessions, Limits(database, Signer("key")))
    factor = second_factor.new_secret()
    async with database.work() as session:
        await accounts.change(session, ann, totp_secret=factor)
    half = await sessions.current(await sessions.begin(ann, complete=False))
    assert half
    code = pyotp.TOTP(factor).now()
    results = await asyncio.gather(
        *(signing_in.with_code(half, code, "here", instead_of="") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, SignInRefusedError) for result in results) == 2


async def test_bound_on_guessing_ends_with_its_window(directory: Directory, database: Database) -> None:
    limits = Limits(database, Signer("key"))
    for _ in range(PER_ACCOUNT):
        await limits.begin("ann@service.example", "here")
    with pytest.raises(TooManyTriesError):
        await limits.begin("ann@service.example", "elsewhere")
    await limits.begin("ben@service.example", "here")
    async with database.work() as session:
        past = (dt.datetime.now(dt.UTC) - WINDOW - dt.timedelta(seconds=1)).replace(tzinfo=None).isoformat(" ")
        await session.execute(text("UPDATE sign_in_try SET at = :past"), {"past": past})
    await limits.begin("ann@service.example", "here")
    async with database.work() as session:
        rows = list(await session.execute(text("SELECT subject FROM sign_in_try")))
    assert len(rows) == 2  # the old ones are forgotten
    assert all("service.example" not in row[0] and "here" not in row[0] for row in rows)


def test_signature_is_for_one_purpose() -> None:
    signer = Signer("key")
    signed = signer.sign("form", "12.abc")
    assert signer.read("form", signed) == "12.abc"
    assert signer.read("kept", signed) is None
    assert Signer("other key").read("form", signed) is None
    assert signer.read("form", signed.replace("12.", "13.")) is None
    assert signer.read("form", "") is None
    assert signer.read("form", "\udcff.x") is None


# --- audit


def in_words(entry: StoredEntry) -> tuple[str, str]:
    return ACTIONS[entry.action], entry.subject


async def _some_lines(database: Database, directory: Directory) -> int:
    ann = await _administrator(directory)
    for number in range(3):
        async with database.work() as session:
            await audit.record(session, ann, "release.publish", f"release {number}", {"reason": "Օրենքը փոխվեց"})
    return ann


async def test_audit_is_kept_exactly_when_the_deed_is(database: Database, directory: Directory) -> None:
    ann = await _some_lines(database, directory)

    async def deed_that_fails() -> None:
        async with database.work() as session:
            await audit.record(session, ann, "release.publish", "release 99")
            raise GuidepostError("stop")

    with pytest.raises(GuidepostError, match="stop"):
        await deed_that_fails()
    entries, total = await Audit(database).page()
    assert total == 4
    assert [entry.subject for entry in entries] == ["release 2", "release 1", "release 0", "ann@service.example"]
    assert entries[0].person == "Ann"
    assert entries[3].person == audit.NOBODY


@pytest.mark.parametrize("deed", ["UPDATE audit SET subject = 'x' WHERE id = 2", "DELETE FROM audit WHERE id = 2"])
async def test_database_itself_refuses_to_change_the_audit(database: Database, directory: Directory, deed: str) -> None:
    await _some_lines(database, directory)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.work() as session:
            await session.execute(text(deed))
    assert await Audit(database).verify() is None


@pytest.mark.parametrize(
    ("deed", "broken"),
    [
        ("UPDATE audit SET subject = 'release 7' WHERE id = 3", 3),
        ("UPDATE audit SET person = 'Ben' WHERE id = 2", 2),
        ("""UPDATE audit SET detail = '{"reason": "none"}' WHERE id = 4""", 4),
        ("DELETE FROM audit WHERE id = 2", 2),
        ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE id = 1", 1),
    ],
)
async def test_chain_shows_what_was_changed_behind_the_back(
    database: Database, directory: Directory, deed: str, broken: int
) -> None:
    await _some_lines(database, directory)
    assert await Audit(database).verify() is None
    async with database.work() as session:
        await session.execute(text("DROP TRIGGER audit_no_update"))
        await session.execute(text("DROP TRIGGER audit_no_delete"))
        await session.execute(text(deed))
    assert await Audit(database).verify() == broken


async def test_many_at_once_make_one_chain(database: Database, directory: Directory) -> None:
    ann = await _administrator(directory)

    async def one(number: int) -> None:
        async with database.work() as session:
            await audit.record(session, ann, "answer.approve", f"answer {number}")

    await asyncio.gather(*(one(number) for number in range(20)))
    assert await Audit(database).verify() is None
    assert (await Audit(database).page())[1] == 21


@pytest.mark.parametrize("evil", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
async def test_export_holds_no_formula(database: Database, directory: Directory, evil: str) -> None:
    """An editor's text must not become a formula in the spreadsheet of whoever reads the audit."""
    ann = await _administrator(directory)
    async with database.work() as session:
        await audit.record(session, ann, "answer.approve", evil, {"title": evil})
    exported = "".join([line async for line in Audit(database).export_csv(in_words)])
    rows = list(csv.reader(io.StringIO(exported, newline="")))
    assert rows[-1][rows[0].index("subject")] == "'" + evil
    assert all(cell[:1] not in tuple("=+-@\t\r＝") for row in rows for cell in row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x;=1+1", "x;'=1+1"), ("x; -1", "x; '-1"), ("x\t@A1", "x\t'@A1"), ("a-b; c=d", "a-b; c=d"), ("x\n=1", "x\n'=1")],
)
async def test_export_holds_no_formula_behind_another_separator(
    database: Database, directory: Directory, text: str, expected: str
) -> None:
    """Spreadsheets with Russian or Armenian settings split at semicolons."""
    ann = await _administrator(directory)
    async with database.work() as session:
        await audit.record(session, ann, "answer.approve", text)
    exported = "".join([line async for line in Audit(database).export_csv(in_words)])
    rows = list(csv.reader(io.StringIO(exported, newline="")))
    assert rows[-1][rows[0].index("subject")] == expected


async def test_export_has_every_line_and_fits_the_chain(database: Database, directory: Directory) -> None:
    ann = await _administrator(directory)
    async with database.work() as session:
        for number in range(1203):
            await audit.record(session, ann, "answer.approve", f"answer {number}")
    lines = json.loads("".join([part async for part in Audit(database).export_json(in_words)]))
    assert [line["id"] for line in lines] == list(range(1, 1205))
    assert len([line async for line in Audit(database).export_csv(in_words)]) == 1205
    assert await Audit(database).verify() is None


async def test_export_has_words_beside_the_programs_names(database: Database, directory: Directory) -> None:
    """The chain covers the names alone, so that a later wording changes no check sum."""
    await _some_lines(database, directory)
    rows = list(csv.DictReader(io.StringIO("".join([line async for line in Audit(database).export_csv(in_words)]))))
    assert (rows[-1]["action"], rows[-1]["what"]) == ("release.publish", "published a release")
    assert list(rows[0]) == [*audit.COLUMNS, *audit.WORDS]
    lines = json.loads("".join([part async for part in Audit(database).export_json(in_words)]))
    assert [line["what"] for line in lines] == [row["what"] for row in rows]


async def test_taking_back_is_a_deed_of_its_own_in_old_lines_too(database: Database, directory: Directory) -> None:
    """Once it was recorded as publishing of a kind; such lines stay as they are and are found by what they tell."""
    ann = await _administrator(directory)
    async with database.work() as session:
        await audit.record(session, ann, "release.publish", "release 2", {"kind": "publish"})
        await audit.record(session, ann, "release.publish", "release 1", {"kind": "back"})
        await audit.record(session, ann, "release.take_back", "release 1", {"kind": "back"})
        await audit.record(session, ann, "release.publish", "release 3")
    reading = Audit(database)
    assert [e.id for e in (await reading.page(action="release.take_back"))[0]] == [4, 3]
    assert [e.subject for e in (await reading.page(action="release.publish"))[0]] == ["release 3", "release 2"]
    assert (await reading.names())[0] == ["account.add", "release.publish", "release.take_back"]
    assert await reading.verify() is None


def _recorded() -> Iterator[tuple[str, Path]]:
    """Every action that the program writes into the audit: the constants in the third place of `audit.record(…)`."""
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "studio").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assigned: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                assigned.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                given = node.args[2]
                for value in assigned[given.id] if isinstance(given, ast.Name) else [given]:
                    parts = [each.value for each in ast.walk(value) if isinstance(each, ast.Constant)]
                    actions = [each for each in parts if "." in str(each)]
                    assert actions, f"{path}: {ast.unparse(node)}"
                    yield from ((str(each), path) for each in actions)


def test_every_action_that_is_written_anywhere_has_words_in_three_languages() -> None:
    written = dict(_recorded())
    assert {"release.publish", "draft.edit", "tests.add", "answer.remove"} <= set(written)
    assert {action: path for action, path in written.items() if action not in ACTIONS} == {}
    assert set(ACTIONS) - set(written) <= {TOOK_BACK}, "words for what nobody does"
    for language in ("hy", "ru"):
        assert [words for words in ACTIONS.values() if words not in texts._catalog(language)] == []


async def test_audit_is_found_by_action_person_and_day(database: Database, directory: Directory) -> None:
    await _some_lines(database, directory)
    reading = Audit(database)
    assert (await reading.page(action="release"))[1] == 3
    assert (await reading.page(action="release.publish", person="Ann"))[1] == 3
    assert (await reading.page(person=audit.NOBODY))[1] == 1
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    assert (await reading.page(since=tomorrow))[1] == 0
    assert (await reading.page(until=tomorrow))[1] == 4
