"""Examples and test questions of a question: pasting, looking while typing, removing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, Response

from bot.accounts.people import Person
from bot.editing.checks.examples import Line
from bot.editing.examples import BY_ITSELF, PAGE_SIZE, Looked
from bot.editing.model import RefusedError, UnknownTextError
from studio import remarks
from studio.access import allowed, may
from studio.names import Names, Titles
from studio.parts import Parts, PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _, translate

router = APIRouter()

LANGUAGES = ("hy", "ru", "en", "uk", "az", "lv")
"""Languages that people write in, whether or not the pack has answers in them."""

Lines = Annotated[str, Form(max_length=400_000)]
Spoken = Annotated[str, Form(max_length=10)]

TAKEN = _("Lines added: {number}. They count with the next release.")
SOME_LEFT = _("Lines added: {number}, not added: {left}. See below why.")
NONE_TAKEN = _("No line was added: see below why.")
REMOVED = _("Lines removed: {number}. They count until the next release.")
NONE_CHOSEN = _("No line was chosen. Tick the lines that are to go, then remove them.")


@dataclass(frozen=True)
class Begun:
    """Lines that were sent and not all taken, as they come back into the form.

    Attributes:
        text: the lines, one each.
        outcome: what became of them, in the language of the interface.
        spoken: the language that was chosen for them.
        tests: whether they are to become test questions.
        lines: what speaks against each.
    """

    text: str
    outcome: str
    spoken: str
    tests: bool
    lines: Sequence[Line] = ()


@router.get("/studio/examples")
async def overview(
    request: Request,
    person: Annotated[Person, allowed("content.read")],
    parts: PartsOf,
    topic: Annotated[str, Query(max_length=60)] = "",
    few: bool = False,
) -> Response:
    """List the questions with how many examples and test questions they have."""
    language = language_of(request, person)
    examples, tests = await parts.examples.counts()
    titles = await parts.examples.titles()
    rows = [
        {
            "id": name,
            "title": _title(title, language),
            "examples": examples.get(name, 0),
            "tests": tests.get(name, 0),
        }
        for name, title in titles.items()
        if (not topic or name.partition("/")[0] == topic)
        and (not few or examples.get(name, 0) < parts.checks.limits.examples or not tests.get(name, 0))
    ]
    topics = sorted({name.partition("/")[0] for name in titles})
    return render(
        request,
        person,
        "examples.html",
        rows=rows,
        topics=topics,
        names=Names(parts.assistant.live().library, language),
        topic=topic,
        few=few,
        wanted=parts.checks.limits.examples,
    )


@router.get("/studio/examples/{topic}/{name}")
async def question(
    request: Request,
    person: Annotated[Person, allowed("content.read")],
    parts: PartsOf,
    topic: str,
    name: str,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    spoken: Annotated[str, Query(max_length=3)] = "",
    pattern: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Show a question's examples and test questions."""
    if may(person, "examples.edit"):
        parts.examples.warm()
    return await _page(request, parts, person, f"{topic}/{name}", number=number, spoken=spoken, pattern=pattern)


@router.post("/studio/examples/{topic}/{name}/look")
async def look(
    request: Request,
    person: Annotated[Person, allowed("examples.edit")],
    parts: PartsOf,
    topic: str,
    name: str,
    text: Lines = "",
    spoken: Spoken = BY_ITSELF,
    tests: Annotated[bool, Form()] = False,
) -> Response:
    """Say what speaks against lines that are being typed, as JSON."""
    language = language_of(request, person)
    try:
        lines = await parts.examples.look(f"{topic}/{name}", text, spoken, tests=tests)
    except RefusedError as error:
        message = translate(language, error.template, **error.values)
        return JSONResponse({"code": error.code, "message": message, "details": []}, error.status)
    titles = await parts.examples.titles()
    return JSONResponse({"lines": [_line(line, language, titles) for line in lines]})


@router.post("/studio/examples/{topic}/{name}/add")
async def add(
    request: Request,
    person: Annotated[Person, allowed("examples.edit")],
    parts: PartsOf,
    topic: str,
    name: str,
    text: Lines = "",
    spoken: Spoken = BY_ITSELF,
    flagged_too: Annotated[bool, Form()] = False,
    tests: Annotated[bool, Form()] = False,
) -> Response:
    """Take pasted lines; those that were not taken are shown again with the reasons."""
    language = language_of(request, person)
    try:
        looked = await parts.examples.add(f"{topic}/{name}", text, spoken, person, flagged_too=flagged_too, tests=tests)
    except RefusedError as error:
        problem = translate(language, error.template, **error.values)
        begun = Begun(text, problem, spoken, tests)
        return await _page(request, parts, person, f"{topic}/{name}", begun=begun, status=error.status)
    await parts.checks.of_question(f"{topic}/{name}", keep=True)
    if looked.added and not looked.left:
        return redirect(request, f"/studio/examples/{topic}/{name}", TAKEN, number=len(looked.added))
    left = "\n".join(line.text for line in looked.left)
    begun = Begun(left, _outcome(language, looked), spoken, tests, looked.left)
    status = 200 if looked.added else 409
    return await _page(request, parts, person, f"{topic}/{name}", begun=begun, status=status)


@router.post("/studio/examples/{topic}/{name}/remove")
async def remove(
    request: Request,
    person: Annotated[Person, allowed("examples.edit")],
    parts: PartsOf,
    topic: str,
    name: str,
    line: Annotated[list[int] | None, Form()] = None,
    tests: Annotated[bool, Form()] = False,
) -> Response:
    """Remove the chosen lines."""
    if not line:
        return redirect(request, f"/studio/examples/{topic}/{name}", NONE_CHOSEN, kind="problem")
    gone = await parts.examples.remove(f"{topic}/{name}", line, person, tests=tests)
    await parts.checks.of_question(f"{topic}/{name}", keep=True)
    return redirect(request, f"/studio/examples/{topic}/{name}", REMOVED, number=gone)


async def _page(
    request: Request,
    parts: Parts,
    person: Person,
    name: str,
    *,
    number: int = 1,
    spoken: str = "",
    pattern: str = "",
    begun: Begun | None = None,
    status: int = 200,
) -> Response:
    language = language_of(request, person)
    titles = await parts.examples.titles()
    if name not in titles:
        raise UnknownTextError(f"no question {name}")
    lines, total, test_lines = await parts.examples.page(name, language=spoken, number=number)
    refused = None
    if pattern:
        found, refused = await parts.examples.search(name, pattern)
        lines, total = found[: 5 * PAGE_SIZE], len(found)
    return render(
        request,
        person,
        "example.html",
        status=status,
        name=name,
        title=_title(titles[name], language),
        lines=lines,
        total=total,
        number=number,
        pages=1 if pattern else max(1, -(-total // PAGE_SIZE)),
        spoken=spoken,
        pattern=pattern,
        refused=remarks.say(language, refused.code, refused.values) if refused else "",
        test_lines=test_lines,
        misses=await parts.examples.misses(name),
        names=Names(parts.assistant.live().library, language, titles),
        codes=LANGUAGES,
        begun=begun,
        against=[_line(line, language, titles) for line in begun.lines] if begun else [],
        remarks=await parts.checks.of_question(name),
        say=lambda finding: remarks.say(language, finding.code, finding.values, titles),
    )


def _outcome(language: str, looked: Looked) -> str:
    if looked.added:
        return translate(language, SOME_LEFT, number=len(looked.added), left=len(looked.left))
    return translate(language, NONE_TAKEN)


def _line(line: Line, language: str, titles: Titles) -> dict[str, Any]:
    return {
        "text": line.text,
        "language": line.language,
        "state": "refused" if line.refused else "flagged" if line.findings else "fine",
        "remarks": [remarks.say(language, finding.code, finding.values, titles) for finding in line.findings],
        "taken_for": next((str(f.values["question"]) for f in line.findings if f.code == "closer_elsewhere"), None),
    }


def _title(title: dict[str, str], language: str) -> str:
    return title.get(language) or next(iter(title.values()), "")
