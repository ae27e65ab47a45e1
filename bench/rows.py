"""A figure as a row of bench/results.json: see bench/README.md."""

import statistics
from collections.abc import Iterable, Sequence

type Row = dict[str, object]


def row(
    name: str, values: Sequence[float], unit: str, *, note: str, baseline: tuple[str, Sequence[float]] | None = None
) -> Row:
    """The middle one of several rounds, beside the middle one of the baseline's."""
    value = statistics.median(values)
    beside = statistics.median(baseline[1]) if baseline else None
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "size": None,
        "baseline_name": baseline[0] if baseline else None,
        "baseline": round(beside, 4) if beside else None,
        "ratio": round(value / beside, 3) if beside else None,
        "n": len(values),
        "seed": None,
        "note": note,
    }


def rows_beside(
    name: str, values: Sequence[float], unit: str, *, note: str, baselines: Iterable[tuple[str, Sequence[float]]]
) -> list[Row]:
    """One row for each baseline."""
    return [row(name, values, unit, note=note, baseline=baseline) for baseline in baselines]
