"""Try it: a question, what is understood, and what would be said; on a page of its own and in a panel on every page."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.errors import BadInputError
from studio.access import allowed
from studio.names import Names, letters
from studio.parts import PartsOf
from studio.render import fragment, language_of, render
from studio.texts import _, translate

router = APIRouter()

OUTCOMES = {
    "answer": _("answered"),
    "clarify": _("asked back"),
    "smalltalk": _("small talk"),
    "out_of_scope": _("refused: none of the authority's business"),
    "handoff": _("sent to a person"),
    "emergency": _("emergency numbers"),
    "expired": _("answer past its last day: source and phone given"),
}
"""What a reply's outcome is called."""

Text = Annotated[str, Form(max_length=20_000)]
Page = Annotated[str, Form(max_length=300)]

_OF_QUESTION = re.compile(r"/studio/(?:questions|answers|examples)/([a-z][a-z0-9_]*/[a-z][a-z0-9_]*)(?:/|$)")


@router.get("/studio/try")
async def page(request: Request, person: Annotated[Person, allowed("try")]) -> Response:
    """Show the empty form."""
    return render(request, person, "try.html", text="", trials=[], problem="", outcomes=OUTCOMES)


@router.post("/studio/try")
async def ask(
    request: Request, person: Annotated[Person, allowed("try")], parts: PartsOf, text: Text = "", at: Page = ""
) -> Response:
    """Ask, and show what the releases make of it."""
    return await _answer(request, parts, text, at, person, panel=False)


@router.post("/studio/try/panel")
async def panel(
    request: Request, person: Annotated[Person, allowed("try")], parts: PartsOf, text: Text = "", at: Page = ""
) -> Response:
    """Ask from the panel of another page: the results alone."""
    return await _answer(request, parts, text, at, person, panel=True)


async def _answer(request: Request, parts: PartsOf, text: str, at: str, person: Person, *, panel: bool) -> Response:
    language = language_of(request, person)
    status, problem = 200, ""
    trials = []
    about = _OF_QUESTION.match(at)
    try:
        trials = await parts.trials.ask(text, language, person.id, about[1] if about else "")
    except BadInputError as error:
        status, problem = error.status, translate(language, error.message, **error.values)
    show = fragment if panel else render
    return show(
        request,
        person,
        "try_results.html" if panel else "try.html",
        status=status,
        text=text,
        trials=trials,
        problem=problem,
        outcomes=OUTCOMES,
        names=lambda trial: Names(trial.library, language),
        letters=lambda script: letters(script, language),
    )
