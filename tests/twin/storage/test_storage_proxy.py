"""The proxy before Azurite, met by the unmodified SDKs over TLS with tokens, as the app meets it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceModifiedError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient
from free_ports import free_base

from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, start_azurite
from twin.certificates import Authority, local_authority
from twin.entra.tokens import Entra
from twin.listeners import listen
from twin.outage_gate import OutageGate
from twin.storage.proxy import StorageProxy
from twin.world import World

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")

AUDIENCE = "https://storage.azure.com"
KINDS = ("table", "blob", "queue")


class Token:
    def __init__(self, world: World) -> None:
        self._token = world.entra.issue(AUDIENCE, subject="app")

    async def get_token(self, *_scopes: str, **_: object) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> "Token":
        return self

    async def __aexit__(self, *_: object) -> None: ...


@dataclass
class Proxied:
    """A storage account behind the proxy; `direct` is without it."""

    world: World
    authority: Authority

    def options(self, **more: Any) -> dict[str, Any]:
        trust = str(self.authority.ca)
        return {"credential": Token(self.world), "audience": AUDIENCE, "connection_verify": trust, **more}

    def tables(self, *, retries: int = 0) -> TableServiceClient:
        return TableServiceClient(self.world.addresses.app_storage("table"), **self.options(retry_total=retries))

    def direct(self) -> TableServiceClient:
        return TableServiceClient(self.world.addresses.storage("table"), **self.options())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return local_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Any:
    base = free_base()
    folder = tmp_path_factory.mktemp("azurite")
    azurite = start_azurite(Addresses(base), folder, authority.chain, authority.key)
    yield base
    azurite.stop()


@pytest.fixture
async def proxied(base: int, authority: Authority) -> AsyncIterator[Proxied]:
    world = World(Addresses(base, through_proxy=True))
    world.entra = Entra(world)
    proxies = [StorageProxy(world, kind) for kind in KINDS]
    servers = []
    for kind, proxy in zip(KINDS, proxies, strict=True):
        tls = {"ssl_certfile": authority.chain, "ssl_keyfile": authority.key}
        config = uvicorn.Config(
            OutageGate(proxy, world.outages, kind), log_config=None, lifespan="off", timeout_graceful_shutdown=0, **tls
        )
        sockets = listen(int(world.addresses.app_storage(kind).split(":")[2].split("/")[0]))
        servers.append((uvicorn.Server(config), sockets))
    serving = [asyncio.create_task(server.serve(sockets=sockets)) for server, sockets in servers]
    while not all(server.started for server, _ in servers):  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)
    yield Proxied(world, authority)
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*serving)
    for proxy in proxies:
        await proxy.close()


def row(key: str, partition: str = "p", **values: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **values}


async def test_tables_work_through_it_as_they_do_without(proxied: Proxied) -> None:
    async with proxied.tables() as service, await service.create_table_if_not_exists("rows") as table:
        made = await table.create_entity(row("it's/1".replace("/", "-"), text="Zoë"))
        await table.submit_transaction([("upsert", row(f"r{number:02}")) for number in range(20)])
        with pytest.raises(ResourceExistsError):
            await table.create_entity(row("r01"))
        with pytest.raises(ResourceModifiedError):
            await table.update_entity(
                row("r01", n=1), mode=UpdateMode.REPLACE, etag=made["etag"], match_condition=_unmodified()
            )
        read = [each["RowKey"] async for each in table.query_entities("RowKey ge 'r10'", results_per_page=3)]

        assert (await table.get_entity("p", "it's-1"))["text"] == "Zoë"

    assert read == [f"r{number}" for number in range(10, 20)]


async def test_blobs_and_queues_work_through_it(proxied: Proxied) -> None:
    addresses, body = proxied.world.addresses, bytes(range(256)) * 100
    async with (
        BlobServiceClient(addresses.app_storage("blob"), **proxied.options()) as blobs,
        QueueServiceClient(addresses.app_storage("queue"), **proxied.options()) as queues,
    ):
        container = await blobs.create_container("bodies")
        await container.upload_blob("a/ü.bin", body)
        size = (await container.get_blob_client("a/ü.bin").get_blob_properties()).size
        queue = await queues.create_queue("work")
        await queue.send_message("hello & <goodbye>")

        assert (await (await container.download_blob("a/ü.bin")).readall(), size) == (body, len(body))
        assert [message.content async for message in queue.receive_messages()] == ["hello & <goodbye>"]


async def test_server_busy_is_a_503_with_its_code(proxied: Proxied) -> None:
    async with proxied.tables() as service:
        table = await service.create_table_if_not_exists("busy")
        proxied.world.outages.turn({"table": {"refused_percent": 100, "burst": 2}})
        with pytest.raises(HttpResponseError) as fault:
            await table.upsert_entity(row("1"))  # create_entity loses the code

    assert (fault.value.status_code, fault.value.error_code) == (503, "ServerBusy")


async def test_an_answer_can_be_lost_after_the_commit(proxied: Proxied) -> None:
    async with proxied.tables() as service, proxied.direct() as direct:
        table = await service.create_table_if_not_exists("lost")
        proxied.world.outages.turn({"table": {"unanswered_percent": 100}})

        with pytest.raises(AzureError) as fault:
            await table.submit_transaction([("create", row("1")), ("create", row("2"))])

        kept = [each["RowKey"] async for each in direct.get_table_client("lost").list_entities()]
    assert not isinstance(fault.value, HttpResponseError)
    assert kept == ["1", "2"]


async def test_more_than_fifteen_comparisons_are_refused(proxied: Proxied) -> None:
    async with proxied.tables() as service:
        table = await service.create_table_if_not_exists("filters")
        query = " or ".join(f"RowKey eq '{number}'" for number in range(16))

        with pytest.raises(HttpResponseError) as fault:
            _ = [each async for each in table.query_entities(query)]

    assert fault.value.status_code == 400


async def test_more_than_four_mebibytes_in_a_transaction_are_refused_and_nothing_is_written(proxied: Proxied) -> None:
    async with proxied.tables() as service:
        table = await service.create_table_if_not_exists("large")
        large = {f"text{number}": "x" * 30_000 for number in range(15)}

        with pytest.raises(HttpResponseError) as fault:
            await table.submit_transaction([("create", row(str(number), **large)) for number in range(11)])

        assert [each async for each in table.list_entities()] == []
    assert fault.value.status_code == 413


async def test_only_the_slow_partition_waits(proxied: Proxied) -> None:
    async with proxied.tables() as service:
        table = await service.create_table_if_not_exists("slow")
        proxied.world.outages.turn({"slow_partitions": {"^held$": 3_600_000}})

        held = asyncio.create_task(table.create_entity(row("1", "held")))
        await table.create_entity(row("1", "free"))

        assert not held.done()
        held.cancel()


def _unmodified() -> Any:
    from azure.core import MatchConditions

    return MatchConditions.IfNotModified
