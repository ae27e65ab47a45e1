"""A SignalR service and a managed identity endpoint in a thread, so that tests may wait for a host that calls them."""

import asyncio
import threading

import uvicorn

from twin.addresses import Addresses
from twin.entra.app import managed_identity_app
from twin.entra.tokens import Entra
from twin.listeners import close, listen
from twin.signalr.app import signalr_app
from twin.signalr.service import SignalR
from twin.signalr.sockets import CuttableSocket
from twin.world import World


class SignalRTwin:
    def __init__(self):
        self.world, sockets = _world_on_free_ports()
        apps = (signalr_app(self.world), managed_identity_app(self.world))
        self._servers = [
            uvicorn.Server(
                uvicorn.Config(app, ws=CuttableSocket, lifespan="off", log_config=None, timeout_graceful_shutdown=0)
            )
            for app in apps
        ]
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(sockets)))
        self._thread.start()
        self._started.wait(30)

    @property
    def identity(self):
        """Settings of a host whose bindings name the service SIGNALR and reach it by the managed identity."""
        return {
            "SIGNALR__serviceUri": self.world.addresses.signalr,
            "SIGNALR__credential": "managedidentity",
            "SIGNALR__clientId": self.world.app_id,
            "IDENTITY_ENDPOINT": self.world.addresses.managed_identity,
            "IDENTITY_HEADER": self.world.entra.identity_header,
        }

    @property
    def key(self):
        """The same by a connection string, its port apart as in Microsoft's emulator's."""
        text = self.world.signalr.connection_string
        endpoint, port = self.world.addresses.signalr.rsplit(":", 1)
        return {"SIGNALR": text.replace(self.world.addresses.signalr, f"{endpoint};Port={port}")}

    def cut(self):
        self.call(self.world.signalr.cut)

    def call(self, act):
        self._loop.call_soon_threadsafe(act)

    def stop(self):
        for server in self._servers:
            server.should_exit = server.force_exit = True
        self._thread.join()

    async def _serve(self, sockets):
        self._loop = asyncio.get_running_loop()
        serving = [
            asyncio.create_task(server.serve(sockets=own)) for server, own in zip(self._servers, sockets, strict=True)
        ]
        self._started.set()  # the sockets listen already
        await asyncio.gather(*serving)


def _world_on_free_ports():
    """Both ports are counted from one base: tried until a pair is free."""
    for _ in range(50):
        first = listen(0)
        base = first[0].getsockname()[1] - 5
        try:
            second = listen(base + 7)
        except OSError:
            close(first)
            continue
        world = World(Addresses(base))
        world.entra = Entra(world)
        world.signalr = SignalR(world)
        return world, (first, second)
    raise AssertionError("no free ports")
