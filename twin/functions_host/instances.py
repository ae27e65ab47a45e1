"""The instances of one app: who is up, whose turn it is, who runs the timers.

Of the real host's lock on timers: a lease of 60 s on a blob, given back by a host that drains and left to lapse by one
that is killed (SingletonOptions.ListenerLockPeriod of Azure/azure-webjobs-sdk, seen 2026-11-21).
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import count

import httpx

from twin.functions_host.instance import Instance, InstanceError

log = logging.getLogger("host.instances")


class Instances:
    def __init__(self, instances: Sequence[Instance], *, timers: bool, timer_lock_s: float, host_name: str) -> None:
        """`timers`: whether they run at all."""
        self.all = tuple(instances)
        self.common_offset_s = 0.0
        self.timers_on = timers
        self.holder: Instance | None = None
        self._host_name = host_name
        self._timer_lock_s = timer_lock_s
        self._turns = count()
        self._client = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113  a delivery takes what it takes
        self._waking: asyncio.Task[None] | None = None
        self._taking_over: asyncio.Task[None] | None = None

    @property
    def client(self) -> httpx.AsyncClient:
        return self._client

    def up(self) -> list[Instance]:
        return [instance for instance in self.all if instance.up]

    def next(self) -> Instance | None:
        """In turn among those that are up."""
        serving = self.up()
        return serving[next(self._turns) % len(serving)] if serving else None

    async def start_all(self) -> None:
        """Raises InstanceError."""
        await asyncio.gather(*(self._bring_up(instance) for instance in self.all))
        if self.holder is None:
            await self._give_timers_to(self.all[0])

    def wake(self) -> None:
        """Start them all, unless they are on their way; the caller does not wait for it."""
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._wake_all())

    async def start(self, instance: Instance) -> None:
        """Raises InstanceError."""
        await self._bring_up(instance)
        if self.holder is None:
            await self._give_timers_to(instance)

    async def stop(self, instance: Instance) -> None:
        """Drained; the timers go on at another at once."""
        await instance.stop()
        if instance is self.holder:
            await self._pass_timers_on()

    async def kill(self, instance: Instance) -> None:
        """Not drained; the timers go on at another when the lock has lapsed."""
        await instance.kill()
        if instance is self.holder:
            self._taking_over = asyncio.create_task(self._pass_timers_on(after_s=self._timer_lock_s))

    async def turn_timers(self, *, on: bool) -> None:
        self.timers_on = on
        if self.holder and self.holder.up:
            await self._tell_timers(self.holder, on=on)

    async def end(self) -> None:
        for task in (self._waking, self._taking_over):
            if task:
                task.cancel()
        await asyncio.gather(*(instance.stop() for instance in self.all))
        await self._client.aclose()

    async def _bring_up(self, instance: Instance) -> None:
        async with instance.starting:  # deliveries wake it while somebody starts it: one process is enough
            if instance.up:
                return
            await instance.start(host_name=self._host_name, common_offset_s=self.common_offset_s)

    async def _wake_all(self) -> None:
        try:
            await self.start_all()
        except InstanceError as fault:
            log.error("instances.not_up: %s", fault)

    async def _pass_timers_on(self, *, after_s: float = 0) -> None:
        await asyncio.sleep(after_s)
        self.holder = None
        if serving := self.up():
            await self._give_timers_to(serving[0])

    async def _give_timers_to(self, instance: Instance) -> None:
        self.holder = instance
        await self._tell_timers(instance, on=self.timers_on)

    async def _tell_timers(self, instance: Instance, *, on: bool) -> None:
        answer = await self._client.post(f"{instance.url}/twin/timers", json={"running": on})
        answer.raise_for_status()
