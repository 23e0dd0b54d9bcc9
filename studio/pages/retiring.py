"""Retiring questions: proposing it, the list of retired ones, restoring."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from studio.access import allowed
from studio.editing import EditingOf
from studio.names import Names
from studio.pages.answer_form import address
from studio.parts import PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _

router = APIRouter()

PROPOSED = _("Retiring this question is proposed. Submit it so that a colleague can approve, or discard the draft.")
RESTORED = _("The question is back as it was. It is live again with the next release.")


@router.get("/studio/retired")
async def page(
    request: Request, parts: PartsOf, editing: EditingOf, person: Annotated[Person, allowed("content.read")]
) -> Response:
    """List the retired questions with all that they said."""
    return render(
        request,
        person,
        "retired.html",
        retired=await editing.retiring.all(),
        names=Names(parts.assistant.live().library, language_of(request, person)),
    )


@router.post("/studio/questions/{topic}/{name}/retire")
async def propose(
    request: Request, topic: str, name: str, editing: EditingOf, person: Annotated[Person, allowed("content.edit")]
) -> Response:
    """Propose to retire a question, and go on to where it is submitted."""
    key = await editing.retiring.propose(f"{topic}/{name}", person)
    return redirect(request, address(key, request), PROPOSED)


@router.post("/studio/questions/{topic}/{name}/restore")
async def restore(
    request: Request, topic: str, name: str, editing: EditingOf, person: Annotated[Person, allowed("content.review")]
) -> Response:
    """Let a retired question join the content again."""
    await editing.retiring.restore(f"{topic}/{name}", person)
    return redirect(request, f"/studio/questions/{topic}/{name}", RESTORED)
