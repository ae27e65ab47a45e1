"""How the journal lies in Table Storage: names, keys and rows. Pure.

    table  log<YYYYMMDD>            the day of the event's own time in UTC (no time: of its arrival)
    PK     <lane>                   hash(stream) % lanes; lanes and format are written once per day (table `days`)
    RK     w|<writer>               {seq, at}: how far the writer has come; replaced in every group
           c|<claim>                claim: who handles the event and how far it is; points to its row
           r|<reader>|<writer>|<seq:010>|<i:02>   journal row
           p|<claim>                only while handlers are pending
           g|<writer>|<seq:010>     claims of a group of several, so that others learn them at once

A writer is one process start with one committer per lane, so its seqs are contiguous and a cursor (day, lane, writer,
seq) can't skip a row that is committed late. Scalar cursors over clock-made keys hide such rows; one sequence shared
by all writers collapses under contention. Rows are read by prefix: `|` sorts after letters and digits, `~` after `|`.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from shared.domain.events.client_state import Proof, person_of
from shared.domain.events.notifications import Notification
from shared.domain.events.summary import NO_SUMMARY, Summary

FORMAT = 1
OPERATORS = "operators"
DIRECTORY = {"user", "group"}
KEPT_DAYS = 9  # day tables; events are accepted for a day less
MAX_BODY = 32 * 1024  # characters of ASCII in a column: a larger body goes to a blob
MAX_WRITES = 100  # of a transaction
GROUP = (MAX_WRITES - 2) // 2  # events of a full commit, as claim and row beside the two rows that tell of the group
GROUPS_BEFORE = 20  # what is delivered again comes in any order
MAX_BYTES = 3_500_000  # of a transaction; the service refuses 4 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One notification on its way into the journal. `claims` are all refused afterwards; the first one names it."""

    notification: Notification
    day: str  # YYYYMMDD
    stream: str
    reader: str  # an object id as 22 base64url characters, or OPERATORS
    claims: tuple[str, ...]
    recovered: bool
    wants_handling: bool
    summary: Summary = NO_SUMMARY


def entry_of(
    notification: Notification, proof: Proof, *, now: datetime, recovered: bool = False, wants_handling: bool = False
) -> Entry:
    return Entry(
        notification=notification,
        day=day_of(notification.time or now),
        stream=proof.spec,
        reader=reader_of(notification, proof.subject),
        claims=claims_of(notification, proof.spec, recovered=recovered),
        recovered=recovered,
        wants_handling=wants_handling,
    )


def day_of(instant: datetime) -> str:
    return instant.astimezone(UTC).date().isoformat().replace("-", "")


def table_of(day: str) -> str:
    return f"log{day}"


@lru_cache(1024)
def lane_of(stream: str, lanes: int) -> str:
    return f"{int.from_bytes(hashlib.sha256(stream.encode()).digest()[:4]) % lanes:02x}"


def reader_of(notification: Notification, subject: str) -> str:
    """Mailboxes, chats and drives are their owner's; directory objects and lifecycle events the operators'."""
    is_private = person_of(subject) and not notification.lifecycle and notification.noun not in DIRECTORY
    return subject if is_private else OPERATORS


def claims_of(notification: Notification, spec: str, *, recovered: bool) -> tuple[str, ...]:
    """By resource and version where the event has one, so that a change announced twice is one row; else by id.

    Delta tells an entity's version, not whether it was created or updated: a recovered change claims both, and is
    refused when either was announced.
    """
    if not notification.version or notification.lifecycle:
        return (_claim(notification.source, notification.event_id),)
    kinds = ("updated", "created") if recovered else (notification.change_type,)
    return tuple(_claim(spec, notification.resource, kind, notification.version) for kind in kinds)


def claim_row(claim: str) -> str:
    return f"c|{claim}"


def pending_row(claim: str) -> str:
    return f"p|{claim}"


def writer_row(writer: str) -> str:
    return f"w|{writer}"


def group_row(writer: str, seq: int) -> str:
    return f"g|{writer}|{seq:010}"


def groups_range(writer: str, seq: int) -> tuple[str, str]:
    """First and last (excluded) row key of the writer's groups from shortly before `seq` on."""
    return group_row(writer, max(0, seq - GROUPS_BEFORE)), f"g|{writer}|~"


def journal_row(reader: str, writer: str, seq: int, index: int) -> str:
    return f"r|{reader}|{writer}|{seq:010}|{index:02}"


def journal_range(reader: str, writer: str, *, after: int) -> tuple[str, str]:
    """First and last (excluded) row key of what `writer` wrote for `reader` after group `after`."""
    return f"r|{reader}|{writer}|{after + 1:010}", f"r|{reader}|{writer}|~"


def position_of(row: str) -> tuple[str, int]:
    """Writer and seq out of a journal row's key."""
    _, _, writer, seq, _ = row.split("|")
    return writer, int(seq)


def event_id(day: str, lane: str, claim: str) -> str:
    """The name of an event outside: `events show ID`."""
    return f"{day}.{lane}.{claim}"


def quarantine_key(source: str, identifier: str) -> str:
    return _claim(source, identifier)


def _claim(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
