"""The studio's cookies."""

from __future__ import annotations

import json

from fastapi import Request, Response

SESSION = "guidepost_studio"
MESSAGES = "guidepost_messages"
PATH = "/studio"
_LONGEST_MESSAGE = 600


def session_secret(request: Request) -> str:
    """Return the secret of the session that the browser brought, or nothing."""
    return request.cookies.get(SESSION, "")


def set_session(request: Request, response: Response, secret: str) -> None:
    """Hand the browser the secret of its session, for as long as it stays open."""
    _set(request, response, SESSION, secret)


def clear_session(request: Request, response: Response) -> None:
    """Take the secret away."""
    response.delete_cookie(SESSION, path=PATH, httponly=True, samesite="lax", secure=is_secure(request))


def add_message(request: Request, response: Response, text: str, kind: str) -> None:
    """Let the next page say something; see studio.render.redirect."""
    # ASCII, because that is what a cookie holds; quoted by the response.
    _set(request, response, MESSAGES, json.dumps([kind, text[:_LONGEST_MESSAGE]]))


def take_message(request: Request) -> tuple[str, str] | None:
    """Return what this page shall say: kind (`done`, `problem`) and text."""
    try:
        kind, text = json.loads(request.cookies.get(MESSAGES, ""))
    except (ValueError, TypeError):
        return None
    return (str(kind) if kind in ("done", "problem") else "done", str(text))


def _set(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path=PATH, httponly=True, samesite="lax", secure=is_secure(request))


def is_secure(request: Request) -> bool:
    """Tell whether people reach the studio by https, so that its cookies must never travel without."""
    address = str(request.app.state.studio.settings.public_url)
    return request.url.scheme == "https" or address.startswith("https://")
