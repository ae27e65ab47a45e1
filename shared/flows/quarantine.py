"""Rejected events, kept for people: table `quarantine`, partition the day of arrival, row the event's key."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.client_state import claimed_spec
from shared.domain.log_layout import MAX_BODY, day_of, quarantine_key
from shared.domain.notifications import Reading, Unreadable
from shared.domain.trust import Rejection
from shared.ports import Blobs, Clock, Entity, Tables, Verb, Write

TABLE = "quarantine"
SHOWN = 1_000  # rows of a day that a list holds


@dataclass(slots=True)
class Quarantine:
    tables: Tables
    blobs: Blobs
    clock: Clock
    _is_there: bool = field(default=False)

    async def put_unreadable(self, unreadable: Unreadable) -> None:
        key = quarantine_key("unreadable", unreadable.text)
        await self._put(key, Rejection("unreadable", unreadable.fault), event_type="", spec="", body=unreadable.text)

    async def put(self, reading: Reading, rejection: Rejection) -> None:
        """Delivered again, the same event takes the same row."""
        event = reading.notification
        key = quarantine_key(event.source, event.event_id)
        spec = claimed_spec(reading.client_state)
        await self._put(key, rejection, event_type=event.type, spec=spec, body=event.body)

    async def list(self, day: str) -> Sequence[dict[str, object]]:
        return [
            {
                "id": f"{day}.{row.entity['RowKey']}",
                **{name: row.entity[name] for name in ("reason", "detail", "type", "accepted_at")},
            }
            async for row in self.tables.scan(TABLE, day, "0", "~", SHOWN)
        ]

    async def show(self, name: str) -> dict[str, object] | None:
        day, _, key = name.partition(".")
        row = await self.tables.read(TABLE, day, key) if day.isdigit() and key.isalnum() else None
        if row is None:
            return None
        return {
            "id": name,
            **{name: row.entity[name] for name in ("reason", "detail", "type", "claimed_spec", "accepted_at")},
            "body": await self._body(row.entity),
        }

    async def _put(self, key: str, rejection: Rejection, *, event_type: str, spec: str, body: str) -> None:
        if not self._is_there:
            await self.tables.create(TABLE)
            self._is_there = True
        now = self.clock.now()
        entity = {
            "PartitionKey": day_of(now),
            "RowKey": key,
            "reason": rejection.reason,
            "detail": rejection.detail,
            "type": event_type,
            "claimed_spec": spec,
            "accepted_at": now.isoformat(),
            **await self._columns(f"quarantine/{day_of(now)}/{key}", body),
        }
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])

    async def _columns(self, name: str, body: str) -> Entity:
        if len(body.encode("utf-16-le", "replace")) <= 2 * MAX_BODY:
            return {"body": body.encode("utf-8", "replace").decode(), "blob": ""}
        await self.blobs.put(name, body)
        return {"body": "", "blob": name}

    async def _body(self, entity: Entity) -> str:
        blob = str(entity["blob"])
        return (await self.blobs.get(blob) or "") if blob else str(entity["body"])
