"""Adapters meet flows in one place: built once, from what the environment says, or with every fault named."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from builders import ENVIRON, WATCH, FixedClock, mail_event, mail_spec, watch_of
from fakes import FakeGraph

from shared import composition
from shared.adapters.clock import SystemClock
from shared.adapters.graph import MsGraph
from shared.adapters.memory import MemoryBlobs, MemoryTables
from shared.adapters.storage.blobs import AzureBlobs
from shared.adapters.storage.tables import AzureTables
from shared.domain.watching.watch import InvalidWatch
from shared.settings import InvalidSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "subscriptions.toml"
    file.write_text(WATCH, encoding="utf-8")
    return {**ENVIRON, "SUBSCRIPTIONS_FILE": str(file)}


async def test_a_journey_through_the_ports_that_a_test_gives(environ):
    graph = FakeGraph()
    app = composition.build(environ, tables=MemoryTables(), blobs=MemoryBlobs(), graph=graph, clock=FixedClock())

    await app.keep_alive.tick()
    await app.receive(mail_event())

    assert len(graph.subscriptions) == 3
    reader = mail_spec().partition("~")[2]
    assert len((await app.journal.page((reader,), None, limit=10)).rows) == 1


async def test_what_is_left_out_is_the_real_one(environ):
    app = composition.build(environ)

    assert isinstance(app.clock, SystemClock)
    assert isinstance(app.receive.committer.tables, AzureTables)
    assert isinstance(app.quarantine.blobs, AzureBlobs)
    assert isinstance(app.handling.graph, MsGraph)
    await app.receive.committer.tables.service.close()


async def test_storage_is_named_by_its_addresses_when_it_is_keyless(environ):
    del environ["AzureWebJobsStorage"]
    environ |= {
        "AzureWebJobsStorage__tableServiceUri": "https://x.table.core.windows.net",
        "AzureWebJobsStorage__blobServiceUri": "https://x.blob.core.windows.net",
        "AzureWebJobsStorage__queueServiceUri": "https://x.queue.core.windows.net",
    }

    app = composition.build(environ, graph=FakeGraph())

    assert app.receive.committer.tables.service.url == "https://x.table.core.windows.net"
    await app.receive.committer.tables.service.close()


def test_two_processes_never_share_a_writer(environ):
    ports = {"tables": MemoryTables(), "blobs": MemoryBlobs(), "graph": FakeGraph(), "clock": FixedClock()}
    writers = {composition.build(environ, **ports).receive.committer.writer for _ in range(20)}

    assert len(writers) == 20
    assert all(writer.isalnum() for writer in writers)


def test_another_clock_is_named_by_its_module(environ):
    app = composition.build(
        {**environ, "CLOCK": "twin.clocks:process_clock"}, tables=MemoryTables(), blobs=MemoryBlobs(), graph=FakeGraph()
    )

    from twin.clocks import process_clock

    assert app.clock is process_clock


def test_every_fault_of_the_settings_is_named_at_once():
    with pytest.raises(InvalidSettings) as raised:
        composition.build({"GRAPH_URL": "http://plain"})

    assert len(raised.value.faults) == 4


def test_a_wrong_watch_is_named(environ):
    Path(environ["SUBSCRIPTIONS_FILE"]).write_text(watch_of('name = "x"'), encoding="utf-8")

    with pytest.raises(InvalidWatch, match="resource is missing"):
        composition.build(environ)


def test_the_app_is_built_once_and_tried_again_after_a_fault(environ):
    """In a process of its own: the app is the process's."""
    code = f"""
import os
from shared import composition
from shared.settings import InvalidSettings
try:
    composition.app()
    raise SystemExit('no fault')
except InvalidSettings:
    os.environ.update({environ!r})
assert composition.app() is composition.app()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60, env={"PATH": ""})  # noqa: S603


def test_importing_composition_opens_nothing_and_loads_no_sdk():
    code = (
        "import sys, shared.composition;"
        "heavy = ('msgraph', 'azure.identity', 'azure.data', 'azure.storage', 'aiohttp', 'azure.functions');"
        "found = [name for name in sys.modules if name.startswith(heavy)];"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)  # noqa: S603


def test_private_keys_that_can_t_be_read_are_all_named_at_the_start(environ):
    bad = base64.b64encode(b"no key").decode()

    with pytest.raises(InvalidSettings) as caught:
        composition.build({**environ, "ENCRYPTION_CERTIFICATES": f"one:{bad},two:{bad}"}, graph=FakeGraph())

    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "ENCRYPTION_CERTIFICATES one",
        "ENCRYPTION_CERTIFICATES two",
    ]
    assert bad not in str(caught.value)
