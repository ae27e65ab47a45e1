"""Every sample event of Microsoft's documentation and of the wire, through the real runtime into real tables.

Signed with a valid client_state each gives its journal row; as they stand (a state of nobody's) each is quarantined.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from azure.data.tables.aio import TableServiceClient
from builders import ADA, ENVIRON, NOW, SAMPLES, state_of
from free_ports import free_base

from pulse.demo.processes import first_line, start, stop
from shared.adapters.clock import SystemClock
from shared.adapters.memory import MemoryBlobs
from shared.adapters.storage.tables import AzureTables
from shared.adapters.telemetry import NoTelemetry
from shared.domain.events.client_state import subject_of_person, subject_of_resource
from shared.flows.journal import Journal
from shared.flows.journal.days import Days
from shared.flows.upkeep.quarantine import Quarantine
from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, connection_string, start_azurite

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")

ROOT = Path(__file__).parents[2]
OWN = subject_of_person(ADA)
ENTRIES = {  # name: resource, change types
    "people": ("users", ["updated", "deleted"]),
    "groups": ("groups", ["updated", "deleted"]),
    "mail": ("users/{user}/messages", ["created", "updated", "deleted"]),
    "contacts": ("users/{user}/contacts", ["created", "updated", "deleted"]),
    "drive": ("users/{user}/drive/root", ["updated"]),
    "tasks": ("users/{user}/todo/lists/AAMk/tasks", ["created", "updated", "deleted"]),
    "alerts": ("security/alerts", ["updated"]),
    "printers": ("print/printers/p1/jobs", ["updated"]),
}
MESSAGE = (
    "users/c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b/messages/AAMkAGwJSkRjaxuUSvvUYSSoF0j8kPtlDAVaS3dBzwqHVVX363HcCF78Y97o"
    "_UjYp7RNmxNyHaYV9NOd8r0q8C-mSiWMFGdfEv7o9_NMhH_jfNhzgBfezXDBvvMLIwko8IOA5DyH2nDbwFLCPJAXAAA="
)
CONTACT = (
    "users/c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b/contacts/AAMkAGVhdrE3VJXjTCOGLgk37eI7O2pjVwp6sc-VEn2KnPoYLgTaHL_E9yTY"
    "L_9S4xDQNMAAL5QaDtpc6RzGKXi5Asa6smYgOw9RTEzi1JGLEXa0sO40x9ehcZGvQfZnHg5wplQ70MxrbgPN9A5PAAA="
)
USER, GROUP = "e95b1d47-6c02-4a8e-b3f9-70d4a6158c2e", "a83f62d5-194e-4d70-8b26-5fc1e09d734a"
EXPECTED = {  # sample: entry, change type, resource, version, is the owner's
    "eg_alert_created": ("alerts", "updated", "<alert-id>", "", False),
    "eg_drive_item_updated": ("drive", "updated", "d2f840b6-37ae-4c91-85d0-6b1e9f72c3a4", "", True),
    "eg_group_deleted": ("groups", "deleted", f"groups/{GROUP}", "639172048759264180", False),
    "eg_lifecycle_missed_inferred": ("mail", "", "", "", False),
    "eg_lifecycle_reauthorizationRequired": ("mail", "", "", "", False),
    "eg_outlook_contact_created_docshape": ("contacts", "created", CONTACT, "<etag>", True),
    "eg_outlook_message_created_mixedcase_observed": (
        "mail",
        "created",
        MESSAGE,
        'W/"CQAAABYAAAs05abweVOX3CFavUZdFf8DbklH7M/o"',
        True,
    ),
    "eg_outlook_message_updated_mixedcase_inferred": (
        "mail",
        "updated",
        MESSAGE,
        'W/"CQAAABYAAAj/t5iovL+/VCt7I3II5c7MlF/E/HM3"',
        True,
    ),
    "eg_printer_updated": ("printers", "updated", "print/printers/<printer-id>/jobs/<job-id>", "", False),
    "eg_todo_created": ("tasks", "created", f"users/{ADA}/tasks", "", True),
    "eg_user_updated": ("people", "updated", f"users/{USER}", "639172045381506274", False),
}


@dataclass(frozen=True, slots=True)
class Hosted:
    http: httpx.AsyncClient
    journal: Journal
    quarantine: Quarantine

    async def deliver(self, event: object) -> int:
        url = "/runtime/webhooks/EventGrid?functionName=receive_graph_event"
        answer = await self.http.post(url, json=event, headers={"aeg-event-type": "Notification"})
        return answer.status_code


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Hosted]:
    """The app under the stand-in host on the day of the samples, on Azurite by connection string."""
    addresses = Addresses(free_base())
    (tmp_path / "subscriptions.toml").write_text(watch())
    storage = connection_string(addresses)
    settings = ENVIRON | {"AzureWebJobsStorage": storage, "SUBSCRIPTIONS_FILE": str(tmp_path / "subscriptions.toml")}
    azurite = start_azurite(addresses, tmp_path / "azurite", None, None, oauth=False)
    command = [sys.executable, "-m", "twin.functions_host", "--app", str(ROOT), "--port", str(addresses.base)]
    environ = {**os.environ, **settings, "WEBSITE_AUTH_ENABLED": "False", "CLOCK": "twin.clocks:process_clock"}
    host = start("host", command, log=tmp_path / "host.log", env=environ, stdout=-1)
    try:
        await first_line(host)
        async with (
            httpx.AsyncClient(base_url=addresses.app, timeout=30) as http,
            TableServiceClient.from_connection_string(storage) as service,
        ):
            await http.post("/twin/clock", json={"set": NOW.isoformat()})
            tables, blobs, clock = AzureTables(service), MemoryBlobs(), SystemClock()
            journal = Journal(tables, blobs, Days(tables, clock, 1), clock)
            yield Hosted(http, journal, Quarantine(tables, blobs, clock, NoTelemetry()))
    finally:
        await asyncio.to_thread(stop, host)
        azurite.stop()


def watch() -> str:
    topic = "\n".join(
        (
            "[topic]",
            'azure_subscription_id = "5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95"',
            'resource_group = "rg-sample"',
            'name = "pt-sample"',
            'location = "westeurope"',
        )
    )
    entries = [
        f'[[subscription]]\nname = "{name}"\nresource = "{resource}"\nchange_types = {json.dumps(changes)}\n'
        + (f'for_each = ["{ADA}"]\n' if "{user}" in resource else "")
        for name, (resource, changes) in ENTRIES.items()
    ]
    return "\n".join((topic, *entries))


def sample(name: str) -> dict[str, object]:
    event = json.loads((SAMPLES / f"{name}.json").read_text())
    return dict(event.get("event", event))


def signed(name: str) -> dict[str, object]:
    event = sample(name)
    entry = EXPECTED[name][0]
    resource = ENTRIES[entry][0]
    subject = OWN if "{user}" in resource else subject_of_resource(resource)
    data = event["data"]
    assert isinstance(data, dict)
    return event | {"data": data | {"clientState": state_of(f"{entry}~{subject}")}}


async def test_each_sample_gives_its_row_when_its_state_is_ours(hosted: Hosted) -> None:
    assert {path.stem for path in SAMPLES.glob("eg_*.json")} == EXPECTED.keys()

    statuses = [await hosted.deliver(signed(name)) for name in EXPECTED]
    page = await hosted.journal.page([OWN, "operators"], None, limit=100)

    assert statuses == [202] * len(EXPECTED)
    rows = {row.entity["type"]: row for row in page.rows}
    assert len(page.rows) == len(EXPECTED)
    for name, (_, change_type, resource, version, is_own) in EXPECTED.items():
        event = sample(name)
        row = rows[event["type"]].entity
        assert (row["change_type"], row["resource"], row["version"]) == (change_type, resource, version), name
        assert (row["reader"] == OWN) is is_own, name
        assert datetime.fromisoformat(str(row["time"])) == datetime.fromisoformat(str(event["time"])), name
        assert "clientState" not in str(row["body"]), name


async def test_each_sample_as_it_stands_is_quarantined(hosted: Hosted) -> None:
    statuses = [await hosted.deliver(sample(name)) for name in EXPECTED]
    rejections = await hosted.quarantine.list("20260616")

    assert statuses == [202] * len(EXPECTED)
    assert sorted(str(row["type"]) for row in rejections) == sorted(str(sample(name)["type"]) for name in EXPECTED)
    assert {row["reason"] for row in rejections} == {"client_state"}
    assert not (await hosted.journal.page([OWN, "operators"], None, limit=100)).rows


async def test_a_redelivered_sample_is_journaled_once(hosted: Hosted) -> None:
    event = signed("eg_user_updated")

    statuses = [await hosted.deliver([event, event]), await hosted.deliver(event)]
    page = await hosted.journal.page(["operators"], None, limit=100)

    assert statuses == [202, 202]
    assert len(page.rows) == 1
