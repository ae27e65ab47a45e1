"""Notifications on their way to webhooks: attempts, retries, and hosts that answer too slowly.

    send → queue of the URL → POST ─ 2xx in time → delivered
                                ↑  └─ else: wait on the clock, doubled each time, 10 s for an answer ─┐
                                └─────────────────────────────────────────────────────────────────────┤
                                                                 four hours after it was sent → lost ─┘

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04). No order is promised.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from twin.graph.grants import kept_until
from twin.graph.subscriptions import Subscription
from twin.graph.validation_tokens import ValidationTokens
from twin.graph.webhook_calls import Answered, Timeouts, WebhookCalls
from twin.graph.webhook_health import WINDOW, State, WebhookHealth
from twin.world import World

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)  # "exponential"; the steps are not documented
MOST_IN_FLIGHT = 64
log = logging.getLogger(__name__)

Told = Callable[[Subscription], object]


@dataclass(slots=True, eq=False)
class _Parcel:
    """One item, or what one POST carries of them."""

    url: str
    items: list[tuple[Subscription, dict[str, Any]]]
    sent_at: datetime
    attempts: int = 0
    due_at: datetime | None = None
    is_refused: bool = False  # not tried again


@dataclass(slots=True)
class WebhookCounts:
    published: int = 0
    delivered: int = 0
    failed_attempts: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Listeners:
    """Who wants to know that an item was lost, or that deliveries fail or succeed."""

    lost: list[Told] = field(default_factory=list)
    failed: list[Told] = field(default_factory=list)
    delivered: list[Told] = field(default_factory=list)


class Webhooks:
    """Deliveries run from `start` to `stop`; what is sent before goes out then."""

    def __init__(self, world: World, *, timeouts: Timeouts | None = None) -> None:
        self.counts = WebhookCounts()
        self.on = _Listeners()
        self._world = world
        self._calls = WebhookCalls(timeouts or Timeouts())
        self._health = WebhookHealth(slow_s=self._calls.timeouts.first, drop_s=self._calls.timeouts.retry)
        self._tokens = ValidationTokens(world)
        self._queues: defaultdict[str, deque[_Parcel]] = defaultdict(deque)
        self._draining: set[str] = set()
        self._later: set[_Parcel] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work = 0
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._stirred = asyncio.Event()
        self._running = False

    def start(self) -> None:
        """On a running loop."""
        self._calls.open()
        self._running = True
        for url in list(self._queues):
            self._drain_soon(url)

    async def stop(self) -> None:
        """Delivery ends where it is, and what waits is forgotten."""
        self._running = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._calls.close()

    async def shake_hands(self, url: str) -> None:
        await self._calls.shake_hands(url)

    def send(self, row: Subscription, url: str, item: dict[str, Any]) -> None:
        """Take one notification in; at times twice, where a switch says so."""
        self.counts.published += 1
        if self.state(url) is State.DROP:
            self._lose([(row, item)])
            return
        world, queue = self._world, self._queues[url]
        twice = world.random.random() * 100 < world.switches.duplicate_percent
        queue.extend(_Parcel(url, [(row, item)], world.clock.now()) for _ in range(2 if twice else 1))
        self._drain_soon(url)

    def state(self, url: str) -> State:
        switches = self._world.switches
        if switches.webhook_state:
            return State(switches.webhook_state)
        now, enough = self._world.clock.now(), switches.webhook_state_answers
        return self._health.state(_host(url), now=now, at_least=enough)

    def idle(self) -> bool:
        """Nothing waits to be delivered now; retries that are due later do not count."""
        now = self._world.clock.now()
        due = any(parcel.due_at is not None and parcel.due_at <= now for parcel in self._later)
        return not (self._at_work or due or any(self._queues.values()))

    async def settled(self, timeout_s: float = 30) -> None:
        """Return when `idle`. TimeoutError after `timeout_s` of real time."""
        async with asyncio.timeout(timeout_s):
            while not self.idle():
                self._stirred.clear()
                await self._stirred.wait()

    @property
    def waiting(self) -> int:
        queued = sum(len(queue) for queue in self._queues.values())
        return queued + sum(len(parcel.items) for parcel in self._later)

    def _drain_soon(self, url: str) -> None:
        if self._running and url not in self._draining:
            self._draining.add(url)
            self._spawn(self._drain(url))

    async def _drain(self, url: str) -> None:
        """Everything that waits for the URL, several items to a POST; each POST goes its own way from there."""
        await asyncio.sleep(0)  # what is sent in the same turn may travel together
        queue = self._queues[url]
        while queue:
            await self._slots.acquire()
            if parcel := self._next(queue):
                self._spawn(self._carry(parcel))
            else:
                self._slots.release()
        self._draining.discard(url)

    def _next(self, queue: deque[_Parcel]) -> _Parcel | None:
        switches, parcel = self._world.switches, None
        while queue and (parcel is None or len(parcel.items) < switches.webhook_items_per_post):
            if switches.shuffle:
                queue.rotate(self._world.random.randrange(len(queue)))
            found = queue.popleft()
            if parcel is None:
                parcel = found
            else:
                parcel.items += found.items
        return parcel

    async def _carry(self, parcel: _Parcel) -> None:
        """To its end. A slot has been taken for the first attempt and is held for POSTs alone."""
        if self.state(parcel.url) is State.SLOW:
            self._slots.release()
            await self._pause(parcel, self._world.clock.now() + WINDOW)
            await self._slots.acquire()
        while not await self._attempt(parcel):
            until = self._world.clock.now() + _wait(parcel.attempts)
            if until > kept_until(parcel.sent_at) or parcel.is_refused:
                self._lose(parcel.items)
                return
            await self._pause(parcel, until)
            await self._slots.acquire()
        self.counts.delivered += len(parcel.items)
        _tell(self.on.delivered, parcel.items)

    async def _attempt(self, parcel: _Parcel) -> bool:
        parcel.attempts += 1
        try:
            answer = await self._calls.post(parcel.url, self._body(parcel), is_retry=parcel.attempts > 1)
        finally:
            self._slots.release()
        self._health.note(_host(parcel.url), seconds=answer.seconds, now=self._world.clock.now())
        if not answer.is_taken:
            self._note_failure(parcel, answer)
        return answer.is_taken

    def _body(self, parcel: _Parcel) -> dict[str, Any]:
        body: dict[str, Any] = {"value": [item for _, item in parcel.items]}
        rich = {row.application_id for row, item in parcel.items if "encryptedContent" in item}
        return body | {"validationTokens": self._tokens.of(rich)} if rich else body

    def _note_failure(self, parcel: _Parcel, answer: Answered) -> None:
        self.counts.failed_attempts += 1
        parcel.is_refused = answer.status == 403 and self._world.switches.webhook_403_ends
        host, attempts, items = _host(parcel.url), parcel.attempts, len(parcel.items)
        log.info("webhook.failed host=%s attempt=%d status=%s items=%d", host, attempts, answer.status, items)
        _tell(self.on.failed, parcel.items)

    async def _pause(self, parcel: _Parcel, until: datetime) -> None:
        """Wait on the movable clock; meanwhile the parcel is not at work."""
        parcel.due_at = until
        self._later.add(parcel)
        self._at_work -= 1
        self._stirred.set()
        try:
            await self._world.clock.wait_until(until)
        finally:
            self._at_work += 1
            self._later.discard(parcel)

    def _lose(self, items: list[tuple[Subscription, dict[str, Any]]]) -> None:
        self.counts.lost += len(items)
        _tell(self.on.lost, items)

    def _spawn(self, work: Any) -> None:
        self._at_work += 1
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_work -= 1
        self._tasks.discard(task)
        self._stirred.set()
        if not task.cancelled() and (fault := task.exception()):
            log.error("webhook.crashed", exc_info=fault)


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * (1 << attempts - 1), LONGEST_WAIT)


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _tell(listeners: list[Told], items: list[tuple[Subscription, dict[str, Any]]]) -> None:
    """Of changes; what becomes of a lifecycle item leads to no other."""
    for row, item in items:
        if "lifecycleEvent" not in item:
            for told in listeners:
                told(row)
