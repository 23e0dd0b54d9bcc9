"""One question: its answers by situation and language, its notes; and beginning a new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.editing.model import RefusedError, TextKey, UnknownTextError
from bot.editing.questions import suggested_name
from bot.knowledge.schema import ASPECTS
from studio.access import allowed
from studio.editing import Editing, EditingOf
from studio.errors import said
from studio.names import Names
from studio.pages.board import STATE_NAMES, STATE_SIGNS, answer_path
from studio.parts import Parts, PartsOf
from studio.render import language_of, redirect, render
from studio.texts import _, translate

router = APIRouter()


@router.get("/studio/questions/new")
async def new(request: Request, editing: EditingOf, person: Annotated[Person, allowed("content.edit")]) -> Response:
    """Show the form for a new question."""
    return await _new_form(request, editing, person, {}, "", 200)


@router.post("/studio/questions/new")
async def create(request: Request, editing: EditingOf, person: Annotated[Person, allowed("content.edit")]) -> Response:
    """Begin a new question and go on to its first answer."""
    typed = {name: str(value) for name, value in (await request.form()).items()}
    outline = await editing.status.outline()
    titles = {language: typed.get(f"title_{language}", "") for language in outline.languages}
    try:
        question = await editing.questions.create(typed.get("topic", ""), titles, person, typed.get("name", ""))
    except RefusedError as error:
        problem = said(request, person, error)
        return await _new_form(request, editing, person, typed, problem, error.status)
    path = f"/studio/answers/{question}/{outline.languages[0]}"
    return redirect(
        request, path, _("The question is begun. Write its first answer: it joins the content once approved.")
    )


async def _new_form(
    request: Request, editing: EditingOf, person: Person, typed: dict[str, str], problem: str, status: int
) -> Response:
    outline = await editing.status.outline()
    suggested = suggested_name(typed.get("title_en", ""))
    return render(
        request,
        person,
        "question_new.html",
        status=status,
        outline=outline,
        typed=typed,
        problem=problem,
        suggested=suggested,
    )


@router.get("/studio/questions/{topic}/{name}")
async def show(
    request: Request,
    topic: str,
    name: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.read")],
) -> Response:
    """Show a question with all its answers."""
    return await _page(request, parts, editing, person, f"{topic}/{name}")


async def _page(
    request: Request,
    parts: Parts,
    editing: Editing,
    person: Person,
    question: str,
    *,
    problem: str = "",
    note: str = "",
    status: int = 200,
) -> Response:
    language = language_of(request, person)
    outline = await editing.status.outline()
    line = await editing.status.question(question, language)
    if line is None:
        raise UnknownTextError(f"no question {question!r}")
    there = list(dict.fromkeys(text.key.situation for text in line.texts))
    names = Names(parts.assistant.live().library, language, await parts.examples.titles())
    follow_ups = await editing.questions.follow_ups(question)
    related = await editing.questions.titles(await editing.questions.related(question), language)
    examples, tests = await editing.questions.counts(question)
    return render(
        request,
        person,
        "question.html",
        status=status,
        line=line,
        outline=outline,
        situations=there,
        addable=[each for each in outline.situations if each not in there],
        removed=await editing.questions.removed_situations(question),
        related=related,
        follow_ups=[(aspect, follow_ups[aspect]) for aspect in ASPECTS if aspect in follow_ups],
        names=names,
        pointing=await editing.retiring.pointing(question),
        begun=line.begun,
        retiring=not line.new
        and (await editing.drafts.open(TextKey(question, "", outline.languages[0]))).fields.get("removed"),
        examples=examples,
        tests=tests,
        notes=await editing.notes.of(question),
        note=note,
        problem=problem,
        state_names=STATE_NAMES,
        signs=STATE_SIGNS,
        answer_path=answer_path,
    )


@router.post("/studio/questions/{topic}/{name}/notes")
async def write_note(
    request: Request,
    topic: str,
    name: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.translate")],
) -> Response:
    """Leave a note to colleagues."""
    text = str((await request.form()).get("text", ""))
    question = f"{topic}/{name}"
    try:
        await editing.notes.write(question, person, text)
    except RefusedError as error:
        problem = translate(language_of(request, person), error.message, **error.values)
        return await _page(request, parts, editing, person, question, problem=problem, note=text, status=error.status)
    return redirect(request, f"/studio/questions/{question}#notes", _("Your note is there."))


@router.post("/studio/notes/{number}/done")
async def note_done(
    request: Request, number: int, editing: EditingOf, person: Annotated[Person, allowed("content.translate")]
) -> Response:
    """Tick a note off."""
    question = await editing.notes.done(number, person)
    return redirect(request, f"/studio/questions/{question}#notes", _("Ticked off."))


@router.post("/studio/questions/{topic}/{name}/throw-away")
async def throw_away(
    request: Request, topic: str, name: str, editing: EditingOf, person: Annotated[Person, allowed("content.edit")]
) -> Response:
    """Drop a question that never joined the content."""
    await editing.questions.throw_away(f"{topic}/{name}", person)
    return redirect(request, "/studio/board", _("The question is gone. Nobody was ever given it."))
