"""The first page: what needs this person today."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.editing.status import STATES
from studio.access import allowed, may
from studio.editing import EditingOf, own_languages
from studio.render import language_of, render
from studio.texts import _

router = APIRouter()

TASKS = {
    "decide": _("You and a colleague changed the same part: decide which text stays"),
    "sent_back": _("Sent back to you"),
    "review": _("Waiting for your review"),
    "own_drafts": _("Your drafts, not submitted yet"),
    "notes": _("Open notes of colleagues"),
    "failing": _("The live release did not understand these test questions"),
    "expiring": _("Answers that end soon or must be checked again"),
    "outdated": _("Translations that no longer follow their source"),
    "missing": _("Missing texts"),
}
"""What each kind of task is called; see bot.editing.today.Task."""


@router.get("/studio")
async def home(request: Request, editing: EditingOf, person: Annotated[Person, allowed("own.account")]) -> Response:
    """Show what needs this person today."""
    outline = await editing.status.outline()
    own = own_languages(person, outline.languages)
    tasks = await editing.today.tasks(
        person,
        own,
        reviews=may(person, "content.review"),
        teaches=may(person, "examples.edit"),
        language=language_of(request, person),
    )
    return render(
        request,
        person,
        "home.html",
        tasks=tasks,
        names=TASKS,
        outline=outline,
        own=own,
        on_board=frozenset(STATES) - {"sent_back"},
    )
