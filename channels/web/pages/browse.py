"""Pages to read: the start page, a page per topic and per question, the accessibility statement."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from bot.conversation.composing import whole_answer
from bot.conversation.messages import AnswerBlock
from bot.i18n import money, texts, translate
from bot.knowledge.library import Chosen, Library
from bot.knowledge.schema import Question
from channels.web.pages.languages import preferred, readable
from channels.web.pages.site import Page, Reader, Site, UnknownPageError
from channels.web.pages.structured import faq_page

STATEMENT_WRITTEN = dt.date(2026, 11, 22)
"""The day on which the accessibility statement was last compared with the pages."""

_DESCRIPTION = 160
"""Letters of a description that search engines show."""


@dataclass(frozen=True)
class Entry:
    """A question in a list: where its page is, its title with the title's language, the beginning of its answer."""

    path: str
    title: str
    language: str
    summary: str = ""
    summary_language: str = ""


def entry(reader: Reader, question: Question, *, with_summary: bool = False) -> Entry:
    """Return a question as it stands in a list."""
    title = reader.library.title(question, reader.language)
    language = reader.language_of(question.title)
    if not with_summary:
        return Entry(reader.question_path(question), title, language)
    chosen = reader.library.choose(question, reader.language, None)
    block = whole_answer(reader.library, chosen, reader.language)
    return Entry(reader.question_path(question), title, language, block.summary, block.language)


def create_browse_router(site: Site) -> APIRouter:
    """Return the routes of the pages to read."""
    router = APIRouter()
    get = ["GET", "HEAD"]

    @router.api_route("/", methods=get, include_in_schema=False)
    async def root(request: Request, accept_language: Annotated[str, Header()] = "") -> Response:
        language = preferred(accept_language, readable(site.services.library().pack))
        headers = {"Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return RedirectResponse(f"/{language}/", status_code=302, headers=headers)

    @router.api_route("/{language:lang}/", methods=get, include_in_schema=False)
    async def start(request: Request, language: str) -> Response:
        reader = site.reader(request, language)
        page = Page("/", reader.say("title"), reader.say("about"), languages=list(reader.languages), kept=False)
        questions = reader.library.start_questions()
        return site.send(
            request,
            reader,
            "start.html",
            page,
            topics=_topics(reader),
            questions=[entry(reader, question) for question in questions],
            # In hand before the first message, so that a first message sent twice is answered once.
            token=site.services.identity().new_token(),
            nonce=secrets.token_hex(8),
        )

    @router.api_route("/{language:lang}/t/{topic}", methods=get, include_in_schema=False)
    async def topic(request: Request, language: str, topic: str) -> Response:
        reader = site.reader(request, language)
        names = reader.pack.topics.get(topic)
        if names is None:
            raise UnknownPageError(f"no topic {topic!r}")
        title = reader.library.name(names, reader.language)
        questions = [question for question in reader.library.content.questions if question.topic == topic]
        page = Page(
            f"/t/{topic}",
            title,
            " · ".join(reader.library.title(question, reader.language) for question in questions[:4])[:_DESCRIPTION],
            languages=[code for code in reader.languages if code in names],
            canonical=reader.language_of(names),
        )
        entries = [entry(reader, question, with_summary=True) for question in questions]
        return site.send(
            request,
            reader,
            "topic.html",
            page,
            questions=entries,
            title_language=reader.language_of(names),
            notice=_notice(reader, [each.summary_language for each in entries]),
        )

    @router.api_route("/{language:lang}/q/{topic}/{name}", methods=get, include_in_schema=False)
    async def question(
        request: Request,
        language: str,
        topic: str,
        name: str,
        situation: Annotated[str, Query(alias="for", max_length=30)] = "",
    ) -> Response:
        reader = site.reader(request, language)
        found = reader.library.question(f"{topic}/{name}")
        if found is None:
            raise UnknownPageError(f"no question {topic}/{name}")
        # An unknown situation in a link is no reason to keep the answer for everybody from anybody.
        chosen = reader.library.choose(found, reader.language, situation or None)
        block = whole_answer(reader.library, chosen, reader.language)
        page = Page(
            f"/q/{found.id}",
            block.title,
            _shortened(block.summary),
            languages=[] if chosen.expired else answered_in(reader, found),
            canonical=block.language,
            query=f"?for={chosen.answer.situation}" if chosen.answer.situation else "",
        )
        related = [reader.library.question(each) for each in found.related]
        return site.send(
            request,
            reader,
            "question.html",
            page,
            block=block,
            expired=chosen.expired,
            topic=_topic(reader, topic),
            title_language=reader.language_of(found.title),
            amounts=_amounts(reader, block),
            variants=_variants(reader, found, chosen),
            situation=_situation(reader, chosen.answer.situation),
            related=[entry(reader, each) for each in related if each],
            # Once only: where the answer is in another language, that language's page says it.
            structured=faq_page(reader, block) if not chosen.expired and block.language == language else None,
        )

    @router.api_route("/{language:lang}/accessibility", methods=get, include_in_schema=False)
    async def accessibility(request: Request, language: str) -> Response:
        reader = site.reader(request, language)
        page = Page("/accessibility", reader.say("accessibility"), languages=list(reader.languages))
        return site.send(request, reader, "accessibility.html", page, written=reader.date(STATEMENT_WRITTEN))

    @router.api_route("/exit", methods=get, include_in_schema=False)
    async def leave() -> Response:
        """An empty page, for somebody who must not be seen here; the browser drops what it keeps of this site."""
        headers = {"Clear-Site-Data": '"cache", "storage"', "Cache-Control": "no-store"}
        return Response("<!doctype html><title>.</title>", media_type="text/html", headers=headers)

    return router


def answered_in(reader: Reader, question: Question) -> list[str]:
    """Return the languages in which a question has both a title and an answer for everybody."""
    default = next(answer for answer in question.answers if answer.situation is None)
    return [code for code in reader.languages if code in default.texts and code in question.title]


def expired(library: Library, question: Question, language: str) -> bool:
    """Tell whether the answer for everybody is past its last day."""
    return library.choose(question, language, None).expired


def _topics(reader: Reader) -> list[Entry]:
    return [_topic(reader, name) for name in reader.pack.topics]


def _topic(reader: Reader, name: str) -> Entry:
    names = reader.pack.topics.get(name, {})
    title = reader.library.name(names, reader.language) if names else name
    return Entry(reader.path(f"/t/{name}"), title, reader.language_of(names) if names else reader.language)


def _notice(reader: Reader, shown: list[str]) -> str | None:
    """Return what to say when some texts of a page are in another language than the reader's."""
    others = [translate(code, texts.LANGUAGE_NAME) for code in dict.fromkeys(shown) if code != reader.language]
    return reader.say("partly_other", spoken=", ".join(others)) if others else None


def _situation(reader: Reader, situation: str | None) -> Entry | None:
    names = reader.pack.situations.get(situation) if situation else None  # type: ignore[call-overload]
    if not names:
        return None
    return Entry(f"?for={situation}", reader.library.name(names, reader.language), reader.language_of(names))


def _variants(reader: Reader, question: Question, chosen: Chosen) -> list[Entry]:
    """Return links to the same question for other situations, the one for everybody first."""
    others = [a.situation for a in question.answers if a.situation != chosen.answer.situation]
    links = [_situation(reader, other) for other in others if other]
    everybody = Entry(reader.question_path(question), reader.say("everybody"), reader.language)
    return [*([everybody] if None in others else []), *(link for link in links if link)]


def _amounts(reader: Reader, block: AnswerBlock) -> list[str]:
    """Return the amounts of a fee in the reader's language, where the answer itself is in another one."""
    if block.language == reader.language:
        return []
    fees = [section.text or "" for section in block.sections if section.kind == "fee"]
    return [money.in_words(reader.language, amount) for fee in fees for amount in money.amounts(fee)]


def _shortened(text: str) -> str:
    if len(text) <= _DESCRIPTION:
        return text
    return text[:_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,.;:") + " …"
