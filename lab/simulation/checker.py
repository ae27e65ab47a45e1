"""What must hold when all has come to rest. It reads tables, the twin's ledger and its subscriptions; no rule of the app.

What was published is kept by the topic as the twin made it; an event's spec stands in its clientState for all to read.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from lab.lost_notifications import missing
from lab.simulation.onlooker import Onlooker
from lab.simulation.stage import Stage

SPEC = re.compile(r"v\d+\.([a-z0-9-]+~[\w-]+)\.")
type Key = tuple[str, str, str, str]  # spec, entity, change type, version


def violations(stage: Stage, onlooker: Onlooker) -> Counter[str]:
    """By name; empty when all is well."""
    rows = list(_journal(stage))
    announced = Counter(key for event in stage.topic.published if (key := _announced(event)))
    journaled = Counter(map(_journaled, rows))
    found = Counter(
        lost=len(announced.keys() - journaled.keys()),
        final_state_lost=_final_states_lost(stage, rows),
        twice=_twice(rows, journaled, _changes(stage)),
        effects_missing=_effects_missing(stage, announced),
        effects_repeated=sum(len(keys) > 1 for keys in _keys_by_event(stage).values()),
        pending=sum(key[1].startswith("p|") for _, key in _keys(stage)),
        quarantined=len(stage.tables.tables.get("quarantine", {})),
        not_seen=len({(table, *key) for table, key in _rows_for(stage, onlooker)} - onlooker.seen),
        seen_twice=onlooker.repeated,
        out_of_order=onlooker.disordered,
        subscriptions=_wrong_subscriptions(stage),
    )
    return +found


def _announced(event: Mapping[str, Any]) -> Key | None:
    """None for lifecycle events."""
    data = event["data"]
    if "changeType" not in data or data.get("lifecycleEvent"):
        return None
    spec, what = SPEC.match(data["clientState"]), data["resourceData"]
    assert spec
    version = what.get("@odata.etag") or str(what.get("sequenceNumber", ""))
    return spec[1], _entity(data["resource"]), data["changeType"], version


def _journaled(row: Mapping[str, Any]) -> Key:
    return str(row["spec"]), _entity(str(row["resource"])), str(row["change_type"]), str(row["version"])


def _final_states_lost(stage: Stage, rows: list[Mapping[str, Any]]) -> int:
    """By the ledger. Not those that came and went while nobody watched: nothing that Graph tells shows them."""
    told = {_entity(str(row["resource"])) for row in rows}
    heard_of = {change.resource for change in stage.world.ledger.changes if change.announced_to}
    lost = missing(stage.world, stage.tables)
    return sum(
        final.change_type != "deleted" or final.resource in heard_of or _entity(final.resource) in told for final in lost
    )


def _twice(rows: list[Mapping[str, Any]], journaled: Counter[Key], changes: Counter[tuple[str, str, str]]) -> int:
    """More rows of one change than the entity had such changes; and a recovered row of what another row tells."""
    again = sum(max(0, count - max(1, changes[key[1:]])) for key, count in journaled.items() if key[3])
    told = Counter((key[0], key[1], key[3]) for key in map(_journaled, rows) if key[3] and key[2] != "deleted")
    doubled = {
        (spec, entity, version)
        for row in rows
        for spec, entity, kind, version in (_journaled(row),)
        if row["recovered"] and kind != "deleted" and told[spec, entity, version] > 1
    }
    return again + len(doubled)


def _changes(stage: Stage) -> Counter[tuple[str, str, str]]:
    changes = stage.world.ledger.changes
    return Counter((_entity(change.resource), change.change_type, change.version or "") for change in changes)


def _effects_missing(stage: Stage, announced: Counter[Key]) -> int:
    """Announced changes whose handler has had no effect."""
    if not stage.handled:
        return 0
    return len({key for key in announced if stage.is_handled(key[2])} - {key for key, _ in stage.effects})


def _keys_by_event(stage: Stage) -> Mapping[Key, set[str]]:
    keys: dict[Key, set[str]] = defaultdict(set)
    for (event, idempotency_key), _ in stage.effects.items():
        keys[event].add(idempotency_key)
    repeatable = {event: keys[event] for event in keys if event[3]}  # a version names one change
    return {event: keys[event] for event in repeatable if _changes(stage)[event[1:]] <= 1}


def _wrong_subscriptions(stage: Stage) -> int:
    """Specs that have not exactly one at Graph, and whatever else is there."""
    live = Counter(row.resource.lower() for row in stage.world.graph.subscriptions.live())
    wanted = Counter(spec.resource.lower() for spec in stage.watch.specs.values())
    return sum(((live - wanted) + (wanted - live)).values())


def _journal(stage: Stage) -> Iterator[Mapping[str, Any]]:
    for table, key in _keys(stage):
        if key[1].startswith("r|"):
            yield stage.tables.tables[table][key].entity


def _rows_for(stage: Stage, onlooker: Onlooker) -> Iterator[tuple[str, tuple[str, str]]]:
    prefixes = tuple(f"r|{reader}|" for reader in onlooker.readers)
    return ((table, key) for table, key in _keys(stage) if key[1].startswith(prefixes))


def _keys(stage: Stage) -> Iterator[tuple[str, tuple[str, str]]]:
    """Of all rows of the day tables."""
    return ((name, key) for name, table in stage.tables.tables.items() if name.startswith("log") for key in table)


def _entity(resource: str) -> str:
    """Its id; empty for what is about no entity."""
    return re.split(r"[/()']+", resource.rstrip("/)'"))[-1].lower()
