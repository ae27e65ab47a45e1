"""Who is in the groups that entries name: read in full when all is reconciled, and every hour in between.

A group that can't be read costs nobody the subscription: what is known of its members stays, and people are told.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.watching.watch import GroupEntry, SubscriptionSpec, Watch
from shared.ports import Clock, Graph, GraphFault

HOURLY = timedelta(hours=1)
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """What should live now. `unread` names the entries whose group could not be read."""

    specs: Mapping[str, SubscriptionSpec]
    unread: frozenset[str]


@dataclass(slots=True)
class Groups:
    watch: Watch
    graph: Graph
    clock: Clock
    _known: dict[str, frozenset[str]] = field(default_factory=dict)  # specs by entry, as this process last read them
    _read_at: datetime | None = None

    async def specs(self) -> Expanded:
        """All entries, groups expanded to their members."""
        found, unread = dict(self.watch.specs), set[str]()
        for group in self.watch.groups:
            specs = await self._members(group)
            if specs is None:
                unread.add(group.name)
            found |= specs or {}
        self._read_at = self.clock.now()
        return Expanded(specs=found, unread=frozenset(unread))

    async def news(self) -> dict[str, Mapping[str, SubscriptionSpec]]:
        """Once an hour: the specs of each entry whose group is another than it was; else nothing, and no call."""
        now = self.clock.now()
        if not self.watch.groups or (self._read_at and now < self._read_at + HOURLY):
            return {}
        self._read_at, before = now, dict(self._known)
        found = {group.name: specs for group in self.watch.groups if (specs := await self._members(group)) is not None}
        return {name: specs for name, specs in found.items() if before.get(name) != frozenset(specs)}

    def forget(self, entry: str) -> None:
        """What was read of it could not be written down: it is news again."""
        self._known.pop(entry, None)

    async def _members(self, group: GroupEntry) -> Mapping[str, SubscriptionSpec] | None:
        try:
            members = await self.graph.group_members(group.group_id)
        except GraphFault as fault:
            log.error("group.unreadable entry=%s group=%s fault=%r", group.name, group.group_id, str(fault))
            return None
        specs = {spec.key: spec for spec in group.expanded(members)}
        self._known[group.name] = frozenset(specs)
        return specs
