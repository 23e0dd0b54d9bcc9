"""Everything an account may do is one table: every route of the application, asked as every role."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import Server
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from studio_help import ROLES, signed_in, visitor

import studio
from studio.access import PERMISSIONS, Allowed
from studio.navigation import ENTRIES
from studio.router import OPEN

_WORD = {
    "account_id": "999999",
    "number": "999999",
    "name": "nothing",
    "kind": "csv",
    "language": "hy",
    "release_id": "999999",
}


def _routes() -> list[tuple[str, str, str | None]]:
    """Method, path and permission of every route under /studio, as the application really has them."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(studio.create_router())
    found = []
    for route in iter_route_contexts(app.routes):
        calls = [each.call for each in route.dependant.dependencies] if hasattr(route, "dependant") else []
        permission = next((call.permission for call in calls if isinstance(call, Allowed)), None)
        for method in sorted((getattr(route, "methods", None) or set()) - {"HEAD"}):
            found.append((method, str(route.path), permission))
    return found


ROUTES = _routes()
GUARDED = [route for route in ROUTES if route[2]]


def test_every_route_names_a_permission_or_is_open_on_purpose() -> None:
    unguarded = {(method, path) for method, path, permission in ROUTES if permission is None}
    assert unguarded == set(OPEN)


def test_the_table_speaks_of_known_roles_only() -> None:
    assert {role for roles in PERMISSIONS.values() for role in roles} == set(ROLES)
    assert all("administrator" in roles for roles in PERMISSIONS.values())


def test_every_permission_is_used_or_checked_by_language() -> None:
    """A permission that no page asks for protects nothing and misleads whoever reads the table."""
    used = {permission for _, _, permission in GUARDED}
    assert set(PERMISSIONS) - used <= {"content.translate", "content.edit"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_navigation_leads_to_pages_with_the_same_permission(entry: Any) -> None:
    assert ("GET", entry.path, entry.permission) in ROUTES


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, httpx.Client]]:
    clients = {role: signed_in(server, role) for role in ROLES}
    yield clients
    for client in clients.values():
        client.close()


def _filled(path: str) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: _WORD.get(found[1], "nothing"), path)


@pytest.mark.parametrize(("method", "path", "permission"), GUARDED, ids=[f"{m} {p}" for m, p, _ in GUARDED])
def test_role_by_route(
    server: Server, people: dict[str, httpx.Client], method: str, path: str, permission: str
) -> None:
    """Who may is let in, who may not is refused, nobody signed in is refused, and no POST works without the token.

    A POST is sent without the token of its form: whoever lacks the permission is told so first; whoever has it is
    refused for the token alone, so that nothing is really done.
    """
    address = _filled(path)
    for role in ROLES:
        client = people[role]
        token = client.headers["X-CSRF-Token"]
        del client.headers["X-CSRF-Token"]
        try:
            answer = client.request(method, address, headers={"Accept": "application/json"}, content=b"")
        finally:
            client.headers["X-CSRF-Token"] = token
        code = answer.json().get("code") if "application/json" in answer.headers["content-type"] else None
        if role not in PERMISSIONS[permission]:
            assert (answer.status_code, code) == (403, "not_allowed"), role
        elif method == "GET":
            assert answer.status_code < 500, answer.text
            assert code not in ("not_allowed", "signed_out", "csrf"), role
        else:
            assert (answer.status_code, code) == (403, "csrf"), role
    nobody = visitor(server).request(method, address, headers={"Accept": "application/json"}, content=b"")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "signed_out")


def test_foreign_token_is_refused(people: dict[str, httpx.Client]) -> None:
    """Another person's token, valid in itself, opens nothing."""
    editors = people["editor"].headers["X-CSRF-Token"]
    answer = people["viewer"].post("/studio/language", data={"language": "ru"}, headers={"X-CSRF-Token": editors})
    assert answer.status_code == 403
    assert "nothing was done" in answer.text


def test_request_from_another_site_is_refused_even_with_the_token(people: dict[str, httpx.Client]) -> None:
    """Browsers say where a request comes from; a token that leaked does not help another site."""
    for origin in ("cross-site", "same-site"):
        answer = people["viewer"].post("/studio/language", data={"language": "ru"}, headers={"Sec-Fetch-Site": origin})
        assert answer.status_code == 403, origin
    own = people["viewer"].post("/studio/language", data={"language": "en"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 303


def test_no_page_can_be_framed_or_is_kept_by_caches(people: dict[str, httpx.Client], server: Server) -> None:
    pages = [
        people["administrator"].get(path) for path in ("/studio", "/studio/account", "/studio/accounts", "/studio/no")
    ]
    for page in [*pages, visitor(server).get("/studio/sign-in")]:
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"


def test_browser_that_is_closed_in_mid_request_is_no_error_of_the_service(server: Server) -> None:
    """An operator who reads the log finds faults there, not every telephone that lost its network."""
    viewer = signed_in(server, "viewer")
    cookies = "; ".join(f"{name}={value}" for name, value in viewer.cookies.items())
    host = httpx.URL(server.url)
    before = len(server.log.read_bytes())
    with socket.create_connection((host.host, host.port), timeout=30) as line:
        line.sendall(
            f"POST /studio/answers/visa/fee/hy/presence HTTP/1.1\r\nHost: {host.host}:{host.port}\r\nCookie: {cookies}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ncsrf=".encode()
        )
        time.sleep(0.5)  # the request has to be under way
    time.sleep(1)
    assert viewer.get("/studio").status_code == 200
    said = server.log.read_bytes()[before:].decode()
    assert "Traceback" not in said
    assert "ERROR" not in said
