"""docs/security.md says of everything that is kept how long, and it says what the code does."""

import ast
import re
from pathlib import Path

import pytest

from shared.domain.events.work import POISON, QUEUE
from shared.domain.journal.log_layout import KEPT_DAYS, MAX_BODY
from shared.domain.journal.retention import FOLDERS, QUARANTINE_DAYS

ROOT = Path(__file__).parents[2]


def kept() -> dict[str, str]:
    """How long, by every name in backticks in the first column."""
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    table = text.partition("## What is kept, and how long")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return {f"{where.split()[0]} {name}": until for where, _, until in rows for name in re.findall(r"`([^`]+)`", where)}


def tables() -> set[str]:
    """Every TABLE of a flow."""
    found = set()
    for file in (ROOT / "shared/flows").rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign):
                continue
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                target, value = target.elts[0], value.elts[0]
            if isinstance(target, ast.Name) and target.id == "TABLE" and isinstance(value, ast.Constant):
                found.add(str(value.value))
    return found


def test_every_table_is_named():
    named = {name.split()[1] for name in kept() if name.split()[0] in ("table", "tables")}

    assert named == tables() | {"log<day>"}


def test_every_store_of_the_browser_is_named():
    source = (ROOT / "web/src/sync/database.ts").read_text(encoding="utf-8")
    stores = set(re.findall(r'createObjectStore\("(\w+)"', source))

    assert {name.split()[1] for name in kept() if name.startswith("the ")} == stores


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("table log<day>", KEPT_DAYS),
        ("table quarantine", QUARANTINE_DAYS),
        ("blobs quarantine/", QUARANTINE_DAYS),
        *((f"blobs {folder or '<day>/'}", days) for folder, days in FOLDERS.items()),
    ],
)
def test_days_are_those_of_the_code(name, days):
    assert f"{days} days" in kept()[name]


def test_no_folder_of_blobs_is_left_out():
    folders = {name.split()[1] for name in kept() if name.startswith("blobs ")}

    assert folders == {*filter(None, FOLDERS), "<day>/", "quarantine/"}


def test_the_queues_are_named_and_large_is_what_the_code_calls_large():
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")

    assert {f"queue {QUEUE}", f"queue {POISON}"} <= set(kept())
    assert f"over {MAX_BODY // 1024} KiB" in text


def test_dead_letters_go_when_the_policy_of_their_account_says():
    policy = re.search(r"keptDays: (\d+)", (ROOT / "infra/main.bicep").read_text(encoding="utf-8"))

    assert policy
    assert f"{policy[1]} days" in kept()["container deadletter"]
