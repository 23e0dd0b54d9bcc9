"""Gzip for pages, scripts and styles.

The API is left as it is: its answers carry the conversation's token beside what somebody wrote, and compressing the two
together would let an eavesdropper guess the token from lengths (the BREACH attack). Server-sent events are part of it
and must not wait in a compressor either.
"""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_NEVER = ("/api/", "/webhooks/")


class PageCompression:
    """ASGI middleware: Starlette's own gzip for everything but the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._gzip = GZipMiddleware(app, minimum_size=500)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        plain = scope["type"] != "http" or scope["method"] == "POST" or scope["path"].startswith(_NEVER)
        await (self._app if plain else self._gzip)(scope, receive, send)
