"""A life's way to the twin's Graph: it throttles, fails, forgets delta links, and answers that are never heard."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, override

from lab.lost_notifications import DeltaGraph
from lab.simulation.machine import Life
from lab.simulation.troubles import Trouble, Troubles
from shared.ports import DeltaPage, GraphFault
from twin.graph.calls import Answer, Call
from twin.graph.errors import GraphError

ITEM_THROTTLED, LINK_FORGOTTEN = 0.03, 0.02  # of the items of batches; of delta pages
GONE = {Trouble.UNANSWERED, Trouble.LATE}
UNHEARD = {Trouble.ANSWER_LOST, Trouble.SENT_TWICE}


@dataclass(slots=True, kw_only=True)
class TroubledGraph(DeltaGraph):
    life: Life
    troubles: Troubles

    @override
    async def delta(self, path: str, link: str | None) -> DeltaPage:
        if link and self.troubles.happens(_now(), LINK_FORGOTTEN):
            raise GraphFault(410, "syncStateNotFound", "the delta link is no longer known")
        return await DeltaGraph.delta(self, path, link)

    @override
    async def _batch(self, kind: str, items: Sequence[tuple[str, str, Any]]) -> list[dict[str, Any]]:
        trouble = await self._begin()
        answers = await DeltaGraph._batch(self, kind, items)
        self._end(trouble)
        return answers

    @override
    async def _call(self, kind: str, method: str, path: str, query: Any = None) -> dict[str, Any]:
        trouble = await self._begin()
        answer = await DeltaGraph._call(self, kind, method, path, query)
        self._end(trouble)
        return answer

    @override
    async def _perform(self, call: Call) -> Answer:
        if self.troubles.happens(_now(), ITEM_THROTTLED):
            return self._refusal(GraphError(429, "TooManyRequests", "later", {"Retry-After": "7"}))
        return await DeltaGraph._perform(self, call)

    async def _begin(self) -> Trouble | None:
        self.life.check()
        trouble = self.troubles.strike(_now())
        await asyncio.sleep(self.troubles.rng.choice((0, 0.05, 0.3, 2)))
        self.life.check()
        if trouble is Trouble.DIES_BEFORE:
            self.life.die()
            self.life.check()
        if trouble is Trouble.REFUSED:
            busy, later = GraphFault(503, "ServiceUnavailable", "busy"), GraphFault(429, "TooManyRequests", "later", 11)
            raise self.troubles.rng.choice((busy, later))
        if trouble in GONE:
            raise GraphFault(0, "ConnectError", "nobody answers")
        return trouble

    def _end(self, trouble: Trouble | None) -> None:
        if trouble is Trouble.DIES_AFTER:
            self.life.die()
        self.life.check()
        if trouble in UNHEARD:
            raise GraphFault(0, "ReadTimeout", "the answer was lost")


def _now() -> float:
    return asyncio.get_running_loop().time()
