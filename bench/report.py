"""`python -m bench.report`: plots of bench/results.json into bench/report/, PNG. Ours is one colour, baselines grey.

renewals.png   HTTP calls and rows of a lifetime by the number of subscriptions, beside one-by-one and the bound
ratios.png     every figure as a multiple of its baseline, latencies and start-up too
rates.png      events per second: ours, the bare loop, the naive handlers
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.__main__ import RESULTS

REPORT = Path(__file__).parent / "report"
OURS, OTHERS, BOUND = "#2457c5", "#9aa3b2", "#d08a1d"
type Rows = Sequence[Mapping[str, Any]]


def main() -> int:
    if not RESULTS.is_file():
        print("bench/results.json is missing: run `make bench` first", file=sys.stderr)
        return 1
    rows: Rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    REPORT.mkdir(exist_ok=True)
    for name, draw in PLOTS.items():
        print(draw(rows, REPORT / name))
    return 0


def renewals(rows: Rows, file: Path) -> Path:
    figure, axes = _canvas(7, 4.2)
    calls = [row for row in rows if row["name"] == "renew_http_calls"]
    for name, colour, label in (("one_by_one", OTHERS, "one by one"), ("bound", BOUND, "bound: N / 20 / 0.75")):
        points = sorted((row["size"], row["baseline"]) for row in calls if row["baseline_name"] == name)
        axes.plot(*_xy(points), color=colour, marker="s", markersize=4, label=label)
    ours = sorted({(row["size"], row["value"]) for row in calls})
    axes.plot(*_xy(ours), color=OURS, marker="o", label="Graph Pulse", linestyle="--")
    axes.set(xscale="log", yscale="log", xlabel="subscriptions", ylabel="HTTP calls per lifetime")
    axes.set_title("Renewing: calls to Graph per lifetime", loc="left")
    axes.legend(frameon=False)
    return _saved(figure, file)


def rates(rows: Rows, file: Path) -> Path:
    found = [row for row in rows if row["name"] == "ingest_events_per_s"]
    bars = {"Graph Pulse": next((row["value"] for row in found), 0)}
    bars |= {str(row["baseline_name"]).replace("_", " "): row["baseline"] for row in found}
    figure, axes = _canvas(7, 0.5 + 0.45 * len(bars))
    names = sorted(bars, key=lambda name: bars[name])
    drawn = axes.barh(names, [bars[name] for name in names], color=_colours(names), height=0.6)
    axes.bar_label(drawn, fmt="%.0f", padding=4)
    axes.set(xlabel="events/s, 64 at a time, Azurite on the same machine", xlim=(0, 1.15 * max(bars.values())))
    axes.set_title("Taking events in", loc="left")
    return _saved(figure, file)


def ratios(rows: Rows, file: Path) -> Path:
    """Of figures with one baseline each; 1 is the baseline."""
    found = [row for row in rows if row["ratio"] and row["name"] not in ("renew_http_calls",)]
    bars = {f"{row['name']} : {row['baseline_name']}{_size(row)}": row["ratio"] for row in reversed(found)}
    figure, axes = _canvas(9, 0.9 + 0.32 * len(bars))
    drawn = axes.barh(list(bars), list(bars.values()), color=OURS, height=0.55)
    axes.bar_label(drawn, fmt="%.2f", padding=4)
    axes.axvline(1, color=BOUND, linewidth=1.2)
    axes.set(xscale="log", xlabel="times the baseline")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlim(0.5 * min(*bars.values(), 0.9), 2.2 * max(*bars.values(), 1.1))
    axes.set_title("Each figure against its baseline", loc="left")
    return _saved(figure, file)


PLOTS: dict[str, Callable[[Rows, Path], Path]] = {"renewals.png": renewals, "rates.png": rates, "ratios.png": ratios}


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    return figure, axes


def _saved(figure: Any, file: Path) -> Path:
    figure.savefig(file, dpi=150)
    return file


def _xy(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _colours(names: Sequence[str]) -> list[str]:
    return [OURS if name == "Graph Pulse" else OTHERS for name in names]


def _size(row: Mapping[str, Any]) -> str:
    return f", N = {row['size']:,}" if row["size"] else ""


if __name__ == "__main__":
    sys.exit(main())
