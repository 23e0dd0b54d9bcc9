"""Accounts and the audit through their pages, over real HTTP."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
from conftest import Server
from studio_help import PASSWORD, form_token, hidden, sign_in, signed_in, visitor


def _id_of(administrator: httpx.Client, email: str) -> int:
    page = administrator.get("/studio/accounts").text
    found = re.search(rf'/studio/accounts/(\d+)">[^<]*</a></th>\s*<td>{re.escape(email)}<', page)
    assert found, page
    return int(found[1])


def test_new_colleague_from_account_to_own_password(server: Server) -> None:
    """The administrator makes the account; the colleague must choose a password before anything else works."""
    administrator = signed_in(server, "administrator")
    made = administrator.post(
        "/studio/accounts",
        data={"email": "nare@service.example", "name": "Նարե", "roles": ["editor", "administrator"]},
    )
    first = re.search(r'id="first-password">([^<]+)<', made.text)
    assert first, made.text
    nare = visitor(server)
    assert sign_in(nare, "nare@service.example", first[1]).status_code == 303
    assert nare.get("/studio").headers["location"] == "/studio/account"
    assert nare.get("/studio/accounts").headers["location"] == "/studio/account"
    assert "choose one of your own" in nare.get("/studio/account").text
    data = {"csrf": form_token(nare), "old_password": first[1], "new_password": PASSWORD}
    assert nare.post("/studio/account/password", data=data).status_code == 303
    assert nare.get("/studio").status_code == 200


def test_changed_roles_hold_from_the_next_click_on(server: Server) -> None:
    administrator = signed_in(server, "administrator")
    person = signed_in(server, "publisher", email="change@service.example")
    assert person.get("/studio/audit").status_code == 200
    path = f"/studio/accounts/{_id_of(administrator, 'change@service.example')}"
    assert administrator.post(path, data={"name": "Change", "roles": ["viewer"]}).status_code == 303
    assert person.get("/studio/audit").status_code == 403
    assert administrator.post(path + "/disable").status_code == 303
    assert person.get("/studio").status_code == 303
    with visitor(server) as client:
        assert sign_in(client, "change@service.example").status_code == 401
    administrator.post(path + "/enable")
    with visitor(server) as client:
        assert sign_in(client, "change@service.example").status_code == 303
    administrator.post(path + "/password")
    with visitor(server) as client:
        assert sign_in(client, "change@service.example").status_code == 401


def test_form_with_a_mistake_comes_back_with_what_was_typed(server: Server) -> None:
    administrator = signed_in(server, "administrator")
    answer = administrator.post(
        "/studio/accounts",
        data={"email": "no address", "name": "Անուն <i>", "roles": ["translator", "viewer"], "languages": ["ru"]},
    )
    assert answer.status_code == 400
    assert "“no address” is not an e-mail address" in answer.text
    assert 'value="Անուն &lt;i&gt;"' in answer.text
    assert re.search(r'value="translator" checked', answer.text)
    assert re.search(r'value="ru" checked', answer.text)


def test_account_that_cannot_be_changed_so_comes_back_with_what_was_typed(server: Server) -> None:
    administrator = signed_in(server, "administrator")
    signed_in(server, "viewer", email="keeps@service.example")
    path = f"/studio/accounts/{_id_of(administrator, 'keeps@service.example')}"
    answer = administrator.post(path, data={"name": "Կարեն <i>", "roles": ["translator", "viewer"]})
    assert answer.status_code == 400
    assert "A translator needs at least one language" in answer.text
    assert 'value="Կարեն &lt;i&gt;"' in answer.text
    assert re.search(r'value="translator" checked', answer.text)
    assert "<h1>Keeps</h1>" in answer.text


def test_two_administrators_do_not_undo_each_other_unseen(server: Server) -> None:
    administrator = signed_in(server, "administrator")
    signed_in(server, "editor", email="both@service.example")
    path = f"/studio/accounts/{_id_of(administrator, 'both@service.example')}"
    opened = hidden(administrator.get(path).text, "seen")
    first = {"name": "Both", "roles": ["viewer"], "seen": opened}
    assert administrator.post(path, data=first).status_code == 303
    late = {"name": "Both Names", "roles": ["editor", "publisher"], "seen": opened}
    answer = administrator.post(path, data=late)
    assert answer.status_code == 409
    assert "Somebody has changed this account" in answer.text
    assert "Saved now: Both; viewer" in re.sub(r"\s+", " ", answer.text)
    assert 'value="Both Names"' in answer.text
    assert re.search(r'value="publisher" checked', answer.text)
    assert administrator.post(path, data={**late, "seen": hidden(answer.text, "seen")}).status_code == 303
    assert 'value="Both Names"' in administrator.get(path).text


@pytest.mark.parametrize("path", ["/studio/accounts/999999", "/studio/accounts/word", "/studio/audit?page=x"])
def test_nonsense_in_an_address_is_told_in_words(server: Server, path: str) -> None:
    answer = signed_in(server, "administrator").get(path)
    assert answer.status_code in (404, 422)
    assert "This did not work" in answer.text
    assert "Traceback" not in answer.text


def test_audit_tells_who_did_it_and_can_be_exported(server: Server) -> None:
    administrator = signed_in(server, "administrator", email="auditor@service.example")
    administrator.post("/studio/accounts", data={"email": "seen@service.example", "name": "=1+1", "roles": ["viewer"]})
    page = administrator.get("/studio/audit", params={"action": "account.add", "who": "Auditor"}).text
    assert "seen@service.example" in page
    assert "All lines fit together" in administrator.get("/studio/audit?check=1").text
    exported = administrator.get("/studio/audit/export.csv")
    assert "attachment" in exported.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(exported.text.lstrip("\ufeff"), newline="")))
    line = next(row for row in rows if row["subject"] == "seen@service.example")
    assert (line["person"], line["action"], line["what"]) == ("Auditor", "account.add", "made an account")
    lines = administrator.get("/studio/audit/export.json").json()
    assert len(lines) >= len(rows)
    assert lines[int(line["id"]) - 1]["hash"] == line["hash"]
    assert administrator.get("/studio/audit/export.xml").status_code == 400
    assert administrator.get("/studio/audit", params={"since": "yesterday"}).status_code == 400


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["wrote a note to colleagues", "How much is the citizenship fee", "note number"]),
        ("hy", ["գրառում է թողել գործընկերներին", "Որքա՞ն է քաղաքացիության պետական տուրքը", "գրառման համար"]),
        ("ru", ["заметка коллегам", "Сколько стоит пошлина за гражданство", "номер заметки"]),
    ],
)
def test_audit_speaks_the_readers_language(server: Server, language: str, words: list[str]) -> None:
    """Deeds, questions and details by their words; the program's names stay in the export for programs."""
    administrator = signed_in(server, "administrator", email=f"reader-{language}@service.example")
    administrator.post("/studio/questions/citizenship/fee/notes", data={"text": "Look at the law."})
    administrator.post("/studio/language", data={"language": language, "next": "/studio"})
    page = administrator.get("/studio/audit", params={"action": "note.write"}).text
    for each in words[:2]:
        assert each in page
    assert words[2] in page
    assert "note.write</" not in page
    assert '<a href="/studio/questions/citizenship/fee">' in page
    row = list(csv.DictReader(io.StringIO(administrator.get("/studio/audit/export.csv").text.lstrip("\ufeff"))))[-1]
    assert (row["action"], row["subject"]) == ("note.write", "citizenship/fee")
    assert row["what"] == words[0]
    assert row["to_what"].startswith(words[1])


def test_audit_has_no_page_that_changes_it(server: Server) -> None:
    administrator = signed_in(server, "administrator")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert administrator.request(method, "/studio/audit", content=b"").status_code == 405
