"""docs/twin.md names every call of an SDK that the app makes, with a test that exists and makes it too."""

import re
import tomllib
from pathlib import Path

import pytest
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.eventgrid.aio import EventGridPublisherClient
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from twin.faults import FAULTS
from twin.scenarios.reader import parse_scenario

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "twin.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and "`tests/" in line]
ADAPTERS = ROOT / "shared" / "adapters"
STORAGE = ADAPTERS / "storage"
NO_CALLS = {"close", "get_table_client", "get_blob_client", "get_container_client", "get_queue_client"}


def calls(file: Path, *clients: type) -> set[str]:
    """Methods of the clients that the file calls over the wire."""
    public = {name for client in clients for name in dir(client) if not name.startswith("_")}
    return set(re.findall(r"\.(\w+)\(", file.read_text())) & public - NO_CALLS


@pytest.mark.parametrize(
    ("package", "called"),
    [
        ("azure-data-tables", calls(STORAGE / "tables.py", TableClient, TableServiceClient)),
        ("azure-storage-blob", calls(STORAGE / "blobs.py", BlobClient, ContainerClient, BlobServiceClient)),
        ("azure-storage-queue", calls(STORAGE / "queues.py", QueueClient, QueueServiceClient)),
        ("azure-eventgrid", calls(ADAPTERS / "event_grid.py", EventGridPublisherClient)),
    ],
)
def test_every_call_of_an_adapter_stands_on_the_page(package: str, called: set[str]) -> None:
    (row,) = (row for row in ROWS if row.startswith(f"| {package} |"))

    assert called
    assert {name for name in called if f"`{name}`" not in row} == set()


def test_every_call_of_the_command_line_to_event_grid_s_management_is_tried_by_a_test_of_its_row() -> None:
    used = {
        call
        for file in (ROOT / "pulse").rglob("*.py")
        for call in re.findall(r"\.events\.(\w+\.\w+)\(", file.read_text())
    }

    assert used
    for call in used:
        (row,) = (row for row in ROWS if f"`{call}`" in row)
        (test,) = re.findall(r"`(tests/\S+?)`", row)
        assert re.search(rf"{call.replace('.', r'\.')}\(", (ROOT / test).read_text()), f"{test} does not call {call}"


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(tests/\S+?\.py)`", PAGE))))
def test_every_test_that_the_page_names_exists(test: str) -> None:
    assert (ROOT / test).is_file()


def test_faults_on_the_page_exist() -> None:
    named = re.findall(r'(?:pulse chaos |^fault = ")([a-z][a-z-]+)', PAGE, re.MULTILINE)

    assert set(named) == {"graph-down"} <= {fault.name for fault in FAULTS}


def test_the_scenario_on_the_page_can_be_read() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    scenario = parse_scenario(tomllib.loads(block), "page")

    assert scenario.length_s == 3 * 3600
