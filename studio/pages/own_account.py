"""One's own account: password, second factor, sessions, language."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from markupsafe import Markup

from bot.accounts import second_factor
from bot.accounts.errors import AccountInputError, CodeRefusedError, TooManyTriesError
from bot.accounts.people import Person
from bot.accounts.sessions import SignedIn
from bot.errors import BadInputError, GuidepostError
from studio.access import allowed
from studio.pages.sign_in import source, within
from studio.parts import PartsOf
from studio.render import redirect, render
from studio.texts import _

router = APIRouter()

Text = Annotated[str, Form(max_length=1000)]


def _signed_in(request: Request) -> SignedIn:
    found: SignedIn = request.state.signed_in
    return found


async def _page(
    request: Request, given: PartsOf, person: Person, *, status: int = 200, problem: GuidepostError | None = None
) -> Response:
    signed_in = _signed_in(request)
    return render(
        request,
        person,
        "own_account.html",
        status=status,
        account=signed_in.account,
        sessions=await given.sessions.of(person.id),
        this=signed_in.tag,
        codes_left=await given.sign_in.recovery_codes_left(person.id),
        factor_required=given.settings.second_factor_required,
        problem=_text(problem),
        problem_values=problem.values if isinstance(problem, BadInputError) else {},
    )


def _text(problem: GuidepostError | None) -> str:
    if problem is None:
        return ""
    return problem.message if isinstance(problem, BadInputError) else problem.public


@router.get("/studio/account")
async def account(request: Request, given: PartsOf, person: Person = allowed("own.account")) -> Response:
    """Show one's own account."""
    return await _page(request, given, person)


@router.post("/studio/account/password")
async def change_password(
    request: Request,
    given: PartsOf,
    old_password: Text = "",
    new_password: Text = "",
    person: Person = allowed("own.account"),
) -> Response:
    """Change one's own password."""
    try:
        await given.sign_in.change_password(_signed_in(request), old_password, new_password, source(request))
    except GuidepostError as error:
        return await _page(request, given, person, status=error.status, problem=error)
    return redirect(request, "/studio/account", _("Your password is changed. All your other sessions have ended."))


def _enrolment_page(
    request: Request, given: PartsOf, person: Person, secret: str, problem: str = "", status: int = 200
) -> Response:
    address = second_factor.address(secret, person.email, "Guidepost")
    picture = segno.make(address, error="m").svg_inline(omitsize=True, border=2)
    return render(
        request,
        person,
        "enrol.html",
        status=status,
        replaces=bool(_signed_in(request).account.totp_secret),
        picture=Markup(picture),  # noqa: S704  drawn by us; the address is inside as dots only
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        # Signed, so that nobody can have another's account take a secret of their own making.
        enrolment=given.signer.sign("enrol", f"{person.id}.{secret}"),
        problem=problem,
    )


@router.get("/studio/account/second-factor")
async def begin_enrolment(request: Request, given: PartsOf, person: Person = allowed("own.account")) -> Response:
    """Show the picture for the authenticator app."""
    return _enrolment_page(request, given, person, second_factor.new_secret())


@router.post("/studio/account/second-factor")
async def enrol(
    request: Request,
    given: PartsOf,
    enrolment: Text = "",
    code: Text = "",
    old_password: Text = "",
    person: Person = allowed("own.account"),
) -> Response:
    """Switch the second factor on, and show the recovery codes this once."""
    owner, _dot, secret = (given.signer.read("enrol", enrolment) or "").partition(".")
    if owner != str(person.id) or not secret:
        return redirect(request, "/studio/account/second-factor", _("Please scan this new picture."), kind="problem")
    try:
        codes = await given.sign_in.enrol(_signed_in(request), secret, code, old_password, source(request))
    except (CodeRefusedError, AccountInputError, TooManyTriesError) as error:
        return _enrolment_page(request, given, person, secret, _text(error), error.status)
    return render(request, person, "recovery_codes.html", codes=codes)


@router.post("/studio/account/second-factor/remove")
async def remove_factor(
    request: Request, given: PartsOf, old_password: Text = "", person: Person = allowed("own.account")
) -> Response:
    """Switch one's own second factor off."""
    try:
        await given.sign_in.remove_factor(_signed_in(request), old_password, source(request))
    except GuidepostError as error:
        return await _page(request, given, person, status=error.status, problem=error)
    return redirect(request, "/studio/account", _("The second step is switched off."))


@router.post("/studio/account/sessions/end")
async def end_session(
    request: Request, given: PartsOf, tag: Text = "", person: Person = allowed("own.account")
) -> Response:
    """End one of one's own sessions, or without a tag all others."""
    if tag:
        await given.sessions.end_tagged(person.id, tag)
    else:
        await given.sessions.end_others(_signed_in(request))
    return redirect(request, "/studio/account", _("Signed out there."))


@router.post("/studio/language")
async def speak(
    request: Request,
    given: PartsOf,
    language: Text = "",
    next: Text = "/studio",
    person: Person = allowed("own.account"),
) -> Response:
    """Choose the language of one's own interface."""
    await given.sign_in.speak(person.id, language)
    return redirect(request, within(next))
