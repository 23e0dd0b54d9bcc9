"""The FastAPI application: wires the parts, starts and stops them. The one place where `bot` meets its channels."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

import actions
import studio
import studio.errors
import studio.parts
from bot.accounts import demo
from bot.accounts.directory import Directory
from bot.assistant import Assistant, housekeeping, open_assistant
from bot.conversation.inbox import Inbox
from bot.conversation.outbox import Outbox
from bot.errors import GuidepostError
from bot.knowledge.changes import Changes
from bot.publishing.serving import keep_up
from bot.settings import Settings
from channels import rest, telegram, web

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
"""Bytes of a request that are read."""

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(self)",
}


class Problem(BaseModel):
    """The one shape of errors, of all endpoints."""

    code: str
    message: str
    details: list[dict[str, Any]] = []


def assistant(settings: Settings, *, keep_conversations: bool = True) -> AbstractAsyncContextManager[Assistant]:
    """Open an assistant with the project's own actions; see bot.assistant.open_assistant."""
    return open_assistant(settings, actions, keep_conversations=keep_conversations)


def create_app(assistant: Assistant, telegram_channel: telegram.TelegramChannel | None = None) -> FastAPI:
    """Return the web application for an opened assistant.

    Args:
        assistant: what answers.
        telegram_channel: the Telegram channel, or None where it is off.
    """
    telegram_name = lambda: telegram_channel.name if telegram_channel else None  # noqa: E731
    identity = lambda: assistant.identity  # noqa: E731
    library = lambda: assistant.live().library  # noqa: E731
    pages = web.Pages(
        web.Services(
            conversations=assistant.conversations,
            identity=identity,
            library=library,
            search=assistant.search,
            changes=Changes(assistant.database, assistant.settings.pack, lambda: assistant.live().release_id),
            handover=assistant.handover,
            telegram_name=telegram_name,
            public_url=assistant.settings.public_url,
            assets=web.Assets(),
        )
    )
    app = FastAPI(
        title="Guidepost",
        version="0.1.0",
        description="FAQ assistant for migration authorities: sourced answers with the date on which they were checked.",
        responses={status: {"model": Problem} for status in (400, 404, 411, 413, 422, 500, 503)},
        docs_url=None,
        redoc_url=None,
    )

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length")
        if length is not None and (not length.isdigit() or int(length) > MAX_BODY):
            return _problem(413, "too_large", f"At most {MAX_BODY:,} bytes are read.")
        if length is None and request.method in ("POST", "PUT", "PATCH"):
            return _problem(411, "length_required", "Send the header Content-Length.")
        return _secured(await call_next(request))

    @app.exception_handler(GuidepostError)
    async def expected(request: Request, error: GuidepostError) -> Response:
        if error.status >= 500:
            logger.error("%s: %s", error.code, error)
        if studio.errors.wants_page(request):
            return studio.errors.page(request, error)
        return pages.problem(request, error.status) or _problem(error.status, error.code, error.public)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        # Without the values: they are what people wrote.
        details = [{"where": list(map(str, p["loc"])), "message": p["msg"]} for p in error.errors()]
        if studio.errors.wants_page(request):
            return studio.errors.page(request, studio.errors.UnusableFormError(details))
        said = "The request has another form than expected; see 'details'."
        return pages.problem(request, 422) or _problem(422, "invalid", said, details)

    @app.exception_handler(ValidationError)
    async def refused(request: Request, error: ValidationError) -> Response:
        details = [{"where": list(map(str, p["loc"])), "message": p["msg"]} for p in error.errors()]
        said = "The request has another form than expected; see 'details'."
        return pages.problem(request, 422) or _problem(422, "invalid", said, details)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if studio.errors.wants_page(request):
            return studio.errors.page(request, studio.errors.from_http(error))
        page = pages.problem(request, error.status_code)
        return page or _problem(error.status_code, "http", str(error.detail))

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # a browser closed in mid request: nobody's fault, and nobody reads this

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        logger.error("Unexpected %s at %s %s", type(error).__name__, request.method, request.url.path)
        # Made outside of the guard, so it needs the headers here.
        if studio.errors.wants_page(request):
            return _secured(studio.errors.page(request, GuidepostError(type(error).__name__)))
        page = pages.problem(request, 500) or _problem(500, GuidepostError.code, GuidepostError.public)
        return _secured(page)

    @app.get("/health", tags=["service"], summary="Whether the assistant answers, and with which release")
    async def health() -> dict[str, object]:
        live = assistant.live()
        return {
            "status": "ok",
            "pack": live.library.pack.pack,
            "release": live.release_id,
            "telegram": telegram_channel.state if telegram_channel else "off",
        }

    app.state.studio = studio.parts.build(assistant, telegram.preview)
    # Before the web channel, whose pages take any first word of an address for a language.
    app.include_router(studio.create_router())
    app.include_router(rest.create_router(assistant.conversations, identity, assistant.settings.rest_api_key))
    app.include_router(web.create_widget_router(library))
    app.include_router(web.create_playground_router(library))
    app.include_router(web.create_router(assistant.conversations, identity, library, assistant.feedback))
    app.include_router(web.create_handover_router(assistant.handover, identity, telegram_name))
    if telegram_channel is not None:
        app.include_router(telegram.create_router(lambda: telegram_channel.receiver, lambda: telegram_channel.secret))
    app.include_router(pages.router)  # last: its addresses begin with any language
    app.add_middleware(web.PageCompression)
    app.add_middleware(web.PublicCors)
    return app


def _secured(response: Response) -> Response:
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    return response


def _problem(status: int, code: str, message: str, details: Sequence[Mapping[str, object]] = ()) -> JSONResponse:
    """Return an error in the one shape that all endpoints use."""
    problem = Problem(code=code, message=message, details=[dict(detail) for detail in details])
    return JSONResponse(problem.model_dump(), status_code=status)


async def serve(settings: Settings, listening: socket.socket) -> None:
    """Prepare what is missing, then serve until interrupted.

    Args:
        settings: the settings.
        listening: the socket to serve on, already listening.
    """
    logger.info("Starting Guidepost with the pack '%s'; data in %s", settings.pack, settings.data_dir)
    async with assistant(settings) as opened:
        recovered = await opened.conversations.recover()
        if recovered:
            logger.info("Answered what was waiting in %d conversations.", recovered)
        inbox, outbox = Inbox(opened.database, telegram.CHANNEL), Outbox(opened.database, telegram.CHANNEL)
        channel = telegram.create_channel(settings, inbox)
        config = uvicorn.Config(
            create_app(opened, channel),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
            # By default uvicorn believes X-Forwarded-For from this machine, which anybody on it may write.
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies,
        )
        server = uvicorn.Server(config)
        tasks = [asyncio.create_task(housekeeping(opened)), asyncio.create_task(keep_up(opened))]
        host, port = listening.getsockname()[:2]
        for line in await demo.offer(Directory(opened.database), settings, f"http://{host}:{port}"):
            # Printed, not logged: logs are kept.
            print(line, flush=True)
        logger.info("Ready: http://%s:%d  (release %s; stop with Ctrl-C)", host, port, opened.live().release_id)
        try:
            async with telegram.running(channel, opened, outbox):
                await server.serve(sockets=[listening])
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
