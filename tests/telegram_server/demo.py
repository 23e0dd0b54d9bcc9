"""Chat with the assistant as if on Telegram, without a token: `python -m tests.telegram_server.demo`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .errors import BadRequest
from .server import TelegramServer
from .user import User

PAGE = Path(__file__).parent / "page"
LANGUAGES = {
    "hy": "Հայերեն",
    "ru": "Русский",
    "en": "English",
    "uk": "Українська",
    "lv": "Latviešu",
    "az": "Azərbaycanca",
}
FILES = {
    "/": ("chat.html", "text/html"),
    "/chat.js": ("chat.js", "text/javascript"),
    "/chat.css": ("chat.css", "text/css"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
YEREVAN = (40.1776, 44.5126)


class Page:
    """The page's requests, turned into the doings of one scripted person."""

    def __init__(self) -> None:
        self.server: TelegramServer | None = None
        self.user: User | None = None

    def routes(self) -> list[Route]:
        """Routes to serve beside the Bot API."""
        files = [Route(path, self._file(*file)) for path, file in FILES.items()]
        return [*files, Route("/chat/state", self.state), Route("/chat/do", self.do, methods=["POST"])]

    def open(self, server: TelegramServer, language: str) -> User:
        """Let the person in."""
        self.server, self.user = server, server.user("Ani", language)
        return self.user

    @staticmethod
    def _file(name: str, kind: str) -> Callable[[Request], Response]:
        def serve(request: Request) -> Response:
            headers = {
                "content-security-policy": POLICY,
                "cache-control": "no-store",
                "x-content-type-options": "nosniff",
            }
            return Response((PAGE / name).read_bytes(), media_type=kind, headers=headers)

        return serve

    def state(self, request: Request) -> JSONResponse:
        """Everything that the page shows."""
        assert self.user
        assert self.server
        menu = next((m for code in (self.user.language, "") if (m := self.server.commands.get(("default", code)))), [])
        bot = self.server.bot["id"]
        messages = [{**message, "own": message.get("from", {}).get("id") != bot} for message in self.user.messages]
        return JSONResponse(
            {
                "messages": messages,
                "reactions": {str(number): reaction for number, reaction in self.user.reactions.items()},
                "language": self.user.language,
                "languages": LANGUAGES,
                "menu": menu,
                "actions": len(self.user.actions),
                "blocked": self.user.chat.blocked,
                "refused": [f"{call.method}: {call.description}" for call in self.server.refused],
            }
        )

    async def do(self, request: Request) -> JSONResponse:
        """One doing: {"do": "send", "text": …} and so on. Answers {"ok": …} with a text for people."""
        from starlette.concurrency import run_in_threadpool

        try:
            wish = json.loads(await request.body())
            return JSONResponse({"ok": True, "answer": await run_in_threadpool(self._do, wish)})
        except (ValueError, KeyError, TypeError) as wrong:
            return JSONResponse({"ok": False, "answer": f"This request can't be understood: {wrong!r}"}, 400)
        except (AssertionError, BadRequest) as refusal:
            return JSONResponse({"ok": False, "answer": str(refusal)}, 409)

    def _do(self, wish: dict[str, Any]) -> str:
        assert self.user
        person, kind = self.user, wish["do"]
        if kind == "send":
            person.send(str(wish["text"])[:4096])
        elif kind == "edit":
            person.edit(int(wish["message"]), str(wish["text"])[:4096])
        elif kind == "click":
            return str(person.click(int(wish["message"]), int(wish["button"])).get("text") or "")
        elif kind == "language":
            person.language = str(wish["language"])
        elif kind == "location":
            person.location(*YEREVAN)
        elif kind in ("voice", "photo", "document", "sticker", "contact", "block", "unblock"):
            getattr(person, kind)()
        else:
            raise KeyError(kind)
        return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stand-in with its page and the assistant against it, until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="telegram-demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="port of the stand-in and its page (8081)")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="language of the person's Telegram (en)")
    parser.add_argument(
        "--assistant-command",
        default=f"{shlex.quote(sys.executable)} -m bot.cli serve",
        help="how the assistant is started",
    )
    options = parser.parse_args(arguments)
    page = Page()
    try:
        server = TelegramServer(port=options.port, routes=page.routes())
        server.__enter__()
    except OSError as taken:
        print(f"Port {options.port} can't be used ({taken.strerror}). Give another one: --port 8082", file=sys.stderr)
        return 1
    assistant = None
    for ending in (signal.SIGINT, signal.SIGTERM):  # SIGINT is ignored where a script started this in the background
        signal.signal(ending, signal.default_int_handler)
    try:
        page.open(server, options.language)
        settings = {
            "GUIDEPOST_TELEGRAM_TOKEN": server.token,
            "GUIDEPOST_TELEGRAM_MODE": "polling",
            "GUIDEPOST_TELEGRAM_API": server.url,
        }
        assistant = subprocess.Popen(shlex.split(options.assistant_command), env={**os.environ, **settings})
        site = f"http://127.0.0.1:{os.environ.get('GUIDEPOST_PORT', '8080')}"
        print(f"Telegram, to try out: {server.url}\nThe assistant itself:  {site}\nCtrl-C ends both.", flush=True)
        return assistant.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        if assistant:
            _end(assistant)
        server.__exit__()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C reaches the assistant too; it is given time to end by itself."""
    try:
        process.terminate()
        process.wait(15)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
