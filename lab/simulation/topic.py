"""Event Grid between the twin's Graph and the machines: batches, duplicates, shuffling up to 24 h, its retry schedule.

A failed payload comes again whole, after the waits that Event Grid documents (`twin.event_grid.schedule`); after 30
attempts or 24 hours it becomes a dead letter, a blob that the app's own redrive reads.
"""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.simulation.machine import Dead, Machine, Spawn
from shared.adapters.memory import MemoryBlobs
from shared.composition import App
from shared.flows.together import Broken
from twin.event_grid.schedule import Delivered, GiveUp, Retry, decide

ANSWER_S = 30
DAY_S = 86_400.0
MOST_ATTEMPTS = 30
PUMP_S = 20


@dataclass(slots=True)
class Payload:
    events: list[str]
    published_at: float
    attempts: int = 0


@dataclass(slots=True)
class Topic:
    """`again`: how likely what was delivered is delivered once more, each time. `spread_s`: of the longest delay.

    `stops`: whether the host stops an invocation, as it does when it goes down. None may take others along.
    """

    rng: random.Random
    machines: Sequence[Machine]
    dead_letters: MemoryBlobs
    spawn: Spawn
    batch: int
    again: float
    stops: Callable[[], bool]
    spread_s: float = DAY_S
    published: list[dict[str, Any]] = field(default_factory=list)
    deliveries: int = 0  # of events
    buried: int = 0
    taken_along: int = 0  # invocations that ended in the stop of another
    open: int = 0  # payloads on their way
    _waiting: list[str] = field(default_factory=list)

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        return None

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        self.published += events
        self._waiting += [json.dumps(event, separators=(",", ":")) for event in events]  # as the host hands them on

    async def settled(self, patience_s: float) -> None:
        """The twin waits so before it answers a POST: an event may overtake the answer."""
        await asyncio.sleep(self.rng.uniform(0, min(patience_s, 3)))

    @property
    def is_idle(self) -> bool:
        return not (self._waiting or self.open)

    async def pump(self) -> None:
        """For ever: what was published goes on its way, in any order."""
        while True:
            await asyncio.sleep(PUMP_S * self.rng.random())
            waiting, self._waiting = self._waiting, []
            self.rng.shuffle(waiting)
            while waiting:
                size = self.rng.randint(1, self.batch)
                group, waiting = waiting[:size], waiting[size:]
                self._send(group)

    def _send(self, group: list[str]) -> None:
        """With what Event Grid sends twice, on the same way or hours later."""
        copies = 1
        while self.rng.random() < self.again:
            copies += 1
        for _ in range(copies):
            self.open += 1
            self.spawn(self._forward(Payload(list(group), asyncio.get_running_loop().time())))

    async def _forward(self, payload: Payload) -> None:
        try:
            await asyncio.sleep(self._delay())
            while True:
                match await self._attempt(payload):
                    case Retry(wait):
                        await asyncio.sleep(wait.total_seconds() * self.rng.uniform(1, 1.2))
                    case GiveUp(reason):
                        return await self._bury(payload, reason)
                    case Delivered():
                        return None
        finally:
            self.open -= 1

    def _delay(self) -> float:
        """Most at once, some within the hour, a few a day later."""
        draw = self.rng.random()
        return self.rng.uniform(0, 2 if draw < 0.6 else 60 if draw < 0.9 else 3_600 if draw < 0.97 else self.spread_s)

    async def _attempt(self, payload: Payload) -> Delivered | Retry | GiveUp:
        if payload.attempts and asyncio.get_running_loop().time() > payload.published_at + 2 * DAY_S:
            return GiveUp("TimeToLiveExceeded")
        payload.attempts += 1
        self.rng.shuffle(payload.events)
        status = await self._post(payload)
        return decide(status=status, attempts=payload.attempts, max_attempts=MOST_ATTEMPTS, webhook=False)

    async def _post(self, payload: Payload) -> int | None:
        """None: no answer within 30 s. The machine knows nothing of that and goes on."""
        up = [machine for machine in self.machines if machine.is_up]
        if not up:
            return 503
        self.deliveries += len(payload.events)
        invocations = asyncio.ensure_future(self._invoke(self.rng.choice(up), payload.events))
        done, _ = await asyncio.wait({invocations}, timeout=ANSWER_S)
        return invocations.result() if done else None

    async def _invoke(self, machine: Machine, events: list[str]) -> int | None:
        """As the extension does: an invocation for each event, and one failure makes 500."""

        async def all_of_them(app: App) -> bool:
            calls = [asyncio.ensure_future(app.receive(event)) for event in events]
            self._stop_some(calls)
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            self.taken_along += sum(map(_is_taken_along, outcomes))
            return not any(outcomes)

        try:
            return 200 if await machine.run(all_of_them) else 500
        except Dead:
            return None

    def _stop_some(self, calls: Sequence["asyncio.Future[None]"]) -> None:
        """Within milliseconds for the most part, while they wait for their commit."""
        for call in calls:
            if self.stops():
                asyncio.get_running_loop().call_later(self.rng.choice((0.01, 0.1, 10)) * self.rng.random(), call.cancel)

    async def _bury(self, payload: Payload, reason: str) -> None:
        self.buried += 1
        letters = [{**json.loads(event), "deadLetterReason": reason} for event in payload.events]
        await self.dead_letters.put(f"topic/{self.buried}.json", json.dumps(letters))


def _is_taken_along(outcome: object) -> bool:
    return isinstance(outcome, BaseExceptionGroup) and outcome.subgroup(Broken) is not None
