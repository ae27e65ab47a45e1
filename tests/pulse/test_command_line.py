"""The commands, against a small app on a real port."""

import json
import subprocess
import sys

import pytest
from small_app import SmallApp, row
from typer.testing import CliRunner, Result

from pulse.__main__ import app, main
from pulse.errors import PulseError
from pulse.output import ACTION, CAUGHT_UP, EVENT, REJECTION, SUBSCRIPTION


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def lines(result: Result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_events_of_all_people_come_in_the_order_of_their_acceptance(small_app: SmallApp) -> None:
    small_app.rows = {"ada": [row(1, "ada"), row(3, "ada")], "grace": [row(2, "grace")]}

    result = run("events", "tail", "--no-follow", "--json")

    assert result.exit_code == 0
    assert [each["id"] for each in lines(result)] == ["event-1", "event-2", "event-3"]
    assert all(tuple(each) == EVENT for each in lines(result))


def test_events_of_one_person_are_asked_for_as_that_person(small_app: SmallApp) -> None:
    small_app.rows = {"grace": [row(2, "grace")]}

    assert len(lines(run("events", "tail", "--no-follow", "--json", "--user", "grace"))) == 1
    assert {user for user, _ in small_app.asked} == {"grace"}


def test_tail_begins_with_the_last_ones_or_after_a_cursor(small_app: SmallApp) -> None:
    small_app.rows = {"ada": [row(number, "ada") for number in range(1, 6)]}

    last = run("events", "tail", "--no-follow", "--json", "--last", "2")
    since = run("events", "tail", "--no-follow", "--json", "--since", "after-2")

    assert [each["id"] for each in lines(last)] == ["event-4", "event-5"]
    assert [each["id"] for each in lines(since)] == ["event-3", "event-4", "event-5"]


def test_a_line_for_people_shortens_long_ids_but_not_the_one_to_show(small_app: SmallApp) -> None:
    small_app.rows = {"ada": [row(1, "ada") | {"resource": f"Users/{'u' * 36}/Messages/{'m' * 150}"}]}

    printed = run("events", "tail", "--no-follow").stdout

    assert printed == "12:00:01  created   Users/uuuuuu…uuuu/Messages/mmmmmm…mmmm  event-1\n"


def test_types_are_chosen_by_a_glob_that_ignores_case(small_app: SmallApp) -> None:
    small_app.rows = {"ada": [row(1, "ada"), row(2, "ada", type="Microsoft.Graph.UserUpdated")]}

    result = run("events", "tail", "--no-follow", "--json", "--type", "*userupdated")

    assert [each["id"] for each in lines(result)] == ["event-2"]


def test_a_refusal_of_the_app_is_a_failure_with_its_words(small_app: SmallApp) -> None:
    small_app.refusal = (400, {"error": {"code": "invalid_cursor", "message": "no cursor"}})

    result = run("events", "tail", "--no-follow", "--since", "after-0")

    assert isinstance(result.exception, PulseError)
    assert "no cursor (400 invalid_cursor)" in str(result.exception)


def test_an_event_is_shown_to_whoever_may_see_it(small_app: SmallApp) -> None:
    small_app.rows = {"grace": [row(2, "grace")]}

    result = run("events", "show", "event-2", "--json")

    assert lines(result)[0]["event"] == {"id": "event-2"}


def test_an_event_that_nobody_has_is_a_failure(small_app: SmallApp) -> None:
    result = run("events", "show", "event-9")

    assert "No such event (404 notFound)" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("subscriptions", "list"), SUBSCRIPTION),
        (("quarantine", "list"), REJECTION),
        (("catch-up", "mail-ada"), CAUGHT_UP),
    ],
)
def test_json_lines_have_the_keys_of_the_contract_and_no_others(
    small_app: SmallApp, arguments: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    result = run(*arguments, "--json")

    assert [tuple(each) for each in lines(result)] == [keys]
    assert small_app.asked[0][0] == "ada"


@pytest.mark.parametrize("command", [("plan",), ("apply",), ("renew", "mail-ada")])
def test_actions_are_listed_and_a_fault_is_exit_code_1(small_app: SmallApp, command: tuple[str, ...]) -> None:
    action = dict.fromkeys(ACTION) | {"action": "create", "name": "mail-ada"}

    small_app.actions = [action]
    good = run("subscriptions", *command, "--json")
    small_app.actions = [action | {"done": False, "fault": "403"}]
    bad = run("subscriptions", *command, "--json")

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert lines(bad)[0]["fault"] == "403"


def test_without_json_there_is_a_table_on_stdout(small_app: SmallApp) -> None:
    result = run("quarantine", "list")

    assert result.stdout.splitlines()[0].split() == ["id", "reason", "type", "accepted", "at"]
    assert "client_state" in result.stdout


def test_trigger_sends_what_was_asked(small_app: SmallApp) -> None:
    result = run(
        "trigger", "message.created", "--count", "2", "--user", "ada", "--set", "isRead=true", "--set", "subject=Hi"
    )

    assert result.stdout == "2 changes, 4 events\n"
    assert small_app.sent[0]["set"] == {"isRead": True, "subject": "Hi"}
    assert (small_app.sent[0]["count"], small_app.sent[0]["user"]) == (2, "ada")


def test_trigger_lists_what_it_takes_without_a_running_demo() -> None:
    result = run("trigger", "--list")

    assert result.exit_code == 0
    assert {"message.created", "driveItem.updated", "lifecycle.missed"} <= set(result.stdout.split())


def test_the_clocks_of_twin_and_app_move_together(small_app: SmallApp) -> None:
    result = run("clock", "advance", "1d12h", "--json")

    assert small_app.sent == [{"advance_s": 129_600.0}] * 2
    assert set(lines(result)[0]) == {"twin", "app"}


@pytest.mark.parametrize(
    "arguments",
    [("clock", "advance", "soon"), ("clock", "set", "soon"), ("trigger", "x", "--set", "novalue"), ("nonsense",)],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_fault_is_one_line_on_stderr_and_exit_code_1(
    small_app: SmallApp, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pulse", "events", "show", "event-9"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "pulse: No such event (404 notFound)\n"


def test_the_help_imports_nothing_heavy() -> None:
    heavy = "httpx", "rich", "azure.core", "azure.identity", "starlette", "cryptography"
    script = f"import sys, pulse.__main__; print([name for name in {heavy!r} if name in sys.modules])"

    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603

    assert told.stdout.strip() == "[]"
