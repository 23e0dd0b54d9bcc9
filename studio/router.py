"""All pages of the studio under one router."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse, Response

from studio.pages import (
    accounts,
    answer,
    audit,
    board,
    checks,
    examples,
    history,
    home,
    notice,
    own_account,
    places,
    provider,
    question,
    releases,
    retiring,
    review,
    sign_in,
    try_it,
)

_STATIC = Path(__file__).parent / "static"
_SCRIPT = "text/javascript; charset=utf-8"
_FILES = {
    "studio.css": "text/css; charset=utf-8",
    "studio.js": _SCRIPT,
    "editing.css": "text/css; charset=utf-8",
    "editing.js": _SCRIPT,
    "marks.js": _SCRIPT,
    "examples.js": _SCRIPT,
    "try.js": _SCRIPT,
    "releases.js": _SCRIPT,
}

PAGES = (
    sign_in,
    provider,
    own_account,
    home,
    board,
    question,
    retiring,
    review,
    history,
    answer,
    accounts,
    audit,
    examples,
    places,
    checks,
    try_it,
    releases,
    notice,
)
"""Every module of pages."""

OPEN = frozenset(
    {
        ("GET", "/studio/"),
        ("GET", "/studio/static/{name}"),
        ("GET", "/studio/sign-in"),
        ("POST", "/studio/sign-in"),
        ("GET", "/studio/sign-in/code"),
        ("POST", "/studio/sign-in/code"),
        ("POST", "/studio/sign-in/continue"),
        ("GET", "/studio/sign-in/provider"),
        ("GET", "/studio/sign-in/provider/back"),
    }
)
"""Routes before anybody is signed in. Every other route names a permission; a test holds the application to it."""


def create_router() -> APIRouter:
    """Return the routes of the studio. The application's `state.studio` holds the parts, see studio.parts.build."""
    router = APIRouter(include_in_schema=False)
    for page in PAGES:
        router.include_router(page.router, include_in_schema=False)

    @router.get("/studio/")
    async def with_slash() -> Response:
        return RedirectResponse("/studio", 308)

    @router.get("/studio/static/{name}")
    async def static(name: str) -> Response:
        # Listed, not joined: a name from outside never becomes a path.
        if name not in _FILES:
            raise sign_in.UnknownPageError("no such file")
        return FileResponse(_STATIC / name, media_type=_FILES[name], headers={"Cache-Control": "no-cache"})

    return router
