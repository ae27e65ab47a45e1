"""The limits of the subscriptions service, per app and tenant in 20 seconds.

https://learn.microsoft.com/graph/throttling-limits. Failed and throttled calls count too. A window opens with the
first call after the last one has closed.
"""

import math
from datetime import datetime, timedelta

from twin.clocks import MovableClock
from twin.graph.errors import GraphError

WINDOW = timedelta(seconds=20)
CALLS = {"write": 500, "reauthorize": 1000, "get": 500, "list": 25}


class Throttle:
    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}

    def count(self, app_id: str, bucket: str) -> None:
        """Raise GraphError 429, with Retry-After in seconds, once the bucket of this app is used up."""
        now = self._clock.now()
        opened, calls = self._windows.get((app_id, bucket), (now, 0))
        if not timedelta() <= now - opened < WINDOW:
            opened, calls = now, 0
        self._windows[app_id, bucket] = opened, calls + 1
        if calls >= CALLS[bucket]:
            wait = math.ceil((opened + WINDOW - now).total_seconds())
            raise GraphError(429, "TooManyRequests", "Please retry again later.", {"Retry-After": str(max(1, wait))})
