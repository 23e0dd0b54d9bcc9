"""Runs a web application in a thread of its own, and can cut a connection in the middle."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute
from uvicorn.protocols.http.h11_impl import H11Protocol


class Runner:
    """An HTTP server on 127.0.0.1 with its own thread and event loop."""

    def __init__(
        self, routes: Sequence[BaseRoute], port: int, opened: Callable[[], None], closing: Callable[[], Awaitable[None]]
    ) -> None:
        """`opened` and `closing` are called in the server's loop, when it begins and before it ends. Port 0 takes a free one."""
        self._routes, self._port, self._opened, self._closing = routes, port, opened, closing
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Serve; the base address. Raises OSError when the port is taken."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self._port))
        except OSError:
            listener.close()
            raise
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener)), name="telegram", daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("The Telegram stand-in did not start within 10 s")
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def stop(self) -> None:
        """End without waiting for answers that are held back."""
        if self._server:
            self._server.should_exit = self._server.force_exit = True
        if self._thread:
            self._thread.join(10)

    async def cut(self, request: Request) -> None:
        """Close the connection of a request without an answer."""
        if request.client and (transport := self._transports.get((request.client.host, request.client.port))):
            transport.abort()
        # The protocol learns of it in a later turn of the loop and then drops the answer.
        await asyncio.sleep(0.05)

    async def _serve(self, listener: socket.socket) -> None:
        transports = self._transports

        class Protocol(H11Protocol):
            """Remembers its connection, so that a fault can cut it."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.client, None)  # type: ignore[arg-type]
                super().connection_lost(exc)

        config = uvicorn.Config(
            Starlette(routes=self._routes),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            timeout_keep_alive=60,
        )
        self._server = uvicorn.Server(config)
        self._opened()
        running = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started and not running.done():  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.005)
        self._ready.set()
        await running
        await self._closing()
        listener.close()
