"""Pages for site owners: `/widget`, where the snippet is put together by clicking, and `/embed`, the chat for an iframe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.i18n import translate
from bot.knowledge.library import Library
from channels.web.widget.bundle import Bundle
from channels.web.widget.routes import languages, send, spoken_language
from channels.web.widget.texts import PLAYGROUND, TEXTS

_HERE = Path(__file__).parent
_FILES = {"playground.js": "text/javascript; charset=utf-8", "playground.css": "text/css; charset=utf-8"}

_EMBED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"
)
"""As strict as on all pages, but any site may frame this one: it holds nothing of anybody until they write."""

Theme = Literal["auto", "light", "dark", "contrast"]


def create_playground_router(library: Callable[[], Library]) -> APIRouter:
    """Return the routes.

    Args:
        library: returns the content that answers now, for names and languages.
    """
    router = APIRouter(include_in_schema=False)
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape())
    files = {name: Bundle.of((_HERE / "widget" / name).read_text(encoding="utf-8")) for name in _FILES}

    @router.get("/widget")
    async def playground(
        request: Request,
        lang: Annotated[str, Query(max_length=8)] = "",
        accept_language: Annotated[str, Header()] = "",
    ) -> HTMLResponse:
        lib = library()
        wanted = lang or accept_language[:2].lower()
        language = spoken_language(lib, wanted)
        html = templates.get_template("playground.html").render(
            language=language,
            languages={code: translate(code, "English") for code in languages(lib)},
            t={name: translate(language, text) for name, text in PLAYGROUND.items()},
            origin=f"{request.url.scheme}://{request.url.netloc}",
            pack=lib.pack.pack,
        )
        return HTMLResponse(html, headers={"Vary": "Accept-Language"})

    @router.get("/widget/{name}")
    async def file(
        name: Literal["playground.js", "playground.css"],
        if_none_match: Annotated[str, Header()] = "",
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        return send(files[name], _FILES[name], if_none_match, accept_encoding)

    @router.get("/embed")
    async def embed(
        lang: Annotated[str, Query(max_length=8)] = "",
        theme: Theme = "auto",
        color: Annotated[str, Query(max_length=40)] = "",
        greeting: Annotated[str, Query(max_length=500)] = "",
    ) -> HTMLResponse:
        lib = library()
        language = spoken_language(lib, lang)
        html = templates.get_template("embed.html").render(
            language=language,
            title=translate(language, TEXTS["title"]),
            service=lib.name(lib.pack.service, language),
            pack=lib.pack.pack,
            theme=theme,
            color=color,
            greeting=greeting,
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": _EMBED_POLICY})

    return router
