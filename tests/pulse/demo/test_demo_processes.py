import os
import socket
import sys
from pathlib import Path

import pytest

from pulse.demo.environment import app_environment, process_environment
from pulse.demo.ports import require_free
from pulse.demo.processes import ChildDiedError, first_line, start, stop, until_answers
from pulse.errors import PulseError
from twin.addresses import Addresses
from twin.certificates import Authority
from twin.world import World


def child(tmp_path: Path, script: str, **options: object):
    return start("child", [sys.executable, "-c", script], log=tmp_path / "child.log", env=os.environ, **options)


async def test_a_child_that_dies_is_named_with_its_last_lines(tmp_path: Path) -> None:
    dying = child(tmp_path, "import sys; print('no such table', file=sys.stderr); sys.exit(3)")

    with pytest.raises(ChildDiedError, match=r"(?s)child \(pid \d+\) ended with exit code 3:.*no such table"):
        await until_answers(dying, "http://127.0.0.1:9/")


async def test_the_first_line_of_a_child_is_read(tmp_path: Path) -> None:
    import subprocess

    talking = child(tmp_path, "print('ready', flush=True); import time; time.sleep(60)", stdout=subprocess.PIPE)

    assert await first_line(talking) == "ready\n"
    stop(talking)
    assert talking.died


def test_a_child_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    script = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('up', 'w'); time.sleep(60)"
    deaf = child(tmp_path, script, cwd=tmp_path)
    while not (tmp_path / "up").exists():
        assert not deaf.died

    stop(deaf, patience_s=0.1)

    assert deaf.died


def test_ports_that_are_taken_are_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PulseError, match=rf"port {port}\b.*--port-base"):
            require_free(Addresses(port))


def test_the_shells_azure_settings_give_way_to_the_demos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of another project")
    monkeypatch.setenv("AzureWebJobsStorage", "another account")

    environment = process_environment({"AZURE_CLIENT_ID": "ours"})

    assert "AZURE_CLIENT_SECRET" not in environment
    assert "AzureWebJobsStorage" not in environment
    assert environment["AZURE_CLIENT_ID"] == "ours"
    assert "PATH" in environment


def test_each_demo_has_a_client_state_key_of_its_own(tmp_path: Path) -> None:
    one, other = (app_environment(World(), Authority(tmp_path), identity_header="h") for _ in range(2))

    assert one["CLIENT_STATE_KEYS"] != other["CLIENT_STATE_KEYS"]
    assert one["CLIENT_STATE_KEYS"].startswith("1:")
    assert one["AzureWebJobsStorage__tableServiceUri"] == "https://localhost:7083/devstoreaccount1"
