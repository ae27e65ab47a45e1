"""Scenario files: those that ship can be read, and everything that is wrong with one is said at once."""

from pathlib import Path

import pytest

from twin.scenarios.reader import ScenarioError, parse_scenario, read_scenario, shipped
from twin.scenarios.steps import Begin, Changes, End, Expect, Jump, Lifecycle

SET = {
    "clock-jump",
    "consent-revoked",
    "forged-burst",
    "graph-outage",
    "lost-notifications",
    "monday-morning",
    "quiet-day",
    "storage-hiccups",
}


@pytest.mark.parametrize("file", shipped().values(), ids=lambda file: file.stem)
def test_a_scenario_that_ships_can_be_read_and_ends_with_what_it_expects(file: Path) -> None:
    scenario = read_scenario(file)

    last = scenario.steps[-1].act
    assert isinstance(last, Expect)
    assert last.lost == 0
    assert scenario.length_s / scenario.pace < 120


def test_the_set_that_ships() -> None:
    assert shipped().keys() >= SET


def test_steps_come_in_the_order_of_their_times_and_a_fault_ends_by_itself() -> None:
    scenario = parse_scenario(
        {
            "about": "x",
            "pace": "2m",
            "step": [
                {"at": "1h", "changes": {"type": "message.created", "count": 3}},
                {"fault": "graph-down", "for": "30m"},
                {"at": "2h30m", "clock": "-10m"},
                {"at": "3h", "lifecycle": "missed"},
                {"at": "3h", "expect": {"lost": 0, "within": "5s"}},
                {"at": "90s", "outages": {"table": {"latency_ms": 5}}},
            ],
        },
        "mine",
    )

    assert [(step.at_s, type(step.act)) for step in scenario.steps] == [
        (0, Begin),
        (90, Begin),
        (1800, End),
        (3600, Changes),
        (9000, Jump),
        (10_800, Lifecycle),
        (10_800, Expect),
    ]
    assert scenario.steps[4].act == Jump(seconds=-600)
    assert scenario.steps[6].act == Expect(within_s=5, lost=0)
    assert (scenario.name, scenario.pace) == ("mine", 120)


def test_all_that_is_wrong_is_said_at_once() -> None:
    steps = [
        {"fault": "earthquake"},
        {"at": "soon", "changes": {"type": "message.sung"}},
        {"at": "1m", "clock": 5, "lifecycle": "missed"},
        {"switches": {"warp": 9}, "mood": 1},
        {"outages": {"graph": {"status": 200}}},
        {"expect": {"lost": -1, "luck": 1}},
        {"lifecycle": "birthday", "for": "1m"},
        {"changes": []},
    ]

    with pytest.raises(ScenarioError) as wrong:
        parse_scenario({"pace": "0s", "colour": "red", "step": steps}, "bad")

    text = str(wrong.value)
    for fault in (
        "colour: no such key",
        "about: want a line of text",
        "pace: want 1s or more",
        "step 1.fault: earthquake: no such fault",
        "step 2.at: want a span of time",
        "step 2.changes: message.sung: no such type",
        "step 3: want exactly one of changes, fault",
        "step 4.mood: no such key",
        "step 4.switches: warp: no such switch",
        "step 5.outages: want a status of 400 to 599",
        "step 6.expect.lost: want a whole number, 0 or more",
        "step 6.expect.luck: no such key",
        "step 7.lifecycle: want one of missed",
        "step 7.for: only a fault, switches or outages last",
        "step 8.changes: want a table",
    ):
        assert fault in text


@pytest.mark.parametrize("content", [None, "about = ", 'about = "x"'])
def test_a_file_that_is_missing_or_broken_is_one_fault(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_text(content)

    with pytest.raises(ScenarioError):
        read_scenario(file)
