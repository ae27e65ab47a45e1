"""A world with the real Entra and an Event Grid that only remembers, and two ways to call its Graph."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import uvicorn
from graph_builders import ALL_ROLES, RecordingEventGrid, bearer, delegated_token, in_minutes, subscription, token
from key_holder import Holder, new_holder
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider
from mail_calls import IMMUTABLE
from msgraph import GraphRequestAdapter, GraphServiceClient
from webhook_receiver import QUICK, WebhookReceiver, listening

from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.graph.app import graph_app
from twin.graph.tenant import Graph
from twin.world import World

CA = "ca.pem"


@pytest.fixture
def event_grid() -> RecordingEventGrid:
    return RecordingEventGrid()


@pytest.fixture(scope="session")
def entra() -> Entra:
    """One issuer for all tests: making its key takes longer than any of them."""
    return Entra(World(clock=MovableClock()))


@pytest.fixture
def world(event_grid: RecordingEventGrid, entra: Entra) -> World:
    world = World(clock=MovableClock())
    world.entra = entra
    world.event_grid = event_grid  # type: ignore[assignment]
    world.graph = Graph(world, webhook_timeouts=QUICK)
    return world


@pytest.fixture
def ada(world: World) -> str:
    return world.people[0].id


@pytest.fixture
async def receiver(world: World) -> AsyncIterator[WebhookReceiver]:
    """A subscriber's endpoint, and a Graph that delivers to it."""
    async with listening() as receiver:
        world.graph.webhooks.start()
        yield receiver
        await world.graph.webhooks.stop()


@pytest.fixture(scope="session")
def holder() -> Holder:
    return new_holder()


@pytest.fixture
def rich_body(world: World, receiver: WebhookReceiver, holder: Holder) -> dict[str, Any]:
    """A POST body: two properties of the first person's mail."""
    return subscription(
        world,
        resource=f"users/{world.people[0].id}/messages?$select=subject,isRead",
        notificationUrl=receiver.url,
        lifecycleNotificationUrl=receiver.lifecycle_url,
        expirationDateTime=in_minutes(world, 1_400),
        **holder.fields,
    )


@pytest.fixture
async def call(world: World) -> AsyncIterator[Callable[..., Any]]:
    """`await call("GET", "/users")`: a request to /v1.0 with a token that may do all, unless headers say otherwise."""
    transport = httpx.ASGITransport(graph_app(world))
    headers = {"Authorization": f"Bearer {token(world, roles=ALL_ROLES)}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost:7072", headers=headers) as client:

        async def request(method: str, path: str, json: Any = None, **kwargs: Any) -> httpx.Response:
            url = path if path.startswith(("https://", "/beta")) else f"/v1.0{path}"
            return await client.request(method, url, json=json, **kwargs)

        yield request


@pytest.fixture
def me(call, world):
    """`await me("ada", "GET", "/messages")`: a call to /me under a delegated token."""

    async def request(alias, method, path, json=None, *, scopes="Mail.ReadWrite Mail.Send", headers=None, params=None):
        token = delegated_token(world, alias, scopes=scopes)
        return await call(
            method, f"/me{path}", json, headers=bearer(token) | IMMUTABLE | (headers or {}), params=params
        )

    return request


@pytest.fixture
def listed(me):
    async def rows(alias, folder, **params):
        answer = await me(alias, "GET", f"/mailFolders/{folder}/messages", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    return rows


@pytest.fixture
async def graph_client(world: World, tmp_path: Path) -> AsyncIterator[GraphServiceClient]:
    """The real msgraph-sdk over TLS."""
    async with _served(world, tmp_path) as (base, context), httpx.AsyncClient(verify=context) as client:
        provider = BaseBearerTokenAuthenticationProvider(_Tokens(world))
        adapter = GraphRequestAdapter(provider, client=client)
        adapter.base_url = f"{base}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


@pytest.fixture
async def served_graph(world: World, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """Its URL over TLS and the file of the authority to trust."""
    async with _served(world, tmp_path) as (base, _):
        yield base, tmp_path / CA


class _Tokens:
    def __init__(self, world: World) -> None:
        self._token = token(world, roles=ALL_ROLES)

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> None:
        return None


@pytest.fixture
def post(call: Callable[..., Any], world: World) -> Callable[..., Any]:
    """`await post(body, app="Mail.Read")`: by an app or a person with this permission alone. Unlisted resources are
    taken."""
    world.switches.accept_unlisted_resources = True

    async def post(
        body: dict[str, Any], *, app: str | None = None, person: str | None = None, by: str = "ada"
    ) -> httpx.Response:
        text = token(world, roles=(app or "",)) if person is None else delegated_token(world, by, scopes=person)
        return await call("POST", "/subscriptions", body, headers=bearer(text))

    return post


@asynccontextmanager
async def _served(world: World, folder: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    authority = trustme.CA()
    chain = folder / "chain.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(chain))
    authority.cert_pem.write_to_path(str(folder / CA))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    config = uvicorn.Config(graph_app(world), port=0, ssl_certfile=chain, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"https://localhost:{port}", context
    finally:
        await server.shutdown()


@pytest.fixture
def read(call):
    """A delta query, read as a careful client does: page by page until a deltaLink."""

    async def read_round(path, **headers):
        """(rows, sizes of the pages, deltaLink); no page has both links."""
        rows, sizes = [], []
        while True:
            answer = await call("GET", path, headers=headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
            rows += page["value"]
            sizes.append(len(page["value"]))
            if link := page.get("@odata.deltaLink"):
                return rows, sizes, link
            path = page["@odata.nextLink"]

    return read_round


@pytest.fixture
def watch(call, world):
    """`await watch(resource)`: the id of a new subscription to it."""

    async def post(resource, change_type="created,updated,deleted"):
        answer = await call("POST", "/subscriptions", subscription(world, resource=resource, changeType=change_type))
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return post
