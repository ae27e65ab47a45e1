"""The live view of a demo: a line for each event as it is journaled, the subscriptions with their time to expiry."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pulse.app_client import AppClient, demo_apps
from pulse.commands.events import line
from pulse.demo.processes import ChildDiedError
from pulse.demo.stage import FUNCTIONS, Stage
from pulse.durations import in_words
from pulse.errors import PulseError
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient
from pulse.output import EVENT, emit, pick, say

if TYPE_CHECKING:
    from rich.table import Table

POLL_S = 0.5
SHORTEST_LIFE_S = 15  # a host that dies sooner after its start is not started again
COLOURS = {"live": "green", "due": "yellow", "parked": "red", "recreating": "yellow", "resyncing": "cyan"}

type Row = dict[str, Any]


@dataclass(slots=True)
class Seen:
    """What the view shows beside the events."""

    subscriptions: Sequence[Row] = ()
    now: datetime | None = None
    events: int = 0
    note: str = ""
    host_started: float = field(default_factory=time.monotonic)


async def show_what_happens(stage: Stage, *, as_json: bool) -> None:
    """Until cancelled. Raises PulseError when a process of the demo ends and can't be started again."""
    import sys

    async with AsyncExitStack() as stack:
        demo = stage.demo
        apps = await demo_apps(stack, demo, demo.aliases)
        operator = apps[demo.aliases.index(demo.operator)]
        twin = await stack.enter_async_context(JsonClient(demo.addresses["control"], what="the twin"))
        view: View = PlainView(as_json=as_json)
        if sys.stdout.isatty() and not as_json:
            view = stack.enter_context(LiveView())
        await follow(stage, MergedFeed(apps), operator, twin, view)


async def follow(stage: Stage, feed: MergedFeed, operator: AppClient, twin: JsonClient, view: "View") -> None:
    """While the host is away nothing is shown, and nothing is lost."""
    seen = Seen()
    while True:
        await keep_running(stage, seen)
        with suppress(PulseError):
            rows = await feed.pull()
            seen.events += len(rows)
            for row in rows:
                view.event(row)
            seen.subscriptions = await operator.subscriptions()
            seen.now = datetime.fromisoformat((await twin.get("/clock"))["now"])
        view.surroundings(seen)
        await asyncio.sleep(POLL_S)


async def keep_running(stage: Stage, seen: Seen) -> None:
    """Azure starts a host that died again, and so do we; but not one that dies at once."""
    host = stage.children[FUNCTIONS]
    if not host.died:
        stage.check()
        return
    if time.monotonic() - seen.host_started < SHORTEST_LIFE_S:
        raise ChildDiedError(host.obituary())
    say(f"{host.obituary()}\nstarting it again …")
    await stage.start_functions()
    stage.demo.write(stage.folder)
    seen.host_started = time.monotonic()


class PlainView:
    """Without a terminal: lines. Changes of a subscription go to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._told: dict[str, tuple[Any, ...]] = {}

    def event(self, row: Row) -> None:
        if self._as_json:
            emit(pick(row, EVENT))
        else:
            print(line(row), flush=True)

    def surroundings(self, seen: Seen) -> None:
        for row in seen.subscriptions:
            state = (row["state"], row["expires_at"])
            if self._told.get(row["name"]) != state:
                self._told[row["name"]] = state
                say(f"subscription {row['name']}: {row['state']}, expires {row['expires_at']}")


class LiveView:
    """In a terminal: the table stays below while the events go up. NO_COLOR is Rich's own to obey."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def event(self, row: Row) -> None:
        colour = "cyan" if row.get("recovered") else {"deleted": "red", "created": "green"}.get(row["change_type"], "")
        self._console.print(line(row), style=colour, markup=False, soft_wrap=True)

    def surroundings(self, seen: Seen) -> None:
        self._live.update(subscription_table(seen))


type View = PlainView | LiveView


def subscription_table(seen: Seen) -> "Table":
    from rich import box
    from rich.table import Table

    clock = f"{seen.now:%a %d %b %H:%M:%S} UTC" if seen.now else "-"
    title = f"{seen.events} events · clock of the demo: {clock}"
    table = Table(
        "subscription", "state", "expires in", "renewed", "note", box=box.SIMPLE, title=title, title_justify="left"
    )
    for row in seen.subscriptions:
        state = str(row["state"])
        table.add_row(
            row["name"],
            f"[{COLOURS.get(state, 'default')}]{state}[/]",
            span_until(row["expires_at"], seen.now),
            str(row["last_renewed_at"] or "-")[:19],
            str(row["note"] or ""),
        )
    return table


def span_until(instant: str | None, now: datetime | None) -> str:
    return in_words(datetime.fromisoformat(instant) - now) if instant and now else "-"
