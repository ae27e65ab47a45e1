"""A function app under the stand-in host, in a process of its own, as the figures of the whole way need it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.ingest import BASE
from lab.crash_points import SPEC
from lab.simulated import KEYS, TENANT, TOPIC
from twin.addresses import Addresses
from twin.azurite.launch import connection_string

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60
NOTIFICATION = {"aeg-event-type": "Notification", "Content-Type": "application/cloudevents-batch+json"}
URL = f"http://localhost:{BASE}/runtime/webhooks/EventGrid?functionName=receive_graph_event"

WATCH = f"""
[topic]
azure_subscription_id = "{TOPIC.azure_subscription_id}"
resource_group = "{TOPIC.resource_group}"
name = "{TOPIC.name}"
location = "{TOPIC.location}"

[[subscription]]
name = "{SPEC.entry}"
resource = "{SPEC.resource}"
change_types = ["updated"]
"""
EMPTY_APP = """
import azure.functions as func

app = func.FunctionApp()


@app.event_grid_trigger(arg_name="event")
async def receive_graph_event(event: str) -> None:
    return None
"""


@dataclass(frozen=True, slots=True)
class Hosted:
    process: subprocess.Popen[bytes]
    started: float  # time.perf_counter
    log: Path

    def deliver(self, http: httpx.Client, body: str) -> float:
        """Until it is acknowledged, tried again and again while nobody listens. Seconds since the process started."""
        while time.perf_counter() < self.started + PATIENCE_S:
            try:
                answer = http.post(URL, content=body, headers=NOTIFICATION)
            except httpx.TransportError:
                time.sleep(0.002)
                continue
            if answer.is_success:
                return time.perf_counter() - self.started
            raise RuntimeError(f"the app answered {answer.status_code}:\n{self.log.read_text()[-2000:]}")
        raise RuntimeError(f"the app did not start in {PATIENCE_S} s:\n{self.log.read_text()[-2000:]}")


@contextmanager
def hosted(app: Path, settings: Mapping[str, str], folder: Path, *options: str) -> Iterator[Hosted]:
    command = [sys.executable, "-m", "twin.functions_host", "--app", str(app), "--port", str(BASE), *options]
    log = folder / "host.log"
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, **settings}, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield Hosted(process, started, log)
    finally:
        process.terminate()
        process.wait(30)


def our_settings(folder: Path) -> dict[str, str]:
    watch = folder / "subscriptions.toml"
    watch.write_text(WATCH, encoding="utf-8")
    return {
        "AZURE_TENANT_ID": TENANT,
        "CLIENT_STATE_KEYS": KEYS,
        "AzureWebJobsStorage": connection_string(Addresses(BASE)),
        "SUBSCRIPTIONS_FILE": str(watch),
        "WEBSITE_AUTH_ENABLED": "False",
    }


def empty_app(folder: Path) -> Path:
    app = folder / "empty"
    app.mkdir(exist_ok=True)
    (app / "function_app.py").write_text(EMPTY_APP, encoding="utf-8")
    (app / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    return app
