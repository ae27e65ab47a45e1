"""Dead letters and queue destinations in real storage: Azurite over TLS, with a token instead of a key."""

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient
from receiver import Receiver, cloud, event, events, linked, to_function, topic_key

from twin.azurite.launch import KINDS, SCRIPT, start_azurite
from twin.azurite.node import find_node
from twin.entra.tokens import Entra
from twin.event_grid.refusal import Refused
from twin.event_grid.storage_clients import OwnToken
from twin.world import World

INSTALLED = SCRIPT.is_file() and find_node() is not None


def free_world() -> World:
    """A cloud whose app and storage ports are all free."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as app:
            world = cloud(app.getsockname()[1])
            try:
                for kind in KINDS:
                    socket.create_server(("127.0.0.1", world.addresses.storage_port(kind))).close()
            except OSError:
                continue
            return world


@pytest.fixture
async def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    for pem in server.cert_chain_pems:
        pem.write_to_path(tmp_path / "chain.pem", append=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    world = free_world()
    world.entra = Entra(world)
    world.switches.dead_letter_delay_minutes = 0
    files = tmp_path / "azurite", tmp_path / "chain.pem", tmp_path / "key.pem"
    azurite = await asyncio.to_thread(start_azurite, world.addresses, *files)
    yield world
    await world.event_grid.stop()
    await asyncio.to_thread(azurite.stop)


@pytest.mark.skipif(not INSTALLED, reason="Azurite is not installed: make setup")
async def test_a_dead_letter_is_a_blob(storage: World, tmp_path: Path) -> None:
    receiver = Receiver(then=400, port=storage.addresses.base)
    await receiver.start()
    target = {"endpointType": "StorageBlob", "properties": {"blobContainerName": "dead-letters"}}
    client = BlobServiceClient(
        storage.addresses.storage("blob"),
        credential=OwnToken(storage),
        audience="https://storage.azure.com",
        connection_verify=str(tmp_path / "ca.pem"),
        retry_total=0,
    )
    async with client, await client.create_container("dead-letters") as container:
        url = await linked(storage, to_function(storage, deadLetterDestination=target))
        storage.event_grid.publish(url, [event()])
        await storage.event_grid.settled(10)

        [name] = [blob.name async for blob in container.list_blobs()]
        [letter] = json.loads(await (await container.download_blob(name)).readall())
    await receiver.stop()

    assert name.startswith("GRAPH-PULSE/TO-FUNC/")
    assert (letter["id"], letter["deadletterreason"]) == ("event-1", "UndeliverableEvent")


@pytest.mark.skipif(not INSTALLED, reason="Azurite is not installed: make setup")
async def test_a_queue_gets_each_event_in_base64_and_must_be_there_first(storage: World, tmp_path: Path) -> None:
    """learn.microsoft.com/azure/event-grid/handler-storage-queues."""
    receiver = Receiver(port=storage.addresses.base)
    await receiver.start()
    client = QueueServiceClient(
        storage.addresses.storage("queue"),
        credential=OwnToken(storage),
        audience="https://storage.azure.com",
        connection_verify=str(tmp_path / "ca.pem"),
    )
    account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
    to_queue = {"endpointType": "StorageQueue", "properties": {"resourceId": account, "queueName": "changed"}}
    async with client:
        url = await linked(storage)
        with pytest.raises(Refused, match="queue 'changed' was not found"):
            await storage.event_grid.put_event_subscription(topic_key(storage), "to-queue", {"destination": to_queue})
        await client.create_queue("changed")
        await storage.event_grid.put_event_subscription(topic_key(storage), "to-queue", {"destination": to_queue})

        storage.event_grid.publish(url, events(2))
        await storage.event_grid.settled(10)

        queue = client.get_queue_client("changed")
        bodies = [json.loads(base64.b64decode(message.content)) async for message in queue.receive_messages()]
    await receiver.stop()

    assert sorted(body["id"] for body in bodies) == [each["id"] for each in events(2)]
