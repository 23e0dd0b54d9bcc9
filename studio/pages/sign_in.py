"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.accounts.errors import CodeRefusedError, SignInRefusedError, TooManyTriesError
from bot.accounts.people import Person
from bot.accounts.sessions import SignedIn
from bot.errors import GuidepostError
from studio import cookies, forms
from studio.access import ForeignFormError, allowed
from studio.parts import PartsOf, parts
from studio.render import render
from studio.texts import _

router = APIRouter()


class UnknownPageError(GuidepostError):
    """There is no such page."""

    code = "not_found"
    status = 404
    public = "There is no such page."


_FORM_COOKIE = "guidepost_sign_in"
_HOME = "/studio"

Text = Annotated[str, Form(max_length=1000)]
Packed = Annotated[str, Form()]


def form_page(
    request: Request,
    *,
    status: int = 200,
    problem: str = "",
    kept: forms.Kept | None = None,
    packed: str = "",
    target: str = "",
    email: str = "",
) -> Response:
    """Return the page for address and password.

    Args:
        request: the request that is answered.
        status: the HTTP status.
        problem: English text of what went wrong.
        kept: a form that met a lost session and goes on after the sign-in.
        packed: the same, as an earlier page carried it.
        target: the page that was wanted.
        email: what was typed before.
    """
    given = parts(request)
    # Two halves of one value, in a cookie and in the form: another site can send neither (sign-in forgery).
    half = request.cookies.get(_FORM_COOKIE) or secrets.token_urlsafe(16)
    response = render(
        request,
        None,
        "sign_in.html",
        status=status,
        problem=problem,
        packed=forms.pack(given.signer, kept) if kept else packed,
        target=target,
        email=email,
        check=given.signer.mac("sign-in", half),
        provider=given.open_id is not None,
    )
    response.set_cookie(
        _FORM_COOKIE, half, path=cookies.PATH, httponly=True, samesite="strict", secure=cookies.is_secure(request)
    )
    return response


def _code_page(
    request: Request, half: SignedIn, *, status: int = 200, problem: str = "", packed: str = "", target: str = ""
) -> Response:
    check = parts(request).signer.mac("code", half.id)
    return render(request, None, "code.html", status=status, problem=problem, packed=packed, target=target, check=check)


@router.get("/studio/sign-in")
async def sign_in_page(request: Request, given: PartsOf, next: str = "") -> Response:
    """Ask for address and password."""
    signed_in = await given.sessions.current(cookies.session_secret(request))
    if signed_in and signed_in.complete:
        return RedirectResponse(within(next), 303)
    return form_page(request, target=next)


@router.post("/studio/sign-in")
async def sign_in(
    request: Request,
    given: PartsOf,
    email: Text = "",
    password: Text = "",
    check: Text = "",
    packed: Packed = "",
    target: Text = "",
) -> Response:
    """Take address and password."""
    half = request.cookies.get(_FORM_COOKIE, "")
    before = cookies.session_secret(request)
    if not half or not secrets.compare_digest(check.encode(), given.signer.mac("sign-in", half).encode()):
        if packed and await _is_complete(given, before):
            return await go_on(request, given, packed)
        return form_page(
            request,
            status=403,
            problem=ForeignFormError.public if half else _("Please allow cookies for this site, then sign in again."),
            packed=packed,
            target=target,
            email=email,
        )
    try:
        secret, complete = await given.sign_in.with_password(email, password, source(request), instead_of=before)
    except (SignInRefusedError, TooManyTriesError) as error:
        return form_page(request, status=error.status, problem=error.public, packed=packed, target=target, email=email)
    if complete:
        return await _arrive(request, secret, packed, target)
    signed_in = await given.sessions.current(secret)
    if signed_in is None:
        return form_page(request, status=401, problem=SignInRefusedError.public, packed=packed, target=target)
    response = _code_page(request, signed_in, packed=packed, target=target)
    cookies.set_session(request, response, secret)
    return response


@router.get("/studio/sign-in/code")
async def code_page(request: Request, given: PartsOf) -> Response:
    """Ask for the second factor; without a password given before, begin at the beginning."""
    signed_in = await given.sessions.current(cookies.session_secret(request))
    if signed_in is None or signed_in.complete:
        return RedirectResponse("/studio/sign-in", 303)
    return _code_page(request, signed_in)


@router.post("/studio/sign-in/code")
async def code(
    request: Request,
    given: PartsOf,
    code: Text = "",
    check: Text = "",
    packed: Packed = "",
    target: Text = "",
) -> Response:
    """Take the second factor."""
    before = cookies.session_secret(request)
    half = await given.sessions.current(before)
    if half is not None and half.complete and packed:
        return await go_on(request, given, packed)
    if half is None or half.complete:
        problem = _("That took too long. Please begin again with your address and password.")
        return form_page(request, status=401, problem=problem, packed=packed, target=target)
    if not secrets.compare_digest(check.encode(), given.signer.mac("code", half.id).encode()):
        return _code_page(request, half, status=403, problem=ForeignFormError.public, packed=packed, target=target)
    try:
        secret = await given.sign_in.with_code(half, code, source(request), instead_of=before)
    except (CodeRefusedError, TooManyTriesError) as error:
        return _code_page(request, half, status=error.status, problem=error.public, packed=packed, target=target)
    return await _arrive(request, secret, packed, target)


@router.post("/studio/sign-in/continue")
async def go_on(request: Request, given: PartsOf, packed: Packed = "") -> Response:
    """Show the form that met a lost session to somebody who has signed in meanwhile, in another tab."""
    signed_in = await given.sessions.current(cookies.session_secret(request))
    kept = forms.unpack(given.signer, packed)
    if signed_in is None or not signed_in.complete or kept is None:
        return form_page(request, status=401, problem=_("You are not signed in yet."), packed=packed)
    if kept.person_id != signed_in.person.id:
        return form_page(request, status=403, problem=_("This was typed by somebody else."), packed=packed)
    request.state.signed_in = signed_in
    return render(request, signed_in.person, "continue.html", kept=kept)


@router.post("/studio/sign-out")
async def sign_out(request: Request, given: PartsOf, person: Person = allowed("own.account")) -> Response:
    """End the session."""
    await given.sessions.end(cookies.session_secret(request))
    response = RedirectResponse("/studio/sign-in", 303)
    cookies.clear_session(request, response)
    return response


async def _is_complete(given: PartsOf, secret: str) -> bool:
    signed_in = await given.sessions.current(secret)
    return signed_in is not None and signed_in.complete


async def _arrive(request: Request, secret: str, packed: str, target: str) -> Response:
    """Go where the person wanted to go, or show the form that met a lost session."""
    given = parts(request)
    signed_in = await given.sessions.current(secret)
    if signed_in is None:
        raise GuidepostError("a session that was just begun is gone")
    request.state.signed_in = signed_in
    kept = forms.unpack(given.signer, packed)
    response: Response
    if kept and kept.person_id == signed_in.person.id:
        response = render(request, signed_in.person, "continue.html", kept=kept)
    else:
        response = RedirectResponse(within(target), 303)
    cookies.set_session(request, response, secret)
    response.delete_cookie(_FORM_COOKIE, path=cookies.PATH)
    return response


def within(target: str) -> str:
    """Return a page of the studio: what an address names must not lead elsewhere (open redirect)."""
    address = urlsplit(target)
    inside = not address.scheme and not address.netloc and (address.path + "/").startswith("/studio/")
    if not inside or "\\" in target or any(ord(letter) < 33 for letter in target) or "//" in address.path:
        return _HOME
    return target if not address.path.startswith("/studio/sign") else _HOME


def source(request: Request) -> str:
    """Return where a connection comes from, to bound guessing."""
    # The connection's own address; headers that name another can be forged by anybody.
    return request.client.host if request.client else "unknown"
