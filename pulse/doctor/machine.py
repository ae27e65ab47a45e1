"""This machine: the tools that are installed, the ports that a demo takes."""

import shutil
import sys
from collections.abc import Callable

from pulse.demo.ports import OFFSETS, is_free
from pulse.doctor.finding import Finding, bad, good, note

WANTED_PYTHON = (3, 13)
TOOLS = {  # what each is for, and where it comes from
    "func": (
        "runs the app under the real Functions host",
        "Azure Functions Core Tools 4: npm install --global azure-functions-core-tools@4",
    ),
    "azd": ("deploys", "https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd"),
    "az": ("signs `pulse --app` in", "https://learn.microsoft.com/cli/azure/install-azure-cli"),
    "bicep": ("builds infra/ before a deployment does", "az bicep install"),
}
NODE_HERE = "`make setup` puts one into .venv, for Azurite and the page"

type Which = Callable[[str], str | None]


def tools(which: Which = shutil.which, version: tuple[int, ...] = sys.version_info[:2]) -> list[Finding]:
    """Missing ones are notes: the demo needs Python alone."""
    return [_python(version), _node(which), *(_tool(which, name) for name in TOOLS)]


def ports(base: int, *, running: bool, probe: Callable[[int], bool] = is_free) -> list[Finding]:
    """The demo's thirteen, from `base`. While one is `running` they are its own."""
    if running:
        return [good("ports", f"taken by the demo that is running, from {base}")]
    taken = [base + offset for offset in OFFSETS if not probe(base + offset)]
    if not taken:
        return [good("ports", f"free for a demo, from {base}")]
    named = ", ".join(map(str, taken))
    fix = f"end what listens there, or choose others: pulse demo --port-base {base + 100}"
    return [bad("ports", f"taken: {named}", fix=fix)]


def _python(version: tuple[int, ...]) -> Finding:
    told = ".".join(map(str, version))
    if version == WANTED_PYTHON:
        return good("python", told)
    return bad("python", f"{told}, and Azure runs 3.13", fix="delete .venv and start `make setup` with Python 3.13")


def _node(which: Which) -> Finding:
    found = which("node")
    return good("node", found) if found else note("node", "not on the path", fix=NODE_HERE)


def _tool(which: Which, name: str) -> Finding:
    use, source = TOOLS[name]
    found = which(name)
    return good(name, found) if found else note(name, f"not installed; {use}", fix=source)
