"""One event subscription's events on their way: attempts, retries, dead letter.

    accept → batches → payload → attempt ─ 200..204 → delivered
                          ↑         ├─ retry: wait on the clock ─┐
                          └─────────┼────────────────────────────┘
                                    └─ given up → dead letter, or dropped

A payload is sent again whole when it fails. Whether it has become too old is tested at the next attempt, never earlier.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from azure.core.exceptions import AzureError

from twin.event_grid.ailing import Ailing
from twin.event_grid.batches import Batches
from twin.event_grid.counts import Counts
from twin.event_grid.dead_letter import GIVEN_UP_AFTER, DeadLetters, blob_name
from twin.event_grid.endpoint import Endpoint
from twin.event_grid.event_subscription import EventSubscription
from twin.event_grid.outcome import Outcome
from twin.event_grid.payload import Accepted, Payload
from twin.event_grid.schedule import TOO_OLD, Delivered, GiveUp, Retry, decide, wait_after
from twin.world import World

SINGLE = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json; charset=utf-8"
MOST_IN_FLIGHT = 64  # POSTs of one event subscription at the same time
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all lanes of a cloud share. `stirred` is called whenever a lane may have become idle."""

    world: World
    counts: Counts
    endpoint: Endpoint
    dead_letters: DeadLetters
    stirred: Callable[[], None]


class Lane:
    """The deliveries of one event subscription; `run` goes on until it is cancelled."""

    def __init__(self, topic: str, event_subscription: EventSubscription, around: Surroundings) -> None:
        self.event_subscription = event_subscription  # the broker puts a new one here when it is updated
        self.waiting = 0  # events accepted whose fate is open
        self._topic = topic
        self._around = around
        self._clock = around.world.clock
        self._batches = Batches(around.world, around.counts)
        self._due: deque[Payload] = deque()
        self._later: set[Payload] = set()
        self._at_work = 0  # payloads neither queued nor waiting for the clock
        self._something = asyncio.Event()
        self._slots = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._ailing = Ailing(around.world)

    def accept(self, events: Iterable[Accepted]) -> None:
        self.waiting += self._batches.put(events, self.event_subscription)
        self._something.set()

    def idle(self) -> bool:
        """Nothing to do until the clock moves on or something is published."""
        now = self._clock.now()
        due = any(payload.due_at is not None and payload.due_at <= now for payload in self._later)
        return not (self._batches or self._due or self._at_work or due)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as payloads:
            while True:
                await self._something.wait()
                await self._slots.acquire()
                if payload := self._next_payload():
                    self._at_work += 1
                    payloads.create_task(self._forward(payload))
                else:
                    self._something.clear()
                    self._slots.release()

    def as_json(self) -> dict[str, Any]:
        next_retry = min((payload.due_at for payload in self._later if payload.due_at), default=None)
        return {
            "name": self.event_subscription.name,
            "destination": self.event_subscription.properties.get("destination"),
            "waiting": self.waiting,
            "next_retry_at": next_retry.isoformat() if next_retry else None,
        }

    def _next_payload(self) -> Payload | None:
        if self._due:
            return self._due.popleft()
        return Payload(events=self._batches.next(self.event_subscription)) if self._batches else None

    async def _forward(self, payload: Payload) -> None:
        """One attempt and what follows from it. The slot is held for the POST alone, so waiting holds up nobody."""
        if (held := self._ailing.held_for()) > timedelta():
            self._slots.release()
            await self._come_back(payload, held)
            self._at_work -= 1
            self._around.stirred()
            return
        too_old = payload.attempts > 0 and self._age(payload) >= self.event_subscription.time_to_live
        try:
            outcome = None if too_old else await self._post(payload)
        finally:
            self._slots.release()
        if outcome is None:
            await self._bury(payload, TOO_OLD)
        else:
            await self._conclude(payload, outcome)
        self._at_work -= 1
        self._around.stirred()

    def _age(self, payload: Payload) -> timedelta:
        return self._clock.now() - payload.published_at

    async def _post(self, payload: Payload) -> Outcome:
        single = self.event_subscription.max_events_per_batch == 1
        bare = single and not self._around.world.switches.deliver_arrays
        body = b",".join(item.body for item in payload.events)
        payload.attempts += 1
        payload.attempted_at = self._clock.now()
        return await self._around.endpoint.deliver(
            self.event_subscription,
            body=body if bare else b"[" + body + b"]",
            content_type=SINGLE if single else BATCH,
            attempts_before=payload.attempts - 1,
        )

    async def _conclude(self, payload: Payload, outcome: Outcome) -> None:
        payload.outcome = outcome
        decision = decide(
            status=outcome.status,
            attempts=payload.attempts,
            max_attempts=self.event_subscription.max_attempts,
            webhook=self.event_subscription.is_webhook,
        )
        match decision:
            case Delivered():
                self._ailing.succeeded()
                self._around.counts.delivered += len(payload.events)
                self.waiting -= len(payload.events)
            case Retry(wait):
                self._note_failure(payload, outcome)
                await self._come_back(payload, wait)
            case GiveUp(reason):
                self._note_failure(payload, outcome)
                await self._bury(payload, reason)

    def _note_failure(self, payload: Payload, outcome: Outcome) -> None:
        self._around.counts.failed_attempts += 1
        self._ailing.failed()
        name, attempts, events = self.event_subscription.name, payload.attempts, len(payload.events)
        log.info("delivery.failed to=%s attempt=%d outcome=%s events=%d", name, attempts, outcome.name, events)

    async def _bury(self, payload: Payload, reason: str) -> None:
        if await self._write_dead_letters(payload, reason):
            self._around.counts.dead_lettered += len(payload.events)
        else:
            self._around.counts.dropped += len(payload.events)
        self.waiting -= len(payload.events)

    async def _write_dead_letters(self, payload: Payload, reason: str) -> bool:
        """False when there is no destination, or when it was away for four hours, tried by the same schedule."""
        if (container := self.event_subscription.dead_letter_container) is None:
            return False
        await self._delay_dead_letter(payload)
        name = self._blob_name()
        deadline = self._clock.now() + GIVEN_UP_AFTER
        for attempt in count(1):
            try:
                await self._around.dead_letters.write(container, name, payload, reason)
            except (AzureError, OSError) as fault:
                log.warning("dead_letter.failed container=%s attempt=%d fault=%s", container, attempt, fault)
            else:
                return True
            if self._clock.now() >= deadline:
                break
            await self._pause(payload, wait_after(attempt))
        return False

    async def _delay_dead_letter(self, payload: Payload) -> None:
        if minutes := self._around.world.switches.dead_letter_delay_minutes:
            await self._pause(payload, timedelta(minutes=minutes))

    def _blob_name(self) -> str:
        return blob_name(
            topic=self._topic,
            event_subscription=self.event_subscription.name,
            at=self._clock.now(),
            guid=str(uuid.UUID(int=self._around.world.random.getrandbits(128), version=4)),
        )

    async def _come_back(self, payload: Payload, wait: timedelta) -> None:
        await self._pause(payload, wait)
        self._due.append(payload)
        self._something.set()

    async def _pause(self, payload: Payload, wait: timedelta) -> None:
        """Wait on the movable clock; meanwhile the payload is not at work."""
        until = payload.due_at = self._clock.now() + wait
        self._later.add(payload)
        self._at_work -= 1
        self._around.stirred()
        await self._clock.wait_until(until)
        self._at_work += 1
        self._later.discard(payload)
