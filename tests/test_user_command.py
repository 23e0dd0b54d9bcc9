"""`guidepost user`, and the account of the first start."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from conftest import Server, guidepost
from studio_help import PASSWORD, sign_in, visitor

from bot.accounts import demo
from bot.accounts.directory import Directory
from bot.settings import Settings
from bot.storage import Database


def _user(tmp_path: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return guidepost("user", *arguments, data_dir=tmp_path, stdin=stdin)


def test_accounts_from_the_command_line(tmp_path: Path) -> None:
    """Made, listed, given a new password, disabled and enabled; a random password is printed, a typed one is not."""
    made = _user(tmp_path, "add", "ann@service.example", "--role", "administrator", "--name", "Աննա")
    assert made.returncode == 0, made.stderr
    assert re.search(r"shown only now.*: \w{5}-\w{5}-\w{5}-\w{5}", made.stdout)
    typed = _user(
        tmp_path, "add", "ben@service.example", "--role", "translator", "--language", "ru", "--password",
        stdin=PASSWORD + "\n",
    )  # fmt: skip
    assert typed.returncode == 0, typed.stderr
    assert PASSWORD not in typed.stdout
    listed = _user(tmp_path, "list").stdout
    assert "ann@service.example\tԱննա\tadministrator\tpassword to be changed" in listed
    assert "ben@service.example\tben\ttranslator (ru)" in listed
    assert "last administrator" in _user(tmp_path, "disable", "ann@service.example").stderr
    assert _user(tmp_path, "disable", "ben@service.example").returncode == 0
    assert "disabled" in _user(tmp_path, "list").stdout
    assert _user(tmp_path, "enable", "ben@service.example").returncode == 0
    renewed = _user(tmp_path, "password", "ben@service.example")
    assert "shown only now" in renewed.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "nobody", "--role", "editor"], "not an e-mail address"),
        (["add", "t@service.example", "--role", "translator"], "at least one language"),
        (["password", "x@service.example"], "no account 'x@service.example'"),
    ],
)
def test_command_says_what_to_correct(tmp_path: Path, arguments: list[str], told: str) -> None:
    done = _user(tmp_path, *arguments)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_first_start_prints_a_demo_account_once(
    start_server: Callable[..., AbstractContextManager[Server]], data_dir: Path
) -> None:
    """Two commands bring somebody who tries Guidepost into the studio; the password is in no database and no later log."""
    with start_server() as server:
        output = server.log.read_text()
        found = re.search(rf"{demo.EMAIL}\s+(\S+)", output)
        assert found, output
        with visitor(server) as client:
            assert sign_in(client, demo.EMAIL, found[1]).status_code == 303
            assert client.get("/studio/accounts").status_code == 200
    with start_server() as server:
        assert demo.EMAIL not in server.log.read_text()
    raw = b"".join(path.read_bytes() for path in data_dir.glob("guidepost.sqlite*"))
    assert found[1].encode() not in raw


@pytest.mark.parametrize(
    "more",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"public_url": "https://ask.example.org"},
        {"oidc_issuer": "https://id.example.org"},
    ],
)
async def test_no_demo_account_where_others_can_connect(tmp_path: Path, more: dict[str, str]) -> None:
    database = Database.in_directory(tmp_path)
    await database.migrate()
    directory = Directory(database)
    assert await demo.offer(directory, Settings(**more), "http://x") == []  # type: ignore[arg-type]
    assert await directory.is_empty()
    assert await demo.offer(directory, Settings(), "http://x") != []
    assert await demo.offer(directory, Settings(), "http://x") == []
    await database.close()
