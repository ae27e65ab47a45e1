"""The whole main job as a user runs it, on real parts: the tour, end to end."""

import json
import subprocess
import sys

import pytest
from free_ports import free_base

PATIENCE_S = 240


@pytest.mark.timeout(PATIENCE_S + 30)
def test_the_tour_ends_well_and_nothing_is_lost() -> None:
    command = [sys.executable, "-m", "pulse", "demo", "--once", "--json", "--port-base", str(free_base())]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603

    assert ended.returncode == 0, ended.stderr
    ready, result = map(json.loads, ended.stdout.splitlines())
    assert ready["ready"] is True
    assert (result["ok"], result["lost"]) == (True, 0), ended.stderr
    assert result["duplicates_refused"] > 0
    assert result["quarantined"] > 0
    assert result["recovered"] > 0
    assert result["renewed"] > 1
    assert result["recreated"] == 1
