"""Runs a web application in a thread of its own, and can cut a connection in the middle."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import BaseRoute
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

SILENT = logging.getLogger("telegram_server")
SILENT.disabled = True


class Runner:
    """An HTTP server on 127.0.0.1 with its own thread and event loop."""

    def __init__(
        self, routes: Sequence[BaseRoute], port: int, opened: Callable[[], None], closing: Callable[[], Awaitable[None]]
    ) -> None:
        """`opened` and `closing` are called in the server's loop, when it begins and before it ends. Port 0 takes a free one."""
        self._routes, self._port, self._opened, self._closing = routes, port, opened, closing
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
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
        if self._loop and self._stopping and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread:
            self._thread.join(10)

    async def cut(self, request: Request) -> None:
        """Close the connection of a request without an answer."""
        if request.client and (transport := self._transports.get((request.client.host, request.client.port))):
            transport.abort()
        # The protocol learns of it in a later turn of the loop and then drops the answer.
        await asyncio.sleep(0.05)

    async def _serve(self, listener: socket.socket) -> None:
        loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop = loop
        transports = self._transports

        class Protocol(H11Protocol):
            """Remembers its connection, so that a fault can cut it, and keeps its complaints out of the tests' logs."""

            def __init__(self, *arguments: Any, **named: Any) -> None:
                super().__init__(*arguments, **named)
                self.logger = SILENT

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                transports[transport.get_extra_info("peername")[:2]] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.client, None)  # type: ignore[arg-type]
                super().connection_lost(exc)

        # uvicorn.Server is left out: it would look only every 0.1 s whether it shall end, and configure the process's logging.
        application = Starlette(routes=self._routes)
        config = uvicorn.Config(
            application, ws="none", lifespan="off", log_config=None, access_log=False, timeout_keep_alive=60
        )
        config.load()
        state = ServerState()
        server = await loop.create_server(lambda: Protocol(config, state, {}), sock=listener)
        self._opened()
        self._ready.set()
        await self._stopping.wait()
        server.close()
        await self._closing()
        for transport in list(transports.values()):
            transport.abort()
