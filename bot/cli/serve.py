"""`guidepost serve`: prepare what is missing, then serve."""

from __future__ import annotations

import argparse
import asyncio
import errno
import socket

from bot import logs
from bot.errors import GuidepostError
from bot.settings import Settings


class PortError(GuidepostError):
    """The port cannot be listened on."""

    code = "port"


def add_parser(verbs: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    """Describe the command."""
    parser = verbs.add_parser("serve", help="serve the assistant on the web")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    listening = listen(settings.host, settings.port)
    from bot.app import serve

    asyncio.run(serve(settings, listening))
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done.

    Raises:
        PortError: it is taken or not allowed; one line says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortError(
                f"Port {port} is in use. Stop what uses it, or choose another: make run PORT={port + 1}"
            ) from error
        raise PortError(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    return listening
