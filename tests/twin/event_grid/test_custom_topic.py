"""The custom topic's endpoint, through the real publisher client over TLS.

Sources: learn.microsoft.com/azure/event-grid/post-to-custom-topic, authenticate-with-microsoft-entra-id.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import uvicorn
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient
from receiver import cloud, event

from twin.entra.tokens import Entra
from twin.event_grid.app import event_grid_app
from twin.world import World

BATCH = {"content-type": "application/cloudevents-batch+json; charset=utf-8"}


@dataclass
class Token:
    """An azure.core AsyncTokenCredential that has one token, whatever is asked for."""

    token: str

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> "Token":
        return self

    async def __aexit__(self, *_: object) -> None: ...


@dataclass
class Served:
    world: World
    url: str
    authority: str  # path of the certificate authority's file


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    world = cloud(1)
    world.entra = Entra(world)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(event_grid_app(world), log_level="error", lifespan="off", ssl_certfile=tmp_path / "server.pem")
    )
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)
    yield Served(world, f"https://localhost:{listener.getsockname()[1]}/api/events", str(tmp_path / "ca.pem"))
    server.should_exit = True
    await serving


def cloud_event(number: int = 1) -> CloudEvent:
    return CloudEvent(source="/pulse", type="Pulse.Changed", subject="Users/1", data={"n": number})


async def test_the_real_client_publishes_with_an_entra_token(served: Served) -> None:
    token = served.world.entra.issue("https://eventgrid.azure.net", subject="app")
    async with EventGridPublisherClient(served.url, Token(token), connection_verify=served.authority) as client:
        await client.send([cloud_event(1), cloud_event(2)])

    first, second = served.world.event_grid.received
    assert (first["data"], second["data"]) == ({"n": 1}, {"n": 2})
    assert first["source"] == "/pulse"


async def test_the_real_client_publishes_with_the_access_key(served: Served) -> None:
    key = AzureKeyCredential(served.world.event_grid.access_key)
    async with EventGridPublisherClient(served.url, key, connection_verify=served.authority) as client:
        await client.send(cloud_event())

    assert len(served.world.event_grid.received) == 1


@pytest.mark.parametrize("audience", ["https://management.azure.com", "https://graph.microsoft.com"])
async def test_a_token_for_something_else_is_refused(served: Served, audience: str) -> None:
    token = served.world.entra.issue(audience, subject="app")
    async with EventGridPublisherClient(served.url, Token(token), connection_verify=served.authority) as client:
        with pytest.raises(ClientAuthenticationError):
            await client.send(cloud_event())

    assert served.world.event_grid.received == []


async def test_a_batch_with_one_bad_event_is_refused_whole_and_what_came_can_be_read(served: Served) -> None:
    bad = {name: value for name, value in event().items() if name != "source"}
    key = {"aeg-sas-key": served.world.event_grid.access_key} | BATCH
    trust = ssl.create_default_context(cafile=served.authority)
    async with httpx.AsyncClient(verify=trust) as client:
        refused = await client.post(served.url, json=[event(), bad], headers=key)
        wrong_type = await client.post(served.url, json=[event()], headers=key | {"content-type": "application/json"})
        taken = await client.post(served.url, json=[event()], headers=key)
        received = await client.get(served.url.replace("/api/events", "/twin/received"))

    assert [refused.status_code, wrong_type.status_code, taken.status_code] == [400, 415, 200]
    assert refused.json()["error"]["code"] == "BadRequest"
    assert received.json() == {"events": [event()]}
