"""Which of our addresses pages of other sites may use: the widget's script, its texts and the chat API.

They are public and take no cookies, so every origin may have them; whoever holds a conversation's token holds it on
any page. Everything else, the editors' and operators' sites above all, stays closed to other origins.
"""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PUBLIC = ("/api/chat", "/api/handover", "/widget.js", "/widget/texts/")
"""Beginnings of the paths that are open to every origin."""

_DAY = 86_400


class PublicCors:
    """ASGI middleware: Starlette's own CORS for the public paths, nothing for all others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Content-Type", "Last-Event-ID"],
            max_age=_DAY,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        public = scope["type"] == "http" and scope["path"].startswith(PUBLIC)
        await (self._open if public else self._app)(scope, receive, send)
