"""Signing in over real HTTP, and what attackers and bad luck do to it."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from conftest import Server, guidepost
from studio_help import PASSWORD, add_account, form_token, hidden, sign_in, signed_in, visitor


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with visitor(server) as made:
        yield made


def _cookie(answer: httpx.Response) -> str:
    return next(line for line in answer.headers.get_list("set-cookie") if line.startswith("guidepost_studio="))


def test_sign_in_leads_where_the_person_wanted_to_go(server: Server, client: httpx.Client) -> None:
    email = add_account(server, "publisher")
    sent = client.get("/studio/audit?action=account.add")
    assert sent.status_code == 303
    target = parse_qs(urlsplit(sent.headers["location"]).query)["next"][0]
    answer = sign_in(client, email, target=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/audit?action=account.add")
    assert client.get("/studio/audit").status_code == 200
    client.post("/studio/sign-out", data={"csrf": form_token(client)})
    assert client.get("/studio/audit").status_code == 303


def test_address_is_taken_with_capitals_and_spaces(server: Server, client: httpx.Client) -> None:
    email = add_account(server, "publisher")
    assert sign_in(client, f"  {email.upper()} ").status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/studio",
        "//evil.example/studio",
        "/\\evil.example",
        "/studio/..//evil.example",
        "/studio\n/x",
        "/studioevil",
        "javascript:alert(1)",
    ],
)
def test_sign_in_never_leads_elsewhere(server: Server, client: httpx.Client, target: str) -> None:
    """An address that somebody sent must not turn the sign-in into a door to another site (open redirect)."""
    answer = sign_in(client, add_account(server, "viewer"), target=target)
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio")


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(server: Server, client: httpx.Client) -> None:
    cookie = _cookie(sign_in(client, add_account(server, "viewer"))).lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/studio" in cookie
    assert "max-age" not in cookie


def test_cookie_is_secure_behind_https(start_server: Callable[..., AbstractContextManager[Server]]) -> None:
    with start_server(GUIDEPOST_PUBLIC_URL="https://ask.example.org") as server:
        email = add_account(server, "viewer")
        page = visitor(server).get("/studio/sign-in")
        assert all("secure" in line.lower() for line in page.headers.get_list("set-cookie"))
        pre = re.search(r"guidepost_sign_in=([^;]+)", page.headers["set-cookie"])
        assert pre
        # As the browser would over https; this client talks plain http to the server behind the proxy.
        answer = visitor(server).post(
            "/studio/sign-in",
            data={"email": email, "password": PASSWORD, "check": hidden(page.text, "check")},
            headers={"Cookie": f"guidepost_sign_in={pre[1]}"},
        )
        assert answer.status_code == 303
        assert "secure" in _cookie(answer).lower()


def test_session_of_before_is_never_the_session_after(server: Server, client: httpx.Client) -> None:
    """Session fixation: an id that somebody planted is worth nothing, and an own one is renewed at each sign-in."""
    email = add_account(server, "viewer")
    client.cookies.set("guidepost_studio", "planted", path="/studio")
    first = re.search(r"guidepost_studio=([^;]+)", _cookie(sign_in(client, email)))
    assert first
    assert first[1] != "planted"
    # The sign-in page sends on who is signed in already: another sign-in in the same browser goes by the bare form.
    form = visitor(server)
    page = form.get("/studio/sign-in")
    form.cookies.set("guidepost_studio", first[1], path="/studio")
    second = form.post(
        "/studio/sign-in", data={"email": email, "password": PASSWORD, "check": hidden(page.text, "check")}
    )
    assert second.status_code == 303
    stale = visitor(server).get("/studio", headers={"Cookie": f"guidepost_studio={first[1]}"})
    assert stale.status_code == 303
    assert visitor(server).get("/studio", headers={"Cookie": "guidepost_studio=planted"}).status_code == 303


def test_sign_in_form_of_another_site_is_refused(server: Server) -> None:
    """Sign-in forgery: nobody can be signed in to somebody else's account without having asked for the page."""
    email = add_account(server, "viewer")
    bare = visitor(server).post("/studio/sign-in", data={"email": email, "password": PASSWORD})
    assert bare.status_code == 403
    stolen = visitor(server).get("/studio/sign-in")
    other = visitor(server)
    other.get("/studio/sign-in")
    crossed = other.post(
        "/studio/sign-in", data={"email": email, "password": PASSWORD, "check": hidden(stolen.text, "check")}
    )
    assert crossed.status_code == 403
    assert "guidepost_studio=" not in crossed.headers.get("set-cookie", "")


def test_answer_does_not_tell_who_has_an_account(server: Server, client: httpx.Client) -> None:
    """Wrong password, unknown address, disabled account: the same page to the letter."""
    known = add_account(server, "viewer", email="known@service.example")
    disabled = add_account(server, "viewer", email="gone@service.example")
    assert guidepost("user", "disable", disabled, data_dir=server.log.parent).returncode == 0
    pages = []
    for email in (known, disabled, "nobody@service.example"):
        answer = sign_in(client, email, PASSWORD if email == disabled else "wrong password")
        assert answer.status_code == 401
        pages.append(answer.text.replace(email, "EMAIL"))
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.long
def test_guessing_is_bounded_for_an_account_even_all_at_once(
    start_server: Callable[..., AbstractContextManager[Server]],
) -> None:
    """A hundred tries at once: at most ten are looked at, then even the right password waits; others are not hit.

    Whoever forges X-Forwarded-For is counted as the connection that they come from.
    """
    with start_server() as server:
        victim = add_account(server, "editor", email="guessed@service.example")
        other = add_account(server, "viewer")
        with visitor(server) as client:
            page = client.get("/studio/sign-in")
            check = hidden(page.text, "check")

            def attempt(number: int) -> int:
                return client.post(
                    "/studio/sign-in",
                    data={"email": victim, "password": f"guess number {number}", "check": check},
                    headers={"X-Forwarded-For": f"203.0.113.{number}"},
                ).status_code

            with ThreadPoolExecutor(20) as pool:
                statuses = list(pool.map(attempt, range(100)))
            assert statuses.count(401) == 10
            assert statuses.count(429) == 90
            right = client.post("/studio/sign-in", data={"email": victim, "password": PASSWORD, "check": check})
            assert right.status_code == 429
            assert "wait 15 minutes" in right.text
        with visitor(server) as client:
            assert sign_in(client, other).status_code == 303


@pytest.mark.long
def test_guessing_is_bounded_for_a_source(start_server: Callable[..., AbstractContextManager[Server]]) -> None:
    """One password tried on a hundred accounts from one place, with forged addresses: refused after sixty."""
    with start_server() as server, visitor(server) as client:
        check = hidden(client.get("/studio/sign-in").text, "check")

        def attempt(number: int) -> int:
            return client.post(
                "/studio/sign-in",
                data={"email": f"person{number}@service.example", "password": "Summer 2026 is here", "check": check},
                headers={"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"},
            ).status_code

        with ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(attempt, range(80)))
        assert statuses.count(401) == 60
        assert statuses.count(429) == 20


def _enrol(client: httpx.Client) -> tuple[str, list[str]]:
    page = client.get("/studio/account/second-factor")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert secret
    plain = secret[1].replace(" ", "")
    fields = {"csrf": form_token(client), "enrolment": hidden(page.text, "enrolment"), "code": pyotp.TOTP(plain).now()}
    done = client.post("/studio/account/second-factor", data=fields)
    codes = re.findall(r"<li><code>([0-9a-f-]+)</code>", done.text)
    assert len(codes) == 10, done.text
    return plain, codes


def test_another_telephone_needs_the_password(server: Server) -> None:
    """Somebody at an open computer must not lock the owner out, or keep both steps for themselves."""
    person = signed_in(server, "editor", email="other-phone@service.example")
    first, _ = _enrol(person)
    page = person.get("/studio/account/second-factor")
    assert 'name="old_password"' in page.text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert secret
    plain = secret[1].replace(" ", "")
    assert plain != first
    fields = {"enrolment": hidden(page.text, "enrolment"), "code": pyotp.TOTP(plain).now()}
    for typed in ({}, {"old_password": "not my password"}):
        refused = person.post("/studio/account/second-factor", data={**fields, **typed})
        assert refused.status_code == 400
        assert "The present password is not right." in refused.text
        assert hidden(refused.text, "enrolment")
    done = person.post("/studio/account/second-factor", data={**fields, "old_password": PASSWORD})
    assert len(re.findall(r"<li><code>([0-9a-f-]+)</code>", done.text)) == 10


def test_form_with_a_password_is_not_said_to_be_kept(server: Server) -> None:
    person = signed_in(server, "editor", email="not-kept@service.example")
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    fields = {"csrf": token, "username": "x", "old_password": PASSWORD, "new_password": "another four plain words"}
    met = person.post("/studio/account/password", data=fields)
    assert met.status_code == 401
    assert "What you typed is kept" not in met.text
    assert PASSWORD not in met.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/studio/accounts/99999999999999999999"),
        ("POST", "/studio/accounts/99999999999999999999/password"),
        ("POST", "/studio/notes/99999999999999999999/done"),
    ],
)
def test_number_that_no_database_holds_is_unknown(server: Server, method: str, path: str) -> None:
    assert signed_in(server, "administrator").request(method, path).status_code == 404


def test_whoever_takes_the_role_from_themselves_sees_a_page_that_they_may_see(server: Server) -> None:
    signed_in(server, "administrator")
    person = signed_in(server, "administrator", email="steps-down@service.example")
    row = next(row for row in person.get("/studio/accounts").text.split("<tr>") if "steps-down@" in row)
    (number,) = set(re.findall(r"/studio/accounts/(\d+)", row))
    done = person.post(f"/studio/accounts/{number}", data={"name": "Steps", "roles": ["editor"]}, follow_redirects=True)
    assert done.status_code == 200
    assert "Saved." in done.text


def test_second_factor_from_enrolment_to_recovery(server: Server) -> None:
    """Enrol, sign in with the password alone (not enough), a used code (refused), a recovery code (once)."""
    person = signed_in(server, "editor", email="factor@service.example")
    secret, codes = _enrol(person)
    with visitor(server) as client:
        half = sign_in(client, "factor@service.example")
        assert half.status_code == 200
        assert "six digits" in half.text
        assert client.get("/studio").status_code == 303  # not signed in yet
        check = hidden(half.text, "check")
        wrong = client.post("/studio/sign-in/code", data={"code": "000000", "check": check})
        assert wrong.status_code == 401
        # The code of the enrolment's own time step was used up by it.
        step = int(time.time()) // 30
        used = client.post(
            "/studio/sign-in/code", data={"code": pyotp.TOTP(secret).generate_otp(step - 1), "check": check}
        )
        assert used.status_code == 401
        half_cookie = client.cookies["guidepost_studio"]
        done = client.post("/studio/sign-in/code", data={"code": codes[0].upper(), "check": check})
        assert done.status_code == 303
        assert client.cookies["guidepost_studio"] != half_cookie
        assert client.get("/studio").status_code == 200
    with visitor(server) as client:
        half = sign_in(client, "factor@service.example")
        again = client.post("/studio/sign-in/code", data={"code": codes[0], "check": hidden(half.text, "check")})
        assert again.status_code == 401
        future = pyotp.TOTP(secret).generate_otp(step + 1)
        done = client.post("/studio/sign-in/code", data={"code": future, "check": hidden(again.text, "check")})
        assert done.status_code == 303


def test_enrolment_takes_no_secret_from_outside(server: Server) -> None:
    """Nobody can make another's account take a secret that they know."""
    person = signed_in(server, "viewer", email="enrol@service.example")
    colleague = signed_in(server, "viewer", email="enrol2@service.example")
    page = colleague.get("/studio/account/second-factor")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert secret
    code = pyotp.TOTP(secret[1].replace(" ", "")).now()
    for enrolment in (hidden(page.text, "enrolment"), "x", "x.1.JBSWY3DPEHPK3PXP"):
        answer = person.post("/studio/account/second-factor", data={"enrolment": enrolment, "code": code})
        assert (answer.status_code, answer.headers["location"]) == (303, "/studio/account/second-factor")
    assert "Switched on" not in person.get("/studio/account").text


@pytest.mark.long
def test_codes_of_the_second_factor_cannot_be_guessed(
    start_server: Callable[..., AbstractContextManager[Server]],
) -> None:
    """Who knows the password gets ten tries at the code, not a million; signing in anew gives no more."""
    with start_server() as server:
        _enrol(signed_in(server, "editor", email="codes@service.example"))
        statuses = []
        with visitor(server) as client:
            for _ in range(4):
                half = sign_in(client, "codes@service.example")
                if half.status_code == 429:
                    statuses.append(429)
                    break
                check = hidden(half.text, "check")
                for number in range(4):
                    data = {"code": f"00000{number}", "check": check}
                    statuses.append(client.post("/studio/sign-in/code", data=data).status_code)
                client.cookies.delete("guidepost_studio", path="/studio")
        assert 429 in statuses
        assert statuses.count(401) < 10


def test_lost_session_keeps_what_was_typed(server: Server) -> None:
    """The session ends while somebody writes; the form that they send then goes on after the sign-in, whole."""
    person = signed_in(server, "administrator", email="lost@service.example")
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    typed = {"csrf": token, "email": "neu@service.example", "name": 'Անի "<b>&', "roles": ["editor", "operator"]}
    met = person.post("/studio/accounts", data=typed)
    assert met.status_code == 401
    assert "What you typed is kept" in met.text
    packed = hidden(met.text, "packed")
    wrong = sign_in(person, "lost@service.example", "not my password", packed=packed)
    assert hidden(wrong.text, "packed") == packed
    back = sign_in(person, "lost@service.example", packed=packed)
    assert back.status_code == 200
    fields = {name: hidden(back.text, name) for name in ("email", "name")}
    assert fields == {"email": "neu@service.example", "name": 'Անի "<b>&'}
    roles = re.findall(r'name="roles" value="(\w+)"', back.text)
    assert roles == ["editor", "operator"]
    assert 'action="/studio/accounts"' in back.text
    fresh = hidden(back.text, "csrf")
    done = person.post("/studio/accounts", data={"csrf": fresh, **fields, "roles": roles})
    assert done.status_code == 200
    assert "neu@service.example" in person.get("/studio/accounts").text


def test_kept_form_is_read_in_the_words_of_its_page(server: Server) -> None:
    """What was typed comes back under the fields' own names, without the values that only the program knows."""
    person = signed_in(server, "editor", email="words@service.example")
    person.post("/studio/language", data={"language": "hy", "next": "/studio"})
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    typed = {"csrf": token, "summary": "Իմ կարճ պատասխանը։", "seen": "3.abcdef", "do": "save"}
    met = person.post("/studio/answers/visa/fee/hy", data=typed)
    back = sign_in(person, "words@service.example", packed=hidden(met.text, "packed"))
    shown = back.text.partition("<details>")[2].partition("</details>")[0]
    assert "<strong>Կարճ պատասխան</strong><br>Իմ կարճ պատասխանը։" in shown
    assert "abcdef" not in shown
    assert "summary</" not in shown
    assert {name: hidden(back.text, name) for name in typed if name != "csrf"} == {
        name: value for name, value in typed.items() if name != "csrf"
    }


def test_typed_text_outlives_a_sign_in_in_another_tab(server: Server) -> None:
    """Two tabs, both at the sign-in page: the second one still shows what was typed into the form that it met."""
    person = signed_in(server, "administrator", email="two-tabs@service.example")
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    met = person.post("/studio/accounts", data={"csrf": token, "name": "Typed with care"})
    assert sign_in(person, "two-tabs@service.example").status_code == 303
    waiting = {name: hidden(met.text, name) for name in ("check", "packed")}
    answer = person.post("/studio/sign-in", data={"email": "two-tabs@service.example", "password": PASSWORD, **waiting})
    assert answer.status_code == 200
    assert hidden(answer.text, "name") == "Typed with care"
    # Nobody signed in meanwhile and the page is too old: what was typed waits on the page.
    person.cookies.clear()
    again = person.post("/studio/sign-in", data={"email": "x", "password": "x", **waiting})
    assert again.status_code == 403
    assert hidden(again.text, "packed") == waiting["packed"]


def test_code_page_of_an_earlier_password_keeps_what_was_typed(server: Server) -> None:
    """A password given anew in another tab makes this tab's page old; a code given there makes it superfluous."""
    person = signed_in(server, "administrator", email="two-codes@service.example")
    _, codes = _enrol(person)
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    met = person.post("/studio/accounts", data={"csrf": token, "name": "Typed with care"})
    here = sign_in(person, "two-codes@service.example", packed=hidden(met.text, "packed"))
    there = sign_in(person, "two-codes@service.example")
    old = {name: hidden(here.text, name) for name in ("check", "packed")}
    refused = person.post("/studio/sign-in/code", data={"code": codes[0], **old})
    assert refused.status_code == 403
    assert hidden(refused.text, "packed") == old["packed"]
    assert person.post(
        "/studio/sign-in/code", data={"code": codes[1], "check": hidden(there.text, "check")}
    ).is_redirect
    shown = person.post("/studio/sign-in/code", data={"code": codes[2], **old})
    assert hidden(shown.text, "name") == "Typed with care"


def test_form_of_an_earlier_session_is_shown_again_not_lost(server: Server) -> None:
    """Signed in again in another tab: the old page's form is asked back once, with everything in it."""
    person = signed_in(server, "viewer", email="tabs@service.example")
    old = person.headers.pop("X-CSRF-Token")
    person.cookies.clear()
    assert sign_in(person, "tabs@service.example").status_code == 303
    met = person.post("/studio/language", data={"csrf": old, "language": "ru"})
    assert met.status_code == 409
    assert hidden(met.text, "language") == "ru"
    assert person.post("/studio/language", data={"csrf": hidden(met.text, "csrf"), "language": "ru"}).status_code == 303
    assert 'lang="ru"' in person.get("/studio").text


def test_kept_form_is_not_sent_in_anybody_elses_name(server: Server) -> None:
    """What one person typed is not offered to the next one at the same computer, nor what another site made up."""
    writer = signed_in(server, "administrator", email="writer@service.example")
    token = writer.headers.pop("X-CSRF-Token")
    writer.cookies.delete("guidepost_studio", path="/studio")
    met = writer.post("/studio/accounts", data={"csrf": token, "name": "secret draft"})
    packed = hidden(met.text, "packed")
    add_account(server, "administrator", email="next@service.example")
    answer = sign_in(writer, "next@service.example", packed=packed)
    assert answer.status_code == 303
    forged = visitor(server).post("/studio/accounts", data={"name": "made up", "csrf": "0.1.2"})
    assert forged.status_code == 401
    assert 'name="packed"' not in forged.text
    with visitor(server) as client:
        cheat = sign_in(client, "next@service.example", packed='0000.["/studio/accounts",1,[]]')
        assert cheat.status_code == 303


@pytest.mark.long
def test_locked_database_loses_no_word(start_server: Callable[..., AbstractContextManager[Server]]) -> None:
    """The database does not answer for a while: the page says so, keeps what was typed, and sending again works."""
    with start_server() as server:
        person = signed_in(server, "administrator")
        token = person.headers.pop("X-CSRF-Token")
        person.timeout = 60
        typed = {"csrf": token, "email": "disk@service.example", "name": "Սկավառակ", "roles": "viewer"}
        with closing(sqlite3.connect(server.log.parent / "guidepost.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            met = person.post("/studio/accounts", data=typed)
            other.execute("ROLLBACK")
        assert met.status_code == 503
        assert "try again in a minute" in met.text
        again = {name: hidden(met.text, name) for name in typed}
        assert again["name"] == "Սկավառակ"
        assert person.post("/studio/accounts", data=again).status_code == 200
        assert "disk@service.example" in person.get("/studio/accounts").text


def test_scripts_learn_in_json_that_the_session_is_gone(server: Server) -> None:
    answer = visitor(server).post("/studio/language", json={"language": "ru"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "signed_out"


def test_sessions_can_be_seen_and_ended(server: Server) -> None:
    here = signed_in(server, "viewer", email="two@service.example")
    there = signed_in(server, "viewer", email="two@service.example")
    page = here.get("/studio/account").text
    assert page.count("this browser") == 1
    tag = hidden(page, "tag")
    # Somebody else's session is not mine to end.
    stranger = signed_in(server, "viewer")
    stranger.post("/studio/account/sessions/end", data={"tag": tag})
    assert there.get("/studio").status_code == 200
    here.post("/studio/account/sessions/end", data={"tag": tag})
    assert there.get("/studio").status_code == 303
    assert here.get("/studio").status_code == 200


def test_new_password_ends_the_other_sessions(server: Server) -> None:
    email = "fresh@service.example"
    here, there = signed_in(server, "viewer", email=email), signed_in(server, "viewer", email=email)
    wrong = here.post(
        "/studio/account/password", data={"old_password": "not it", "new_password": "another good phrase"}
    )
    assert wrong.status_code == 400
    assert "present password is not right" in wrong.text
    weak = here.post("/studio/account/password", data={"old_password": PASSWORD, "new_password": "short"})
    assert "at least 12 characters" in weak.text
    done = here.post("/studio/account/password", data={"old_password": PASSWORD, "new_password": "another good phrase"})
    assert done.status_code == 303
    assert here.get("/studio").status_code == 200
    assert there.get("/studio").status_code == 303
    with visitor(server) as client:
        assert sign_in(client, email).status_code == 401
        assert sign_in(client, email, "another good phrase").status_code == 303


def test_passwords_and_codes_are_never_shown_again(server: Server) -> None:
    """Error pages keep what was typed, but not secrets."""
    person = signed_in(server, "viewer", email="quiet@service.example")
    token = person.headers.pop("X-CSRF-Token")
    person.cookies.delete("guidepost_studio", path="/studio")
    data = {"csrf": token, "old_password": PASSWORD, "new_password": "another good phrase"}
    met = person.post("/studio/account/password", data=data)
    assert met.status_code == 401
    assert PASSWORD not in met.text
    assert "another good phrase" not in met.text


def test_second_factor_can_be_required(start_server: Callable[..., AbstractContextManager[Server]]) -> None:
    with start_server(GUIDEPOST_SECOND_FACTOR_REQUIRED="true") as server:
        person = signed_in(server, "editor")
        sent = person.get("/studio")
        assert (sent.status_code, sent.headers["location"]) == (303, "/studio/account")
        _enrol(person)
        assert person.get("/studio").status_code == 200
