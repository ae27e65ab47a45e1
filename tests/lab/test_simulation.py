"""The simulated cloud: seeds repeat, those that once failed stay well, and planted bugs are found."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from lab.simulation.bugs import BUGS, planted
from lab.simulation.many import rows
from lab.simulation.run import run

CHANGES = 60
CHANGES_OF_BUGS = 150
SEEDS = range(1, 13)  # until the first that finds the bug: some need rare trouble
KEPT = json.loads((Path(__file__).parent / "seeds.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_a_seed_repeats_a_run_exactly_and_another_does_not():
    first, again, other = run(5, changes=CHANGES), run(5, changes=CHANGES), run(6, changes=CHANGES)

    assert (first.digest, first.deliveries, first.troubles) == (again.digest, again.deliveries, again.troubles)
    assert first.digest != other.digest


def test_a_seed_is_the_same_in_another_process_and_nothing_is_lost():
    [row] = asyncio.run(rows(seeds=[1, 2], changes=CHANGES, processes=2))
    [again] = asyncio.run(rows(seeds=[1, 2], changes=CHANGES, processes=1))

    assert row == again
    assert row["value"] == 0, row["note"]


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: f"seed {kept['seed']}: {kept['why']}")
def test_seeds_that_once_failed_stay_well(kept):
    [row] = asyncio.run(rows(seeds=[kept["seed"]], changes=kept["changes"]))

    assert row["value"] == 0, row["note"]


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_found(bug):
    with planted(bug):
        assert any(run(seed, changes=CHANGES_OF_BUGS).violations for seed in SEEDS)
