"""Who may do what: THE table, and the dependency that holds every page to it.

No page decides by roles; it names a permission. A test walks through all routes of the application and asks each as
each role: a route without a permission fails it.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from bot.accounts.errors import NotAllowedError
from bot.accounts.people import Person
from bot.accounts.sessions import SignedIn
from bot.errors import GuidepostError
from studio import forms
from studio.cookies import session_secret
from studio.parts import parts

_ALL = frozenset({"viewer", "translator", "editor", "publisher", "operator", "administrator"})
_EDITORS = frozenset({"editor", "publisher", "administrator"})
_PUBLISHERS = frozenset({"publisher", "administrator"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "own.account": _ALL,
    "content.read": _ALL,
    "content.edit": _EDITORS,
    # Translators in their own languages only: see may_edit.
    "content.translate": _EDITORS | {"translator"},
    # Nobody approves what they wrote themselves, unless GUIDEPOST_APPROVE_OWN says so.
    "content.review": _EDITORS,
    "examples.edit": _EDITORS,
    "release.build": _EDITORS,
    "release.publish": _PUBLISHERS,
    "notice.publish": _PUBLISHERS | {"operator"},
    "audit.read": _PUBLISHERS,
    "accounts.manage": frozenset({"administrator"}),
    "try": _ALL,
}
"""Permission → roles that have it."""

_BEFORE_ANYTHING_ELSE = ("/studio/account/", "/studio/sign-out/", "/studio/language/")


class SignInNeededError(GuidepostError):
    """Nobody is signed in, or no longer; the error page is the sign-in page and keeps what was typed."""

    code = "signed_out"
    status = 401
    public = "Please sign in. What you typed is kept."


class FormExpiredError(GuidepostError):
    """The form was made for an earlier session of the same person: shown again with everything in it."""

    code = "form_expired"
    status = 409
    public = "You have signed in again since this page was opened. Nothing was lost: please confirm."


class ForeignFormError(GuidepostError):
    """The form does not come from this site (cross-site request forgery)."""

    code = "csrf"
    status = 403
    public = "This form does not come from the studio, so nothing was done. Please open the page anew."


class SetUpNeededError(GuidepostError):
    """The account must first get a password or a second factor of its own."""

    code = "set_up_needed"
    status = 403
    public = "Please finish setting up your account first."


def may(person: Person, permission: str) -> bool:
    """Tell whether one of a person's roles has a permission."""
    return bool(PERMISSIONS[permission] & person.roles)


def may_edit(person: Person, language: str) -> bool:
    """Tell whether a person may edit answers in a language: editors in all, translators in their own."""
    return may(person, "content.edit") or (may(person, "content.translate") and language in person.languages)


def require_language(person: Person, language: str) -> None:
    """Let only those go on who may edit answers in a language.

    Raises:
        NotAllowedError: the person may not.
    """
    if not may_edit(person, language):
        raise NotAllowedError(f"account {person.id} may not edit {language}")


class Allowed:
    """The dependency: somebody is signed in, may do this, and the form is from here."""

    def __init__(self, permission: str) -> None:
        """Prepare.

        Args:
            permission: a key of PERMISSIONS.
        """
        if permission not in PERMISSIONS:
            raise ValueError(f"There is no permission {permission!r}; add it to studio.access.PERMISSIONS.")
        self.permission = permission

    async def __call__(self, request: Request) -> Person:
        """Return who is signed in.

        Raises:
            SignInNeededError: nobody.
            NotAllowedError: the roles do not cover it.
            ForeignFormError, FormExpiredError: a POST without the session's own token.
        """
        given = parts(request)
        writes = request.method not in ("GET", "HEAD")
        if writes:
            await _keep_what_was_typed(request)
        signed_in = await given.sessions.current(session_secret(request))
        token = request.state.typed_token if writes else ""
        if signed_in is None or not signed_in.complete:
            if writes and request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                raise ForeignFormError(f"cross-site POST to {request.url.path}")
            raise SignInNeededError(f"nobody is signed in at {request.url.path}")
        request.state.signed_in = signed_in
        person = signed_in.person
        if not may(person, self.permission):
            raise NotAllowedError(f"account {person.id} lacks {self.permission} at {request.url.path}")
        if writes:
            _check_token(request, given.signer, signed_in, token)
        if not (request.url.path + "/").startswith(_BEFORE_ANYTHING_ELSE) and _must_set_up(signed_in, request):
            raise SetUpNeededError(f"account {person.id} is not set up")
        return person


def allowed(permission: str) -> Any:
    """Return the dependency that lets only people with a permission in and gives the page its `Person`."""
    return Depends(Allowed(permission))


def _must_set_up(signed_in: SignedIn, request: Request) -> bool:
    account = signed_in.account
    needs_factor = parts(request).settings.second_factor_required and account.totp_secret is None
    return account.password_temporary or (needs_factor and account.open_id is None)


def _check_token(request: Request, signer: Any, signed_in: SignedIn, token: str) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignFormError(f"cross-site POST to {request.url.path}")
    owner = forms.owner_of(signer, token)
    if owner is None or owner.person_id != signed_in.person.id:
        raise ForeignFormError(f"no valid token in a POST to {request.url.path}")
    if owner.session_tag != signed_in.tag:
        raise FormExpiredError(f"token of an earlier session in a POST to {request.url.path}")


async def _keep_what_was_typed(request: Request) -> None:
    """Remember a form's fields and its token, for the error pages that must not lose them."""
    request.state.typed, request.state.typed_token = [], request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form()
        fields = [(name, value) for name, value in form.multi_items() if not isinstance(value, UploadFile)]
        request.state.typed = [(name, value) for name, value in fields if name != forms.TOKEN]
        request.state.typed_token = next((v for name, v in fields if name == forms.TOKEN), request.state.typed_token)
    elif kind == "application/json":
        try:
            tree = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return
        if isinstance(tree, dict) and not request.state.typed_token:
            request.state.typed_token = str(tree.get(forms.TOKEN, ""))
