"""The board: every question in every language, with what there is to do; as a table and as a list to work through."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from bot.accounts.people import Person
from bot.editing.status import PAGE_SIZE, STATES, TextStatus, Wanted
from studio.access import allowed
from studio.editing import EditingOf
from studio.render import language_of, render
from studio.texts import _

router = APIRouter()

STATE_NAMES = {
    "missing": _("missing"),
    "sent_back": _("sent back"),
    "draft": _("draft"),
    "in_review": _("in review"),
    "outdated": _("outdated"),
    "failing": _("failing tests"),
    "expiring": _("expiring"),
    "approved": _("approved"),
}
"""What each state is called, in the order of urgency."""

STATE_SIGNS = {
    "missing": "∅",
    "sent_back": "↩",
    "draft": "✎",
    "in_review": "⧗",
    "outdated": "↻",
    "failing": "✗",
    "expiring": "⚠",
    "approved": "✓",
}
"""A sign beside each name, so that states differ in more than their colour."""

Short = Annotated[str, Query(max_length=100)]


def answer_path(text: TextStatus, wanted: Wanted | None = None) -> str:
    """Return the address of a text's form, within a list that is being worked through."""
    query = {"for": text.key.situation, **({} if wanted is None else list_query(wanted))}
    query = {name: value for name, value in query.items() if value}
    path = f"/studio/answers/{text.key.question}/{text.key.language}"
    return f"{path}?{urlencode(query)}" if query else path


def list_query(wanted: Wanted) -> dict[str, str]:
    """Return what tells a text's form that it is part of a list that is being worked through."""
    fields = {
        "list": wanted.state,
        "in": wanted.language,
        "topic": wanted.topic,
        "text": wanted.text,
        "sort": wanted.sort,
    }
    return {name: value for name, value in fields.items() if value and (name, value) != ("sort", "content")}


@router.get("/studio/board")
async def board(
    request: Request,
    editing: EditingOf,
    person: Annotated[Person, allowed("content.read")],
    state: Short = "",
    language: Short = "",
    topic: Short = "",
    text: Short = "",
    sort: Short = "content",
    view: Short = "table",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show the board, filtered and sorted; `view=list` shows single texts instead of questions."""
    wanted = Wanted(state if state in STATES else "", language, topic, text.strip(), sort)
    spoken = language_of(request, person)
    shown = await editing.status.board(wanted, page, spoken)
    outline = await editing.status.outline()
    rows: list[tuple[TextStatus, str]] = []
    total = shown.total
    if view == "list":
        texts = await editing.status.work_list(wanted, spoken)
        total = len(texts)
        first = (page - 1) * PAGE_SIZE
        rows = [(each, answer_path(each, wanted)) for each in texts[first : first + PAGE_SIZE]]
    query = {**list_query(wanted), "view": view}
    keep = {"state": query.pop("list", ""), "language": query.pop("in", ""), **query}
    return render(
        request,
        person,
        "board.html",
        board=shown,
        rows=rows,
        wanted=wanted,
        view=view,
        page=page,
        pages=max(1, -(-total // PAGE_SIZE)),
        total=total,
        all_languages=outline.languages,
        situations=outline.situations,
        state_names=STATE_NAMES,
        signs=STATE_SIGNS,
        answer_path=answer_path,
        query=lambda **more: "?" + urlencode({k: v for k, v in {**keep, **more}.items() if v}),
    )
