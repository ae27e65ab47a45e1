"""The twin's own record of every change, from which loss is counted: never from the app's counters."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


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
