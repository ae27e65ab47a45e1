"""docs/operate.md names every span and metric that the code sends, and none besides."""

import ast
import re
from pathlib import Path

from shared.adapters.telemetry import DURATIONS, SCOPE

ROOT = Path(__file__).parents[2]


def sent(*methods: str) -> set[str]:
    """First arguments of telemetry.span(…), .count(…) and .record(…) in the flows: each is a plain text there."""
    found = set()
    for file in (ROOT / "shared/flows").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods):
                continue
            if ast.unparse(node.func.value).endswith("telemetry"):
                name = node.args[0]
                assert isinstance(name, ast.Constant), f"{file.name}:{node.lineno}: write the name out"
                found.add(str(name.value))
    return found


def named(heading: str) -> set[str]:
    """First column of the table that has this heading."""
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
    table = text.partition(f"| {heading} | ")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))


def test_spans_are_named():
    assert sent("span") == named("span")


def test_metrics_are_named():
    assert sent("count", "record") == named("metric")


def test_durations_are_named_as_the_adapter_names_them():
    text = (ROOT / "docs/operate.md").read_text(encoding="utf-8")

    assert all(f"`{metric}` for `{span}`" in text for span, metric in DURATIONS.items())
    assert f"`{SCOPE}.<span>.duration`" in text
