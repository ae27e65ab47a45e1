"""Azurite itself, in both forms in which the app meets it."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.data.tables.aio import TableServiceClient

from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, Azurite, AzuriteError, connection_string, start_azurite
from twin.certificates import local_authority
from twin.entra.tokens import Entra
from twin.world import World

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")


def free_base() -> int:
    """A base whose three ports of storage are free now."""
    for _ in range(50):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            base = probe.getsockname()[1] - 10
        try:
            for offset in (10, 11, 12):
                socket.create_server(("127.0.0.1", base + offset)).close()
        except OSError:
            continue
        return base
    raise AssertionError("no free ports")


class TwinToken:
    """A token of the local Entra for storage."""

    async def get_token(self, *_scopes: str, **_: object) -> AccessToken:
        token = Entra(World()).issue("https://storage.azure.com", subject="app")
        return AccessToken(token, int(time.time()) + 3600)

    async def close(self) -> None:
        pass


async def write_and_read(client: TableServiceClient) -> str:
    async with client:
        table = await client.create_table_if_not_exists("pulse")
        await table.upsert_entity({"PartitionKey": "p", "RowKey": "r", "text": "kept"})
        return (await table.get_entity("p", "r"))["text"]


@pytest.fixture
def running() -> Iterator[list[Azurite]]:
    started: list[Azurite] = []
    yield started
    for azurite in started:
        azurite.stop()


async def test_keyless_over_tls_it_takes_the_tokens_of_the_local_entra(tmp_path: Path, running: list[Azurite]) -> None:
    addresses, authority = Addresses(free_base()), local_authority(tmp_path)
    running.append(start_azurite(addresses, tmp_path / "data", authority.chain, authority.key))

    client = TableServiceClient(
        addresses.storage("table"),
        credential=TwinToken(),
        audience="https://storage.azure.com",
        connection_verify=str(authority.ca),
    )

    assert await write_and_read(client) == "kept"


async def test_over_plain_http_it_takes_the_connection_string(tmp_path: Path, running: list[Azurite]) -> None:
    addresses = Addresses(free_base())
    running.append(start_azurite(addresses, tmp_path, None, None, oauth=False))

    assert await write_and_read(TableServiceClient.from_connection_string(connection_string(addresses))) == "kept"


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    base = free_base()

    with (
        socket.create_server(("127.0.0.1", base + 11)),
        pytest.raises(AzuriteError, match=f"can't have port {base + 11}"),
    ):
        start_azurite(Addresses(base), tmp_path, None, None, oauth=False)


def test_a_start_that_fails_says_what_azurite_printed(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"

    with pytest.raises(AzuriteError, match=r"nothing\.pem"):
        start_azurite(Addresses(free_base()), tmp_path, nothing, nothing)


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    azurite = start_azurite(Addresses(free_base()), tmp_path, None, None, oauth=False)

    azurite.stop()
    azurite.stop()

    assert azurite.process.poll() is not None
