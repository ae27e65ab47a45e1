"""How much of what anybody may send is kept. Pure: `now` is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Allowance:
    """So many a minute; `refused` counts what went beyond since the last minute that had any left."""

    per_minute: int
    refused: int = 0
    _began: datetime | None = None
    _spent: int = 0

    def spend(self, now: datetime) -> bool:
        """Is there one left?"""
        if self._began is None or not self._began <= now < self._began + MINUTE:
            self._began, self._spent, self.refused = now, 0, 0
        is_left = self._spent < self.per_minute
        self._spent += is_left
        self.refused += not is_left
        return is_left
