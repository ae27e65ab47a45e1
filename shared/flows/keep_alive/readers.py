"""Catching up beside the writing: a few subscriptions at once, each once."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.watching.subscriptions import Act, Step, Subscription
from shared.flows.keep_alive.tending import Tending

AT_ONCE = 32  # 25 are made in a second, and reading one takes about one
LOOK_S = 60  # so often is looked whether something else fell due meanwhile
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One step carried out; `fault` is empty when it went well."""

    step: Step
    resource: str
    fault: str


@dataclass(slots=True)
class Readers:
    tasks: asyncio.TaskGroup
    tending: Tending
    outcomes: list[Outcome]
    busy: set[str] = field(default_factory=set)  # specs that are being read, or that failed: not twice in one work-off
    _running: set["asyncio.Task[None]"] = field(default_factory=set)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def start(self, subscriptions: Iterable[Subscription]) -> None:
        for one in subscriptions:
            self.busy.add(one.spec)
            task = self.tasks.create_task(self._read(one))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def rest(self) -> bool:
        """Wait until all have come to their end, but no longer than `LOOK_S`; False when none is running."""
        if not self._running:
            return False
        await asyncio.wait(self._running, timeout=LOOK_S)
        return True

    async def _read(self, one: Subscription) -> None:
        async with self._places:
            faults = await self.tending.resync(one)
        self.outcomes.append(told(Act.RESYNC, one, faults.get(one.spec, "")))
        if not faults:
            self.busy.discard(one.spec)


def told(act: Act, one: Subscription, fault: str) -> Outcome:
    """Logged, one line an outcome, and given back."""
    level = logging.WARNING if fault else logging.INFO
    log.log(level, "subscription.%s spec=%s%s", act.value, one.spec, f" fault={fault!r}" if fault else "")
    step = Step(act=act, spec=one.spec, why=one.resync or one.note or one.state.value)
    return Outcome(step=step, resource=one.resource, fault=fault)
