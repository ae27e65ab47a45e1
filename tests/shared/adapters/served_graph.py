"""A part of the twin over TLS, tokens for it, and the adapter of its Graph."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from azure.core.credentials import AccessToken
from starlette.types import ASGIApp

from shared.adapters.graph import MsGraph
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.graph.tenant import Graph
from twin.world import World


class Topics:
    """An Event Grid that takes every topic and delivers nothing."""

    def ensure_partner_topic(self, url: str, *, source: str) -> None: ...

    def publish(self, url: str, events: list[dict[str, Any]]) -> None: ...


class StaticToken:
    def __init__(self, text: str) -> None:
        self.text, self.scopes, self.closed = text, [], 0

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self.text, int(time.time()) + 3600)

    async def close(self) -> None:
        self.closed += 1


def a_world(entra: Entra) -> World:
    world = World(clock=MovableClock())
    world.entra, world.event_grid = entra, Topics()
    world.graph = Graph(world)
    return world


def app_token(world: World, roles: Sequence[str]) -> StaticToken:
    subject = world.principal_id
    claims = {"oid": subject, "appid": world.app_id, "idtyp": "app", "roles": [*roles]}
    return StaticToken(world.entra.issue("https://graph.microsoft.com", subject=subject, **claims))


async def hang_up(graph: MsGraph) -> None:
    """The server waits for idle connections of the SDK's."""
    if graph._client:
        await graph._client.request_adapter._http_client.aclose()


@asynccontextmanager
async def served(app: ASGIApp, authority: Any) -> AsyncIterator[str]:
    """Its address. httpx has to trust the authority by SSL_CERT_FILE, as in a demo."""
    config = uvicorn.Config(
        app, port=0, ssl_certfile=authority.chain, ssl_keyfile=authority.key, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # the SDK's idle ones would be waited for
        await server.shutdown()
