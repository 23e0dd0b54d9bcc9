"""What the checks found in all of the content, filtered; overriding a warning with a reason."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from bot.accounts.errors import NotAllowedError
from bot.accounts.people import Person
from bot.editing.checks.service import PAGE_SIZE, place_at
from studio import remarks
from studio.access import allowed, may, require_language
from studio.names import Names
from studio.parts import PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _

router = APIRouter()

OVERRIDDEN = _("The warning stands, with your reason.")
STARTED = _("Everything is being checked. Come back in a moment.")

SEVERITIES = {"error": _("errors"), "warning": _("warnings"), "overridden": _("overridden warnings")}

NAMES = {
    "no_summary": _("no short answer"),
    "missing_source": _("no source"),
    "unknown_fact": _("unknown fact"),
    "number_without_fact": _("number without a fact"),
    "broken_link": _("broken link"),
    "link_unclosed": _("link without an end"),
    "link_spaced": _("link with a space"),
    "link_address": _("link that leads nowhere"),
    "link_empty": _("link without words"),
    "link_misleads": _("link that leads elsewhere"),
    "mark_unclosed": _("stars without a partner"),
    "markup": _("formatting that is not used here"),
    "foreign_letters": _("letters of another alphabet"),
    "longer_than_fact": _("valid longer than its fact"),
    "ended": _("past its last day"),
    "ends_soon": _("ends soon"),
    "verified_long_ago": _("verified long ago"),
    "number_elsewhere": _("number missing here"),
    "number_only_here": _("number only here"),
    "parts_differ": _("languages differ in parts"),
    "hard_to_read": _("hard to read"),
    "too_long": _("longer than a phone screen"),
    "untranslated": _("untranslated"),
    "few_examples": _("few examples"),
    "no_tests": _("no test question"),
    "competes": _("competes with another question"),
}
"""What a kind of finding is called in the filter."""


@router.get("/studio/checks")
async def page(
    request: Request,
    person: Annotated[Person, allowed("content.read")],
    parts: PartsOf,
    severity: Annotated[str, Query(max_length=20)] = "",
    code: Annotated[str, Query(max_length=40)] = "",
    spoken: Annotated[str, Query(max_length=3)] = "",
    question: Annotated[str, Query(max_length=120)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """List findings."""
    if await parts.checks.is_stale():
        parts.checks.start(parts.examples.rivals)
    language = language_of(request, person)
    found, total = await parts.checks.page(
        severity=severity, code=code, language=spoken, question=question.strip(), number=number
    )
    titles = await parts.examples.titles()
    names = Names(parts.assistant.live().library, language, titles)
    counts, last = await parts.checks.summary()
    return render(
        request,
        person,
        "checks.html",
        found=found,
        total=total,
        number=number,
        pages=max(1, -(-total // PAGE_SIZE)),
        counts={name: counts[name] for name in NAMES if name in counts},
        check_names=NAMES,
        names=names,
        by_title=sorted(((name, names.question(name)) for name in titles), key=lambda each: each[1].casefold()),
        severities=SEVERITIES,
        severity=severity,
        code=code,
        spoken=spoken,
        question=question,
        codes=parts.assistant.live().library.pack.languages,
        last=last,
        running=parts.checks.is_running,
        titles=titles,
        say=lambda finding: remarks.say(language, finding.code, finding.values, titles),
    )


@router.post("/studio/checks/run")
async def run(request: Request, person: Annotated[Person, allowed("examples.edit")], parts: PartsOf) -> Response:
    """Check everything anew, in the background."""
    parts.checks.start(parts.examples.rivals)
    return redirect(request, "/studio/checks", STARTED)


@router.post("/studio/checks/override")
async def override(
    request: Request,
    person: Annotated[Person, allowed("content.translate")],
    parts: PartsOf,
    question: Annotated[str, Form(max_length=120)],
    key: Annotated[str, Form(max_length=200)],
    basis: Annotated[str, Form(max_length=64)],
    situation: Annotated[str, Form(max_length=30)] = "",
    spoken: Annotated[str, Form(max_length=3)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
    back: Annotated[str, Form(max_length=400)] = "/studio/checks",
) -> Response:
    """Let a warning stand for a reason. Translators decide about their own languages' texts only."""
    if spoken:
        require_language(person, spoken)
    elif not may(person, "content.edit"):
        raise NotAllowedError(f"account {person.id} may not decide about the question {question}")
    await parts.checks.override(place_at(question, situation, spoken), key, basis, reason, person)
    # Within the studio only: a form must not send people elsewhere.
    target = back if re.fullmatch(r"/studio(/[\w/\-]*)?(\?[\w=&%/\-.]*)?", back) else "/studio/checks"
    return redirect(request, target, OVERRIDDEN)
