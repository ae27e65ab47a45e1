"""The twin's own record of every change, from which loss is counted: never from the app's counters."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

ID = re.compile(r"[^/']{16,}")  # no name in a resource is so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one entity. `version` is what its event carries: an etag, or a sequence number as text."""

    number: int
    at: datetime
    resource: str  # as the event names it: Users/<id>/Messages/<id>
    change_type: str  # created, updated or deleted
    version: str | None
    announced_to: tuple[str, ...]  # subscription ids that were live and matched; empty: nobody was told

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


@dataclass(slots=True)
class Ledger:
    changes: list[Change] = field(default_factory=list)

    def record(
        self,
        *,
        at: datetime,
        resource: str,
        change_type: str,
        version: str | None,
        announced_to: Iterable[str] = (),
    ) -> Change:
        change = Change(
            number=len(self.changes) + 1,
            at=at,
            resource=resource,
            change_type=change_type,
            version=version,
            announced_to=tuple(announced_to),
        )
        self.changes.append(change)
        return change

    def final(self) -> dict[str, Change]:
        """The newest change of each entity, by resource."""
        return {change.resource: change for change in self.changes}


def told_again(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """What happened to whom in which order, without ids and times: the same for two runs that made the same changes.

    `changes` as `Change.as_json` writes them; ids are numbered as they first appear.
    """
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"#{len(numbers) + 1}")

    return [f"{change['change_type']} {ID.sub(number, str(change['resource']))}" for change in changes]
