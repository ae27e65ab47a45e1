"""Every way to keep tables, blobs and queues: in memory, Azurite by connection string, Azurite keyless over TLS."""

import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue import TextBase64DecodePolicy
from azure.storage.queue.aio import QueueServiceClient
from free_ports import free_base

from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.storage.blobs import AzureBlobs
from shared.adapters.storage.queues import AzureQueues
from shared.adapters.storage.tables import AzureTables
from shared.ports import Blobs, Queues, Tables
from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, connection_string, start_azurite
from twin.certificates import Authority, local_authority
from twin.entra.tokens import Entra
from twin.world import World

AUDIENCE = "https://storage.azure.com"
FORMS = ["memory", "connection_string", "keyless"]


class StorageToken:
    """A token of the local Entra for storage, the same for the whole session."""

    def __init__(self) -> None:
        self._token = Entra(World()).issue(AUDIENCE, subject="app")

    async def get_token(self, *_scopes: str, **_: object) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)

    async def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return local_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def plain_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    yield from _azurite(tmp_path_factory.mktemp("plain"), None)


@pytest.fixture(scope="session")
def keyless_azurite(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Addresses]:
    yield from _azurite(tmp_path_factory.mktemp("keyless"), authority)


def _azurite(folder: Path, authority: Authority | None) -> Iterator[Addresses]:
    if not SCRIPT.is_file():
        pytest.skip("Azurite is not installed: `make setup`")
    addresses = Addresses(free_base())
    chain, key = (authority.chain, authority.key) if authority else (None, None)
    azurite = start_azurite(addresses, folder, chain, key, oauth=authority is not None)
    yield addresses
    azurite.stop()


@pytest.fixture(scope="session")
def storage_token() -> StorageToken:
    return StorageToken()


@pytest.fixture(params=FORMS)
async def tables(request: pytest.FixtureRequest) -> AsyncIterator[Tables]:
    if request.param == "memory":
        yield MemoryTables()
        return
    async with _service(request, TableServiceClient, "table") as service:
        yield AzureTables(service)


@pytest.fixture(params=FORMS)
async def blobs(request: pytest.FixtureRequest) -> AsyncIterator[Blobs]:
    if request.param == "memory":
        yield MemoryBlobs()
        return
    async with _service(request, BlobServiceClient, "blob") as service:
        yield AzureBlobs(lambda: service)


@dataclass(frozen=True, slots=True)
class QueueAtHand:
    """A way to keep queues, and what a queue holds now: read by the SDK as a queue trigger of host.json reads it."""

    port: Queues
    held: Callable[[str], Awaitable[list[str]]]


@pytest.fixture(params=FORMS)
async def queues(request: pytest.FixtureRequest) -> AsyncIterator[QueueAtHand]:
    if request.param == "memory":
        memory = MemoryQueues()

        async def in_memory(queue: str) -> list[str]:
            return memory.queues.get(queue, [])

        yield QueueAtHand(memory, in_memory)
        return
    async with _service(request, QueueServiceClient, "queue") as service:

        async def in_azurite(queue: str) -> list[str]:
            client = service.get_queue_client(queue, message_decode_policy=TextBase64DecodePolicy())
            return [message.content async for message in client.receive_messages(max_messages=32)]

        yield QueueAtHand(AzureQueues(lambda: service), in_azurite)


def _service(request: pytest.FixtureRequest, client, kind: str):
    if request.param == "connection_string":
        return client.from_connection_string(connection_string(request.getfixturevalue("plain_azurite")))
    return client(
        request.getfixturevalue("keyless_azurite").storage(kind),
        credential=request.getfixturevalue("storage_token"),
        audience=AUDIENCE,
        connection_verify=str(request.getfixturevalue("authority").ca),
    )


@pytest.fixture
def table() -> str:
    """A name that no other test has."""
    return f"t{uuid.uuid4().hex}"
