"""A clock that tests and people can move. Each process has one of its own: `process_clock`.

Tokens and certificates stay on real time; everything with a date of its own (expiries, retries, timers) reads this.
"""

import asyncio
from datetime import UTC, datetime, timedelta


class MovableClock:
    """Real time plus an offset. `now` is aware and in UTC."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> datetime:
        self.offset += by
        self._moved.set()
        self._moved = asyncio.Event()
        return self.now()

    def set(self, to: datetime) -> datetime:
        return self.advance(to - self.now())

    async def sleep(self, seconds: float) -> None:
        """Sleep in real time: pauses inside a call do not jump with the clock."""
        await asyncio.sleep(seconds)

    async def wait_until(self, instant: datetime) -> None:
        """Return once the clock shows `instant`, at once when somebody moves it past that."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(min(left, 3600)):
                    await self._moved.wait()
            except TimeoutError:
                continue


process_clock = MovableClock()
