"""Errors as pages for people: what went wrong, what to do, and everything that was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from bot.accounts.people import Person
from bot.editing.model import UnknownTextError
from bot.errors import BadInputError, GuidepostError
from bot.publishing.errors import ReasonNeededError
from studio import access, forms
from studio.names import Names
from studio.pages import sign_in
from studio.parts import parts
from studio.render import language_name, language_of, render
from studio.texts import _, translate


class UnusableFormError(GuidepostError):
    """A form arrived with fields that do not fit; the page's own forms never send such."""

    code = "invalid"
    status = 422
    public = "Some fields of the form cannot be used: {fields}. Please correct them and send the form again."

    def __init__(self, details: Sequence[Mapping[str, Any]]) -> None:
        self.fields = "; ".join(f"{detail['where'][-1]} ({detail['message']})" for detail in details)
        super().__init__(f"unusable form: {self.fields}")


class _HttpError(GuidepostError):
    code = "http"


_SIGN_IN_AGAIN = _("You are not signed in any more. Please sign in, then do it once more.")

_HTTP_TEXTS = {
    404: _("There is no such page."),
    405: _("This address takes another kind of request. Please go back and use the page's own buttons."),
}


def from_http(error: HTTPException) -> GuidepostError:
    """Return an error of the web framework as one of ours."""
    made = _HttpError(str(error.detail), public=_HTTP_TEXTS.get(error.status_code, GuidepostError.public))
    made.status = error.status_code
    return made


def wants_page(request: Request) -> bool:
    """Tell whether an error here is to be shown to a person; scripts and programs get the common JSON shape."""
    if not (request.url.path + "/").startswith("/studio/"):
        return False
    sends_json = request.headers.get("content-type", "").startswith("application/json")
    return not sends_json and "application/json" not in request.headers.get("accept", "")


def page(request: Request, error: GuidepostError) -> Response:
    """Return the page that tells a person about an error."""
    kept = _kept(request)
    reads = request.method in ("GET", "HEAD")
    if isinstance(error, access.SignInNeededError):
        if reads:
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse("/studio/sign-in?" + urlencode({"next": target}), 303)
        problem = error.public if kept else _SIGN_IN_AGAIN
        return sign_in.form_page(request, status=error.status, problem=problem, kept=kept)
    signed_in = getattr(request.state, "signed_in", None)
    person = signed_in.person if signed_in else None
    if isinstance(error, access.SetUpNeededError) and reads:
        return RedirectResponse("/studio/account", 303)
    if isinstance(error, access.FormExpiredError) and kept:
        return render(request, person, "continue.html", status=error.status, kept=kept)
    # A foreign form is never offered for sending again: that is what its maker hopes for.
    again = None if isinstance(error, access.ForeignFormError) else kept
    # Before it is known who is signed in, as when the database does not answer, the form's own token goes along.
    own_token = "" if person else getattr(request.state, "typed_token", "")
    return render(
        request,
        person,
        "error.html",
        status=error.status,
        text=said(request, person, error),
        kept=again,
        reads=reads,
        # What cannot be used will not be taken the second time either: it has to be changed first.
        sendable=not isinstance(error, BadInputError | UnusableFormError),
        own_token=own_token,
        # The question may have been retired: its old address is in bookmarks and messages.
        unknown=isinstance(error, UnknownTextError),
    )


def said(request: Request, person: Person | None, error: GuidepostError) -> str:
    """Return what an error says, in the language of the interface and with names instead of ids."""
    language, library = language_of(request, person), parts(request).assistant.live().library
    text: str = error.public
    values: Mapping[str, object] = {}
    if isinstance(error, BadInputError):
        text, values = error.message, error.values
    if isinstance(error, ReasonNeededError):
        names = Names(library, language)
        values = {**values, "topics": ", ".join(names.topic(topic) for topic in error.topics)}
    if values.get("language") in library.pack.languages:
        values = {**values, "language": language_name(str(values["language"]), language)}
    if "languages" in values:
        codes = str(values["languages"]).split(", ")
        values = {**values, "languages": ", ".join(language_name(code, language) for code in codes)}
    if isinstance(error, UnusableFormError):
        values = {"fields": error.fields}
    return translate(language, text, **values)


def _kept(request: Request) -> forms.Kept | None:
    typed = getattr(request.state, "typed", [])
    owner = forms.owner_of(parts(request).signer, getattr(request.state, "typed_token", ""))
    return forms.keep(request.url.path, owner.person_id, typed) if owner and typed else None
