"""What Graph says of a subscription's own life: it is set due at once, and done within the event's time if it can be.

The port `Subscriptions` of the handlers. A row that is being made anew keeps its pause: Graph asked for it, or it grows
because Graph refused. Events of a subscription that was replaced, or that a person deleted, are no news.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.watching.subscriptions import Subscription
from shared.domain.watching.transitions import behind, challenged, lost
from shared.flows.keep_alive import KeepAlive
from shared.flows.keep_alive.fleet import Fleet
from shared.ports import Clock, Stale

TRIES = 5  # to change a row that others change too: the timer's work, another lifecycle event
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Lifecycle:
    fleet: Fleet
    keep_alive: KeepAlive
    clock: Clock

    async def reauthorize(self, spec: str, subscription_id: str) -> None:
        """Graph asked for it: PATCH reauthorizes and extends at once, so /reauthorize is never called."""
        now = self.clock.now()
        await self._change(spec, subscription_id, lambda known: challenged(known, now=now))

    async def recreate(self, spec: str, subscription_id: str) -> None:
        now = self.clock.now()
        await self._change(spec, subscription_id, lambda known: lost(known, why="Graph removed it", now=now))

    async def catch_up(self, spec: str, subscription_id: str) -> None:
        now = self.clock.now()
        await self._change(spec, subscription_id, lambda known: behind(known, why="Graph missed some", now=now))

    async def _change(self, spec: str, subscription_id: str, change: Callable[[Subscription], Subscription]) -> None:
        changed = await self._changed(spec, subscription_id, change)
        if changed is None:
            return log.warning("subscription.not_current spec=%s", spec)
        if changed.resync:  # an alert watches that `subscription.resync` follows
            log.warning("subscription.behind spec=%s why=%r", spec, changed.resync)
        await self.keep_alive.within_patience(self.keep_alive.work(only=spec))
        return None

    async def _changed(
        self, spec: str, subscription_id: str, change: Callable[[Subscription], Subscription]
    ) -> Subscription | None:
        """The row as it is now; None where the event is no news. Raises Stale when others were quicker each time."""
        tries = 0
        while True:
            known = await self.fleet.get(spec)
            is_other = bool(known and known.id and subscription_id and known.id.lower() != subscription_id.lower())
            if known is None or known.held or is_other:
                return None
            changed = change(known)
            try:
                return changed if changed is known else await self.fleet.update(known, changed)
            except Stale:
                tries += 1
                if tries == TRIES:
                    raise
