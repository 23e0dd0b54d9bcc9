"""Signing in with an OpenID Connect provider: there and back."""

from __future__ import annotations

import json
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bot.accounts.open_id import Journey, OpenId, ProviderError
from studio import cookies
from studio.pages.sign_in import UnknownPageError, within
from studio.parts import Parts, PartsOf

router = APIRouter()

_COOKIE = "guidepost_provider"
_MINUTES = 10


@router.get("/studio/sign-in/provider")
async def there(request: Request, given: PartsOf, next: str = "") -> Response:
    """Send the browser to the provider."""
    address, journey = await _provider(given).begin(_back(request, given))
    response = RedirectResponse(address, 303)
    remembered = given.signer.sign(
        "provider", json.dumps([journey.state, journey.nonce, journey.verifier, within(next)])
    )
    response.set_cookie(
        _COOKIE,
        remembered,
        max_age=_MINUTES * 60,
        path=cookies.PATH,
        httponly=True,
        samesite="lax",
        secure=cookies.is_secure(request),
    )
    return response


@router.get("/studio/sign-in/provider/back")
async def back(request: Request, given: PartsOf, code: str = "", state: str = "", error: str = "") -> Response:
    """Take what the provider gave the browser."""
    remembered = given.signer.read("provider", request.cookies.get(_COOKIE, ""))
    if remembered is None:
        raise ProviderError("the browser came back without having been sent, or after ten minutes")
    known_state, nonce, verifier, target = json.loads(remembered)
    if error or not code or not secrets.compare_digest(known_state.encode(), state.encode("utf-8", "replace")):
        raise ProviderError(f"the browser came back with {error[:100]!r} or with another state")
    account = await _provider(given).finish(Journey(known_state, nonce, verifier), code, _back(request, given))
    secret = await given.sign_in.with_provider(account.id, account.email, instead_of=cookies.session_secret(request))
    response = RedirectResponse(target, 303)
    cookies.set_session(request, response, secret)
    response.delete_cookie(_COOKIE, path=cookies.PATH)
    return response


def _provider(given: Parts) -> OpenId:
    if given.open_id is None:
        raise UnknownPageError("no provider is set")
    return given.open_id


def _back(request: Request, given: Parts) -> str:
    base = given.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return base + "/studio/sign-in/provider/back"
