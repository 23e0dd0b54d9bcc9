"""Faults on order: errors, answers that come too late, closed connections, slow chats."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

REASONS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


@dataclass
class Fault:
    """What happens to the next `times` calls of a method (in one chat, or in any)."""

    kind: Literal["fail", "hang", "drop"]
    method: str
    times: int
    chat: int | None = None
    code: int = 500
    retry_after: int | None = None
    description: str | None = None
    html: bool = False
    seconds: float = 0.0
    accepted: bool = True

    @property
    def text(self) -> str:
        """Telegram's description of the error."""
        if self.description:
            return self.description
        tail = f": retry after {self.retry_after}" if self.retry_after is not None else ""
        return REASONS.get(self.code, "Error") + tail


class Faults:
    """The faults that wait, in the order in which they were asked for. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._slow: list[tuple[str, float, int | None]] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def slow(self, method: str, seconds: float, chat: int | None) -> None:
        with self._lock:
            self._slow.append((method.lower(), seconds, chat))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()
            self._slow.clear()

    def take(self, method: str, params: dict[str, Any]) -> Fault | None:
        """The fault for this call, used up by it."""
        with self._lock:
            for fault in self._waiting:
                if _fits(fault.method.lower(), fault.chat, method, params):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def delay(self, method: str, params: dict[str, Any]) -> float:
        """Seconds by which this call is slowed down."""
        with self._lock:
            return sum(seconds for name, seconds, chat in self._slow if _fits(name, chat, method, params))


def _fits(wanted: str, chat: int | None, method: str, params: dict[str, Any]) -> bool:
    return wanted in (method.lower(), "*") and (chat is None or str(params.get("chat_id")) == str(chat))
