"""The Bot API over HTTP: reads a call, validates it, lets it meet its fault, carries it out, and logs it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from . import parameters as reading
from .errors import BadRequest
from .faults import REASONS, Fault, Faults
from .methods import Methods
from .state import Json, World
from .table import BY_LOWER_NAME, METHODS
from .updates import Updates
from .validation import Files, check

HTML_ERROR = "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body><h1>{code} {reason}</h1></body>\r\n</html>"
"""What Telegram's front servers answer when the service behind them is down: not JSON."""


@dataclass
class Call:
    """One call of the bot. `ok` is None while it runs."""

    method: str
    params: Json
    ok: bool | None = None
    description: str = ""
    error_code: int | None = None
    at: float = field(default_factory=time.time)
    """Seconds since 1970, when it arrived."""
    refused: bool = False
    """Telegram would refuse this call, and the bot could have known."""
    fault: str = ""
    """The ordered fault that this call met: fail, hang or drop."""
    result: Any = None
    files: list[str] = field(default_factory=list)


class Api:
    """Answers the bot's calls and keeps their log."""

    def __init__(self, world: World, updates: Updates, faults: Faults, token: str, flood: int | None) -> None:
        """`flood`: messages a second into one chat before 429; None for no limit."""
        self.world, self.updates, self.faults, self.token, self.flood = world, updates, faults, token, flood
        self.calls: list[Call] = []
        self.cut: Callable[[Request], Awaitable[None]] | None = None
        """Closes the connection of a request; set by whoever runs the server."""
        self._methods = Methods(world, updates)
        self._sent: dict[str, list[float]] = {}

    @property
    def routes(self) -> list[Route]:
        """Methods and downloads."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]

    async def _call(self, request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["method"]
        if token != self.token:
            known_shape = re.fullmatch(r"\d+:[\w-]{35}", token)
            return _answer(BadRequest(401, "Unauthorized") if known_shape else BadRequest(404, "Not Found"))
        method = BY_LOWER_NAME.get(name.lower(), name)
        call = Call(method, {})
        with self.world.lock:
            self.calls.append(call)
        fault: Fault | None = None
        try:
            raw, files = await reading.read(request)
            fault, result = await self._handle(call, raw, files)
            answer = JSONResponse({"ok": True, "result": result})
        except BadRequest as refusal:
            self._failed(call, refusal)
            answer = _answer(refusal)
        except _Faulted as error:
            return self._error(call, error.fault)
        self.world.notify()
        if fault and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind == "drop":
            await self._cut(request)
        return answer

    async def _handle(self, call: Call, raw: Json, files: Files) -> tuple[Fault | None, Any]:
        """Validate, meet the faults, carry out. Raises BadRequest and _Faulted."""
        method = call.method
        if method not in METHODS:
            call.params = raw
            raise BadRequest(404, "Not Found")
        call.params, call.files = raw, sorted(files)
        call.params = params = {k: v for k, v in reading.decode(method, raw).items() if v is not None}
        check(method, params, files)
        fault = self.faults.take(method, params)
        if fault:
            call.fault = fault.kind
            if fault.kind == "fail":
                raise _Faulted(fault)
            if not fault.accepted:
                call.ok, call.description = False, f"{fault.kind}: not carried out"
                return fault, True
        if pause := self.faults.delay(method, params):
            await asyncio.sleep(pause)
        self._hold_back_flood(method, params)
        if method == "getUpdates":
            result = await self.updates.poll(params)
        else:
            try:
                result = self._methods.run(method, params, files)
            except KeyError as unknown:
                if unknown.args != (method,):
                    raise
                raise BadRequest(501, f"Not Implemented: the stand-in does not know what {method} does") from None
        call.ok, call.result = True, result
        if fault:
            self._mark_uncertain(method, params)
        return fault, result

    def _failed(self, call: Call, refusal: BadRequest) -> None:
        call.ok, call.description, call.error_code = False, refusal.description, refusal.code
        call.refused = not refusal.expected

    def _error(self, call: Call, fault: Fault) -> Response:
        call.ok, call.description, call.error_code = False, fault.text, fault.code
        self.world.notify()
        if fault.html:
            reason = REASONS.get(fault.code, "Error")
            return HTMLResponse(HTML_ERROR.format(code=fault.code, reason=reason), fault.code)
        parameters = {"retry_after": fault.retry_after} if fault.retry_after is not None else None
        return _answer(BadRequest(fault.code, fault.text, parameters=parameters))

    def _mark_uncertain(self, method: str, params: Json) -> None:
        """The bot will not learn that this call succeeded; saying it again is no fault of its."""
        with self.world.lock:
            chat = self.world.chats.get(params.get("chat_id", 0))
            if chat and "message_id" in params:
                chat.uncertain.add(params["message_id"])
            for queries, name in (
                (self.world.callbacks, "callback_query_id"),
                (self.world.inline_queries, "inline_query_id"),
            ):
                if params.get(name) in queries:
                    queries[params[name]].uncertain = True

    def _hold_back_flood(self, method: str, params: Json) -> None:
        if self.flood is None or not method.startswith("send") or method == "sendChatAction":
            return
        now = time.monotonic()
        recent = [at for at in self._sent.get(str(params.get("chat_id")), []) if now - at < 1]
        if len(recent) >= self.flood:
            raise BadRequest(429, "Too Many Requests: retry after 1", expected=True, parameters={"retry_after": 1})
        self._sent[str(params.get("chat_id"))] = [*recent, now]

    async def _cut(self, request: Request) -> None:
        if self.cut:
            await self.cut(request)

    async def _download(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return _answer(BadRequest(401, "Unauthorized"))
        path = request.path_params["path"]
        # The download is a step of its own that can fail and be slow like any method.
        fault = self.faults.take("download", {})
        if fault and fault.kind == "fail":
            return _answer(BadRequest(fault.code, fault.text))
        if fault and fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
        elif fault:
            await self._cut(request)
        found = next((file for file in self.world.files.values() if file.path == path), None)
        return (
            Response(found.content, media_type="application/octet-stream")
            if found
            else PlainTextResponse("Not Found", 404)
        )

    async def from_webhook(self, method: str, params: Json) -> None:
        """A method called in the answer to a webhook: carried out, and the bot never learns the result."""
        call = Call(BY_LOWER_NAME.get(method.lower(), method), params)
        with self.world.lock:
            self.calls.append(call)
        try:
            await self._handle(call, params, {})
        except BadRequest as refusal:
            self._failed(call, refusal)
        except _Faulted as error:
            self._error(call, error.fault)
        self.world.notify()


class _Faulted(Exception):  # noqa: N818 - it carries an ordered fault and is none of its own
    """An ordered error takes the place of the answer."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def _answer(refusal: BadRequest) -> JSONResponse:
    content: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        content["parameters"] = refusal.parameters
    return JSONResponse(content, refusal.code)
