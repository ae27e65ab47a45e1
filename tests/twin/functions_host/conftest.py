"""Runs made-up function apps under `python -m twin.functions_host`, one process each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

REPOSITORY = Path(__file__).parents[3]
HOST_JSON = {
    "version": "2.0",
    "logging": {"logLevel": {"default": "Information"}},
    "extensions": {"http": {"routePrefix": ""}},
}


@dataclass(slots=True)
class RunningHost:
    process: subprocess.Popen[str]
    ready: dict[str, Any]
    log: Path
    http: httpx.Client

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    def notify(self, function: str, content: bytes | str, **headers: str) -> httpx.Response:
        url = f"/runtime/webhooks/EventGrid?functionName={function}"
        return self.http.post(url, content=content, headers={"aeg-event-type": "Notification"} | headers)

    def stop(self) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Hosts:
    """Makes apps in a folder and starts them; all that still run end with the test module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[RunningHost] = []

    def app(self, code: str, host_json: Mapping[str, Any] = HOST_JSON) -> Path:
        home = self.folder / f"app{len(list(self.folder.iterdir()))}"
        home.mkdir()
        (home / "function_app.py").write_text(code)
        (home / "host.json").write_text(json.dumps(host_json))
        return home

    def spawn(self, app: Path, *options: str, **settings: str) -> tuple[subprocess.Popen[str], Path]:
        log = app / f"log{len(list(app.iterdir()))}"
        command = [sys.executable, "-m", "twin.functions_host", "--app", str(app), *options]
        with log.open("w") as stderr:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | settings,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        return process, log

    def start(self, app: Path, *options: str, port: int = 0, **settings: str) -> RunningHost:
        process, log = self.spawn(app, "--port", str(port), *options, **settings)
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.wait()
            pytest.fail(log.read_text())
        ready = json.loads(line)
        http = httpx.Client(base_url=f"http://127.0.0.1:{ready['port']}", trust_env=False, timeout=30)
        self.running.append(RunningHost(process, ready, log, http))
        return self.running[-1]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path_factory.mktemp("apps"))
    yield hosts
    for host in hosts.running:
        host.stop()


@pytest.fixture(scope="module")
def run_to_its_end(hosts: Hosts) -> Callable[..., tuple[int, str]]:
    """Starts a host that can't come up; its exit status and standard error."""

    def run(app: Path, *options: str, **settings: str) -> tuple[int, str]:
        process, log = hosts.spawn(app, *options, **settings)
        process.communicate(timeout=60)
        return process.returncode, log.read_text()

    return run
