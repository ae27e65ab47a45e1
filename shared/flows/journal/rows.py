"""The rows of the journal's day tables: entries and claims as what storage writes, and back."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.journal.claims import LEASE, Claim
from shared.domain.journal.log_layout import FORMAT, Entry, claim_row, group_row, journal_row, pending_row
from shared.ports import Entity, Value, Verb, Write


def entry_writes(
    entry: Entry, body: Entity, *, lane: str, writer: str, seq: int, index: int, now: datetime
) -> list[Write]:
    """Claims first (the first one names the event), then the journal row, then the pending row if handlers wait."""
    claim = Claim(
        key=entry.claims[0],
        row=journal_row(entry.reader, writer, seq, index),
        owner=writer,
        is_done=not entry.wants_handling,
        lease_until=now + LEASE if entry.wants_handling else None,
        attempts=0,
        handled=(),
    )
    columns = claim_entity(claim, lane)
    writes = [Write(Verb.INSERT, {**columns, **keys(lane, claim_row(key))}) for key in entry.claims]
    writes.append(Write(Verb.INSERT, {**_journal_entity(entry, claim, now=now), **keys(lane, claim.row), **body}))
    if entry.wants_handling:
        writes.append(Write(Verb.INSERT, {**keys(lane, pending_row(claim.key)), "at": now}))
    return writes


def claim_writes(claim: Claim, lane: str, *, reopened_at: datetime | None = None) -> list[Write]:
    """A claim that moved on, fenced by its ETag; once done, its pending row goes; opened again, it has one anew."""
    writes = [Write(Verb.REPLACE, claim_entity(claim, lane), claim.etag)]
    if reopened_at:
        writes.append(Write(Verb.UPSERT, {**keys(lane, pending_row(claim.key)), "at": reopened_at}))
    if claim.is_done:
        writes.append(Write(Verb.DELETE, keys(lane, pending_row(claim.key)), "*"))
    return writes


def elsewhere_writes(entry: Entry, *, lane: str) -> list[Write]:
    """Claims of what lies in another day's table: done, and their row is nobody's here."""
    nobody = journal_row(entry.reader, "-", 0, 0)
    claim = Claim(key=entry.claims[0], row=nobody, owner="-", is_done=True, lease_until=None, attempts=0, handled=())
    columns = claim_entity(claim, lane)
    return [Write(Verb.INSERT, {**columns, **keys(lane, claim_row(key))}) for key in entry.claims]


def group_write(events: Sequence[Sequence[str]], *, lane: str, writer: str, seq: int) -> Write:
    """The claims of a group's events, in one row: `<claim>[+<claim>],…`. 100 writes hold too few for a column's end."""
    told = ",".join("+".join(claims) for claims in events)
    return Write(Verb.UPSERT, {**keys(lane, group_row(writer, seq)), "claims": told})


def read_group(entity: Entity) -> list[tuple[str, ...]]:
    """The claims of each event; the first one names it."""
    return [tuple(event.split("+")) for event in str(entity["claims"]).split(",")]


def claim_entity(claim: Claim, lane: str) -> Entity:
    return {
        **keys(lane, claim_row(claim.key)),
        "claim": claim.key,
        "row": claim.row,
        "owner": claim.owner,
        "done": claim.is_done,
        "lease_until": claim.lease_until.isoformat() if claim.lease_until else "",
        "attempts": claim.attempts,
        "handled": ",".join(claim.handled),
    }


def read_claim(entity: Entity, etag: str) -> Claim:
    lease = str(entity["lease_until"])
    return Claim(
        key=str(entity["claim"]),
        row=str(entity["row"]),
        owner=str(entity["owner"]),
        is_done=bool(entity["done"]),
        lease_until=datetime.fromisoformat(lease) if lease else None,
        attempts=int(str(entity["attempts"])),
        handled=tuple(name for name in str(entity["handled"]).split(",") if name),
        etag=etag,
    )


def keys(partition: str, row: str) -> dict[str, Value]:
    return {"PartitionKey": partition, "RowKey": row}


def _journal_entity(entry: Entry, claim: Claim, *, now: datetime) -> Entity:
    notification = entry.notification
    return {
        "format": FORMAT,
        "claim": claim.key,
        "spec": entry.stream,
        "reader": entry.reader,
        "type": notification.type,
        "subject": notification.subject,
        "change_type": notification.change_type,
        "resource": notification.resource,
        "version": notification.version,
        "time": (notification.time or now).isoformat(),
        "accepted_at": now.isoformat(),
        "recovered": entry.recovered,
        "summary": entry.summary.text,
        "echo": entry.summary.is_echo,
    }
