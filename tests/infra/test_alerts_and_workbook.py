"""The queries can't run here; but what they look for is what the app writes."""

import json
import re

from bicep_files import INFRA, ROOT

import function_app
from shared.domain.watching.subscriptions import Act

ALERTS = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
WORKBOOK = json.loads((INFRA / "app" / "workbook.json").read_text(encoding="utf-8"))
QUERIES = "\n".join([ALERTS, *(item["content"].get("query", "") for item in WORKBOOK["items"])])
SOURCES = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").glob("*.py")]
TABLES = {"AppTraces", "AppRequests", "AppExceptions", "StorageBlobLogs"}


def log_templates() -> set[str]:
    """First argument of every log call of the application: `event.%s id=%s`."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    return set(re.findall(r'\blog\.\w+\((?:level, )?"([^"]+)"', source))


def lines_written() -> set[str]:
    """How lines can begin: the templates, with every word that can stand in their names."""
    receive = (ROOT / "shared/flows/receive/__init__.py").read_text(encoding="utf-8")
    outcomes = re.search(r'outcome = "(\w+)" if .* else "(\w+)"', receive)
    words = {"event.%s": outcomes.groups(), "subscription.%s": [act.value for act in Act]}
    names = {template.partition(" ")[0] for template in log_templates()}
    named = {stem.replace("%s", word) for stem, every in words.items() for word in every}
    assert set(words) <= {name[: len(stem)] for name in names for stem in words}
    return {name for name in names if "%" not in name} | named


def test_every_line_that_is_looked_for_is_logged_somewhere():
    sought = set(re.findall(r'Message startswith "([^"]+)"', QUERIES))

    unheard = [prefix for prefix in sought if not any(line.startswith(prefix) for line in lines_written())]

    assert sought
    assert not unheard


def test_every_word_in_a_line_that_is_looked_for_is_logged_somewhere():
    written = " ".join(log_templates()) + (ROOT / "shared/flows/keep_alive/__init__.py").read_text(encoding="utf-8")
    words = set(re.findall(r'@"(\w+=)\(', QUERIES)) | set(re.findall(r'Message has "(\w+=)"', QUERIES))

    assert words
    assert {word for word in words if word not in written} == set()


def test_every_function_that_is_looked_for_exists():
    functions = {function.get_function_name() for function in function_app.app.get_functions()}

    assert set(re.findall(r'OperationName == "(\w+)"', QUERIES)) <= functions


def test_queries_read_only_tables_that_are_filled():
    assert set(re.findall(r"^\(?(App\w+|Storage\w+)(?: \||$)", QUERIES, re.MULTILINE)) == TABLES


def test_every_act_that_is_looked_for_is_one():
    [acts] = re.findall(r"subscription\\\.\(([a-z|]+)\) spec=", ALERTS)

    assert set(acts.split("|")) == {act.value for act in Act} - {Act.KEEP.value}


def test_every_reason_of_a_rejection_has_one_alert():
    asked = [
        word for words in re.findall(r"where reason in \((.*)\)", ALERTS) for word in re.findall(r'"(\w+)"', words)
    ]

    assert sorted(asked) == sorted(set(asked))
    assert set(asked) == reasons()


def reasons() -> set[str]:
    source = "\n".join(file.read_text(encoding="utf-8") for file in SOURCES)
    return set(re.findall(r'Rejection\("(\w+)"', source)) | set(re.findall(r"event\.rejected reason=(\w+)", source))
