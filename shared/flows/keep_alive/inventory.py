"""Holds our table against what Graph has: a full LIST, once a day, when the specs changed, and when asked.

Absence from a list proves nothing: what is missing is made anew, and 409 says that it lives after all. An orphan has
our exact notificationUrl and stands in no row of ours in two complete lists an hour apart: it goes.
What is not ours is not touched. A topic that was ours until lately counts as ours: our table remembers it for as long
as a subscription could live there (`t|<topic>`).
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.topic import MOST_TOPICS, same_url, topic_name
from shared.domain.watching.transitions import lasting, missing, unfit
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.fleet import SHARD, TABLE, Fleet
from shared.flows.keep_alive.pace import Pace
from shared.ports import Clock, Graph, GraphSubscription, Tables, Verb, Write

ORPHAN_AFTER = timedelta(hours=1)
LONGEST_LIFE = timedelta(minutes=43_200)  # of any subscription, and so of one at a topic that we left
HAS_ONE = {State.LIVE, State.RESYNCING, State.PARKED}
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Inventory:
    tables: Tables
    fleet: Fleet
    graph: Graph
    pace: Pace
    clock: Clock

    async def probe(self) -> None:
        """Does Graph give its list? Raises GraphFault."""
        await self.graph.list_subscriptions()

    async def take(self, *, url: str) -> None:
        """Set right what differs: rows become due, orphans are deleted. Raises GraphFault."""
        found = await self.graph.list_subscriptions()
        _count_topics({one.url for one in found} | {url})
        listed = {one.id: one for one in found}
        known, now = await self.fleet.all(), self.clock.now()
        compared = [(one, _compared(one, listed.get(one.id), url, now)) for one in known.values()]
        await self.fleet.update_all([(old, new) for old, new in compared if new is not old])
        ours = {id_ for one in known.values() for id_ in (one.id, one.former_id)}
        urls = [url, *await self._former(url)]
        strangers = [one for one in found if one.id not in ours and any(same_url(one.url, other) for other in urls)]
        await self._orphans(strangers)

    async def is_ours(self, url: str) -> bool:
        """Is it the URL of a topic that is ours, or was until lately?"""
        return any(same_url(other, url) for other in await self._former(""))

    async def _former(self, url: str) -> list[str]:
        """URLs of topics that were ours, those forgotten at which nothing of ours can live any more."""
        now, former = self.clock.now(), list[str]()
        async for row in self.tables.scan(TABLE, SHARD, "t|", "t~"):
            other, seen_at = str(row.entity["url"]), datetime.fromisoformat(str(row.entity["seen_at"]))
            if same_url(other, url):
                continue
            if now < seen_at + LONGEST_LIFE:
                former.append(other)
            else:
                await self.tables.submit(TABLE, [Write(Verb.DELETE, row.entity, "*")])
        return former

    async def remember(self, url: str) -> None:
        """The topic is ours: written before anything is made there."""
        await self.tables.create(TABLE)
        entity = {**keys(SHARD, _topic_row(url)), "url": url, "seen_at": self.clock.now().isoformat()}
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])

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


def _topic_row(url: str) -> str:
    return f"t|{hashlib.sha256(url.casefold().encode()).hexdigest()[:16]}"


def _count_topics(urls: Iterable[str]) -> None:
    """Said before it is hit: Graph refuses the eleventh."""
    topics = {name for url in urls if (name := topic_name(url))}
    if len(topics) >= MOST_TOPICS:
        log.warning("topic.limit_near topics=%d most=%d", len(topics), MOST_TOPICS)


def _compared(one: Subscription, found: GraphSubscription | None, url: str, now: datetime) -> Subscription:
    """`one` itself when nothing differs."""
    if not one.id or one.held or one.state not in HAS_ONE:
        return one
    if found is None:
        return missing(one, now=now)
    if not same_url(found.url, url):
        return unfit(one, why="its events go to another URL", now=now)
    if not same_url(found.lifecycle_url, url):
        return unfit(one, why="it has no lifecycle URL, and PATCH can't add one", now=now)
    return lasting(one, expires_at=found.expires_at, now=now) if found.expires_at != one.expires_at else one
