"""For machines: the sitemap, the feed of changed answers, and what robots may read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email.utils import format_datetime

from fastapi import APIRouter, Request, Response

from bot.knowledge.changes import Change
from bot.knowledge.schema import Question
from channels.web.pages.browse import answered_in, expired
from channels.web.pages.languages import readable
from channels.web.pages.site import Page, Reader, Site, kept

_ENTRIES = 40
"""How many changes a feed tells of."""

_ROBOTS = """User-agent: *
Disallow: /api/
Disallow: /webhooks/
Disallow: /*/search
Disallow: /exit
Sitemap: {base}/sitemap.xml
"""


@dataclass(frozen=True)
class Address:
    """A page in the sitemap: in one language, with the same page in the others."""

    url: str
    alternates: dict[str, str]
    changed: dt.date | None = None


@dataclass(frozen=True)
class Item:
    """A changed answer in the feed."""

    guid: str
    title: str
    link: str
    text: str
    when: str


def create_feeds_router(site: Site) -> APIRouter:
    """Return the routes for machines."""
    router = APIRouter()
    get = ["GET", "HEAD"]

    def xml(request: Request, template: str, media_type: str, **view: object) -> Response:
        text = site.templates.get_template(f"pages/{template}").render(**view)
        return kept(request, Response(_allowed(text), media_type=media_type))

    @router.api_route("/sitemap.xml", methods=get, include_in_schema=False)
    async def sitemap(request: Request) -> Response:
        return xml(request, "sitemap.xml", "application/xml", addresses=_addresses(site, request))

    @router.api_route("/robots.txt", methods=get, include_in_schema=False)
    async def robots(request: Request) -> Response:
        return kept(request, Response(_ROBOTS.format(base=site.base(request)), media_type="text/plain"))

    @router.api_route("/{language:lang}/changes.rss", methods=get, include_in_schema=False)
    async def changes(request: Request, language: str) -> Response:
        reader = site.reader(request, language)
        items = _items(reader, await site.services.changes.latest())
        page = Page("/changes.rss", reader.say("changes"))
        media_type = "application/rss+xml"
        return xml(request, "changes.xml", media_type, reader=reader, say=reader.say, page=page, items=items)

    return router


def _addresses(site: Site, request: Request) -> list[Address]:
    library = site.services.library()
    languages = readable(library.pack)
    base = site.base(request)
    first = Reader(library, languages[0], base)
    pages: list[tuple[str, list[str], dt.date | None]] = [("/", languages, None), ("/accessibility", languages, None)]
    pages += [
        (f"/t/{n}", [code for code in languages if code in names], None) for n, names in library.pack.topics.items()
    ]
    for question in library.content.questions:
        answered = answered_in(first, question)
        if not answered or expired(library, question, answered[0]):
            continue
        pages.append((f"/q/{question.id}", answered, library.choose(question, answered[0], None).verified_on))
    found: list[Address] = []
    for path, available, changed in pages:
        alternates = {code: f"{base}/{code}{path}" for code in available}
        found += [Address(url, alternates, changed) for url in alternates.values()]
    return found


def _items(reader: Reader, changes: list[Change]) -> list[Item]:
    """Return the newest changes of the answers that this reader gets, filled up with those checked last."""
    library = reader.library
    items: list[Item] = []
    told: set[str] = set()
    for change in changes:
        question = library.question(change.question)
        # One entry a question: who follows the feed wants to know what holds now, not what held in between.
        if (
            question is None
            or change.question in told
            or library.choose(question, reader.language, None).language != change.language
        ):
            continue
        told.add(change.question)
        key = {"new": "change_new", "changed": "change_changed", "checked": "change_checked"}[change.kind]
        items.append(_item(reader, question, reader.say(key), change.when, f"{change.release}:{change.kind}"))
    rest = [question for question in library.content.questions if question.id not in told]
    rest.sort(key=lambda question: library.choose(question, reader.language, None).verified_on, reverse=True)
    for question in rest[: max(0, _ENTRIES - len(items))]:
        day = library.choose(question, reader.language, None).verified_on
        when = dt.datetime.combine(day, dt.time(12), dt.UTC)
        items.append(_item(reader, question, reader.say("change_checked"), when, day.isoformat()))
    return items[:_ENTRIES]


def _item(reader: Reader, question: Question, what: str, when: dt.datetime, mark: str) -> Item:
    chosen = reader.library.choose(question, reader.language, None)
    checked = reader.say("checked_on", date=reader.date(chosen.verified_on))
    return Item(
        guid=f"{question.id}:{reader.language}:{mark}",
        title=reader.library.title(question, reader.language),
        link=reader.base + reader.question_path(question),
        text=f"{what} {checked}" if not chosen.expired else reader.say("expired"),
        when=format_datetime(when),
    )


def _allowed(text: str) -> str:
    """Return a text without the characters that XML 1.0 forbids even when escaped."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
