"""One machine that runs the app: it can die between any two steps, and start anew with nothing in memory."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from lab.crashes import Crash
from lab.virtual_time import VirtualClock
from shared.composition import App


class Dead(Exception):
    """The machine died on the way: whoever waits gets no answer."""


@dataclass(slots=True)
class Life:
    """One process. `tasks`: what it is doing, which ends with it."""

    is_over: bool = False
    tasks: dict["asyncio.Task[object]", None] = field(default_factory=dict)
    end: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def die(self) -> None:
        if not self.is_over:
            self.is_over = True
            self.end.set_result(None)
            asyncio.get_running_loop().call_soon(self._stop_all)

    def check(self) -> None:
        """Called before and after each step that the world could see."""
        if self.is_over:
            raise Crash

    def _stop_all(self) -> None:
        for task in list(self.tasks):
            task.cancel()


@dataclass(slots=True)
class Machine:
    """`boot` makes the app of a new life; `clock` is off by this machine's skew."""

    clock: VirtualClock
    boot: Callable[[Life, VirtualClock], App]
    down_for: Callable[[], float]  # seconds until it is up again
    lives: int = 0
    life: Life | None = None
    app: App | None = None

    async def keep_up(self) -> None:
        """For ever: start, live, be down for a while."""
        while True:
            life = self.life = Life()
            self.lives += 1
            self.app = self.boot(life, self.clock)
            await life.end
            self.app = None
            await asyncio.sleep(self.down_for())

    @property
    def is_up(self) -> bool:
        return self.app is not None and self.life is not None and not self.life.is_over

    async def run[Result](self, work: Callable[[App], Awaitable[Result]]) -> Result:
        """Do something in this process. Raises Dead when it dies, or is down; and what the work raises."""
        app, life = self.app, self.life
        if app is None or life is None or life.is_over:
            raise Dead
        task = asyncio.ensure_future(_coroutine(work, app))
        life.tasks[task] = None
        try:
            result = await task
        except (Crash, asyncio.CancelledError, BaseExceptionGroup):
            if life.is_over:
                raise Dead from None
            raise
        finally:
            life.tasks.pop(task, None)
            task.cancel()
        if life.is_over:
            raise Dead
        return result


async def _coroutine[Result](work: Callable[[App], Awaitable[Result]], app: App) -> Result:
    return await work(app)


type Spawn = Callable[[Coroutine[object, object, object]], None]
