"""Errors as pages, in the reader's language, for those who came with a browser."""

from __future__ import annotations

import re

from fastapi import Request, Response

from channels.web.pages.languages import preferred, readable
from channels.web.pages.site import Page, Reader, Site

_MACHINES = ("/api/", "/webhooks/", "/static/", "/openapi.json", "/health")
_LANGUAGE = re.compile(r"/([a-z]{2,3})(?:/|$)")

_TEXTS = {404: ("not_found", "not_found_text"), 413: ("refused", "too_long"), 429: ("refused", "code_tries")}
"""Title and text by status; other 4xx are requests that could not be read, 5xx are our fault."""


def wants_page(request: Request) -> bool:
    """Tell whether an error is to be a page: asked for by a browser, and not by a script through the API."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_MACHINES)


def problem_page(site: Site, request: Request, status: int) -> Response:
    """Return an error as a page with the way out: search, topics, phone.

    Args:
        site: makes the page.
        request: what failed; of it only the language is read.
        status: the HTTP status.
    """
    library = site.services.library()
    languages = readable(library.pack)
    named = _LANGUAGE.match(request.url.path)
    language = named[1] if named and named[1] in languages else None
    reader = Reader(
        library, language or preferred(request.headers.get("accept-language", ""), languages), site.base(request)
    )
    title, text = _TEXTS.get(status, ("refused", "refused_text") if status < 500 else ("broken", "broken_text"))
    page = Page("/", reader.say(title), kept=False)
    return site.send(request, reader, "problem.html", page, status=status, text=reader.say(text))
