"""Rejected events, kept for people: table `quarantine`, partition the day of arrival, row the event's key.

Of a client_state only an imprint is kept (`domain.events.imprint`), by which a replay proves the event once
its cause is mended.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.events.imprint import Imprint, imprint_of
from shared.domain.events.notifications import Reading, Unreadable
from shared.domain.events.trust import Rejection
from shared.domain.journal.log_layout import MAX_BODY, MAX_WRITES, day_of, quarantine_key
from shared.flows.journal.rows import keys
from shared.ports import Blobs, Clock, Entity, Row, Tables, Telemetry, Verb, Write

TABLE = "quarantine"
SHOWN = 1_000  # rows of a day that a list holds
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One quarantined event, with what a replay needs."""

    id: str
    reason: str
    body: str
    imprint: Imprint
    etag: str


@dataclass(slots=True)
class Quarantine:
    tables: Tables
    blobs: Blobs
    clock: Clock
    telemetry: Telemetry

    async def put_unreadable(self, unreadable: Unreadable) -> None:
        key = quarantine_key("unreadable", unreadable.text)
        await self._put(key, Rejection("unreadable", unreadable.fault), Imprint(), event_type="", body=unreadable.text)

    async def put(self, reading: Reading, rejection: Rejection) -> None:
        """Delivered again, the same event takes the same row."""
        event = reading.notification
        key = quarantine_key(event.source, event.event_id)
        await self._put(key, rejection, imprint_of(reading.client_state), event_type=event.type, body=event.body)

    async def list(self, day: str) -> Sequence[dict[str, object]]:
        return [
            {
                "id": f"{day}.{row.entity['RowKey']}",
                **{name: row.entity[name] for name in ("reason", "detail", "type", "accepted_at")},
            }
            async for row in self.tables.scan(TABLE, day, "0", "~", SHOWN)
        ]

    async def ids(self, day: str, reason: str) -> Sequence[str]:
        """Every event of a day with that reason, any with an empty one."""
        rows = self.tables.scan(TABLE, day, "0", "~")
        return [f"{day}.{row.entity['RowKey']}" async for row in rows if reason in ("", row.entity["reason"])]

    async def show(self, name: str) -> dict[str, object] | None:
        row = await self._row(name)
        if row is None:
            return None
        return {
            "id": name,
            **{name: row.entity[name] for name in ("reason", "detail", "type", "claimed_spec", "accepted_at")},
            "body": await self._body(row.entity),
        }

    async def held(self, name: str) -> Held | None:
        row = await self._row(name)
        if row is None:
            return None
        version, spec = int(str(row.entity.get("key_version", 0))), str(row.entity["claimed_spec"])
        return Held(
            id=name,
            reason=str(row.entity["reason"]),
            body=await self._body(row.entity),
            imprint=Imprint(version, spec, str(row.entity.get("imprint", ""))),
            etag=row.etag,
        )

    async def release(self, held: Held) -> None:
        """Its event is in the journal now. Raises Stale when it was put here once more meanwhile."""
        day, _, key = held.id.partition(".")
        await self.tables.submit(TABLE, [Write(Verb.DELETE, keys(day, key), held.etag)])
        await self.blobs.delete(_blob(day, key))

    async def drop(self, day: str) -> int:
        """All of a day. How many events went."""
        gone = 0
        while rows := [row async for row in self.tables.scan(TABLE, day, "0", "~", MAX_WRITES)]:
            gone += await self._drop(day, rows)
        for blob in [name async for name in self.blobs.list(_blob(day, ""))]:
            await self.blobs.delete(blob)  # what a crash left without its row
        return gone

    async def purge(self, day: str, marks: Sequence[str]) -> int:
        """Drop a day's events that name a person: `marks` are object id and subject. How many went."""
        gone, found = 0, list[Row]()
        async for row in self.tables.scan(TABLE, day, "0", "~"):
            found += [row] if await self._names(row, marks) else []
            if len(found) == MAX_WRITES:
                gone += await self._drop(day, found)
                found = []
        return gone + await self._drop(day, found)

    async def _names(self, row: Row, marks: Sequence[str]) -> bool:
        text = f"{row.entity['claimed_spec']}\n{row.entity['detail']}\n{await self._body(row.entity)}".lower()
        return any(mark.lower() in text for mark in marks)

    async def _drop(self, day: str, rows: Sequence[Row]) -> int:
        """MAX_WRITES at the most. Bodies first: a row without its blob is found again, a blob without its row never."""
        for row in rows:
            if blob := str(row.entity["blob"]):
                await self.blobs.delete(blob)
        writes = [Write(Verb.DELETE, keys(day, str(row.entity["RowKey"])), "*") for row in rows]
        if writes:
            await self.tables.submit(TABLE, writes)
        return len(rows)

    async def _put(self, key: str, rejection: Rejection, imprint: Imprint, *, event_type: str, body: str) -> None:
        await self.tables.create(TABLE)
        now = self.clock.now()
        entity = {
            **keys(day_of(now), key),
            "reason": rejection.reason,
            "detail": rejection.detail,
            "type": event_type,
            "claimed_spec": imprint.spec,
            "key_version": imprint.key_version,
            "imprint": imprint.digest,
            "accepted_at": now.isoformat(),
            **await self._columns(_blob(day_of(now), key), body),
        }
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
        self.telemetry.count("graph_pulse.quarantine", reason=rejection.reason)
        log.warning("event.rejected reason=%s", rejection.reason)

    async def _row(self, name: str) -> Row | None:
        day, _, key = name.partition(".")
        return await self.tables.read(TABLE, day, key) if day.isdigit() and key.isalnum() else None

    async def _columns(self, name: str, body: str) -> Entity:
        if len(body.encode("utf-16-le", "replace")) <= 2 * MAX_BODY:
            return {"body": body.encode("utf-8", "replace").decode(), "blob": ""}
        await self.blobs.put(name, body)
        return {"body": "", "blob": name}

    async def _body(self, entity: Entity) -> str:
        blob = str(entity["blob"])
        return (await self.blobs.get(blob) or "") if blob else str(entity["body"])


def _blob(day: str, key: str) -> str:
    return f"quarantine/{day}/{key}"
