"""`pulse subscriptions` on single ones and on keys: what is asked of the app, and when a person is asked first."""

import json

import pytest
from small_app import SmallApp
from typer.testing import CliRunner, Result

from pulse.__main__ import app
from pulse.output import ACTION, ROTATION

DONE = dict.fromkeys(ACTION) | {"action": "keep", "name": "mail~ada", "done": True}


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["subscriptions", *arguments], input=answer)


def asked(small_app: SmallApp) -> list[str]:
    return [what for _, what in small_app.asked if "/api/" in what]


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        (("reauthorize", "mail~ada"), "reauthorize"),
        (("delete", "mail~ada", "--yes"), "delete"),
        (("rotate", "mail~ada"), "rotate"),
        (("rotate", "mail~ada", "--deny", "--yes"), "rotate"),
    ],
)
def test_each_is_one_call_and_lists_actions(small_app: SmallApp, command: tuple[str, ...], verb: str) -> None:
    small_app.actions = [DONE]
    good = run(*command, "--json")
    small_app.actions = [DONE | {"done": False, "fault": "no"}]
    bad = run(*command, "--json")

    assert asked(small_app) == [f"POST /api/manage/subscriptions/mail~ada/{verb}"] * 2
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert tuple(json.loads(good.stdout)) == ACTION


@pytest.mark.parametrize("command", [("delete", "mail~ada"), ("rotate", "mail~ada", "--deny")])
@pytest.mark.parametrize("answer", ["n\n", ""])
def test_without_a_yes_nothing_is_destroyed(small_app: SmallApp, command: tuple[str, ...], answer: str) -> None:
    result = run(*command, answer=answer)

    assert result.exit_code == 1
    assert asked(small_app) == []
    assert result.stdout == ""


def test_a_yes_at_the_question_is_as_good(small_app: SmallApp) -> None:
    small_app.actions = [DONE]

    assert run("delete", "mail~ada", answer="y\n").exit_code == 0
    assert len(asked(small_app)) == 1


@pytest.mark.parametrize(
    ("command", "call", "state"),
    [
        (("rotate",), "POST /api/manage/rotation", "running"),
        (("rotate", "--stop"), "POST /api/manage/rotation", "stopped"),
        (("rotate", "--show"), "GET /api/manage/rotation", "running"),
    ],
)
def test_rotation_says_how_far_it_is(small_app: SmallApp, command: tuple[str, ...], call: str, state: str) -> None:
    row = json.loads(run(*command, "--json").stdout)

    assert asked(small_app) == [call]
    assert tuple(row) == ROTATION
    assert (row["state"], row["done"], row["total"]) == (state, 1, 3)


@pytest.mark.parametrize("command", [("--deny",), ("mail", "--stop"), ("mail", "--show"), ("--stop", "--show")])
def test_what_does_not_go_together_is_wrong_usage(command: tuple[str, ...]) -> None:
    assert run("rotate", *command).exit_code == 2
