"""A faulty network between browser and server: a small proxy that loses, delays and repeats requests.

It forwards bytes as they come, so that server-sent events pass; what it does to the next request is set by the test.
"""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Faults:
    """What happens to requests for one path; each fault counts down and is then over.

    Attributes:
        path: the path that the faults are for.
        drop_requests: so many requests are lost on their way to the server.
        drop_answers: so many requests arrive, but their answers are lost on their way back.
        repeat: so many requests are delivered three times, twice of them at once.
        delay_seconds: how long each request for the path is held up.
        arrived: how many requests for the path were delivered to the server.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.path = "/api/chat"
        self.drop_requests = self.drop_answers = self.repeat = self.arrived = 0
        self.delay_seconds = 0.0
        self._lock = threading.Lock()
        faults = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                faults.handle(self)

            def do_POST(self) -> None:
                faults.handle(self)

            def do_DELETE(self) -> None:
                faults.handle(self)

            def do_OPTIONS(self) -> None:
                faults.handle(self)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing: a browser that goes away is no fault of the test."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _use(self, name: str) -> bool:
        with self._lock:
            left = int(getattr(self, name))
            setattr(self, name, max(0, left - 1))
            return left > 0

    @contextmanager
    def _send(self, request: http.server.BaseHTTPRequestHandler, body: bytes) -> Iterator[http.client.HTTPResponse]:
        upstream = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=60)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        try:
            upstream.request(request.command, request.path, body or None, headers)
            with upstream.getresponse() as answer:
                yield answer
        finally:
            upstream.close()

    def _send_and_forget(self, request: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        with self._send(request, body) as answer:
            answer.read()

    def handle(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Deal with one request."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        faulty = urlsplit(request.path).path == self.path and request.command == "POST"
        request.close_connection = True
        if faulty:
            time.sleep(self.delay_seconds)
            if self._use("drop_requests"):
                return
            with self._lock:
                self.arrived += 1
            if self._use("repeat"):
                again = [threading.Thread(target=self._send_and_forget, args=(request, body)) for _ in range(2)]
                for each in again:
                    each.start()
                for each in again:
                    each.join()
        try:
            with self._send(request, body) as answer:
                if faulty and self._use("drop_answers"):
                    answer.read()
                    return
                self._pass_on(request, answer)
        except (OSError, http.client.HTTPException):
            return  # one side is gone: the other hears nothing more either

    @staticmethod
    def _pass_on(request: http.server.BaseHTTPRequestHandler, answer: http.client.HTTPResponse) -> None:
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection"):
                request.send_header(name, value)
        request.send_header("Connection", "close")
        request.end_headers()
        while chunk := answer.read1(65536):
            request.wfile.write(chunk)
            request.wfile.flush()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def faulty_network(target: str) -> Iterator[Faults]:
    """Put a faulty network before a server; `url` is the address to use instead."""
    faults = Faults(target)
    try:
        yield faults
    finally:
        faults.close()
