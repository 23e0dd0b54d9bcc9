"""One's own account: password, second factor, sessions, language."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from studio.access import allowed
from studio.render import render

router = APIRouter()


@router.get("/studio/account")
async def account(request: Request, person: Person = allowed("own.account")) -> Response:
    """Show one's own account."""
    return render(request, person, "home.html")
