"""The audit: reading, checking, exporting."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from bot.accounts.audit import PAGE_SIZE, Words
from bot.accounts.people import Person
from bot.errors import BadInputError
from studio.access import allowed
from studio.deed_names import DeedNames
from studio.names import Names
from studio.parts import Parts, PartsOf
from studio.render import language_of, render

router = APIRouter()


async def _names(request: Request, given: Parts, person: Person) -> DeedNames:
    names = Names(given.assistant.live().library, language_of(request, person))
    return DeedNames(names, await given.examples.titles())


@router.get("/studio/audit")
async def audit(
    request: Request,
    given: PartsOf,
    action: str = "",
    who: str = "",
    since: str = "",
    until: str = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    check: bool = False,
    person: Person = allowed("audit.read"),
) -> Response:
    """Show who did what, newest first."""
    zone = ZoneInfo(given.assistant.live().library.pack.time_zone)
    entries, total = await given.audit.page(
        action=action,
        person=who,
        since=_start(since, zone),
        until=_start(until, zone, days=1),
        number=page,
    )
    actions, people = await given.audit.names()
    names = await _names(request, given, person)
    chosen = {"action": action, "who": who, "since": since, "until": until}
    return render(
        request,
        person,
        "audit.html",
        entries=entries,
        total=total,
        number=page,
        pages=max(1, -(-total // PAGE_SIZE)),
        actions=sorted(((each, names.action(each)) for each in actions), key=lambda each: each[1].casefold()),
        names=names,
        people=people,
        chosen=chosen,
        query=urlencode({name: value for name, value in chosen.items() if value}),
        checked=check,
        broken=await given.audit.verify() if check else None,
    )


@router.get("/studio/audit/export.{kind}")
async def export(request: Request, given: PartsOf, kind: str, person: Person = allowed("audit.read")) -> Response:
    """Hand the whole audit over: `csv` for spreadsheets, `json` for programs; with words in the person's language."""
    if kind not in ("csv", "json"):
        raise BadInputError("The audit can be had as CSV or as JSON.")
    words: Words = (await _names(request, given, person)).words
    lines: AsyncIterator[str] = given.audit.export_csv(words) if kind == "csv" else given.audit.export_json(words)
    day = given.assistant.live().library.today().isoformat()
    kinds = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
    return StreamingResponse(
        _with_mark(lines) if kind == "csv" else lines,
        media_type=kinds[kind],
        headers={"Content-Disposition": f'attachment; filename="audit-{day}.{kind}"', "Cache-Control": "no-store"},
    )


async def _with_mark(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    # Spreadsheet programs take a file without this mark for the local eight-bit letters.
    yield "\ufeff"
    async for line in lines:
        yield line


def _start(day: str, zone: ZoneInfo, *, days: int = 0) -> dt.datetime | None:
    if not day:
        return None
    try:
        found = dt.date.fromisoformat(day) + dt.timedelta(days=days)
    except (ValueError, OverflowError) as error:
        raise BadInputError("“{day}” is no date. Write it like 2026-11-22.", day=day[:30]) from error
    return dt.datetime.combine(found, dt.time(), zone)
