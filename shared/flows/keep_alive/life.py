"""The least life left among the subscriptions that are next to be renewed, said at every tick.

An alert watches this line, and that it comes at all. Life runs down evenly, so what was read is good for a while: it is
read again every half hour, and at every tick once less is left than renewals in time would leave.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.watching.subscriptions import Subscription, least_life
from shared.flows.keep_alive.batches import BATCH
from shared.flows.keep_alive.fleet import Fleet
from shared.ports import Telemetry

GOOD_FOR = timedelta(minutes=30)
LOW = 0.22  # of the life; renewals come when a quarter is left
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Life:
    fleet: Fleet
    telemetry: Telemetry
    _soon: list[Subscription] = field(default_factory=list)
    _read_at: datetime | None = None

    async def say(self, now: datetime) -> None:
        found = least_life(self._soon, now=now)
        if found is None or found[0] < LOW or self._read_at is None or now >= self._read_at + GOOD_FOR:
            self._soon, self._read_at = [one async for one in self.fleet.next_due(now, BATCH)], now
            found = least_life(self._soon, now=now)
        if found:
            left, one, end = found
            self.telemetry.record("graph_pulse.subscription.least_life", (end - now).total_seconds())
            log.info("fleet.life least_percent=%d spec=%s", 100 * left, one.spec)
