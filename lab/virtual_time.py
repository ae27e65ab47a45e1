"""An event loop whose time jumps: when every task sleeps, it is at once the moment at which the first one wakes."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class _Jumping(selectors.DefaultSelector):
    """Never waits: it tells the loop how far time has jumped instead."""

    jumped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.jumped += max(timeout or 0, 0)
        return list(super().select(0))


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.jumped


class VirtualClock:
    """The Clock port on a VirtualLoop; `skew` is what this process's clock is off by."""

    def __init__(self, skew: timedelta = timedelta()) -> None:
        self.skew = skew

    @classmethod
    def at_start(cls) -> "VirtualClock":
        """One that shows START now, whatever ran on this loop before."""
        return cls(-timedelta(seconds=asyncio.get_running_loop().time()))

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.skew

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def until(self, instant: datetime) -> None:
        await asyncio.sleep(max((instant - self.now()).total_seconds(), 0))


def run_virtually[Result](work: Coroutine[object, object, Result]) -> Result:
    """Like asyncio.run, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
