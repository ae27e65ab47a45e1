"""Holds our table against what Graph has: a full LIST, once a day, when the specs changed, and when asked.

Absence from a list proves nothing: what is missing is made anew, and 409 says that it lives after all. An orphan has
our exact notificationUrl and stands in no row of ours in two complete lists an hour apart: it goes.
What is not ours is not touched.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.subscriptions import State, Subscription, lasting, missing, unfit
from shared.domain.topic import same_url
from shared.flows.fleet import SHARD, TABLE, Fleet
from shared.flows.pace import Pace
from shared.flows.rows import keys
from shared.ports import Clock, Graph, GraphSubscription, Tables, Verb, Write

ORPHAN_AFTER = timedelta(hours=1)
HAS_ONE = {State.LIVE, State.RESYNCING, State.PARKED}
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Inventory:
    tables: Tables
    fleet: Fleet
    graph: Graph
    pace: Pace
    clock: Clock

    async def take(self, *, url: str) -> None:
        """Set right what differs: rows become due, orphans are deleted. Raises GraphFault."""
        listed = {one.id: one for one in await self.graph.list_subscriptions() if same_url(one.url, url)}
        known, now = await self.fleet.all(), self.clock.now()
        compared = [(one, _compared(one, listed.get(one.id), url, now)) for one in known.values()]
        await self.fleet.update_all([(old, new) for old, new in compared if new is not old])
        ours = {one.id for one in known.values()}
        await self._orphans([one for one in listed.values() if one.id not in ours])

    async def _orphans(self, strangers: Sequence[GraphSubscription]) -> None:
        """Remember since when each was seen; delete those that were seen before."""
        now = self.clock.now()
        seen = {
            str(row.entity["RowKey"])[2:]: datetime.fromisoformat(str(row.entity["seen_at"]))
            async for row in self.tables.scan(TABLE, SHARD, "o|", "o~")
        }
        here = {one.id for one in strangers}
        old = [id_ for id_ in here if id_ in seen and seen[id_] <= now - ORPHAN_AFTER]
        for start in range(0, len(old), 20):
            await self._delete(old[start : start + 20])
        for id_ in here - seen.keys():
            entity = {**keys(SHARD, f"o|{id_}"), "seen_at": now.isoformat()}
            await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
        for id_ in (seen.keys() - here) | set(old):
            await self.tables.submit(TABLE, [Write(Verb.DELETE, keys(SHARD, f"o|{id_}"), "*")])

    async def _delete(self, ids: Sequence[str]) -> None:
        await self.pace.spend(len(ids))
        for id_, fault in (await self.graph.delete_subscriptions(ids)).items():
            log.warning("subscription.orphan_removed id=%s%s", id_, f" fault={fault}" if fault else "")


def _compared(one: Subscription, found: GraphSubscription | None, url: str, now: datetime) -> Subscription:
    """`one` itself when nothing differs."""
    if not one.id or one.state not in HAS_ONE:
        return one
    if found is None:
        return missing(one, now=now)
    if not same_url(found.lifecycle_url, url):
        return unfit(one, why="it has no lifecycle URL, and PATCH can't add one", now=now)
    return lasting(one, expires_at=found.expires_at, now=now) if found.expires_at != one.expires_at else one
