"""What a process imports until its first event is accepted: a start is imports, mostly. Counted, not timed."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import ADA, ENVIRON, WATCH, mail_event
from free_ports import free_base

from shared.domain.events.client_state import subject_of_person
from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, connection_string, start_azurite

ROOT = Path(__file__).parents[1]
BUDGET = 685  # modules; 679 on 2026-11-22
NOT_FOR_AN_EVENT = (
    *("azure.eventgrid", "azure.identity", "azure.monitor", "azure.storage.blob", "azure.storage.queue"),
    *("shared.adapters.entra_tokens", "shared.flows.catch_up.audit", "shared.flows.keep_alive.by_hand"),
    *("shared.flows.receive.arrivals", "shared.flows.receive.work", "shared.flows.upkeep.retention"),
    *("cryptography", "httpx", "jwt", "kiota_http", "msal", "msgraph", "nh3", "opentelemetry", "requests"),
)
FIRST_EVENT = """
import asyncio, json, os, sys

import function_app
from shared.composition import app

async def main():
    await app().receive(sys.stdin.read())
    return await app().journal.page([os.environ["READER"]], None, limit=10)

print(json.dumps({"rows": len(asyncio.run(main()).rows), "modules": sorted(sys.modules)}))
"""


@pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")
def test_the_first_event_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    addresses, watch = Addresses(free_base()), tmp_path / "subscriptions.toml"
    watch.write_text(WATCH, encoding="utf-8")
    azurite = start_azurite(addresses, tmp_path / "azurite", None, None, oauth=False)
    settings = {
        **ENVIRON,
        "AzureWebJobsStorage": connection_string(addresses),
        "SUBSCRIPTIONS_FILE": str(watch),
        "READER": subject_of_person(ADA),
        "PATH": os.environ["PATH"],
    }
    try:
        ran = subprocess.run(  # noqa: S603 our own text
            [sys.executable, "-c", FIRST_EVENT],
            input=mail_event(time=datetime.now(UTC)),
            env=settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        azurite.stop()

    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    loaded = [name for name in NOT_FOR_AN_EVENT if name in found["modules"]]
    assert found["rows"] == 1
    assert loaded == []
    assert len(found["modules"]) <= BUDGET
