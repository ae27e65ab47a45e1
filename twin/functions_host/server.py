"""Serves the host on one loopback port until it is told to stop, then drains."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence

import uvicorn

from twin.functions_host.app import FunctionsHost
from twin.functions_host.runtime import Runtime

DRAIN_S = 10

log = logging.getLogger("host")


class PortTakenError(Exception):
    """Somebody else listens there. The message says what to do."""


def bind(port: int) -> socket.socket:
    """A socket on 127.0.0.1; port 0 takes any free one. Raises PortTakenError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # there it would let two processes share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(2048)  # now: two sockets with SO_REUSEADDR may both be bound, but only one listens
    except (OSError, OverflowError) as fault:
        listener.close()
        raise PortTakenError(
            f"port {port} can't be used ({fault}): free it, or choose others with --port-base"
        ) from fault
    return listener


async def serve(
    host: FunctionsHost,
    runtime: Runtime,
    listener: socket.socket,
    *,
    functions: Sequence[str],
    timers: bool,
    queues: bool,
) -> bool:
    """Returns after SIGTERM or SIGINT. False if some invocation was still running when the time was up."""
    config = uvicorn.Config(
        host.app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=DRAIN_S
    )
    server = ReadyServer(config, ready={"ready": True, "functions": list(functions), "port": listener.getsockname()[1]})
    stop = stop_signal(server)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    host.timers.start(on=timers)
    if queues:
        host.queues.start()
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    host.timers.turn(on=False)
    host.queues.stop()
    server.should_exit = True
    ends = asyncio.get_running_loop().time() + DRAIN_S
    await serving
    settled = await runtime.settled(max(0.0, ends - asyncio.get_running_loop().time()))
    await host.queues.settled(max(0.0, ends - asyncio.get_running_loop().time()))
    return settled


class ReadyServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, *, ready: dict[str, object]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: uvicorn would raise them again after its shutdown and end the process by them."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(json.dumps(self._ready), flush=True)  # whoever started the process waits for it


def stop_signal(server: uvicorn.Server) -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def told() -> None:
        if stop.done():
            server.force_exit = True  # asked twice
        else:
            log.info("host.draining")
            stop.set_result(None)

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: loop.call_soon_threadsafe(told))
    return stop
