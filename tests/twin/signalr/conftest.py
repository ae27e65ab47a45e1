"""The service on free ports in the test's own loop, and plain WebSocket clients of it."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
import websockets

from twin.addresses import Addresses
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.listeners import listen
from twin.signalr.app import signalr_app
from twin.signalr.service import SignalR
from twin.signalr.sockets import CuttableSocket
from twin.world import World

END = "\x1e"


class Client:
    """One behind its handshake."""

    def __init__(self, socket, connection_id):
        self.socket = socket
        self.id = connection_id
        self.waiting = []

    async def next(self):
        async with asyncio.timeout(5):
            while not self.waiting:
                self.waiting = (await self.socket.recv()).split(END)[:-1]
        return json.loads(self.waiting.pop(0))

    async def arguments(self):
        return (await self.next())["arguments"]


class Service:
    """How tests call it."""

    def __init__(self, world, http):
        self.world = world
        self.http = http

    @property
    def url(self):
        return self.world.addresses.signalr

    def client_token(self, user="ada", hub="feed", **claims):
        form = {"aud": f"{self.url}/client/?hub={hub}", "exp": 4_000_000_000} | ({"nameid": user} if user else {})
        return self.world.signalr.keys.sign(form | claims)

    async def negotiate(self, token, hub="feed", **headers):
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return await self.http.post(f"/client/negotiate?hub={hub}&negotiateVersion=1", headers=headers)

    def socket(self, token, negotiated="", hub="feed"):
        """As a browser opens one: the token in the query."""
        ticket = f"&id={negotiated}" if negotiated else ""
        address = self.url.replace("http", "ws")
        return websockets.connect(f"{address}/client/?hub={hub}{ticket}&access_token={token}", proxy=None)

    @asynccontextmanager
    async def client(self, user="ada", hub="feed"):
        token = self.client_token(user, hub)
        negotiated = (await self.negotiate(token, hub)).json()
        async with self.socket(token, negotiated["connectionToken"], hub) as socket:
            await socket.send(json.dumps({"protocol": "json", "version": 1}) + END)
            assert await socket.recv() == "{}" + END
            yield Client(socket, negotiated["connectionId"])

    async def rest(self, method, path, body=None, *, token=None, version="2022-06-01", query=""):
        """Signed by the access key unless a token is given. `path` follows /api/."""
        url = f"{self.url}/api/{path}"
        query = f"?api-version={version}{query}" if version else ""
        token = token or self.world.signalr.keys.sign({"aud": url, "exp": 4_000_000_000})
        headers = {"Authorization": f"Bearer {token}"}
        return await self.http.request(method, url + query, json=body, headers=headers)

    async def send(self, whom, *arguments):
        answer = await self.rest("POST", f"hubs/feed/{whom}:send", {"target": "news", "arguments": arguments})
        assert answer.status_code == 202


@pytest.fixture(scope="session")
def entra():
    """One issuer for all tests: making its key takes longer than any of them."""
    return Entra(World())


@pytest.fixture
async def service(entra):
    sockets = listen(0)
    world = World(Addresses(sockets[0].getsockname()[1] - 5), clock=MovableClock())
    world.entra = entra
    world.signalr = SignalR(world)
    config = uvicorn.Config(signalr_app(world), ws=CuttableSocket, lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets)
    async with httpx.AsyncClient(base_url=world.addresses.signalr, trust_env=False) as http:
        yield Service(world, http)
    for listener in server.servers:  # all clients have gone; uvicorn's own shutdown takes a tenth of a second
        listener.close()
