"""Before `azd down`: has the app delete its Graph subscriptions, because only its own identity may do it.

    python -m pulse.tear_down     reads PULSE_APP and PULSE_CLIENT_ID, as azd hands them to the predown hook

It can be repeated. Exit code 1 while something is left, so that `azd down` stops; LEAVE_SUBSCRIPTIONS=true goes on.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pulse.app_client import AppClient, Target, open_app
from pulse.errors import PulseError
from pulse.output import say

TRIES = 3  # another process may hold the lease, and Graph may ask for a pause
PAUSE_S = 30.0
LEAVE = "LEAVE_SUBSCRIPTIONS"
UNREACHABLE = (
    "The app can't be asked ({fault}), so its Graph subscriptions were not removed. They can't be removed by anybody"
    " else: what is left expires by itself, after 29 days at most, and publishes until then to a topic that is gone."
)
GO_ON = f"Cure it and repeat `azd down`; or leave them and go on: azd env set {LEAVE} true"

type Open = Callable[[], AbstractAsyncContextManager[AppClient]]


def main(environ: Mapping[str, str]) -> int:
    if not environ.get("PULSE_APP"):
        say("Nothing is deployed that makes Graph subscriptions.")
        return 0
    target = Target(app=environ["PULSE_APP"], client_id=environ.get("PULSE_CLIENT_ID"))
    done = asyncio.run(tear_down(lambda: opened(target)))
    if done or environ.get(LEAVE, "").lower() == "true":
        return 0
    say(GO_ON)
    return 1


@asynccontextmanager
async def opened(target: Target) -> AsyncIterator[AppClient]:
    async with open_app(target) as app:
        yield app


async def tear_down(open_one: Open, *, pause_s: float = PAUSE_S) -> bool:
    """True once none is left. What happened, and what is left, is said."""
    left: list[str] = []
    try:
        async with open_one() as app:
            for attempt in range(TRIES):
                if attempt:
                    await asyncio.sleep(pause_s)
                answer = await app.wind_down()
                _tell(answer)
                if not (left := list(answer["left"])):
                    say("No Graph subscription of this app is left.")
                    return True
    except PulseError as fault:
        say(UNREACHABLE.format(fault=fault))
        return False
    say(f"{len(left)} left: {', '.join(left[:10])}{' …' if len(left) > 10 else ''}")
    return False


def _tell(answer: Mapping[str, Any]) -> None:
    say(f"{len(answer['removed'])} Graph subscriptions removed")
    for fault in answer["faults"]:
        say(f"  {fault['name']}: {fault['fault']}")


if __name__ == "__main__":
    sys.exit(main(os.environ))
