"""An answer in one language: the form, saving it, live preview, who else is here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData

from bot.accounts.people import Person
from bot.editing import fields as forms
from bot.editing.model import Fields, RefusedError, TextKey, Working
from bot.editing.review import NotReadyError
from studio import access
from studio.access import allowed
from studio.editing import Editing, EditingOf
from studio.pages import answer_form
from studio.pages.answer_form import address, form_page, gather, looks
from studio.pages.board import STATE_NAMES, STATE_SIGNS, answer_path
from studio.parts import Parts, PartsOf
from studio.render import fragment, language_of, piece, redirect
from studio.texts import _, translate

router = APIRouter()

PATH = "/studio/answers/{topic}/{name}/{language}"
For = Annotated[str, Query(alias="for", max_length=30)]

SAVED = _("Saved as a draft. People still get the approved answer.")
UNCHANGED = _("Nothing was changed.")
SUBMITTED = _("Submitted. A colleague can approve it now.")
WITHDRAWN = _("The proposal is withdrawn. What was being written before is the draft again.")
DISCARDED = _("The draft is closed. You find it under History.")
REMOVAL = _("Taking this answer out is proposed. Submit it so that a colleague can approve.")
FACT_ADDED = _("The fact is cited. It joins the content when this answer is approved.")
BOTH_CHANGED = _("You and a colleague changed the same part. Both texts are kept: compare them below and decide.")


def key_of(topic: str, name: str, language: str, situation: str) -> TextKey:
    """Return which text an address means."""
    return TextKey(f"{topic}/{name}", situation, language)


@router.get(PATH)
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
    """Show the form, or what is approved to those who may not edit it."""
    key = key_of(topic, name, language, situation)
    shown = await gather(parts, editing, key, person)
    message = translate(language_of(request, person), BOTH_CHANGED) if shown.working.conflicts else ""
    return await form_page(request, parts, editing, person, shown, message=message)


@router.post(PATH)
async def save(
    request: Request,
    topic: str,
    name: str,
    language: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.translate")],
    situation: For = "",
) -> Response:
    """Save what was typed, then do what the pressed button says."""
    access.require_language(person, language)
    key = key_of(topic, name, language, situation)
    form = await request.form()
    names = forms.of_form(language == (await editing.status.outline()).languages[0], situation)
    typed = answer_form.read(form, names)
    do = str(form.get("do", "save"))
    if do == "preview":
        begun = answer_form.new_fact_typed(form)
        shown = await gather(parts, editing, key, person, typed)
        return await form_page(request, parts, editing, person, shown, begun=begun)
    if do == "add_fact" and (wrong := _wrong_fact(form, parts, topic)):
        # Nothing is saved yet: the form has everything, and the corner for new facts what has to be corrected.
        begun = answer_form.new_fact_typed(form)
        shown = await gather(parts, editing, key, person, typed)
        return await form_page(request, parts, editing, person, shown, status=409, problems=wrong, begun=begun)
    spoken = tuple(each for each in names if each != "sources")
    message, added = SAVED, _added(form, parts, topic) if do in ("add_fact", "save", "submit") else None
    if added is not None:
        before = (await editing.drafts.open(key)).fields.get("sources", [])
        typed["sources"] = [*(each for each in before if each["id"] != added["id"]), added]
        typed["facts"] = list(dict.fromkeys([*typed.get("facts", []), added["id"]]))
        spoken, message = names, FACT_ADDED
    decided, left, unsure = (
        frozenset(str(field) for field in form.getlist(name)) for name in ("decided", "left", "unsure")
    )
    spoken = tuple(each for each in spoken if each not in left)
    before_save = await editing.drafts.open(key)
    saved = await editing.drafts.save(
        key, person, typed, str(form.get("seen", "")), names=spoken, decided=decided, unsure=unsure
    )
    own = [conflict for conflict in saved.conflicts if conflict.person == person.id]
    if _wants_json(request):
        fields = [conflict.field for conflict in own]
        return await _saved_json(request, editing, person, saved, fields, typed, spoken, opened=not before_save.is_open)
    if own and do != "discard":
        shown = await gather(parts, editing, key, person)
        message = translate(language_of(request, person), BOTH_CHANGED)
        return await form_page(request, parts, editing, person, shown, status=409, message=message)
    if saved.is_open:
        await editing.checks.check(key, saved.fields)
    if do in ("submit", "discard", "remove"):
        return await _finish(request, parts, editing, person, key, do)
    unchanged = before_save.seen == saved.seen and do == "save"
    return redirect(request, address(key, request), UNCHANGED if unchanged else message)


async def _finish(request: Request, parts: Parts, editing: Editing, person: Person, key: TextKey, do: str) -> Response:
    seen = (await editing.drafts.open(key)).seen
    try:
        if do == "submit":
            await editing.review.submit(key, person, seen)
            return redirect(request, address(key, request), SUBMITTED)
        if do == "remove":
            await editing.drafts.propose_removal(key, person, seen)
            return redirect(request, address(key, request), REMOVAL)
    except RefusedError as error:
        shown = await gather(parts, editing, key, person)
        problems = error.problems if isinstance(error, NotReadyError) else []
        message = translate(language_of(request, person), error.message, **error.values)
        return await form_page(
            request, parts, editing, person, shown, status=error.status, problems=problems, message=message
        )
    left = await editing.drafts.discard(key, person, seen)
    await editing.checks.settle(key, left)
    return redirect(request, address(key, request), WITHDRAWN if left.is_open else DISCARDED)


def _wrong_fact(form: FormData, parts: Parts, topic: str) -> list[forms.Problem]:
    fact = answer_form.new_fact(form, topic, parts.assistant.live().library.today())
    return forms.missing_of_fact(fact) if fact else [forms.Problem("facts", forms.FACT_EMPTY)]


def _added(form: FormData, parts: Parts, topic: str) -> dict[str, object] | None:
    return answer_form.new_fact(form, topic, parts.assistant.live().library.today())


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


async def _saved_json(
    request: Request,
    editing: Editing,
    person: Person,
    saved: Working,
    conflicts: list[str],
    typed: Fields,
    names: tuple[str, ...],
    *,
    opened: bool,
) -> Response:
    """Tell the script what is stored now, how the text stands, and what differs from what it sent: colleagues' changes."""
    language = language_of(request, person)
    joined = {
        name: forms.write(name, saved.fields.get(name))
        for name in names
        if name not in conflicts and saved.fields.get(name) != typed.get(name)
    }
    # Once, when the draft begins: later saves change nothing that has to be said again.
    message = SAVED if opened and saved.is_open and saved.exists else _("Saved")
    shown = {
        "key": saved.key,
        "working": saved,
        "line": await editing.status.question(saved.key.question, language),
        "here": address(saved.key, request),
        "state_names": STATE_NAMES,
        "signs": STATE_SIGNS,
        "answer_path": answer_path,
    }
    body = {
        "seen": saved.seen,
        "version": saved.version,
        "conflicts": conflicts,
        "joined": joined,
        "message": translate(language, BOTH_CHANGED if conflicts else message),
        "draft": saved.is_open,
        "state": piece(request, person, "answer_state.html", **shown),
        "languages": piece(request, person, "answer_languages.html", **shown),
    }
    return JSONResponse(body, 409 if conflicts else 200, headers={"Cache-Control": "no-store"})


@router.post(PATH + "/preview")
async def live_preview(
    request: Request,
    topic: str,
    name: str,
    language: str,
    parts: PartsOf,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.translate")],
    situation: For = "",
) -> Response:
    """Show what was typed as people would get it, with what the checks say; nothing is saved."""
    key = key_of(topic, name, language, situation)
    form = await request.form()
    names = forms.of_form(language == (await editing.status.outline()).languages[0], situation)
    shown = await gather(parts, editing, key, person, answer_form.read(form, names))
    found = await editing.checks.check(key, shown.values, keep=False)
    interface = language_of(request, person)
    return fragment(
        request, person, "preview.html", remarks=found, say=answer_form.speaker(interface), **looks(parts, shown)
    )


@router.post(PATH + "/presence")
async def presence(
    request: Request,
    topic: str,
    name: str,
    language: str,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.translate")],
    situation: For = "",
) -> Response:
    """Note that the form is open, and say who else has it open and whether a newer text is stored."""
    key = key_of(topic, name, language, situation)
    working = await editing.drafts.open(key)
    form = await request.form()
    if form.get("gone"):
        await editing.presence.gone(key, person)
        return Response(status_code=204)
    names = await editing.presence.here(key, person)
    interface = language_of(request, person)
    here = translate(interface, _("Also at this text now: {names}"), names=", ".join(names)) if names else ""
    newer = ""
    if form.get("seen") and form.get("seen") != working.seen and working.author != person.id:
        newer = translate(
            interface,
            _("{name} has saved a change meanwhile. It is joined with yours when you save."),
            name=working.author_name,
        )
    return JSONResponse({"here": here, "newer": newer}, headers={"Cache-Control": "no-store"})
