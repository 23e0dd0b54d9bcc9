"""The widget's addresses: its script, its texts by language, the page for an iframe."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from bot import i18n
from bot.errors import GuidepostError
from bot.i18n import translate
from bot.knowledge.library import Library
from channels.web.widget import bundle
from channels.web.widget.texts import TEXTS

_MINUTES_10 = "public, max-age=600, stale-while-revalidate=86400"
"""Site owners name the script without a version, so a new version must reach them by itself."""


class OtherPackError(GuidepostError):
    """A site asks for a pack that this server does not serve."""

    code = "other_pack"
    status = 404

    def __init__(self, pack: str) -> None:
        super().__init__("a page asks for another pack")
        self.public = f"This server serves the pack '{pack}': correct or leave out 'data-pack'."


def create_widget_router(library: Callable[[], Library]) -> APIRouter:
    """Return the routes.

    Args:
        library: returns the content that answers now, for names and the phone number.
    """
    router = APIRouter(include_in_schema=False)
    script = bundle.script()

    @router.get("/widget.js")
    async def widget(
        if_none_match: Annotated[str, Header()] = "", accept_encoding: Annotated[str, Header()] = ""
    ) -> Response:
        return send(script, "text/javascript; charset=utf-8", if_none_match, accept_encoding)

    @router.get("/widget/texts/{language}.json")
    async def texts(
        language: str,
        pack: Annotated[str, Query(max_length=60)] = "",
        if_none_match: Annotated[str, Header()] = "",
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        lib = library()
        if pack and pack != lib.pack.pack:
            raise OtherPackError(lib.pack.pack)
        spoken = spoken_language(lib, language)
        body = {
            "language": spoken,
            "languages": {code: translate(code, "English") for code in languages(lib)},
            "service": lib.name(lib.pack.service, spoken),
            "serviceLanguage": lib.other_language(lib.pack.service, spoken),
            "phone": lib.pack.phone,
            "texts": {name: translate_raw(spoken, text) for name, text in TEXTS.items()},
        }
        packed = bundle.Bundle.of(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
        return send(packed, "application/json", if_none_match, accept_encoding)

    return router


def languages(library: Library) -> list[str]:
    """Return the languages of the widget: the pack's first, then the others that have interface texts."""
    own = list(library.pack.languages)
    return own + [code for code in i18n.languages() if code not in own]


def spoken_language(library: Library, wanted: str) -> str:
    """Return the language to use for a wish: itself where there are texts, else the pack's first."""
    known = languages(library)
    return wanted if wanted in known else known[0]


def translate_raw(language: str, text: str) -> str:
    """Return an interface text with its `{blanks}` left open, for the browser to fill."""
    return translate(language, text, **{blank: "{" + blank + "}" for blank in ("minutes", "service", "phone")})


def send(file: bundle.Bundle, media_type: str, if_none_match: str, accept_encoding: str) -> Response:
    """Return a file, or nothing but "not modified" to whoever has this version."""
    headers = {
        "Cache-Control": _MINUTES_10,
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
        # A page that isolates itself (COEP) may take it in too.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    # A proxy that compresses marks the tag as weak; it is the same version all the same.
    if file.tag in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        return Response(file.gzipped, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.body, media_type=media_type, headers=headers)
