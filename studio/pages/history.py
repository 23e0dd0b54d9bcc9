"""What a text was before, what changed each time, and taking an earlier one up again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from studio import access
from studio.access import allowed
from studio.editing import EditingOf
from studio.names import Names
from studio.pages.answer import PATH, For, key_of
from studio.pages.answer_form import address
from studio.parts import PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _

router = APIRouter()

RESTORED = _("The earlier text is your draft now. Look it over and submit it.")


@router.get(PATH + "/history")
async def show(
    request: Request,
    topic: str,
    name: str,
    language: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.read")],
    situation: For = "",
) -> Response:
    """Show the approved versions and the last saves of the draft, each with what it changed."""
    key = key_of(topic, name, language, situation)
    working = await editing.drafts.open(key)
    line = await editing.status.question(key.question, language_of(request, person))
    return render(
        request,
        person,
        "history.html",
        key=key,
        working=working,
        line=line,
        outline=await editing.status.outline(),
        pending=await editing.history.pending(key),
        revisions=await editing.history.revisions(key),
        saves=await editing.history.saves(key),
        names=Names(parts.assistant.live().library, language_of(request, person), await parts.examples.titles()),
        may_write=access.may_edit(person, language),
        here=address(key, request, "history"),
        edit=address(key, request),
    )


@router.post(PATH + "/history")
async def restore(
    request: Request,
    topic: str,
    name: str,
    language: str,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.translate")],
    situation: For = "",
) -> Response:
    """Make an earlier text the draft."""
    access.require_language(person, language)
    key = key_of(topic, name, language, situation)
    form = await request.form()
    number = str(form.get("number", ""))
    kind = "revision" if form.get("kind") == "revision" else "save"
    fields = await editing.history.one(key, kind, int(number) if number.isdigit() else 0)
    await editing.drafts.restore(key, person, fields, str(form.get("seen", "")))
    return redirect(request, address(key, request), RESTORED)
