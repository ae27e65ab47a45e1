"""Does anybody want this subscription's events? By subscriptions.toml; for members of groups, by our table."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.watching.subscriptions import State
from shared.domain.watching.watch import Watch
from shared.flows.keep_alive.fleet import Fleet
from shared.ports import Clock

REMEMBERED = timedelta(minutes=5)


@dataclass(slots=True)
class Wanted:
    watch: Watch
    fleet: Fleet
    clock: Clock
    _known: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    async def resource(self, spec: str) -> str | None:
        """What the subscription watches, None when nobody wants it. Members of groups cost one read in five minutes."""
        if found := self.watch.specs.get(spec):
            return found.resource
        if not any(spec.startswith(f"{group.name}~") for group in self.watch.groups):
            return None
        until, resource = self._known.get(spec, (self.clock.now(), ""))
        return resource if self.clock.now() < until else await self._look_up(spec)

    async def _look_up(self, spec: str) -> str | None:
        found = await self.fleet.get(spec)
        if found is None or found.state is State.RETIRED:
            return None
        self._known[spec] = (self.clock.now() + REMEMBERED, found.resource)
        return found.resource
