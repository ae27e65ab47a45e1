"""The experiment itself: what is missing is seen by ledger and tables, and catching up finds it."""

import logging

import pytest

from lab.lost_notifications import missing, rows, run
from lab.virtual_time import run_virtually


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("percent", [1, 50, 100])
def test_after_a_week_of_losses_the_final_state_of_every_entity_is_in_the_journal(percent):
    tenant, before, after = run_virtually(run(percent=percent, changes=250, seed=2))

    assert tenant.topics.lost > 0
    assert before  # they were missing indeed
    assert after == []


def test_a_row_that_is_gone_is_noticed():
    tenant, _, _ = run_virtually(run(percent=50, changes=60, seed=3))
    final = next(iter(tenant.world.ledger.final().values()))
    entity = final.resource.replace("'", "").replace(")", "").replace("(", "/").rpartition("/")[2]
    for name, table in tenant.tables.tables.items():
        for key in [key for key, row in table.items() if entity in str(row.entity.get("resource", ""))]:
            assert name.startswith("log")
            del table[key]

    assert final in missing(tenant.world, tenant.tables)


def test_ours_and_the_baseline_have_a_row_for_each_level():
    found = run_virtually(rows(changes=40, seeds_=[1]))

    assert [row.get("baseline_name") for row in found] == [None, "without_catch_up"] * 4
    assert {row["value"] for row in found if "baseline_name" not in row} == {0}
