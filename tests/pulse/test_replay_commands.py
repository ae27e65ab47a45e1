"""`replay` in its three places, dead letters, purge: what is asked of the app, and how its answer ends."""

import json

import pytest
from small_app import SmallApp
from typer.testing import CliRunner, Result

from pulse.__main__ import app
from pulse.errors import PulseError
from pulse.output import DEAD_LETTER, REPLAYED

DONE = {"id": "e1", "done": True, "reason": "", "detail": ""}
LEFT = {"id": "e2", "done": False, "reason": "client_state", "detail": "it is missing"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def lines(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("events", "replay", "e1"), "/api/manage/events/e1/replay"),
        (("quarantine", "replay", "e1"), "/api/manage/quarantine/e1/replay"),
        (("quarantine", "replay", "e1", "--spec", "mail~x"), "/api/manage/quarantine/e1/replay"),
        (("quarantine", "replay", "--all", "--reason", "client_state"), "/api/manage/quarantine/replay"),
        (("deadletters", "replay", "e1"), "/api/manage/dead-letters/e1/replay"),
        (("deadletters", "replay", "--all"), "/api/manage/dead-letters/replay"),
    ],
)
def test_what_is_replayed_is_asked_for_as_the_operator(small_app: SmallApp, arguments: tuple[str, ...], path: str):
    small_app.replayed = [DONE]

    result = run(*arguments, "--json")

    assert result.exit_code == 0
    assert small_app.asked == [("ada", f"POST {path}")]
    assert [tuple(each) for each in lines(result)] == [REPLAYED]


def test_one_reason_can_be_replayed_apart_from_the_others(small_app: SmallApp):
    small_app.replayed = [DONE]

    run("quarantine", "replay", "--all", "--reason", "client_state", "--day", "20261121")

    assert small_app.sent == [{"reason": "client_state", "day": "20261121"}]


@pytest.mark.parametrize("command", ["quarantine", "deadletters"])
def test_what_could_not_be_replayed_is_told_and_fails(small_app: SmallApp, command: str):
    small_app.replayed = [DONE, LEFT]

    result = run(command, "replay", "--all", "--json")

    assert isinstance(result.exception, PulseError)
    assert "1 of 2" in str(result.exception)
    assert [each["reason"] for each in lines(result)] == ["", "client_state"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("quarantine", "replay"),
        ("quarantine", "replay", "e1", "--all"),
        ("quarantine", "replay", "--all", "--spec", "mail~x"),
        ("deadletters", "replay"),
        ("deadletters", "replay", "e1", "--all"),
    ],
)
def test_one_or_all_must_be_said_and_nobody_vouches_for_all(small_app: SmallApp, arguments: tuple[str, ...]):
    assert run(*arguments).exit_code == 2
    assert small_app.asked == []


def test_dead_letters_are_listed_with_the_keys_of_the_contract(small_app: SmallApp):
    assert [tuple(each) for each in lines(run("deadletters", "list", "--json"))] == [DEAD_LETTER]


def test_nobody_is_purged_without_a_yes(small_app: SmallApp):
    refused = run("purge", "c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b")
    done = run("purge", "c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b", "--yes", "--json")

    assert isinstance(refused.exception, PulseError)
    assert small_app.asked == [("ada", "POST /api/manage/purge")]
    assert lines(done) == [{"rows": 3, "dead_letters": 1}]
