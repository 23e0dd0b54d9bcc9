"""The emergency notice: written by language, above every reply until its time, at once and without training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.errors import BadInputError
from bot.publishing.errors import NoticeMovedError
from bot.publishing.notices import LONGEST
from studio.access import allowed
from studio.errors import said
from studio.parts import Parts, PartsOf
from studio.render import redirect, render
from studio.texts import _

router = APIRouter()

FIELD = "text_"
"""Before the language in the names of the form's fields."""


@router.get("/studio/notice")
async def notice(request: Request, parts: PartsOf, person: Person = allowed("notice.publish")) -> Response:
    """Show the notice that stands, the form for a new one, and those there were."""
    return await _page(request, parts, person)


async def _page(
    request: Request,
    parts: Parts,
    person: Person,
    *,
    typed: Mapping[str, str] | None = None,
    until: str = "",
    problem: str = "",
    moved: NoticeMovedError | None = None,
    status: int = 200,
) -> Response:
    notices, pack = parts.assistant.notices, parts.assistant.live().library.pack
    if moved:
        await notices.refresh()
    standing, there_were = notices.standing(), await notices.history()
    # A notice ends with the next one, if not before.
    nexts = [None, *(each.published_at for each in there_were)]
    ended = {each.id: min(each.until, after or each.until) for each, after in zip(there_were, nexts, strict=False)}
    return render(
        request,
        person,
        "notice.html",
        status=moved.status if moved else status,
        moved=said(request, person, moved) if moved else "",
        typed=typed or {},
        until=until,
        problem=problem,
        standing=standing,
        history=[each for each in there_were if standing is None or each.id != standing.id],
        ended=ended,
        pack_languages=pack.languages,
        longest=LONGEST,
        zone=pack.time_zone,
        field=FIELD,
    )


@router.post("/studio/notice")
async def publish(
    request: Request,
    parts: PartsOf,
    until: Annotated[str, Form(max_length=40)],
    seen: Annotated[int | None, Form()] = None,
    person: Person = allowed("notice.publish"),
) -> Response:
    """Show a notice from now on."""
    form = await request.form()
    texts = {name.removeprefix(FIELD): str(value) for name, value in form.items() if name.startswith(FIELD)}
    try:
        await parts.assistant.notices.publish(person, texts, until, parts.assistant.live().library.pack, seen)
    except NoticeMovedError as error:
        return await _page(request, parts, person, typed=texts, until=until, moved=error)
    except BadInputError as error:
        problem = said(request, person, error)
        return await _page(request, parts, person, typed=texts, until=until, problem=problem, status=error.status)
    return redirect(request, "/studio/notice", _("The notice stands above every reply from now on."))


@router.post("/studio/notice/{number:int}/withdraw")
async def withdraw(
    request: Request, parts: PartsOf, number: int, person: Person = allowed("notice.publish")
) -> Response:
    """Show a notice no longer."""
    try:
        await parts.assistant.notices.withdraw(person, number)
    except NoticeMovedError as error:
        return await _page(request, parts, person, moved=error)
    return redirect(request, "/studio/notice", _("The notice is no longer shown."))
