"""Reads of Graph for the feed's summaries: those of the same moment go in one $batch of 20, none twice.

Best effort by nature. An answer is remembered by (resource, version); after a failure of the whole call nobody asks for
a while, so that an ailing Graph costs a few events their summary and no event its time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.ports import Clock, Graph, GraphFault, Head

BATCH = 20
REMEMBERED = 5_000
PAUSE = timedelta(seconds=30)
CALL_S = 1.8  # for one call; an event waits for its summary no longer than `summaries` says
QUIET_TURNS = 2  # turns of the loop in which nobody asks end the gathering

type Key = tuple[str, str]  # resource, version


@dataclass(slots=True)
class GatheredHeads:
    graph: Graph
    clock: Clock
    _known: OrderedDict[Key, Head | GraphFault] = field(default_factory=OrderedDict)
    _asked: dict[Key, "asyncio.Future[Head]"] = field(default_factory=dict)
    _waiting: list[Key] = field(default_factory=list)
    _paused_until: datetime | None = None

    async def head(self, resource: str, version: str) -> Head:
        key = (resource, version)
        if version and (known := self._known.get(key)):
            return _head_of(known)
        if key in self._asked:
            return await asyncio.shield(self._asked[key])
        if self._paused_until and self.clock.now() < self._paused_until:
            raise GraphFault(0, "paused", "Graph failed a moment ago")
        return await self._ask(key)

    async def _ask(self, key: Key) -> Head:
        """The first of a moment waits for the others to have asked, then asks for all."""
        answer = self._asked[key] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_seen)
        self._waiting.append(key)
        if len(self._waiting) == 1:
            await self._lead(self._waiting)
        return await asyncio.shield(answer)

    async def _lead(self, keys: list[Key]) -> None:
        try:
            await self._gather()
            self._waiting = []
            groups = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
            await asyncio.gather(*(self._fetch(group) for group in groups))
        finally:  # whatever happened, nobody is left waiting
            self._waiting = [] if self._waiting is keys else self._waiting
            for key in keys:
                self._tell(key, GraphFault(0, "stopped", "whoever asked for all was stopped"))

    async def _gather(self) -> None:
        size, quiet = len(self._waiting), 0
        while quiet < QUIET_TURNS:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) == size else 0
            size = len(self._waiting)

    async def _fetch(self, keys: Sequence[Key]) -> None:
        try:
            async with asyncio.timeout(CALL_S):
                found = await self.graph.heads([resource for resource, _ in keys])
        except (GraphFault, TimeoutError) as fault:
            self._paused_until = self.clock.now() + PAUSE
            found = [GraphFault(0, type(fault).__name__, "no summaries for now")] * len(keys)
        for key, head in zip(keys, found, strict=True):
            self._remember(key, head)
            self._tell(key, head)

    def _tell(self, key: Key, found: Head | GraphFault) -> None:
        answer = self._asked.pop(key, None)
        if answer is None:
            return
        if isinstance(found, GraphFault):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def _remember(self, key: Key, found: Head | GraphFault) -> None:
        """What a version was called it stays; of faults only that it is gone."""
        if key[1] and (isinstance(found, Head) or found.status == 404):
            self._known[key] = found
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _head_of(known: Head | GraphFault) -> Head:
    if isinstance(known, GraphFault):
        raise known
    return known


def _seen(answer: "asyncio.Future[Head]") -> None:
    """Whoever was to ask may be gone, and asyncio complains of a fault that nobody looked at."""
    if not answer.cancelled():
        answer.exception()
