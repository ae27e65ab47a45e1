"""A group of the journal: its items, and what each is told of how it went."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from shared.domain.journal.claims import Claim
from shared.domain.journal.log_layout import MAX_BYTES
from shared.flows.journal.rows import read_claim
from shared.ports import Row, Stale, Write

LEAD = object()  # what a waiting item is told when it is its turn to lead


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The event's claim was there before."""

    claim: Claim


@dataclass(slots=True, eq=False)
class Item:
    """One part of a group. `make` gives its writes for (seq, index in the group).

    The first write is that of its claim. `outcome` becomes the claim's new ETag, Duplicate, LEAD, or a fault. `claims`
    are inserted; `touches` are rows that no other item of the same group may write.
    """

    make: Callable[[int, int], list[Write]]
    rows: int
    size: int  # bytes, about
    claims: tuple[str, ...]
    touches: tuple[str, ...]
    writes: list[Write] = field(default_factory=list)
    outcome: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


def those_that_fit(waiting: Iterable[Item], room: int) -> list[Item]:
    """In their order, of at most `room` rows; of two items that touch one row, the second waits for the next group."""
    group: list[Item] = []
    touched: set[str] = set()
    rows = size = 0
    for item in waiting:
        fits = (rows + item.rows <= room and size + item.size <= MAX_BYTES) or not group
        if fits and touched.isdisjoint(item.touches):
            group.append(item)
            touched.update(item.touches)
            rows, size = rows + item.rows, size + item.size
    return group


def item_at(group: Sequence[Item], index: int) -> list[Item]:
    """The item that made write number `index`; none for the writer's own rows."""
    return [item for (start, end), item in zip(pairwise(_offsets(group)), group, strict=True) if start < index <= end]


def untold(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if not item.outcome.done()]


def deal_out(group: Sequence[Item], etags: Sequence[str]) -> list[tuple[Item, str]]:
    """Tell each the new ETag of its claim, and give it beside the item: who was stopped meanwhile can't be asked."""
    told = [(item, etags[start]) for start, item in zip(_offsets(group), group, strict=False)]
    for item, etag in told:
        settle([item], etag)
    return told


def landed(item: Item, found: Row | None) -> "str | Duplicate | Stale":
    """What an item is told whose commit turned out to be in, by its claim as it lies there now.

    Others may have moved it on since: then its new ETag is theirs, and who took it for ours would undo what they did.
    """
    claim = read_claim(found.entity, found.etag) if found else None
    if claim and replace(claim, etag="") == first_claim(item, ""):
        return claim.etag
    return Duplicate(claim) if claim and item.claims else Stale(0)


def settle(items: Sequence[Item], outcome: Any) -> None:
    for item in items:
        if item.outcome.done():
            continue
        if isinstance(outcome, BaseException):
            item.outcome.set_exception(outcome)
            item.outcome.exception()  # seen: whoever was to ask may be gone, and asyncio complains of that
        else:
            item.outcome.set_result(outcome)


def first_claim(item: Item, etag: str) -> Claim:
    return read_claim(item.writes[0].entity, etag)


def is_told_to_lead(item: Item) -> bool:
    outcome = item.outcome
    return outcome.done() and not outcome.cancelled() and not outcome.exception() and outcome.result() is LEAD


def _offsets(group: Sequence[Item]) -> list[int]:
    """Where each item's writes end, counted from the first write after the writer's own."""
    ends = [0]
    for item in group:
        ends.append(ends[-1] + item.rows)
    return ends
