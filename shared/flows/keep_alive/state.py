"""How the app is, for operators and `pulse doctor`: its timer, its topic, what its entries need, the shortest life."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from shared.domain.watching.resources import resource_of
from shared.domain.watching.subscriptions import Subscription, least_life, shown_state
from shared.domain.watching.watch import Watch
from shared.flows.keep_alive.fleet import SHARD, TABLE, Fleet
from shared.ports import Clock, Tables


async def state(tables: Tables, fleet: Fleet, watch: Watch, clock: Clock) -> dict[str, object]:
    """Times are ISO 8601 in UTC; `least_life` is of the live subscription that has the smallest part of it left."""
    now = clock.now()
    await tables.create(TABLE)
    known = list((await fleet.all()).values())
    return {
        "now": now.isoformat(),
        "ticked_at": await _at(tables, "ticked"),
        "reconciled_at": await _at(tables, "reconciled"),
        "topic": asdict(watch.topic),
        "entries": _entries(watch),
        "states": Counter(shown_state(one, now=now) for one in known),
        "least_life": _least(known, now),
    }


def _entries(watch: Watch) -> list[dict[str, str]]:
    """One an entry; `permission` is empty where no application permission reaches the resource."""
    resources = {spec.entry: spec.resource for spec in watch.specs.values()}
    resources |= {group.name: str(group.table["resource"]).replace("{user}", "id") for group in watch.groups}
    return [
        {"name": name, "resource": resource, "permission": known.permission if (known := resource_of(resource)) else ""}
        for name, resource in sorted(resources.items())
    ]


def _least(known: Iterable[Subscription], now: datetime) -> dict[str, object] | None:
    found = least_life(known, now=now)
    if found is None:
        return None
    left, one, end = found
    return {"percent": int(100 * left), "spec": one.spec, "expires_at": end.isoformat()}


async def _at(tables: Tables, row: str) -> str | None:
    found = await tables.read(TABLE, SHARD, row)
    return str(found.entity["at"]) if found else None
