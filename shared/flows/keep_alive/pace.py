"""Graph lets an app and tenant write 500 times to /subscriptions in 20 s; each item of a batch counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ports import Clock

PER_SECOND = 25.0


@dataclass(slots=True)
class Pace:
    """Spaces writes evenly. A new one starts with nothing saved up: the holder before may just have spent it all."""

    clock: Clock
    _free_at: datetime | None = None

    async def spend(self, writes: int) -> None:
        """Wait until so many writes fit."""
        now = self.clock.now()
        start = max(self._free_at or now, now)
        self._free_at = start + timedelta(seconds=writes / PER_SECOND)
        wait = (start - now).total_seconds()
        if wait > 0:
            await self.clock.sleep(wait)
