"""Our table of subscriptions: a master row each, and an index of what is due, always in one transaction.

    PK s<shard>   RK m|<spec key>                     master
                  RK d|<due, whole seconds>|<spec key>   due index; the key says it all, the row is empty

Renewing is {replace master by ETag, delete old due, insert new due}: the index can't disagree with the master. A tick
reads the due range and the masters it names; nothing ever scans for work.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain.subscriptions import State, Subscription
from shared.flows.rows import keys
from shared.ports import Entity, Row, Tables, Verb, Write

TABLE, SHARD = "subscriptions", "s00"  # one partition serves beyond 100,000 subscriptions


@dataclass(slots=True)
class Fleet:
    tables: Tables
    _is_there: bool = field(default=False)

    async def add(self, subscription: Subscription) -> Subscription:
        """A row for a spec that has none. Raises Taken when another process was first."""
        await self._create_table()
        etags = await self.tables.submit(
            TABLE, [Write(Verb.INSERT, _entity(subscription)), Write(Verb.UPSERT, _due(subscription))]
        )
        return replace(subscription, etag=etags[0])

    async def update(self, old: Subscription, new: Subscription) -> Subscription:
        """Raises Stale when somebody else has changed it since `old` was read."""
        writes = [Write(Verb.REPLACE, _entity(new), old.etag)]
        if _due(old) != _due(new):
            writes += [Write(Verb.UPSERT, _due(new)), Write(Verb.DELETE, _due(old), "*")]
        etags = await self.tables.submit(TABLE, writes)
        return replace(new, etag=etags[0])

    async def remove(self, subscription: Subscription) -> None:
        writes = [
            Write(Verb.DELETE, _entity(subscription), subscription.etag),
            Write(Verb.DELETE, _due(subscription), "*"),
        ]
        await self.tables.submit(TABLE, writes)

    async def get(self, spec: str) -> Subscription | None:
        row = await self.tables.read(TABLE, SHARD, f"m|{spec}")
        return _subscription(row) if row else None

    async def all(self) -> dict[str, Subscription]:
        """Every master, by spec key: for a full reconcile and for people, not for a tick."""
        rows = [row async for row in self.tables.scan(TABLE, SHARD, "m|", "m~")]
        return {found.spec: found for found in map(_subscription, rows)}

    async def due(self, now: datetime) -> AsyncIterator[Subscription]:
        """What has work waiting, longest first."""
        rows = [row async for row in self.tables.scan(TABLE, SHARD, "d|", f"d|{_ticks(now) + 1:012}")]
        for row in rows:
            found = await self.get(str(row.entity["RowKey"]).split("|", 2)[2])
            if found and found.due_at <= now:  # the index holds whole seconds
                yield found

    async def _create_table(self) -> None:
        if not self._is_there:
            await self.tables.create(TABLE)
            self._is_there = True


def _ticks(instant: datetime) -> int:
    return int(instant.timestamp())


def _due(subscription: Subscription) -> Entity:
    return keys(SHARD, f"d|{_ticks(subscription.due_at):012}|{subscription.spec}")


def _entity(subscription: Subscription) -> Entity:
    def moment(instant: datetime | None) -> str:
        return instant.isoformat() if instant else ""

    return {
        **keys(SHARD, f"m|{subscription.spec}"),
        "entry": subscription.entry,
        "resource": subscription.resource,
        "change_types": ",".join(subscription.change_types),
        "delta": subscription.delta,
        "state": subscription.state.value,
        "id": subscription.id,
        "url": subscription.url,
        "key_version": subscription.key_version,
        "due_at": moment(subscription.due_at),
        "expires_at": moment(subscription.expires_at),
        "renew_at": moment(subscription.renew_at),
        "renewed_at": moment(subscription.renewed_at),
        "resync": subscription.resync,
        "faults": subscription.faults,
        "note": subscription.note,
    }


def _subscription(row: Row) -> Subscription:
    entity = row.entity

    def moment(name: str) -> datetime | None:
        text = str(entity[name])
        return datetime.fromisoformat(text) if text else None

    return Subscription(
        spec=str(entity["RowKey"])[2:],
        entry=str(entity["entry"]),
        resource=str(entity["resource"]),
        change_types=tuple(str(entity["change_types"]).split(",")),
        delta=str(entity["delta"]),
        state=State(str(entity["state"])),
        id=str(entity["id"]),
        url=str(entity["url"]),
        key_version=int(str(entity["key_version"])),
        due_at=datetime.fromisoformat(str(entity["due_at"])),
        expires_at=moment("expires_at"),
        renew_at=moment("renew_at"),
        renewed_at=moment("renewed_at"),
        resync=str(entity["resync"]),
        faults=int(str(entity["faults"])),
        note=str(entity["note"]),
        etag=row.etag,
    )
