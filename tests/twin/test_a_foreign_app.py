"""docs/twin.md, followed to the letter: a small Functions app of somebody else's, the twin alone, the stand-in host."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from free_ports import free_base

ROOT = Path(__file__).parents[2]
TRIED = re.compile(r"<!-- tried: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
PORT = re.compile(r"\b70[78]\d\b")  # as the twin counts them from 7071
PATIENCE_S = 60
pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")),
    reason="bash or curl is missing, which the page's commands need",
)


@pytest.fixture(scope="module")
def page() -> dict[str, str]:
    """The blocks that are marked, by name, with ports of our own."""
    base = free_base()
    text = (ROOT / "docs" / "twin.md").read_text(encoding="utf-8")
    return {name: PORT.sub(lambda port: str(int(port[0]) - 7071 + base), block) for name, block in TRIED.findall(text)}


def environment() -> dict[str, str]:
    """With this checkout's commands first; of other Azure settings nothing."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "IDENTITY_"))}
    return {**foreign, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Each with a command that stays, in the app's folder; ended as Ctrl-C does, the last first."""
    open_ones: list[subprocess.Popen[bytes]] = []

    def run(command: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"terminal-{len(open_ones) + 1}.log").open("wb")
        process = subprocess.Popen(  # noqa: S603 - the page's own commands
            ["bash", "-c", f"exec {command}"],  # noqa: S607
            cwd=tmp_path,
            env=environment(),
            stdout=log,
            stderr=log,
        )
        log.close()
        open_ones.append(process)
        return process

    yield run
    for process in reversed(open_ones):
        process.send_signal(signal.SIGINT)
        process.wait(20)


def until(what: str, holds: Callable[[], object]) -> None:
    last = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < last, what
        time.sleep(0.1)


def serves(command: str) -> bool:
    port = command.split("--port ")[1].split()[0]
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://localhost:{port}/admin/functions").is_success
    return False


def log_of(folder: Path, number: int) -> str:
    return (folder / f"terminal-{number}.log").read_text(errors="replace")


def test_the_page_makes_an_app_of_somebody_elses_see_its_events(
    page: dict[str, str], tmp_path: Path, terminals: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    for name in ("function_app.py", "host.json"):
        (tmp_path / name).write_text(page[name])

    twin = terminals(page["twin"])
    until("the twin runs", lambda: (tmp_path / ".demo" / "twin.env").exists() or twin.poll() is not None)
    assert twin.poll() is None, log_of(tmp_path, 1)
    host = terminals(page["host"])
    until(f"the host runs: {log_of(tmp_path, 2)}", lambda: host.poll() is not None or serves(page["host"]))
    assert host.poll() is None, log_of(tmp_path, 2)
    called = subprocess.run(  # noqa: S603 - the page's own commands
        ["bash", "-e", "-c", page["calls"]],  # noqa: S607
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert called.returncode == 0, called.stdout + called.stderr
    seen = tmp_path / "seen.jsonl"

    until("four events are seen", lambda: seen.exists() and len(seen.read_text().splitlines()) >= 4)
    types = [json.loads(line) for line in seen.read_text().splitlines()]
    assert sorted(types) == ["Microsoft.Graph.MessageCreated"] * 3 + ["Microsoft.Graph.MessageUpdated"]


def test_what_holds_secrets_is_for_its_owner_alone(
    page: dict[str, str], tmp_path: Path, terminals: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    terminals(page["twin"])
    file = tmp_path / ".demo" / "twin.env"

    until("the twin runs", file.exists)

    assert file.stat().st_mode & 0o077 == 0 or os.name == "nt"
