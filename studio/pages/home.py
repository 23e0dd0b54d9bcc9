"""The first page: what needs this person today."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from studio.access import allowed
from studio.render import render

router = APIRouter()


@router.get("/studio")
async def home(request: Request, person: Person = allowed("own.account")) -> Response:
    """Show what needs this person today."""
    return render(request, person, "home.html")
