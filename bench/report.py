"""`python -m bench.report`: plots of bench/results.json into docs/bench/, PNG. Ours is blue, baselines are grey.

renewals.png   HTTP calls of a lifetime by the number of subscriptions, beside one-by-one and the bound
rates.png      events per second: ours, the bare storage loop, the naive handlers
starts.png     process start to the first event accepted, beside an empty app's
latency.png    an event to the page, and one event alone, beside what does nothing else
ratios.png     every figure as a multiple of its baseline
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.__main__ import RESULTS

REPORT = Path(__file__).parents[1] / "docs" / "bench"
OURS, OTHERS, BOUND = "#2457c5", "#9aa3b2", "#d08a1d"
OUR_NAME = "Graph Pulse"
SAID = {  # names that alone do not say what was done
    "feed_latency_p95_ms": "to the page",
    "lone_event_ms": "one alone",
    "bare_group_commit": "bare group commits by the SDK",
    "bare_own_batch": "bare, by our own batch",
    "naive": "naive: read, write",
    "naive_claimed": "naive: read, claim, write, complete",
    "empty_app": "empty function app",
    "bare_write_and_send": "bare write and send",
    "bare_transaction": "bare, by the SDK",
}
type Rows = Sequence[Mapping[str, Any]]


def main() -> int:
    if not RESULTS.is_file():
        print("bench/results.json is missing: run `make bench` first", file=sys.stderr)
        return 1
    rows: Rows = json.loads(RESULTS.read_text(encoding="utf-8"))
    for file in drawn(rows, REPORT):
        print(file)
    return 0


def drawn(rows: Rows, folder: Path) -> list[Path]:
    """All plots, as files of `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return [draw(rows, folder / name) for name, draw in PLOTS.items()]


def renewals(rows: Rows, file: Path) -> Path:
    figure, axes = _canvas(7.5, 4.4)
    calls = [row for row in rows if row["name"] == "renew_http_calls"]
    for name, colour, label in (("one_by_one", OTHERS, "one by one"), ("bound", BOUND, "bound: N / 20 / 0.75")):
        points = sorted((row["size"], row["baseline"]) for row in calls if row["baseline_name"] == name)
        axes.plot(*_xy(points), color=colour, marker="s", markersize=8, label=label)
    ours = sorted({(row["size"], row["value"]) for row in calls})
    axes.plot(*_xy(ours), color=OURS, marker="o", markersize=5, label=OUR_NAME, linestyle="--")
    for size, value in ours:
        axes.annotate(f"{value:,.0f}", (size, value), xytext=(6, -14), textcoords="offset points", color=OURS)
    axes.set(xscale="log", yscale="log", xlabel="subscriptions", ylabel="HTTP calls to Graph in one lifetime")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    axes.margins(0.09)
    axes.grid(color="#e4e7ec", linewidth=0.8)
    axes.set_title("Renewing: calls to Graph in one lifetime", loc="left")
    axes.legend(frameon=False)
    return _saved(figure, file)


def rates(rows: Rows, file: Path) -> Path:
    return _beside(
        rows, file, ["ingest_events_per_s"], "Taking events in", "events/s, 64 at a time, Azurite on the same machine"
    )


def starts(rows: Rows, file: Path) -> Path:
    return _beside(rows, file, ["cold_start_seconds"], "Cold start", "seconds from process start to the first 202")


def latency(rows: Rows, file: Path) -> Path:
    names = ["feed_latency_p95_ms", "lone_event_ms"]
    return _beside(rows, file, names, "Latency", "ms (to the page: p95; one alone: median)")


def _beside(rows: Rows, file: Path, names: Sequence[str], title: str, unit: str) -> Path:
    """Ours and its baselines as bars with their values, a group for each name."""
    groups = [found for name in names if (found := [row for row in rows if row["name"] == name])]
    bars = [bar for group in groups for bar in _bars(group, is_alone=len(names) == 1)]
    figure, axes = _canvas(7.5, 1.1 + 0.45 * len(bars))
    values, colours = [value for _, value, _ in bars], [colour for _, _, colour in bars]
    shown = axes.barh(range(len(bars)), values, color=colours, height=0.62)
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axes.invert_yaxis()
    axes.bar_label(shown, fmt=lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.3g}", padding=4)
    axes.set(xlabel=unit, xlim=(0, 1.15 * max(values, default=1)))
    axes.set_title(title, loc="left")
    return _saved(figure, file)


def _bars(group: Rows, *, is_alone: bool) -> list[tuple[str, float, str]]:
    """Name, value and colour; the longest first where they are of one group."""
    what = "" if is_alone else f"{SAID[group[0]['name']]}: "
    bars = [(f"{what}{OUR_NAME}", float(group[0]["value"]), OURS)]
    bars += [(f"{what}{SAID[row['baseline_name']]}", float(row["baseline"]), OTHERS) for row in group]
    return sorted(bars, key=lambda bar: -bar[1]) if is_alone else bars


def ratios(rows: Rows, file: Path) -> Path:
    """Of all that have a baseline, but the calls that `renewals` shows; 1 is the baseline."""
    found = [row for row in rows if row["ratio"] and row["name"] != "renew_http_calls" and not _is_one_batch(row)]
    bars = {f"{_words(row['name'])}  ÷  {_words(row['baseline_name'])}{_size(row)}": row["ratio"] for row in found}
    figure, axes = _canvas(9.5, 1.1 + 0.33 * len(bars))
    left = [min(1.0, ratio) for ratio in bars.values()]
    shown = axes.barh(list(bars), [abs(ratio - 1) for ratio in bars.values()], left=left, color=OURS, height=0.55)
    axes.bar_label(shown, [f"{ratio:.2f}" for ratio in bars.values()], padding=5)
    axes.invert_yaxis()
    axes.axvline(1, color=BOUND, linewidth=1.4)
    lowest, highest = min([*bars.values(), 0.9]), max([*bars.values(), 1.1])
    axes.set(xscale="log", xlabel="times the baseline (line: 1). /s: more is better; all else: less is better")
    axes.set_xticks([tick for tick in (0.2, 0.5, 1, 2, 5, 10) if 0.5 * lowest < tick < 1.6 * highest])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xlim(0.8 * lowest, 1.5 * highest)
    axes.set_title("Each figure against its baseline", loc="left")
    return _saved(figure, file)


def _is_one_batch(row: Mapping[str, Any]) -> bool:
    """The burst of so few that a batch of 20 is many times the mean tick: less than a batch never goes out."""
    return row["name"] == "renew_burst" and float(row["baseline"]) < 10


PLOTS: dict[str, Callable[[Rows, Path], Path]] = {
    "renewals.png": renewals,
    "rates.png": rates,
    "starts.png": starts,
    "latency.png": latency,
    "ratios.png": ratios,
}


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained", facecolor="white")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0)
    return figure, axes


def _saved(figure: Any, file: Path) -> Path:
    from matplotlib import pyplot

    figure.savefig(file, dpi=130)
    pyplot.close(figure)
    return file


def _xy(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _words(name: str) -> str:
    return name.replace("_per_s", "/s").replace("_", " ")


def _size(row: Mapping[str, Any]) -> str:
    return f", N = {row['size']:,}" if row["size"] else ""


if __name__ == "__main__":
    sys.exit(main())
