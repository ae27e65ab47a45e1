"""What is lost, by final state: an entity whose newest change, as the twin's ledger knows it, is not in the journal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

type Row = Mapping[str, Any]


def missing(final: Mapping[str, Row], rows: Iterable[Row]) -> list[str]:
    """Resources whose newest version has no row. Names of resources compare ignoring case.

    A change without a version is found by its kind.
    """
    rows = list(rows)
    versions = {(str(row["resource"]).lower(), row["version"]) for row in rows}
    kinds = {(str(row["resource"]).lower(), row["change_type"]) for row in rows}
    return [
        resource
        for resource, change in final.items()
        if (resource.lower(), change["version"]) not in versions
        and (change["version"] or (resource.lower(), change["change_type"]) not in kinds)
    ]


def surplus(rows: Iterable[Row]) -> int:
    """Rows that say again what another row of the same reader says: the same change of the same version."""
    said = Counter(
        (row["reader"], str(row["resource"]).lower(), row["change_type"], row["version"])
        for row in rows
        if row["version"]  # lifecycle events have none
    )
    return sum(count - 1 for count in said.values())
