"""The experiment itself, and that its conditions are those of the Bicep file."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from lab import alarm_rules
from lab.alarm_rules import ALERTS, CONDITIONS, Line, crossed, window
from lab.alarms import TRIALS, Watched, _try, run, watched
from lab.virtual_time import START, run_virtually

SOURCE = ALERTS.read_text(encoding="utf-8")


def query(name: str) -> str:
    return SOURCE.partition(f"name: '{name}'")[2].split("'''")[1]


def test_every_alert_comes_in_time_and_none_in_quiet():
    [row] = run_virtually(run())

    assert row["value"] == 0, row["note"]
    assert {trial.alert for trial in TRIALS} == set(CONDITIONS)


def test_an_alert_that_does_not_come_is_a_violation():
    async def nothing(_: Watched) -> None:
        pass

    async def missed() -> list[str]:
        async with watched() as stage:
            return await _try(replace(TRIALS[0], begin=nothing, within=timedelta(minutes=30)), stage)

    assert run_virtually(missed()) == ["renewal not raised within 0:30:00"]


def test_every_alert_of_the_file_is_tried_or_named_as_not_tried():
    names = set(re.findall(r"^    name: '([a-z-]+)'\n    severity:", SOURCE, re.MULTILINE))

    assert names - set(CONDITIONS) == {"settings", "dead-letters", "partner-authorization"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("renewal", f"faults >= {alarm_rules.MOST_FAULTS}"),
        ("life-left", f"left < {alarm_rules.LEAST_LEFT}"),
        ("late", f"late >= {alarm_rules.MOST_LATE}"),
        ("behind", f"ago({alarm_rules.CAUGHT_UP_WITHIN.total_seconds() / 60:.0f}m)"),
        ("throttled", alarm_rules.ACTS.replace("\\", "\\")),
        ("throttled", "throttled > 5 and throttled * 10 > written"),
        ("deliveries-failing", "failed > 5 and failed * 10 > deliveries"),
        ("timer-silent", 'OperationName == "keep_alive" and Success'),
    ],
)
def test_a_condition_is_the_one_of_the_query(name: str, words: str):
    assert words in query(name)


@pytest.mark.parametrize("name", ["forged", "quarantine"])
def test_reasons_are_those_of_the_query(name: str):
    asked = set(re.findall(r'"(\w+)"', query(name).partition("reason in (")[2]))

    assert (asked == alarm_rules.FORGED) == (name == "forged")
    assert name == "forged" or not asked & alarm_rules.FORGED


def test_a_look_goes_back_as_far_as_the_window_and_no_further():
    line = Line(at=START, text="event.rejected reason=client_state")

    assert window("forged") == timedelta(minutes=15)
    assert crossed("forged", [line], START + timedelta(minutes=14))
    assert not crossed("forged", [line], START + timedelta(minutes=16))
