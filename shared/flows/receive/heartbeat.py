"""Keeps the lease on an event's claim while its handlers run.

One write every BEAT_S seconds, so that a short run costs none. A claim that somebody else took over (this process
stood still for longer than a lease) raises Stale and stops the work: two must not go on with one event.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.journal.claims import LEASE
from shared.flows.journal.commit import Acceptance, Committer
from shared.ports import Clock, Stale, StorageFault, Unanswered

BEAT_S = LEASE.total_seconds() / 3  # two beats may fail before the lease is over


@dataclass(slots=True)
class Heartbeat:
    """`acceptance` carries the claim as it was written last: its ETag fences the completion."""

    committer: Committer
    clock: Clock
    acceptance: Acceptance
    beat_s: float

    async def during[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        """What `work` returns. Raises Stale when the claim was lost meanwhile."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=self.beat_s))[0]:
                await self._beat()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def _beat(self) -> None:
        claim = replace(self.acceptance.claim, lease_until=self.clock.now() + LEASE)
        try:
            self.acceptance = await self.committer.update(self.acceptance, claim)
        except Stale:
            raise
        except (StorageFault, Unanswered):
            await self._look()

    async def _look(self) -> None:
        """A beat without an answer may have been written: then the ETag has moved on, and the owner is still us."""
        at = self.acceptance
        try:
            found = await self.committer.find(at.day, at.lane, at.claim.key)
        except (StorageFault, Unanswered):
            return  # the next beat tries again
        if found is None or found.owner != at.claim.owner or found.is_done:
            raise Stale(0)
        self.acceptance = replace(at, claim=found)
