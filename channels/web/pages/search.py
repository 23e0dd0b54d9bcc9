"""The page for searching by meaning: the same understanding as the chat, as a ranked list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from bot.conversation.composing import whole_answer
from bot.conversation.search import Found
from bot.i18n import texts
from bot.knowledge.schema import Question
from bot.knowledge.wording import telling_words
from channels.web.pages import highlight
from channels.web.pages.site import Page, Reader, Site

MOST_LETTERS = 500
"""Letters of a search that are read; a longer story belongs into the chat."""


@dataclass(frozen=True)
class Result:
    """One found question.

    Attributes:
        title, snippet: with the words that were asked for inside <mark>.
        also: the title in the language of the search, where that is another one than the page's: there the reader sees
            which words met.
    """

    path: str
    title: Markup
    title_language: str
    topic: str
    snippet: Markup
    snippet_language: str
    also: Markup | None = None
    also_language: str = ""


def create_search_router(site: Site) -> APIRouter:
    """Return the route of the search page."""
    router = APIRouter()

    @router.api_route("/{language:lang}/search", methods=["GET", "HEAD"], include_in_schema=False)
    async def search(request: Request, language: str, q: Annotated[str, Query()] = "") -> Response:
        reader = site.reader(request, language)
        query = q.strip()[:MOST_LETTERS]
        found = await site.services.search.rank(query) if query else None
        title = reader.say("search_for", query=query) if query else reader.say("search")
        # Not kept, not indexed: it shows what somebody wrote.
        page = Page("/search", title, kept=False)
        return site.send(
            request,
            reader,
            "search.html",
            page,
            query=query,
            asked=found is not None,
            results=_results(reader, query, found) if found else [],
            sure=found.sure if found else True,
            emergency=reader.translate(texts.EMERGENCY) if found and found.danger else None,
        )

    return router


def _results(reader: Reader, query: str, found: Found) -> list[Result]:
    questions = [question for name, _ in found.questions if (question := reader.library.question(name))]
    return [_result(reader, question, (query, found.reading), found.language) for question in questions]


def _result(reader: Reader, question: Question, query: tuple[str, str], typed_in: str | None) -> Result:
    library = reader.library
    chosen = library.choose(question, reader.language, None)
    block = whole_answer(library, chosen, reader.language)
    wanted = telling_words(query, library, block.language)
    said = [block.summary] if chosen.expired else chosen.text.plain_strings()
    title_language = reader.language_of(question.title)
    also = question.title.get(typed_in) if typed_in and typed_in != title_language else None
    return Result(
        path=reader.question_path(question),
        title=highlight.mark(library.title(question, reader.language), telling_words(query, library, title_language)),
        title_language=title_language,
        topic=library.name(reader.pack.topics[question.topic], reader.language)
        if question.topic in reader.pack.topics
        else "",
        snippet=highlight.mark(highlight.snippet(said, wanted), wanted),
        snippet_language=block.language,
        also=highlight.mark(also, telling_words(query, library, typed_in)) if also and typed_in else None,
        also_language=typed_in or "",
    )
