"""Delayed delivery: an endpoint that keeps failing gets nothing for a while, new events included.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry, "Delayed delivery": when for example the first ten
events fail, all further deliveries and retries are delayed "for some time, in some cases up to several hours". For how
long is not documented, so a switch says it, and it is off unless somebody turns it.
"""

from datetime import datetime, timedelta

from twin.world import World

FAILURES = 10


class Ailing:
    """One event subscription's endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._in_a_row = 0
        self._until: datetime | None = None

    def failed(self) -> None:
        self._in_a_row += 1
        minutes = self._world.switches.delayed_delivery_minutes
        if minutes and self._in_a_row >= FAILURES:
            self._until = self._world.clock.now() + timedelta(minutes=minutes)

    def succeeded(self) -> None:
        self._in_a_row, self._until = 0, None

    def held_for(self) -> timedelta:
        """How long nothing goes out yet; zero or less: now."""
        return self._until - self._world.clock.now() if self._until else timedelta()
