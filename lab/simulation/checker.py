"""What must hold when all has come to rest: told from tables, the twin's ledger and its subscriptions alone.

What was published is kept by the topic as the twin made it; an event's spec stands in its clientState for all to read.
Delta does not tell `created` from `updated`, so an announced change may stand in the journal as a recovered one of the
other kind; a row that is not recovered excuses nothing. What was never announced is owed once the subscription's first
reading is done: before that it is history, unless that reading never came. Then only what came and went between two
readings is not owed.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lab.lost_notifications import missing
from lab.simulation.onlooker import Onlooker
from lab.simulation.stage import Event, Stage
from twin.ledger import Change

SPEC = re.compile(r"v\d+\.([a-z0-9-]+~[\w-]+)\.")
type Row = Mapping[str, Any]


def violations(stage: Stage, onlooker: Onlooker) -> Counter[str]:
    """By name; empty when all is well."""
    return +_Checker(stage, onlooker).found()


@dataclass(slots=True)
class _Checker:
    stage: Stage
    onlooker: Onlooker
    rows: list[Row] = field(init=False)
    announced: set[Event] = field(init=False)
    journaled: "Counter[Event]" = field(init=False)
    recovered: set[Event] = field(init=False)  # folded
    changes: "Counter[tuple[str, str, str]]" = field(init=False)  # entity, change type, version

    def __post_init__(self) -> None:
        self.rows = [row for table, key, row in self._day_rows() if key[1].startswith("r|")]
        self.announced = {key for event in self.stage.topic.published if (key := _announced(event))}
        self.journaled = Counter(map(_journaled, self.rows))
        self.recovered = {_folded(_journaled(row)) for row in self.rows if row["recovered"]}
        made = self.stage.world.ledger.changes
        self.changes = Counter((_entity(one.resource), one.change_type, one.version or "") for one in made)

    def found(self) -> "Counter[str]":
        keys = [key[1] for _, key, _ in self._day_rows()]
        return Counter(
            lost=sum(_folded(event) not in self.recovered for event in self.announced - self.journaled.keys()),
            final_state_lost=sum(map(self._is_owed, missing(self.stage.world, self.stage.tables))),
            twice=self._twice(),
            effects_missing=self._effects_missing(),
            effects_repeated=self._effects_repeated(),
            pending=sum(key.startswith("p|") for key in keys),
            quarantined=len(self.stage.tables.tables.get("quarantine", {})),
            not_seen=len(self._for_onlooker() - self.onlooker.seen),
            seen_twice=self.onlooker.repeated,
            out_of_order=self.onlooker.disordered,
            taken_along=self.stage.topic.taken_along,
            unsettled=self.stage.unsettled,
            subscriptions=self._wrong_subscriptions(),
        )

    def _is_owed(self, final: Change) -> bool:
        if final.announced_to:
            return True
        owner = re.match(r"users/[^/]+/[^/]+", final.resource.lower())
        watched = owner[0] if owner else "users"
        [spec] = [spec.key for spec in self.stage.watch.specs.values() if spec.resource.lower() == watched]
        read_at = self.stage.tables.first_written.get(("delta", spec, "read"))
        is_news = read_at is None or final.at > read_at
        return is_news and (final.change_type != "deleted" or self._was_there(final, spec))

    def _was_there(self, final: Change, spec: str) -> bool:
        """Not what came and went unseen, between two readings: nothing that Graph tells shows it."""
        life = [one for one in self.stage.world.ledger.changes if one.resource == final.resource]
        heard_of = any(one.announced_to for one in life)
        told = heard_of or any(_entity(row["resource"]) == _entity(final.resource) for row in self.rows)
        return told or self._was_read(spec, life[0].at, final.at)

    def _was_read(self, spec: str, since: datetime, until: datetime) -> bool:
        """Whether every place was read from its beginning to its end meanwhile: two readings of it ended."""
        ends = [ends for (_, partition, _), ends in self.stage.tables.completed.items() if partition == spec]
        return bool(ends) and all(sum(since < end < until for end in one) > 1 for one in ends)

    def _twice(self) -> int:
        """More rows of one change than the entity had such changes; and a recovered row of what another row tells."""
        again = sum(max(0, count - max(1, self.changes[key[1:]])) for key, count in self.journaled.items() if key[3])
        told = Counter(_folded(_journaled(row)) for row in self.rows if row["version"])
        doubled = {
            key
            for row in self.rows
            if row["recovered"] and row["change_type"] != "deleted" and told[key := _folded(_journaled(row))] > 1
        }
        return again + len(doubled)

    def _effects_missing(self) -> int:
        """Journaled changes that a handler wants and had no effect for."""
        wanted = {key for key in self.journaled if key[2] in self.stage.handled}
        return len(wanted - {event for event, _ in self.stage.effects})

    def _effects_repeated(self) -> int:
        """Changes whose effects came under more than one idempotency key. A version names one change."""
        keys: dict[Event, set[str]] = defaultdict(set)
        for event, idempotency_key in self.stage.effects:
            keys[event].add(idempotency_key)
        return sum(len(found) > max(1, self.changes[event[1:]]) for event, found in keys.items() if event[3])

    def _wrong_subscriptions(self) -> int:
        """Specs that have not exactly one at Graph, and whatever else is there."""
        live = Counter(row.resource.lower() for row in self.stage.world.graph.subscriptions.live())
        wanted = Counter(spec.resource.lower() for spec in self.stage.watch.specs.values())
        return sum(((live - wanted) + (wanted - live)).values())

    def _for_onlooker(self) -> set[tuple[str, str, str]]:
        prefixes = tuple(f"r|{reader}|" for reader in self.onlooker.readers)
        return {(table, *key) for table, key, _ in self._day_rows() if key[1].startswith(prefixes)}

    def _day_rows(self) -> Iterator[tuple[str, tuple[str, str], Row]]:
        for name, table in self.stage.tables.tables.items():
            if name.startswith("log"):
                yield from ((name, key, row.entity) for key, row in table.items())


def _announced(event: Row) -> Event | None:
    """None for lifecycle events. Outlook writes its members in another case than the directory, in most seeds."""
    data = _lower(event["data"])
    if data.get("lifecycleevent"):
        return None
    spec, what = SPEC.match(data["clientstate"]), _lower(data["resourcedata"])
    assert spec
    version = what.get("@odata.etag") or str(what.get("sequencenumber", ""))
    return spec[1], _entity(data["resource"]), data["changetype"].lower(), version


def _lower(members: Row) -> Row:
    return {name.lower(): value for name, value in members.items()}


def _journaled(row: Row) -> Event:
    return str(row["spec"]), _entity(str(row["resource"])), str(row["change_type"]), str(row["version"])


def _folded(event: Event) -> Event:
    spec, entity, kind, version = event
    return spec, entity, "deleted" if kind == "deleted" else "", version


def _entity(resource: str) -> str:
    """Its id; empty for what is about no entity."""
    return re.split(r"[/()']+", resource.rstrip("/)'"))[-1].lower()
