"""Our table of subscriptions: each lies there twice, as a master to look up and as an entry of the due index.

    PK s<shard>   RK m|<spec key>                          master
                  RK d|<due, whole seconds>|<spec key>     the same columns, in the order in which work falls due

Both rows are written in one transaction, so the index can't disagree with the master, and either one's ETag fences
every change: whoever read by the index needs no look-up. A tick reads the due range and nothing else.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.watching.subscriptions import State, Subscription
from shared.flows.journal.rows import keys
from shared.ports import Entity, Row, Stale, Tables, Value, Verb, Write

TABLE, SHARD = "subscriptions", "s00"  # one partition serves beyond 100,000 subscriptions
AT_ONCE = 33  # changes in a transaction: three writes each

type Change = tuple[Subscription, Subscription]  # as it was read, as it shall be


@dataclass(slots=True)
class Fleet:
    tables: Tables

    async def add(self, subscription: Subscription) -> None:
        """Rows for a spec that has none. Raises Taken when another process was first."""
        await self.tables.create(TABLE)
        due = Write(Verb.UPSERT, _entity(subscription, _due_key(subscription)))
        await self.tables.submit(
            TABLE, [Write(Verb.INSERT, _entity(subscription, _master_key(subscription.spec))), due]
        )

    async def update(self, old: Subscription, new: Subscription) -> Subscription:
        """Raises Stale when somebody else has changed it since `old` was read."""
        writes = _writes(old, new)
        etags = await self.tables.submit(TABLE, writes)
        return _written(new, writes, etags)

    async def update_all(self, changes: Sequence[Change]) -> dict[str, Subscription]:
        """As many as fit in one transaction together. What others changed meanwhile is left to them, and left out."""
        done: dict[str, Subscription] = {}
        for start in range(0, len(changes), AT_ONCE):
            done |= await self._update_group(list(changes[start : start + AT_ONCE]))
        return done

    async def remove(self, subscription: Subscription) -> None:
        writes = [
            Write(Verb.DELETE, keys(SHARD, key), subscription.etag if key == subscription.row else "*")
            for key in (_master_key(subscription.spec), _due_key(subscription))
        ]
        await self.tables.submit(TABLE, writes)

    async def get(self, spec: str) -> Subscription | None:
        row = await self.tables.read(TABLE, SHARD, _master_key(spec))
        return _subscription(row) if row else None

    async def all(self) -> dict[str, Subscription]:
        """Every master, by spec key: for a full reconcile and for people, not for a tick."""
        rows = [row async for row in self.tables.scan(TABLE, SHARD, "m|", "m~")]
        return {found.spec: found for found in map(_subscription, rows)}

    async def of_entry(self, entry: str) -> dict[str, Subscription]:
        """The masters of one entry of subscriptions.toml, by spec key."""
        rows = [row async for row in self.tables.scan(TABLE, SHARD, f"m|{entry}~", f"m|{entry}~~")]
        return {found.spec: found for found in map(_subscription, rows)}

    async def after(self, spec: str, limit: int) -> list[Subscription]:
        """Masters in the order of their keys, those behind `spec` (empty: from the first)."""
        first = f"m|{spec}!" if spec else "m|"  # ! sorts before whatever a key holds
        return [_subscription(row) async for row in self.tables.scan(TABLE, SHARD, first, "m~", limit)]

    async def due(self, now: datetime) -> list[Subscription]:
        """What has work waiting, longest first."""
        rows = self.tables.scan(TABLE, SHARD, "d|", f"d|{_ticks(now) + 1:012}")
        return [_subscription(row) async for row in rows]

    async def next_due(
        self, after: datetime | Subscription, limit: int, *, until: datetime | None = None
    ) -> AsyncIterator[Subscription]:
        """What falls due next: behind an instant, or behind one that was read."""
        last = f"d|{_ticks(until) + 1:012}" if until else "d~"
        async for row in self.tables.scan(TABLE, SHARD, _behind(after), last, limit):
            yield _subscription(row)

    async def _update_group(self, group: list[Change]) -> dict[str, Subscription]:
        while group:
            writes = [_writes(old, new) for old, new in group]
            try:
                etags = await self.tables.submit(TABLE, [write for part in writes for write in part])
            except Stale as stale:
                del group[_part_of(stale.index, writes)]
                continue
            return _dealt_out(group, writes, etags)
        return {}


def _writes(old: Subscription, new: Subscription) -> list[Write]:
    """The row that was read is fenced by its ETag; the other one always changes along with it."""
    master, due, old_due = _master_key(new.spec), _due_key(new), _due_key(old)
    by_index = old.row == old_due
    writes = [_put(new, master, "" if by_index else old.etag)]
    if due == old_due:
        return [*writes, _put(new, due, old.etag if by_index else "")]
    return [*writes, _put(new, due, ""), Write(Verb.DELETE, keys(SHARD, old_due), old.etag if by_index else "*")]


def _put(subscription: Subscription, key: str, etag: str) -> Write:
    return Write(Verb.REPLACE if etag else Verb.UPSERT, _entity(subscription, key), etag)


def _written(new: Subscription, writes: Sequence[Write], etags: Sequence[str]) -> Subscription:
    return replace(new, row=str(writes[0].entity["RowKey"]), etag=etags[0])


def _dealt_out(
    group: Sequence[Change], writes: Sequence[Sequence[Write]], etags: Sequence[str]
) -> dict[str, Subscription]:
    left = iter(etags)
    return {
        new.spec: _written(new, part, [next(left) for _ in part]) for (_, new), part in zip(group, writes, strict=True)
    }


def _part_of(index: int, parts: Sequence[Sequence[Write]]) -> int:
    for number, part in enumerate(parts):
        if index < len(part):
            return number
        index -= len(part)
    return 0


def _ticks(instant: datetime) -> int:
    return int(instant.timestamp())


def _master_key(spec: str) -> str:
    return f"m|{spec}"


def _behind(place: datetime | Subscription) -> str:
    """The first key of the due index behind it; `!` sorts before whatever a key holds."""
    return f"{_due_key(place)}!" if isinstance(place, Subscription) else f"d|{_ticks(place) + 1:012}"


def _due_key(subscription: Subscription) -> str:
    return f"d|{_ticks(subscription.due_at):012}|{subscription.spec}"


def _entity(subscription: Subscription, key: str) -> Entity:
    def moment(instant: datetime | None) -> str:
        return instant.isoformat() if instant else ""

    columns: dict[str, Value] = {
        "spec": subscription.spec,
        "entry": subscription.entry,
        "resource": subscription.resource,
        "change_types": ",".join(subscription.change_types),
        "lifetime_s": int(subscription.lifetime.total_seconds()),
        "delta": subscription.delta,
        "state": subscription.state.value,
        "id": subscription.id,
        "former_id": subscription.former_id,
        "url": subscription.url,
        "key_version": subscription.key_version,
        "due_at": moment(subscription.due_at),
        "expires_at": moment(subscription.expires_at),
        "renew_at": moment(subscription.renew_at),
        "renewed_at": moment(subscription.renewed_at),
        "touching_at": moment(subscription.touching_at),
        "held": subscription.held,
        "heard_at": moment(subscription.heard_at),
        "longest_silence_s": int(subscription.longest_silence.total_seconds()),
        "audited_at": moment(subscription.audited_at),
        "changes": subscription.changes,
        "lost": subscription.lost,
        "resync": subscription.resync,
        "faults": subscription.faults,
        "note": subscription.note[:1000],
    }
    return {**keys(SHARD, key), **columns}


def _subscription(row: Row) -> Subscription:
    entity = row.entity

    def moment(name: str) -> datetime | None:
        text = str(entity.get(name, ""))
        return datetime.fromisoformat(text) if text else None

    def number(name: str) -> int:
        return int(str(entity.get(name, 0)))

    return Subscription(
        spec=str(entity["spec"]),
        entry=str(entity["entry"]),
        resource=str(entity["resource"]),
        change_types=tuple(str(entity["change_types"]).split(",")),
        lifetime=timedelta(seconds=number("lifetime_s")),
        delta=str(entity["delta"]),
        state=State(str(entity["state"])),
        id=str(entity["id"]),
        former_id=str(entity["former_id"]),
        url=str(entity["url"]),
        key_version=number("key_version"),
        due_at=datetime.fromisoformat(str(entity["due_at"])),
        expires_at=moment("expires_at"),
        renew_at=moment("renew_at"),
        renewed_at=moment("renewed_at"),
        touching_at=moment("touching_at"),
        held=str(entity.get("held", "")),
        heard_at=moment("heard_at"),
        longest_silence=timedelta(seconds=number("longest_silence_s")),
        audited_at=moment("audited_at"),
        changes=number("changes"),
        lost=number("lost"),
        resync=str(entity["resync"]),
        faults=number("faults"),
        note=str(entity["note"]),
        row=str(entity["RowKey"]),
        etag=row.etag,
    )
