"""A lifecycle event without proof of origin is a hint: worth a look at Graph, by id, and that not often.

Some tenants are reported to deliver clientState as null, and what lifecycle events carry over Event Grid is not
documented. So the event itself is quarantined; but whether its subscription lives, Graph is asked, and what is done
then does no harm if the hint was false: a PATCH, or a delta query.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.events.notifications import Notification
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.keep_alive.lifecycle import Lifecycle
from shared.ports import Clock, Graph, GraphFault

APART = timedelta(minutes=10)  # looks at the same subscription
MOST = 50  # looks in that time, in one process
REMEMBERED = timedelta(minutes=5)  # which id is whose
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Hints:
    fleet: Fleet
    lifecycle: Lifecycle
    graph: Graph
    clock: Clock
    _looked: dict[str, datetime] = field(default_factory=dict)  # by id
    _specs: dict[str, str] = field(default_factory=dict)  # by id
    _read_at: datetime | None = None

    async def take(self, notification: Notification) -> None:
        """Raises nothing: the event is in quarantine already, and the timer renews in any case."""
        if not notification.lifecycle or not notification.subscription_id:
            return
        try:
            await self._look(notification, notification.subscription_id.lower())
        except Exception as fault:
            log.warning("hint.not_followed fault=%s", type(fault).__name__)

    async def _look(self, notification: Notification, id_: str) -> None:
        now = self.clock.now()
        self._looked = {known: at for known, at in self._looked.items() if now < at + APART}
        if id_ in self._looked or len(self._looked) >= MOST:
            return
        spec = await self._spec_of(id_)
        if spec is None:
            return
        self._looked[id_] = now
        await self._follow(notification.lifecycle, spec, notification.subscription_id)

    async def _follow(self, said: str, spec: str, id_: str) -> None:
        try:
            await self.graph.get_subscription(id_)
        except GraphFault as fault:
            if fault.status == 404:
                await self.lifecycle.recreate(spec, id_)
            return
        if said == "reauthorizationRequired":
            await self.lifecycle.reauthorize(spec, id_)
        elif said == "missed":
            await self.lifecycle.catch_up(spec, id_)

    async def _spec_of(self, id_: str) -> str | None:
        now = self.clock.now()
        if self._read_at is None or self._read_at + REMEMBERED <= now:
            self._read_at = now
            self._specs = {one.id.lower(): one.spec for one in (await self.fleet.all()).values() if one.id}
        return self._specs.get(id_)
