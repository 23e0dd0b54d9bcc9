"""The queue of updates and both ways out of it: long polling with offsets, and webhooks with repeats."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from .errors import BadRequest
from .state import Json, World
from .table import UPDATE_TYPES

NOT_BY_DEFAULT = {"message_reaction", "message_reaction_count", "chat_member"}
DEFAULT_TYPES = [name for name in UPDATE_TYPES if name not in NOT_BY_DEFAULT]
LOCAL = ("127.0.0.1", "localhost", "::1")


class Updates:
    """Updates that Telegram keeps until the bot has confirmed them."""

    def __init__(
        self, world: World, execute: Callable[[str, Json], Awaitable[Any]], backoff: tuple[float, float]
    ) -> None:
        """`execute` carries out a method call in a webhook's answer; `backoff`: first and longest pause, seconds."""
        self._world, self._execute, self._backoff = world, execute, backoff
        self.last_id = 100_000_000
        self.pending: list[Json] = []
        self.history: dict[int, Json] = {}
        self.allowed: list[str] = []
        self.webhook: Json = {}
        """The parameters of setWebhook while one is set."""
        self.target: str | None = None
        """Where deliveries really go, for a bot whose public address is not this machine's."""
        self.deliveries: list[tuple[int, int]] = []
        """Every attempt at the webhook: update id and status (0 when nobody answered)."""
        self.last_error: tuple[int, str] | None = None
        self._again: list[Json] = []
        self._handed_out: set[int] = set()
        self._mixed: set[int] = set()
        self._held: list[Json] | None = None
        self._generation = 0
        self._poller = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: set[asyncio.Event] = set()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(40)

    def start(self) -> None:
        """Bind to the running loop."""
        self._loop = asyncio.get_running_loop()
        # To this machine only, where nothing is encrypted; certificates would cost a tenth of a second to read.
        self._client = httpx.AsyncClient(
            timeout=30, trust_env=False, verify=False, limits=httpx.Limits(max_connections=100)
        )

    async def stop(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._client:
            await self._client.aclose()

    # Coming in

    def push(self, kind: str, content: Any) -> int:
        """Queue an update unless the bot did not ask for its kind; its id, or 0."""
        with self._world.lock:
            if kind not in (self.allowed or DEFAULT_TYPES):
                return 0
            return self.add({kind: content})

    def add(self, update: Json) -> int:
        """Queue an update as it is; gives it the next id where it has none."""
        with self._world.lock:
            if "update_id" not in update:
                update = {"update_id": self.last_id + 1, **update}
            self.last_id = max(self.last_id, update["update_id"])
            # What waits is what the person wrote then, not what became of it by edits.
            update = self._world.snapshot(update)
            self.history[update["update_id"]] = update
            if self._held is not None:
                self._held.append(update)
                return int(update["update_id"])
            self.pending.append(update)
        self._signal()
        return int(update["update_id"])

    def again(self, update_id: int, times: int) -> None:
        """Send an update again, whether confirmed or not."""
        with self._world.lock:
            if update_id not in self.history:
                raise KeyError(f"There was no update {update_id}")
            self._again.extend([self.history[update_id]] * times)
        self._signal()

    @contextmanager
    def shuffled(self, seed: int) -> Iterator[None]:
        """Updates of the block wait for its end and then come in random order."""
        with self._world.lock:
            self._held = []
        try:
            yield
        finally:
            with self._world.lock:
                held, self._held = self._held or [], None
                random.Random(seed).shuffle(held)
                self.pending.extend(held)
                self._mixed.update(update["update_id"] for update in held)
            self._signal()

    def _signal(self) -> None:
        if self._loop and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken)

    def _woken(self) -> None:
        for event in self._wake:
            event.set()
        self._dispatch()

    # Long polling

    async def poll(self, params: Json) -> list[Json]:
        """getUpdates: an offset confirms everything before it, a negative one keeps that many of the newest."""
        if self.webhook:
            raise BadRequest(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                expected=True,
            )
        if "allowed_updates" in params:
            self.allowed = params["allowed_updates"] or []
        self._poller += 1
        mine, deadline = self._poller, time.monotonic() + params.get("timeout", 0)
        self._woken()
        event = asyncio.Event()
        self._wake.add(event)
        try:
            with self._world.lock:
                self._confirm(params.get("offset", 0))
            while True:
                if mine != self._poller:
                    raise BadRequest(
                        409,
                        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                        expected=True,
                    )
                if found := self._next(params.get("offset", 0), params.get("limit", 100)):
                    return found
                event.clear()
                left = deadline - time.monotonic()
                if left <= 0:
                    return []
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), left)
        finally:
            self._wake.discard(event)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            # Of shuffled updates only those that were handed out: the bot can't confirm what it was never given.
            self.pending = [
                update
                for update in self.pending
                if update["update_id"] >= offset
                or (update["update_id"] in self._mixed and update["update_id"] not in self._handed_out)
            ]
        self._world.notify()

    def _next(self, offset: int, limit: int) -> list[Json]:
        with self._world.lock:
            repeats, self._again = self._again[:limit], self._again[limit:]
            found = repeats + self.pending[: limit - len(repeats)]
            self._handed_out.update(update["update_id"] for update in found)
            return found

    # Webhooks

    def set_webhook(self, params: Json) -> None:
        """setWebhook; an empty url removes it."""
        with self._world.lock:
            if params.get("drop_pending_updates"):
                self.pending.clear()
            if "allowed_updates" in params:
                self.allowed = params["allowed_updates"] or []
            changed = {k: v for k, v in params.items() if k != "drop_pending_updates"} if params.get("url") else {}
            self._generation += 1
            self.webhook = changed
            self.last_error = None
            self._slots = asyncio.Semaphore(changed.get("max_connections", 40))
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._poller += 1
        self._woken()

    def info(self) -> Json:
        """getWebhookInfo."""
        with self._world.lock:
            found: Json = {
                "url": self.webhook.get("url", ""),
                "has_custom_certificate": "certificate" in self.webhook,
                "pending_update_count": len(self.pending),
            }
            if self.webhook:
                found["max_connections"] = self.webhook.get("max_connections", 40)
                found["ip_address"] = self.webhook.get("ip_address", "127.0.0.1")
            if self.allowed:
                found["allowed_updates"] = self.allowed
            if self.last_error:
                found["last_error_date"], found["last_error_message"] = self.last_error
            return found

    def _dispatch(self) -> None:
        """Start a delivery for every update that has none; in any order, as Telegram promises none."""
        if not self.webhook:
            return
        with self._world.lock:
            repeats, self._again = self._again, []
            fresh = [update for update in self.pending if update["update_id"] not in self._tasks]
        for update in fresh:
            self._spawn(update["update_id"], update)
        for number, update in enumerate(repeats):
            self._spawn(-(len(self._tasks) + number + 1) - update["update_id"] * 1000, update)

    def _spawn(self, key: int, update: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(key, update, self._generation))
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._tasks.pop(key, None) if self._tasks.get(key) is done else None)

    async def _deliver(self, key: int, update: Json, generation: int) -> None:
        pause, longest = self._backoff
        while generation == self._generation:
            async with self._slots:
                if await self._attempt(update):
                    with self._world.lock:
                        if key > 0:
                            self.pending = [waiting for waiting in self.pending if waiting is not update]
                    self._world.notify()
                    return
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def _attempt(self, update: Json) -> bool:
        """One request to the webhook; carries out a method that the answer calls."""
        assert self._client
        address = self.target or self.webhook["url"]
        headers = {"content-type": "application/json"}
        if secret := self.webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        status, error, answer = 0, "", None
        if urlsplit(address).hostname not in LOCAL:
            error = "Failed to resolve host: the stand-in delivers to this machine only"
        else:
            try:
                answer = await self._client.post(
                    address, content=json.dumps(update, ensure_ascii=False).encode(), headers=headers
                )
                status = answer.status_code
                error = f"Wrong response from the webhook: {status} {answer.reason_phrase}"
            except httpx.HTTPError as failure:
                error = "Read timeout expired" if isinstance(failure, httpx.TimeoutException) else "Connection failed"
        self.deliveries.append((update["update_id"], status))
        if answer is None or not answer.is_success:
            self.last_error = (int(time.time()), error)
            return False
        await self._carry_out(answer)
        return True

    async def _carry_out(self, answer: httpx.Response) -> None:
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content: Any = None
        with suppress(ValueError):
            if kind == "application/json":
                content = answer.json()
            elif kind == "application/x-www-form-urlencoded":
                content = dict(parse_qsl(answer.text))
        if isinstance(content, dict) and content.get("method"):
            await self._execute(content.pop("method"), content)
