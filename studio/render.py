"""From values to pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.routing import Match

from bot import i18n
from bot.accounts.people import INTERFACE_LANGUAGES, Person
from bot.conversation.marked_html import marked_html
from studio import access, cookies, forms, navigation
from studio.names import FIELD_NAMES
from studio.parts import parts
from studio.texts import translate

_HERE = Path(__file__).parent
_HOME = "/studio"
_NO_STORE = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"}
_OWN_NAMES = {"en": "English", "hy": "Հայերեն", "ru": "Русский"}

templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["marked"] = lambda text, marks=(): marked_html(text, marks, elsewhere=True)
templates.globals["field_names"] = FIELD_NAMES
templates.globals["may"] = access.may
templates.globals["may_edit"] = access.may_edit


def language_of(request: Request, person: Person | None) -> str:
    """Return the interface language: the person's own, or before sign-in what the browser prefers."""
    if person:
        return person.interface_language
    wanted = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in wanted if language in INTERFACE_LANGUAGES), "en")


def render(request: Request, person: Person | None, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page; of a list whose last page (`pages`) was passed, send the browser there.

    Args:
        request: the request that is answered.
        person: who is signed in; None on the pages before that.
        template: a file of studio/templates that extends `base.html`.
        status: the HTTP status.
        values: what the template shows. It also has: `t(text, **values)`, `person`, `language`, `csrf` (the
            hidden field that every POST form needs), `token` (its value), `day(date)`, `moment(datetime)`, `readable`,
            `language_name(code)`, `may(person, permission)`, `may_edit(person, language)`, `path`.
    """
    asked = request.query_params.get("page", "")
    if request.method == "GET" and "pages" in values and asked.isdecimal() and int(asked) > values["pages"]:
        last = request.url.include_query_params(page=values["pages"])
        return RedirectResponse(f"{last.path}?{last.query}", 303, headers=_NO_STORE)
    response: Response = HTMLResponse(
        templates.get_template(template).render(context(request, person, **values)), status, headers=_NO_STORE
    )
    if cookies.MESSAGES in request.cookies:
        response.delete_cookie(cookies.MESSAGES, path=cookies.PATH)
    return response


def fragment(request: Request, person: Person, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a piece of a page for the studio's own script; same values as `render`, flash messages untouched."""
    html = templates.get_template(template).render(context(request, person, **values))
    return HTMLResponse(html, status, headers=_NO_STORE)


def piece(request: Request, person: Person, template: str, **values: Any) -> str:
    """Return a piece of a page as text, to go into a JSON answer; same values as `render`."""
    return templates.get_template(template).render(context(request, person, **values)).strip()


def redirect(request: Request, path: str, message: str = "", *, kind: str = "done", **values: object) -> Response:
    """Send the browser on after a form was taken.

    Args:
        request: the request that is answered.
        path: where to, within /studio.
        message: English text that the next page shows once, translated here.
        kind: `done` or `problem`.
        values: what stands in the message's `{braces}`.
    """
    response = RedirectResponse(path, 303, headers=_NO_STORE)
    if message:
        signed_in = getattr(request.state, "signed_in", None)
        language = language_of(request, signed_in.person if signed_in else None)
        cookies.add_message(request, response, translate(language, message, **values), kind)
    return response


def _readable(request: Request) -> str:
    """Return the address under which what a person looks at can be read again: an answer to a form has often none."""
    path = request.url.path
    if request.method in ("GET", "HEAD"):
        return path + (f"?{request.url.query}" if request.url.query else "")
    scope = {**request.scope, "method": "GET"}
    while path != _HOME:
        scope["path"] = path
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            break
        path = path.rpartition("/")[0] or _HOME
    return path


def context(request: Request, person: Person | None, **values: Any) -> Mapping[str, Any]:
    """Return what every template can use, with a page's own values."""
    given = parts(request)
    language = language_of(request, person)
    pack = given.assistant.live().library.pack
    signed_in = getattr(request.state, "signed_in", None)
    token = forms.token(given.signer, signed_in) if signed_in else ""
    return {
        "t": lambda text, /, **blanks: translate(language, text, **blanks),
        "person": person,
        "language": language,
        "languages": INTERFACE_LANGUAGES,
        "language_names": _OWN_NAMES,
        "token": token,
        "csrf": Markup('<input type="hidden" name="csrf" value="{}">').format(token),
        "path": request.url.path,
        "readable": _readable(request),
        "service": given.assistant.live().library.name(pack.service, language),
        "navigation": navigation.entries(person) if person else [],
        "message": cookies.take_message(request),
        "day": lambda day: i18n.date(language, day),
        "moment": lambda moment: _moment(language, moment, pack.time_zone),
        "language_name": lambda code: language_name(code, language),
        **values,
    }


def _moment(language: str, moment: dt.datetime, zone: str) -> str:
    there = moment.astimezone(ZoneInfo(zone))
    return f"{i18n.date(language, there.date())}, {there:%H:%M}"


def language_name(code: str, language: str) -> str:
    """Return what a language is called in the language of the interface; both by their codes."""
    return Locale.parse(code).get_display_name(language) or code
