"""The reviewer's queue, and one text under review: what changed, what the checks say, approve or send back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.editing.model import ChangedMeanwhileError, RefusedError, TextKey
from bot.editing.review import NotReadyError
from studio.access import allowed
from studio.editing import EditingOf
from studio.names import Names
from studio.pages import answer_form
from studio.pages.answer import PATH, For, key_of
from studio.pages.answer_form import address, gather, looks
from studio.pages.board import answer_path
from studio.parts import PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _, translate

router = APIRouter()

APPROVED = _("Approved. It goes live with the next release.")
REMOVED = _("Approved. The answer is taken out with the next release.")
RETIRED = _("Approved. The question is retired with the next release.")
SENT_BACK = _("Sent back with your comment.")


@router.get("/studio/review")
async def queue(request: Request, editing: EditingOf, person: Annotated[Person, allowed("content.review")]) -> Response:
    """Show what waits for a review."""
    outline = await editing.status.outline()
    waiting = await editing.review.queue(person)
    return render(request, person, "review_queue.html", waiting=waiting, outline=outline)


@router.get(PATH + "/review")
async def read(
    request: Request,
    topic: str,
    name: str,
    language: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.review")],
    situation: For = "",
) -> Response:
    """Show a text to its reviewer."""
    return await _page(request, parts, editing, person, key_of(topic, name, language, situation))


async def _page(
    request: Request,
    parts: PartsOf,
    editing: EditingOf,
    person: Person,
    key: TextKey,
    *,
    status: int = 200,
    problem: str = "",
    comment: str = "",
) -> Response:
    interface = language_of(request, person)
    shown = await gather(parts, editing, key, person)
    waiting = {each.key: each for each in await editing.review.queue(person)}
    line = await editing.status.question(key.question, interface)
    found = await editing.checks.check(key, shown.values, keep=False) if shown.working.is_open else []
    return render(
        request,
        person,
        "review.html",
        status=status,
        shown=shown,
        working=shown.working,
        line=line,
        own=key in waiting and waiting[key].own,
        pending=await editing.history.pending(key),
        source_changes=await editing.history.source_since(key),
        beside={} if shown.is_source else shown.shared,
        names=Names(parts.assistant.live().library, interface, await parts.examples.titles()),
        remarks=found,
        say=answer_form.speaker(interface),
        pointing=None if key.situation else await editing.retiring.pointing(key.question),
        answer_path=answer_path,
        begun=[text for text in line.begun if text.key != key] if line else [],
        problem=problem,
        comment=comment,
        here=address(key, request, "review"),
        edit=address(key, request),
        **looks(parts, shown),
    )


@router.post(PATH + "/review")
async def decide(
    request: Request,
    topic: str,
    name: str,
    language: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.review")],
    situation: For = "",
) -> Response:
    """Approve the text that was read, or send it back."""
    key = key_of(topic, name, language, situation)
    form = await request.form()
    seen, comment = str(form.get("seen", "")), str(form.get("comment", ""))
    removed = bool((await editing.drafts.open(key)).fields.get("removed"))
    try:
        if form.get("do") == "send_back":
            await editing.review.send_back(key, person, seen, comment)
            return redirect(request, "/studio/review", SENT_BACK)
        await editing.review.approve(key, person, seen, small_edit=form.get("small_edit") == "yes")
    except (RefusedError, ChangedMeanwhileError) as error:
        interface = language_of(request, person)
        values = error.values if isinstance(error, RefusedError) else {}
        problem = translate(interface, error.message if isinstance(error, RefusedError) else error.public, **values)
        if isinstance(error, NotReadyError):
            problem = " ".join([problem, *(answer_form.said(interface, each) for each in error.problems)])
        return await _page(request, parts, editing, person, key, status=error.status, problem=problem, comment=comment)
    done = APPROVED if not removed else REMOVED if situation else RETIRED
    return redirect(request, "/studio/review", done)
