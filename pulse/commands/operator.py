"""What commands ask of a running app in the operator's name, and how the outcomes of a replay are told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from pulse.errors import PulseError
from pulse.output import REPLAYED, show

if TYPE_CHECKING:
    from pulse.app_client import AppClient


def ask[Answer](
    question: Callable[["AppClient"], Awaitable[Answer]], app: str | None, client_id: str | None, user: str | None
) -> Answer:
    """The app's answer; the options of the same names say which app, and who asks."""
    from pulse.app_client import Target, open_app

    async def run() -> Answer:
        async with open_app(Target(app=app, client_id=client_id, user=user)) as operator:
            return await question(operator)

    return asyncio.run(run())


def finish(outcomes: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show the outcomes of a replay. Exit 1 when any stays where it was."""
    show(outcomes, keys=REPLAYED, columns=REPLAYED, as_json=as_json)
    if left := [outcome for outcome in outcomes if not outcome["done"]]:
        raise PulseError(f"{len(left)} of {len(outcomes)} could not be replayed")
