"""Putting updates back into their order.

Telegram numbers updates without gaps and may deliver them to a webhook side by side ("to restore the correct update
sequence, should they get out of order", Bot API, Update.update_id). An update is let through when all before it are
there; a gap is waited for, but not for long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

WAIT_SECONDS = 1.0
"""How long a gap is waited for after the last arrival. Some gaps are never filled."""

LONGEST_WAIT_SECONDS = 8.0
"""How long a gap is waited for while more arrives: a busy bot must not wait forever."""


class Sequencer:
    """Knows up to which number updates may be handled."""

    def __init__(self, newest: int | None, moved: Callable[[], None], wait: float = WAIT_SECONDS) -> None:
        """Prepare.

        Args:
            newest: the highest number taken before, or None.
            moved: called when more may be handled.
            wait: seconds to wait for a gap.
        """
        self.upto = newest if newest is not None else -1
        self._known = newest is not None
        self._ahead: set[int] = set()
        self._moved = moved
        self._wait = wait
        self._timer: asyncio.TimerHandle | None = None
        self._since: float | None = None

    def seen(self, number: int) -> None:
        """Note an update that was stored."""
        if number <= self.upto:
            self._moved()  # late: those behind it were given up waiting for it, or it is a repetition
            return
        self._ahead.add(number)
        self._advance()

    def all_up_to(self, number: int) -> None:
        """Note that every update up to a number is there: long polling hands them over in order."""
        self.upto = max(self.upto, number)
        self._known = True
        self._ahead = {ahead for ahead in self._ahead if ahead > self.upto}
        self._advance()

    def close(self) -> None:
        """Stop waiting."""
        if self._timer:
            self._timer.cancel()

    def _advance(self) -> None:
        while self._known and self.upto + 1 in self._ahead:
            self.upto += 1
            self._ahead.discard(self.upto)
        self._moved()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._ahead:
            self._since = None
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._since is None:
            self._since = now
        latest = self._since + max(self._wait, LONGEST_WAIT_SECONDS)
        self._timer = loop.call_at(min(now + self._wait, latest), self._give_up)

    def _give_up(self) -> None:
        self._timer, self._since = None, None
        if self._ahead:
            self.upto, self._known = min(self._ahead) - 1, True
            self._advance()
