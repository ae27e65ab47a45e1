"""This machine's tools, ports and settings; what a person and a program read of it."""

import base64
import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pulse.__main__ import app
from pulse.doctor.app_settings import judge, read_settings
from pulse.doctor.finding import bad, good, note
from pulse.doctor.lines import Lines
from pulse.doctor.machine import ports, tools
from pulse.running_demo import ROOT

GUID = "7f1c0a52-3d84-4b6e-9a17-c05e2b9d6f31"
KEY = base64.b64encode(os.urandom(32)).decode()
GOOD = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "AZURE_TENANT_ID": GUID,
    "AZURE_SUBSCRIPTION_ID": GUID,
    "RESOURCE_GROUP": "rg",
    "PARTNER_TOPIC": "topic",
    "PARTNER_TOPIC_LOCATION": "westeurope",
    "WATCHED_USERS": "",
    "CLIENT_STATE_KEYS": f"1:{KEY}",
}
FAULTS = {  # what is set, words of the line, of the remedy
    "a name is missing": ({"AZURE_TENANT_ID": ""}, "AZURE_TENANT_ID is missing", "set AZURE_TENANT_ID"),
    "a name of subscriptions.toml is missing": ({"PARTNER_TOPIC": ""}, "PARTNER_TOPIC is missing", "PARTNER_TOPIC"),
    "the example's value": ({"CLIENT_STATE_KEYS": "1:<base64 of 32 random bytes>"}, "example's value", "real value"),
    "the example's id": (
        {"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000"},
        "AZURE_SUBSCRIPTION_ID still",
        "real value",
    ),
    "no GUID": ({"AZURE_TENANT_ID": "contoso.com"}, "AZURE_TENANT_ID is not a GUID", "az account show"),
    "a person by mail": ({"WATCHED_USERS": f"{GUID}, ada@contoso.com"}, "WATCHED_USERS", "az ad user show"),
    "a key that is no base64": ({"CLIENT_STATE_KEYS": "1:%%%"}, "version:base64", "os.urandom(32)"),
    "a short key": ({"CLIENT_STATE_KEYS": "1:c2hvcnQ="}, "has 5 bytes", "os.urandom(32)"),
    "no storage": ({"AzureWebJobsStorage": ""}, "AzureWebJobsStorage is missing", "UseDevelopmentStorage"),
    "half of the storage": (
        {"AzureWebJobsStorage": "", "AzureWebJobsStorage__tableServiceUri": "https://x"},
        "only AzureWebJobsStorage__tableServiceUri",
        "__blobServiceUri",
    ),
    "Graph over http": ({"GRAPH_URL": "http://x"}, "GRAPH_URL does not begin", "https://"),
    "lanes": ({"LOG_LANES": "many"}, "LOG_LANES 'many'", "LOG_LANES"),
    "a misspelt name": ({"LOG_LANE": "1"}, "LOG_LANE is read by nobody", "LOG_LANES"),
}


def test_good_settings_have_no_fault() -> None:
    assert [found.ok for found in judge(GOOD, root=ROOT, in_cloud=False)] == [True]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_settings_is_named_with_its_remedy(name: str) -> None:
    changed, words, remedy = FAULTS[name]

    found = judge({**GOOD, **changed}, root=ROOT, in_cloud=False)

    assert any(not each.ok and words in each.detail and remedy in each.fix for each in found), found


def test_a_secret_never_shows() -> None:
    found = judge({**GOOD, "CLIENT_STATE_KEYS": f"1:{KEY},2:{KEY[:9]}"}, root=ROOT, in_cloud=False)

    assert not any(KEY[:9] in each.detail + each.fix for each in found)


def test_what_is_for_this_machine_alone_is_a_fault_in_the_cloud() -> None:
    details = [each.detail for each in judge({**GOOD, "CLOCK": "x:y"}, root=ROOT, in_cloud=True)]

    assert any("Flex Consumption" in each for each in details)
    assert any("CLOCK" in each for each in details)
    assert any("holds a key" in each for each in details)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is missing"), ("{", "can't be read"), ('{"Values": {}, "IsEncrypted": true}', "is encrypted")],
)
def test_a_settings_file_that_cannot_be_read_is_told(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "local.settings.json"
    if content is not None:
        file.write_text(content)

    values, found = read_settings(file)

    assert (values, [each.ok for each in found]) == ({}, [content is None])
    assert all(each.fix for each in found)
    assert words in found[0].detail


def test_missing_tools_are_notes_and_an_old_python_is_a_fault() -> None:
    found = {each.check: each for each in tools(lambda _: None, (3, 12))}

    assert set(found) == {"python", "node", "func", "azd", "az", "bicep"}
    assert not found.pop("python").ok
    assert all(each.is_note for each in found.values())


def test_a_port_that_is_taken_is_named() -> None:
    [found] = ports(7071, running=False, probe=lambda port: port != 7074)

    assert (found.ok, found.detail) == (False, "taken: 7074")
    assert "--port-base 7171" in found.fix


def test_the_ports_of_a_running_demo_are_its_own() -> None:
    assert ports(7071, running=True, probe=lambda _: False)[0].ok


def test_lines_show_the_mark_the_check_what_was_found_and_what_to_do() -> None:
    out = io.StringIO()
    lines = Lines(Console(file=out, width=100))

    for found in (fine := [good("a", "fine"), note("b", "not there", fix="get it"), bad("c", "wrong", fix="mend it")]):
        lines.show(found)
    lines.sum_up(fine)

    printed = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert printed == [
        "✓ a fine",
        "· b not there",
        "→ get it",
        "✗ c wrong",
        "→ mend it",
        "",
        "3 checks, 1 fault, 1 note",
    ]


def test_json_lines_have_the_keys_of_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_SUBSCRIPTION_ID", "RESOURCE_GROUP", "PARTNER_TOPIC", "FUNCTION_APP"):
        monkeypatch.delenv(name, raising=False)

    result = CliRunner().invoke(app, ["doctor", "--cloud", "--json"])

    assert result.exit_code == 1
    assert [tuple(json.loads(line)) for line in result.stdout.splitlines()] == [("check", "ok", "detail", "fix")]
