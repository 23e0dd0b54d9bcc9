"""Signing in with OpenID Connect, against a real provider that can lie."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Server, free_port, guidepost, serving
from oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider
from studio_help import add_account, visitor

GROUPS = {"faq-editors": "editor", "lv-translators": "translator:lv", "chiefs": "administrator"}


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture(scope="module")
def here(trained: Path, there: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    copy = tmp_path_factory.mktemp("provider")
    shutil.copytree(trained / "models", copy / "models")
    for file in trained.glob("guidepost.sqlite*"):
        shutil.copy(file, copy / file.name)
    with serving(
        copy,
        GUIDEPOST_OIDC_ISSUER=there.issuer,
        GUIDEPOST_OIDC_CLIENT_ID=CLIENT_ID,
        GUIDEPOST_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        GUIDEPOST_OIDC_ROLES=json.dumps(GROUPS),
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def honest(there: Provider) -> None:
    there.lie, there.forged, there.unsigned = {}, False, False


def _person(number: str, *groups: str, **more: Any) -> dict[str, Any]:
    email = f"{number}@service.example"
    return {
        "sub": number,
        "email": email,
        "email_verified": True,
        "name": f"Person {number}",
        "groups": [*groups],
        **more,
    }


def _walk(client: httpx.Client, target: str = "") -> httpx.Response:
    """Go to the provider and back, as the browser does; returns the answer to coming back."""
    away = client.get("/studio/sign-in/provider", params={"next": target} if target else {})
    assert away.status_code == 303, away.text
    at_provider = httpx.get(away.headers["location"], timeout=60)
    assert at_provider.status_code == 302
    return client.get(at_provider.headers["location"])


def test_group_gives_the_role_and_losing_it_takes_it(here: Server, there: Provider) -> None:
    """A first sign-in makes the account; each later one brings its roles in line with the provider's groups."""
    with visitor(here) as client:
        assert "Sign in with the account of your service" in client.get("/studio/sign-in").text
        there.claims = _person("ani", "faq-editors", "lv-translators", "football")
        done = _walk(client, "/studio/account")
        assert (done.status_code, done.headers["location"]) == (303, "/studio/account")
        page = client.get("/studio/account").text
        assert "Person ani" in page
        assert "translator, editor" in page
        assert "Latvian" in page
    there.claims = _person("ani", "chiefs")
    with visitor(here) as client:
        assert _walk(client).status_code == 303
        assert client.get("/studio/accounts").status_code == 200
    there.claims = _person("ani", "football")
    with visitor(here) as client:
        refused = _walk(client)
        assert refused.status_code == 403
        assert "has no role here" in refused.text
        assert client.get("/studio").status_code == 303


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another-service"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 3600},
        {"sub": None},
    ],
    ids=["nonce", "audience", "issuer", "expired", "nobody"],
)
def test_token_that_does_not_fit_signs_nobody_in(here: Server, there: Provider, lie: dict[str, Any]) -> None:
    there.claims, there.lie = _person("liar", "faq-editors"), lie
    if lie == {"sub": None}:
        del there.claims["sub"]
        there.lie = {}
    with visitor(here) as client:
        answer = _walk(client)
        assert answer.status_code == 502
        assert "did not work" in answer.text
        assert client.get("/studio").status_code == 303


@pytest.mark.parametrize("way", ["forged", "unsigned"])
def test_token_with_a_wrong_signature_signs_nobody_in(here: Server, there: Provider, way: str) -> None:
    there.claims = _person("forger", "chiefs")
    setattr(there, way, True)
    with visitor(here) as client:
        assert _walk(client).status_code == 502


def test_coming_back_without_having_left_signs_nobody_in(here: Server, there: Provider) -> None:
    """Nobody can finish in a victim's browser what they began in their own."""
    there.claims = _person("attacker", "faq-editors")
    attacker = visitor(here)
    away = attacker.get("/studio/sign-in/provider")
    back = httpx.get(away.headers["location"], timeout=60).headers["location"]
    with visitor(here) as victim:
        assert victim.get(back).status_code == 502
        victim.get("/studio/sign-in/provider")
        assert victim.get(back).status_code == 502
        assert victim.get("/studio").status_code == 303
    assert attacker.get("/studio/sign-in/provider/back", params={"error": "access_denied"}).status_code == 502


def test_hand_made_account_is_taken_over_only_with_a_confirmed_address(here: Server, there: Provider) -> None:
    email = add_account(here, "editor", email="hand@service.example")
    there.claims = _person("hand", "faq-editors", email_verified=False)
    with visitor(here) as client:
        assert _walk(client).status_code in (400, 403)
        assert client.get("/studio").status_code == 303
    there.claims = _person("hand", "faq-editors")
    with visitor(here) as client:
        assert _walk(client).status_code == 303
        assert email in client.get("/studio/account").text
    there.claims = _person("hand", "faq-editors", sub="somebody else with the same address")
    with visitor(here) as client:
        assert _walk(client).status_code == 403


def test_disabled_account_stays_out(here: Server, there: Provider) -> None:
    there.claims = _person("gone", "faq-editors")
    with visitor(here) as client:
        assert _walk(client).status_code == 303
    assert guidepost("user", "disable", "gone@service.example", data_dir=here.log.parent).returncode == 0
    with visitor(here) as client:
        assert _walk(client).status_code == 403


def test_without_a_provider_there_is_no_such_page(server: Server) -> None:
    assert visitor(server).get("/studio/sign-in/provider").status_code == 404
    assert "account of your service" not in visitor(server).get("/studio/sign-in").text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"GUIDEPOST_OIDC_CLIENT_ID": ""}, "GUIDEPOST_OIDC_CLIENT_ID is missing"),
        ({"GUIDEPOST_OIDC_ROLES": '{"g": "king"}'}, "there is no role 'king'"),
    ],
)
def test_wrong_settings_are_told_at_the_start(data_dir: Path, more: dict[str, str], told: str) -> None:
    settings = {"GUIDEPOST_OIDC_ISSUER": "http://127.0.0.1:9", "GUIDEPOST_OIDC_CLIENT_ID": "x", **more}
    done = guidepost("serve", data_dir=data_dir, GUIDEPOST_PORT=str(free_port()), **settings)
    assert done.returncode == 1
    assert told in done.stderr
