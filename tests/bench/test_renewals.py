"""What renewals cost stays near what they have to, also for a fleet that hardly fills two batches."""

import logging

import pytest

from bench.renewals import measure

SIZE = 40
PARTLY_FILLED = 2 / 0.75  # calls per lifetime: with batches half a life apart, three can stay that are not full


@pytest.fixture(scope="module")
def figures():
    level = logging.getLogger("graph_pulse").level
    found = {(row["name"], row["baseline_name"]): row for row in measure((SIZE,))}
    logging.getLogger("graph_pulse").setLevel(level)
    return found


def test_calls_are_as_few_as_full_batches_need_and_at_most_two_more_in_a_round(figures):
    row = figures["renew_http_calls", "bound"]

    assert row["value"] <= 1.05 * row["baseline"] + PARTLY_FILLED


def test_batches_save_nine_tenths_of_the_calls(figures):
    assert figures["renew_http_calls", "one_by_one"]["ratio"] <= 0.1


def test_a_renewal_reads_its_own_row_and_a_call_at_most_two_more(figures):
    row, calls = figures["renew_rows_read", "renewals"], figures["renew_http_calls", "bound"]

    assert row["value"] <= 1.05 * row["baseline"] + 2 * calls["value"]


def test_renewals_come_in_no_bursts(figures):
    assert figures["renew_burst", "mean_tick"]["value"] == 20  # one batch


def test_a_fleet_that_graph_forgot_lives_again_as_fast_as_graph_lets_it(figures):
    row = figures["recovery_seconds", "bound"]

    assert row["value"] <= 1.1 * row["baseline"] + 1.5
    assert f"{SIZE} live again, states ['live'], 0 answers of 429" == row["note"]
