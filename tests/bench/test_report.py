"""The report draws the figures of a run."""

import struct
from pathlib import Path

from bench.report import PLOTS, drawn


def figure(name: str, value: float, baseline_name: str, baseline: float, size: int | None = None) -> dict[str, object]:
    ratio = round(value / baseline, 3)
    told = {"name": name, "value": value, "baseline_name": baseline_name, "baseline": baseline, "ratio": ratio}
    return {**told, "unit": "", "size": size, "n": 1, "seed": None, "note": ""}


CALLS = [
    one
    for size in (100, 1_000)
    for one in (
        figure("renew_http_calls", size / 15, "bound", size / 15, size),
        figure("renew_http_calls", size / 15, "one_by_one", size / 0.75, size),
    )
]
RATES = [
    figure("ingest_events_per_s", 900, "naive", 300),
    figure("cold_start_seconds", 0.8, "empty_app", 0.5),
    figure("lone_event_ms", 9, "bare_transaction", 8),
]


def height_of(file: Path) -> int:
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    return int(struct.unpack(">I", content[20:24])[0])


def test_every_plot_is_drawn(tmp_path):
    files = drawn(CALLS + RATES, tmp_path)

    assert [file.name for file in files] == list(PLOTS)
    assert all(height_of(file) > 50 for file in files)


def test_a_burst_of_a_single_batch_among_few_is_no_ratio_worth_a_bar(tmp_path):
    single = figure("renew_burst", 20, "mean_tick", 1.67, 1_000)
    several = figure("renew_burst", 40, "mean_tick", 33.4, 20_000)

    without, with_single, with_both = (
        height_of(drawn([*CALLS, *RATES, *more], tmp_path)[-1]) for more in ([], [single], [single, several])
    )

    assert without == with_single < with_both
