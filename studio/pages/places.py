"""The words by which places are recognised."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from studio import remarks
from studio.access import allowed
from studio.pages.examples import LANGUAGES
from studio.parts import PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _

router = APIRouter()

SAVED = _("Saved. The place is recognised so from the next release on.")


@router.get("/studio/places")
async def overview(
    request: Request,
    person: Annotated[Person, allowed("content.read")],
    parts: PartsOf,
    text: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """List the places."""
    wanted = text.strip().lower()
    places = [
        place
        for place in await parts.places.everywhere()
        if not wanted or any(wanted in word.lower() for word in (place.id, *place.name.values()))
    ]
    return render(request, person, "places.html", places=places, text=text)


@router.get("/studio/places/{place}")
async def show(
    request: Request, person: Annotated[Person, allowed("content.read")], parts: PartsOf, place: str
) -> Response:
    """Show how a place is recognised."""
    found = await parts.places.get(place)
    typed = {language: "\n".join(found.patterns.get(language, [])) for language in LANGUAGES}
    return render(request, person, "place.html", place=found, typed=typed, seen=found.seen, refused={})


@router.post("/studio/places/{place}")
async def save(
    request: Request, person: Annotated[Person, allowed("examples.edit")], parts: PartsOf, place: str
) -> Response:
    """Change how a place is recognised; a pattern that is refused comes back with the reason beside it."""
    form = await request.form()
    typed = {language: str(form.get(f"patterns_{language}", ""))[:10_000] for language in LANGUAGES}
    seen = str(form.get("seen", ""))
    found = await parts.places.get(place)
    refused = await parts.places.save(place, typed, seen, person)
    if not refused:
        return redirect(request, f"/studio/places/{place}", SAVED)
    spoken = language_of(request, person)
    names = {each.id: each.name.get(spoken, each.id) for each in await parts.places.everywhere()}
    reasons = {}
    for language, finding in reversed(refused):
        values = dict(finding.values)
        if "place" in values:
            values["place"] = names[str(values["place"])]
        reasons[language] = remarks.say(spoken, finding.code, values)
    return render(request, person, "place.html", status=409, place=found, typed=typed, seen=seen, refused=reasons)
