"""Timer triggers: each runs when its schedule says so on the movable clock, and never twice at the same time.

A timer wakes at once when the clock is moved past its next occurrence. Past several it runs once, with IsPastDue, as a
host does that was away. Of several instances one has the timers turned on: the holder of the real host's lock.
"""

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from twin.clocks import MovableClock
from twin.functions_host.metadata import Function, resolved
from twin.functions_host.ncrontab import Schedule, parse_schedule
from twin.functions_host.protos import TypedData
from twin.functions_host.runtime import Runtime
from twin.functions_host.schedule_monitor import ScheduleMonitor

NEVER = "0001-01-01T00:00:00"  # .NET's default(DateTime)
SHORTEST_MONITORED = timedelta(minutes=1)

log = logging.getLogger("host.timers")


@dataclass(slots=True, kw_only=True)
class Timer:
    function: Function
    schedule: Schedule
    next: datetime
    last: datetime | None = None  # start of the last run by schedule, here or at another instance
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def monitored(self) -> bool:
        """Whether the run is told of the last one. Not where there is less than a minute between two."""
        apart = self.schedule.next_after(self.next) - self.next
        return self.function.trigger.get("useMonitor") is not False and apart >= SHORTEST_MONITORED

    def as_json(self) -> dict[str, Any]:
        last = self.last.isoformat() if self.last else None
        return {"name": self.function.name, "next": self.next.isoformat(), "last": last, "running": self.turn.locked()}


class Timers:
    def __init__(
        self, runtime: Runtime, timers: Iterable[Timer], clock: MovableClock, monitor: ScheduleMonitor
    ) -> None:
        self._runtime = runtime
        self._timers = {timer.function.name: timer for timer in timers}
        self._clock = clock
        self._monitor = monitor
        self._on = asyncio.Event()
        self._loops: dict[str, asyncio.Task[None]] = {}

    def start(self, *, on: bool = True) -> None:
        """Off: nothing runs, not even at start-up, until they are turned on."""
        self.turn(on=on)
        for timer in self._timers.values():
            self._begin(timer, at_once=bool(timer.function.trigger.get("runOnStartup")))

    def turn(self, *, on: bool) -> None:
        """Off: nothing starts by schedule; what runs goes on. On again: what was missed meanwhile runs once."""
        if on and not self._on.is_set():
            self._go_on()
            self._on.set()
        elif not on:
            self._on.clear()

    def replan(self) -> None:
        """After the clock was set back: count the next occurrences from now."""
        for name, timer in self._timers.items():
            if not timer.turn.locked():
                self._loops[name].cancel()
                timer.next = timer.schedule.next_after(self._clock.now())
                self._begin(timer, at_once=False)

    def has(self, function: Function) -> bool:
        """Not if its schedule could not be read."""
        return function.name in self._timers

    async def run_by_hand(self, function: Function) -> None:
        await self._run(self._timers[function.name], past_due=False)

    def as_json(self) -> dict[str, Any]:
        return {"running": self._on.is_set(), "timers": [timer.as_json() for timer in self._timers.values()]}

    def _go_on(self) -> None:
        """From where this or another instance left off."""
        for name, timer in self._timers.items():
            last = self._monitor.last(name)
            if last and last <= self._clock.now():  # else the clock was set back, and `next` counted anew
                timer.last = last
                timer.next = timer.schedule.next_after(last)

    def _begin(self, timer: Timer, *, at_once: bool) -> None:
        self._loops[timer.function.name] = asyncio.create_task(self._keep(timer, at_once=at_once))

    async def _keep(self, timer: Timer, *, at_once: bool) -> None:
        if at_once:
            await self._on.wait()
            await self._run(timer, past_due=False)
        while True:
            await self._on.wait()
            await self._clock.wait_until(timer.next)
            if self._on.is_set() and timer.next <= self._clock.now():  # another instance may have run it meanwhile
                await self._run_due(timer)

    async def _run_due(self, timer: Timer) -> None:
        started = self._clock.now()
        past_due = timer.schedule.next_after(timer.next) <= started
        await self._run(timer, past_due=past_due)
        timer.last = min(started, self._clock.now())  # the clock may have been set back meanwhile
        timer.next = timer.schedule.next_after(timer.last)
        self._monitor.ran(timer.function.name, timer.last)

    async def _run(self, timer: Timer, *, past_due: bool) -> None:
        async with timer.turn:
            log.info("timer.started function=%s past_due=%s", timer.function.name, past_due)
            info = TypedData(json=json.dumps(_timer_info(timer, past_due=past_due)))
            await self._runtime.invoke(timer.function, {timer.function.trigger_name: info})


def timer_of(function: Function, settings: Mapping[str, str], now: datetime) -> Timer:
    """Raises ValueError for a schedule that can't be read or a setting that is not there."""
    schedule = parse_schedule(resolved(str(function.trigger.get("schedule", "")), settings))
    return Timer(function=function, schedule=schedule, next=schedule.next_after(now))


def _timer_info(timer: Timer, *, past_due: bool) -> dict[str, Any]:
    last = timer.last.isoformat() if timer.last else NEVER
    status = {"Last": last, "Next": timer.next.isoformat(), "LastUpdated": last}
    return {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": status if timer.monitored else None,
        "IsPastDue": past_due,
    }
