"""From the start of a process to its first event: ours durably accepted, beside an empty app's on the same runtime.

Both run under the stand-in host with the real azure-functions-runtime, on one Azurite of this run, in turn. All of our
modules are compiled beforehand, as packages are when they are installed. Queues are not listened to: in Azure that is
another process, and the SDK that the stand-in imports for it would count as the app's.
"""

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from bench.hosted import ROOT, empty_app, hosted, our_settings
from bench.ingest import BASE, signed_events
from bench.rows import Row, row
from twin.addresses import Addresses
from twin.azurite.launch import start_azurite

ROUNDS = 7
FIRST_EVENT = """
import asyncio, resource, sys

import function_app
from shared.composition import app

asyncio.run(app().receive(sys.stdin.read()))
print(len(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(rounds: int = ROUNDS) -> list[Row]:
    for part in ("functions", "shared", "twin"):
        compileall.compile_dir(ROOT / part, quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        azurite = start_azurite(Addresses(BASE), folder / "azurite", None, None, oauth=False)
        try:
            settings = our_settings(folder)
            return [*_starts(folder, settings, rounds), *_at_first_event(settings)]
        finally:
            azurite.stop()


def _starts(folder: Path, settings: dict[str, str], rounds: int) -> list[Row]:
    apps = {"ours": ROOT, "empty_app": empty_app(folder)}
    seconds: dict[str, list[float]] = {name: [] for name in apps}
    with httpx.Client(timeout=30) as http:
        for _ in range(rounds):
            for name, app in apps.items():
                with hosted(app, settings, folder, "--no-queues") as host:
                    seconds[name].append(host.deliver(http, f"[{signed_events(1, 0)[0]}]"))
    note = "process start to 202; compiled; no queue listeners; the day's table exists from round 2 on"
    return [row("cold_start_seconds", seconds["ours"], "s", note=note, baseline=("empty_app", seconds["empty_app"]))]


def _at_first_event(settings: dict[str, str]) -> list[Row]:
    """Without the host: what the app itself imports and holds."""

    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FIRST_EVENT],
        input=signed_events(1, 0)[0],
        env={**os.environ, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modules, memory = map(float, ran.stdout.split())
    return [
        row("imported_modules", [modules], "modules", note="after the first event"),
        row("memory_rss_mib", [memory], "MiB", note="after the first event, without the host"),
    ]
