"""Releases: the list, building, one release beside the live one, publishing, taking back, scheduling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response

from bot.accounts.people import Person
from bot.editing import words
from bot.errors import BadInputError
from bot.knowledge.releases import ModelDamagedError
from bot.publishing.errors import LiveMovedError, OldReleaseError
from bot.publishing.going_live import SHORTEST_REASON
from bot.publishing.overview import PAGE_SIZE, StoredReplayed
from bot.publishing.progress import STEPS
from bot.publishing.replay import KINDS
from studio.access import allowed
from studio.errors import said
from studio.names import Names
from studio.parts import Parts, PartsOf
from studio.release_names import (
    DONE_ON_TIME,
    FAILURE_TEXTS,
    KIND_NAMES,
    MOVE_NAMES,
    SAID_NAMES,
    STATE_NAMES,
    STEP_NAMES,
    TROUBLE_TEXT,
    percent,
    status_text,
)
from studio.render import language_of, redirect, render
from studio.texts import _

router = APIRouter()

Reason = Annotated[str, Form(max_length=2000)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@dataclass(frozen=True)
class Begun:
    """A form of a release's page that could not be taken: `now` or `later`, why, and what was typed into it."""

    which: str = ""
    problem: str = ""
    reason: str = ""
    at: str = ""


async def _names(request: Request, person: Person, parts: PartsOf) -> Names:
    # A release may have questions that what is live has not.
    titles = await parts.examples.titles()
    return Names(parts.assistant.live().library, language_of(request, person), titles)


@router.get("/studio/releases")
async def releases(
    request: Request, parts: PartsOf, page: PageNumber = 1, person: Person = allowed("content.read")
) -> Response:
    """List releases, builds under way, schedules, and what was live when."""
    assistant = parts.assistant
    shown = await assistant.overview.standing(page)
    language = language_of(request, person)
    return render(
        request,
        person,
        "releases.html",
        shown=shown,
        page=page,
        pages=max(1, -(-shown.total // PAGE_SIZE)),
        serving=assistant.live().release_id,
        trouble=assistant.trouble,
        trouble_text=TROUBLE_TEXT,
        state_names=STATE_NAMES,
        done_on_time=DONE_ON_TIME,
        move_names=MOVE_NAMES,
        failure_texts=FAILURE_TEXTS,
        percent=percent,
        status_text=lambda build: status_text(build, language),
    )


@router.post("/studio/releases/build")
async def build(
    request: Request,
    parts: PartsOf,
    of: Annotated[int | None, Form()] = None,
    person: Person = allowed("release.build"),
) -> Response:
    """Ask for a release of what is approved, or of an earlier release's content."""
    number = await parts.assistant.builds.ask(person, of)
    return redirect(request, f"/studio/releases/builds/{number}")


@router.get("/studio/releases/builds/{number:int}")
async def building(request: Request, parts: PartsOf, number: int, person: Person = allowed("content.read")) -> Response:
    """Show how far a build is, or why it failed."""
    found = await parts.assistant.builds.get(number)
    detail = await parts.assistant.overview.detail(found.release_id) if found.release_id is not None else None
    return render(
        request,
        person,
        "release_build.html",
        build=found,
        is_live=detail is not None and detail.live == found.release_id,
        # The same content and examples make the same release.
        nothing_new=detail is not None and detail.release.created_at < found.asked_at,
        steps=[(step, STEP_NAMES[step]) for step in STEPS],
        percent=percent(found),
        words=status_text(found, language_of(request, person)),
        state_names=STATE_NAMES,
        failure_text=FAILURE_TEXTS.get(found.failure, FAILURE_TEXTS["error"]),
    )


@router.get("/studio/releases/builds/{number:int}/progress")
async def progress(
    request: Request, parts: PartsOf, number: int, person: Person = allowed("content.read")
) -> JSONResponse:
    """Return a build's state, percent, step and words for the page's script."""
    found = await parts.assistant.builds.get(number)
    values: dict[str, Any] = {
        "state": found.state,
        "percent": percent(found),
        "step": found.step,
        "text": status_text(found, language_of(request, person)),
    }
    return JSONResponse(values, headers={"Cache-Control": "no-store"})


@router.post("/studio/releases/builds/{number:int}/cancel")
async def cancel_build(
    request: Request, parts: PartsOf, number: int, person: Person = allowed("release.build")
) -> Response:
    """Stop a build."""
    await parts.assistant.builds.cancel(person, number)
    return redirect(request, "/studio/releases", _("The build was cancelled. Nothing that answers has changed."))


@router.post("/studio/releases/texts")
async def publish_texts(request: Request, parts: PartsOf, person: Person = allowed("release.publish")) -> Response:
    """Let approved answer texts answer at once, without training."""
    number = await parts.assistant.going_live.publish_texts(person)
    await parts.assistant.follow()
    return redirect(
        request, "/studio/releases", _("The changed answer texts are live (release {number})."), number=number
    )


@router.post("/studio/releases/back")
async def take_back(
    request: Request,
    parts: PartsOf,
    live_seen: Annotated[int, Form()],
    reason: Reason = "",
    person: Person = allowed("release.publish"),
) -> Response:
    """Let the release before the live one answer again."""
    going_live = parts.assistant.going_live
    try:
        number = await going_live.take_back(person, live_seen, reason.strip())
    except (OldReleaseError, ModelDamagedError) as error:
        # Its own page has the way out: to build its content anew.
        begun = Begun("back", said(request, person, error), reason)
        return await _release_page(
            request, parts, await going_live.before_live() or live_seen, person, begun, error.status
        )
    await parts.assistant.follow()
    return redirect(
        request,
        "/studio/releases",
        _("Taken back: release {number} answers again, answers and model together."),
        number=number,
    )


@router.get("/studio/releases/{number:int}")
async def release(request: Request, parts: PartsOf, number: int, person: Person = allowed("content.read")) -> Response:
    """Show one release beside the live one."""
    return await _release_page(request, parts, number, person)


async def _release_page(
    request: Request, parts: Parts, number: int, person: Person, begun: Begun | None = None, status: int = 200
) -> Response:
    detail = await parts.assistant.overview.detail(number)
    names = await _names(request, person, parts)
    return render(
        request,
        person,
        "release.html",
        status=status,
        begun=begun or Begun(),
        detail=detail,
        names=names,
        kinds=KINDS,
        kind_names=KIND_NAMES,
        margin=parts.settings.topic_margin,
        shortest_reason=SHORTEST_REASON,
        zone=names.library.pack.time_zone,
    )


@router.get("/studio/releases/{number:int}/real")
async def real_questions(
    request: Request,
    parts: PartsOf,
    number: int,
    kind: Annotated[str, Query(max_length=30)] = KINDS[0],
    page: PageNumber = 1,
    person: Person = allowed("content.read"),
) -> Response:
    """Show the real questions that a release answers in another way, before and after side by side."""
    detail = await parts.assistant.overview.detail(number)
    kind = kind if kind in KINDS else KINDS[0]
    rows: list[StoredReplayed] = []
    total = 0
    if detail.build:
        rows, total = await parts.assistant.overview.replayed(detail.build.id, kind, page)
    return render(
        request,
        person,
        "release_real.html",
        detail=detail,
        names=await _names(request, person, parts),
        rows=rows,
        total=total,
        kind=kind,
        kinds=KINDS,
        kind_names=KIND_NAMES,
        said_names=SAID_NAMES,
        page=page,
        pages=max(1, -(-total // PAGE_SIZE)),
        differences=lambda row: words.compare(row.before["text"], row.after["text"]),
    )


@router.post("/studio/releases/{number:int}/publish")
async def publish(
    request: Request,
    parts: PartsOf,
    number: int,
    live_seen: Annotated[int, Form()],
    reason: Reason = "",
    person: Person = allowed("release.publish"),
) -> Response:
    """Let a release answer."""
    try:
        await parts.assistant.going_live.publish(person, number, reason=reason.strip(), live_seen=live_seen)
    except (BadInputError, LiveMovedError, OldReleaseError, ModelDamagedError) as error:
        begun = Begun("now", said(request, person, error), reason)
        return await _release_page(request, parts, number, person, begun, error.status)
    await parts.assistant.follow()
    return redirect(request, "/studio/releases", _("Release {number} is published."), number=number)


@router.post("/studio/releases/{number:int}/schedule")
async def schedule(
    request: Request,
    parts: PartsOf,
    number: int,
    at: Annotated[str, Form(max_length=40)],
    reason: Reason = "",
    person: Person = allowed("release.publish"),
) -> Response:
    """Let a release go live at a time of the authority's zone."""
    zone = parts.assistant.live().library.pack.time_zone
    try:
        await parts.assistant.going_live.schedule(person, number, at, zone, reason.strip())
    except (BadInputError, OldReleaseError, ModelDamagedError) as error:
        begun = Begun("later", said(request, person, error), reason, at)
        return await _release_page(request, parts, number, person, begun, error.status)
    return redirect(
        request,
        "/studio/releases",
        _("Release {number} will go live on {at} ({zone})."),
        number=number,
        at=at.replace("T", " "),
        zone=zone,
    )


@router.post("/studio/releases/schedules/{number:int}/cancel")
async def cancel_schedule(
    request: Request, parts: PartsOf, number: int, person: Person = allowed("release.publish")
) -> Response:
    """Take a schedule back."""
    await parts.assistant.going_live.cancel_schedule(person, number)
    return redirect(request, "/studio/releases", _("The schedule was cancelled."))
