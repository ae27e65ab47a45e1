"""Which events are in and done, learned without reading every claim: from this process, and from other writers.

A writer lays down the claims of each group of several in one row beside them (`log_layout.group_row`). So whoever meets
one claim of a redelivered batch learns the rest of what that writer took in about then by two queries: its groups, then
all pending rows. A claim and its pending row come in one transaction and the pending row goes with the last handler: a
claim that had been told of before and has no pending row is done.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.domain.journal.claims import Claim
from shared.domain.journal.log_layout import groups_range, pending_row, position_of
from shared.flows.journal.rows import read_group
from shared.ports import Tables

REMEMBERED = 50_000  # claims known to be done, per process: a hot duplicate costs no storage transaction
GROUPS = 40  # read at a time: 1,960 events
PENDING = 1_000  # rows that one query returns; where there are more, each claim is read


@dataclass(slots=True)
class Known:
    """Claims that are done, those noted last: the name of each by every key that its event claims."""

    _done: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def of(self, keys: tuple[str, ...]) -> Claim | None:
        """That it is done is all that is remembered of a claim."""
        if name := next((self._done[key] for key in keys if key in self._done), None):
            return Claim(key=name, row="", owner="", is_done=True, lease_until=None, attempts=0, handled=())
        return None

    def note(self, claim: Claim, *keys: str) -> None:
        if claim.is_done:
            self._note(claim.key, keys)
        else:  # opened again, perhaps
            for key in keys:
                self._done.pop(key, None)

    async def learn(self, tables: Tables, table: str, lane: str, claim: Claim) -> set[str]:
        """The keys that the writer of `claim` tells of its groups about then; those that are done are noted."""
        first, last = groups_range(*position_of(claim.row))
        groups = [row.entity async for row in tables.scan(table, lane, first, last, GROUPS)]
        events = [keys for group in groups for keys in read_group(group)]
        if not events:
            return set()
        rows = tables.scan(table, lane, pending_row(""), pending_row("~"), PENDING)
        pending = {str(row.entity["RowKey"]) async for row in rows}
        for keys in events if len(pending) < PENDING else ():
            if pending_row(keys[0]) not in pending:
                self._note(keys[0], keys)
        return {key for keys in events for key in keys}

    def _note(self, name: str, keys: Iterable[str]) -> None:
        self._done.update(dict.fromkeys(keys, name))
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
