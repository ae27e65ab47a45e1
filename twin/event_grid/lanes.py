"""All lanes of a cloud, by partner topic and event subscription, and the tasks that run them."""

import asyncio
import logging
from collections.abc import Callable

from twin.event_grid.lane import Lane

TopicKey = tuple[str, str, str]  # Azure subscription, resource group, topic; all in lower case
log = logging.getLogger(__name__)


class Lanes:
    """Lanes put here run from `start` to `stop`. `on_dropped` hears how many events went with a removed lane."""

    def __init__(self, on_dropped: Callable[[int], None]) -> None:
        self.stirred = asyncio.Event()  # set by a lane that may have become idle
        self._on_dropped = on_dropped
        self._lanes: dict[TopicKey, dict[str, Lane]] = {}
        self._tasks: dict[Lane, asyncio.Task[None]] = {}
        self._running = False

    def of(self, topic: TopicKey) -> list[Lane]:
        return list(self._lanes.get(topic, {}).values())

    def find(self, topic: TopicKey, name: str) -> Lane | None:
        return self._lanes.get(topic, {}).get(name.lower())

    def put(self, topic: TopicKey, lane: Lane) -> None:
        self._lanes.setdefault(topic, {})[lane.event_subscription.name.lower()] = lane
        self._run(lane)

    def remove(self, topic: TopicKey, lane: Lane) -> None:
        del self._lanes[topic][lane.event_subscription.name.lower()]
        self._on_dropped(lane.waiting)
        if task := self._tasks.pop(lane, None):
            task.cancel()
        self.stirred.set()

    def start(self) -> None:
        self._running = True
        for lane in self._all():
            self._run(lane)

    async def stop(self) -> None:
        self._running = False
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def idle(self) -> bool:
        return all(lane.idle() for lane in self._all())

    async def settled(self) -> None:
        while not self.idle():
            self.stirred.clear()
            await self.stirred.wait()

    def waiting(self) -> int:
        return sum(lane.waiting for lane in self._all())

    def _run(self, lane: Lane) -> None:
        if self._running:
            self._tasks[lane] = asyncio.create_task(lane.run())
            self._tasks[lane].add_done_callback(_report_a_crash)

    def _all(self) -> list[Lane]:
        return [lane for lanes in self._lanes.values() for lane in lanes.values()]


def _report_a_crash(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        log.error("delivery.crashed", exc_info=fault)
