"""The tour: the main job from subscription to recovery, each step checked from outside, loss counted from the ledger.

Nothing here believes the app's own counters: what was changed is told by the twin, what arrived is read from the feeds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pulse.app_client import AppClient, demo_apps
from pulse.demo.loss import missing, surplus
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import Stage
from pulse.demo_clocks import move_clocks
from pulse.errors import PulseError
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient
from pulse.output import say

PATIENCE_S = 60  # for what a step waits for
POLL_S = 0.25
MESSAGES = 5  # for each person
FORGED = 3
MISSED = 4
READY = ("live", "due")

type Row = dict[str, Any]


class TourError(PulseError):
    """A step did not end as it should."""


@dataclass(slots=True, kw_only=True)
class Tour:
    """Where the tour stands."""

    stage: Stage
    twin: JsonClient
    operator: AppClient
    feed: MergedFeed
    rows: list[Row] = field(default_factory=list)
    duplicates: int = 0
    renewed: int = 0
    recreated: int = 0


async def make_tour(stage: Stage) -> dict[str, Any]:
    """The last line of `pulse demo --once --json`. Steps that fail end the tour with ok false."""
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        apps = await demo_apps(stack, stage.demo, stage.demo.aliases)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        operator = apps[stage.demo.aliases.index(stage.demo.operator)]
        tour = Tour(stage=stage, twin=twin, operator=operator, feed=MergedFeed(apps))
        complete = await walk(tour)
        return await result(tour, complete=complete, seconds=time.monotonic() - started)


async def walk(tour: Tour) -> bool:
    for step in STEPS:
        started = time.monotonic()
        name = step.__name__.replace("_", " ")
        try:
            detail = await step(tour)
        except PulseError as fault:
            say(f"FAILED {name}: {fault}")
            return False
        say(f"ok     {name}: {detail} ({time.monotonic() - started:.1f} s)")
    return True


async def result(tour: Tour, *, complete: bool, seconds: float) -> dict[str, Any]:
    final = await tour.twin.get("/ledger/final")
    counted = {
        "changes": len((await tour.twin.get("/ledger"))["changes"]),
        "journaled": len(tour.rows),
        "duplicates_refused": max(tour.duplicates - surplus(tour.rows), 0),
        "quarantined": len(await tour.operator.quarantine()) if complete else 0,
        "lost": len(missing(final, tour.rows)),
        "recovered": sum(1 for row in tour.rows if row["recovered"]),
        "renewed": tour.renewed,
        "recreated": tour.recreated,
    }
    ok = complete and counted["lost"] == 0 and surplus(tour.rows) == 0 and counted["quarantined"] == FORGED
    return {"ok": ok, **counted, "seconds": round(seconds, 1)}


async def subscribe_and_activate(tour: Tour) -> str:
    await subscribe_and_link(tour.stage)

    async def all_live() -> bool:
        rows = await tour.operator.subscriptions()
        return bool(rows) and all(row["state"] in READY for row in rows)

    await until(all_live, "all subscriptions are live", tour)
    return f"{len(await tour.operator.subscriptions())} subscriptions are live, the partner topic is linked"


async def changes_are_journaled(tour: Tour) -> str:
    for person in tour.stage.demo.aliases:
        await trigger(tour, "message.created", user=person, count=MESSAGES)
    await trigger(tour, "message.updated", count=len(tour.stage.demo.aliases))
    await trigger(tour, "user.updated", count=len(tour.stage.demo.aliases))
    await until_nothing_is_missing(tour)
    return f"{len(tour.rows)} rows, nothing missing"


async def reauthorization_is_answered(tour: Tour) -> str:
    """An hour after creation: Graph asks a subscription that was touched a moment ago for nothing."""
    await move_clocks(tour.stage.demo, {"advance_s": 3600})
    row = await a_message_subscription(tour)
    await tour.twin.post("/lifecycle", {"type": "reauthorizationRequired", "subscription_id": row["id"]})

    async def moved() -> bool:
        return str((await subscription(tour, row["name"]))["expires_at"]) > str(row["expires_at"])

    await until(moved, f"the expiry of {row['name']} moves", tour)
    tour.renewed += 1
    return f"{row['name']} expires later than {row['expires_at']}"


async def the_timer_renews(tour: Tour) -> str:
    """The clock goes to where the first renewal is due; nothing else asks for it."""
    before = await tour.operator.subscriptions()
    due = min(datetime.fromisoformat(row["due_at"]) for row in before if row["due_at"])
    await move_clocks(tour.stage.demo, {"set": (due + timedelta(minutes=1)).isoformat()})

    async def renewed() -> int:
        later = {row["name"]: row["expires_at"] for row in await tour.operator.subscriptions()}
        return sum(later[row["name"]] > row["expires_at"] for row in before)

    await until(renewed, "the timer renews what is due", tour)
    tour.renewed += await renewed()
    return f"{await renewed()} renewed on {due:%d %B}"


async def duplicates_and_forgeries_are_refused(tour: Tour) -> str:
    before = (await deliveries(tour))["duplicated"]
    await trigger(tour, "message.created", count=MESSAGES, duplicate=100)
    await trigger(tour, "message.created", count=FORGED, forge=True)

    async def quarantined() -> bool:
        return len(await tour.operator.quarantine()) >= FORGED

    await until(quarantined, "the forged events are quarantined", tour)
    await until_nothing_is_missing(tour)
    await until_delivered(tour)
    tour.duplicates = (await deliveries(tour))["duplicated"] - before
    return f"{tour.duplicates} duplicates and {FORGED} forgeries sent"


async def a_removed_subscription_is_recreated(tour: Tour) -> str:
    """Changes that Graph announces to nobody, then it drops the subscription and says so."""
    row = await a_message_subscription(tour)
    await tour.twin.put("/switches", {"announce": False})
    await trigger(tour, "message.created", user=owner(tour, row), count=MISSED)
    await tour.twin.put("/switches", {"announce": True})
    await tour.twin.post(f"/subscriptions/{row['id']}/remove", {"announce": True})

    async def recreated() -> bool:
        now = await subscription(tour, row["name"])
        return bool(now["id"]) and now["id"] != row["id"] and now["state"] in READY

    await until(recreated, f"{row['name']} is made anew", tour)
    tour.recreated += 1
    return f"{row['name']} has a new id"


async def missed_changes_are_recovered(tour: Tour) -> str:
    await until_nothing_is_missing(tour)
    return f"{sum(1 for row in tour.rows if row['recovered'])} rows by delta query"


async def nothing_is_lost(tour: Tour) -> str:
    await until_delivered(tour)
    await pull(tour)
    return f"{len(tour.rows)} rows; every entity's newest version is among them"


STEPS = (
    subscribe_and_activate,
    changes_are_journaled,
    reauthorization_is_answered,
    the_timer_renews,
    duplicates_and_forgeries_are_refused,
    a_removed_subscription_is_recreated,
    missed_changes_are_recovered,
    nothing_is_lost,
)


async def trigger(tour: Tour, kind: str, **options: Any) -> None:
    await tour.twin.post("/trigger", {"type": kind, **options})


async def deliveries(tour: Tour) -> dict[str, int]:
    return dict((await tour.twin.get("/event-grid"))["deliveries"])


async def pull(tour: Tour) -> None:
    tour.rows += await tour.feed.pull()


async def until_nothing_is_missing(tour: Tour) -> None:
    async def complete() -> bool:
        await pull(tour)
        return not missing(await tour.twin.get("/ledger/final"), tour.rows)

    await until(complete, "every entity's newest change is in the journal", tour)


async def until_delivered(tour: Tour) -> None:
    async def settled() -> bool:
        return (await deliveries(tour))["waiting"] == 0

    await until(settled, "Event Grid has nothing left to deliver", tour)


async def subscription(tour: Tour, name: str) -> Row:
    return next(row for row in await tour.operator.subscriptions() if row["name"] == name)


async def a_message_subscription(tour: Tour) -> Row:
    for row in await tour.operator.subscriptions():
        if "messages" in row["resource"].lower():
            return row
    raise TourError("there is no subscription to messages")


def owner(tour: Tour, row: Row) -> str:
    """Alias of the person whose messages it watches."""
    return next(str(person["alias"]) for person in tour.stage.people if person["id"] in row["resource"])


async def until(holds: Callable[[], Awaitable[object]], what: str, tour: Tour) -> None:
    """Raises TourError when it doesn't come true in time, ChildDiedError when a process of the demo ended."""
    last = time.monotonic() + PATIENCE_S
    while not await holds():
        tour.stage.check()
        if time.monotonic() > last:
            raise TourError(f"after {PATIENCE_S} s it is still not so that {what}")
        await asyncio.sleep(POLL_S)
