"""What stands before several instances of an app: one port, requests spread in turn, and switches for what goes wrong.

    GET  /twin/instances                     who is up; who holds the timers
    POST /twin/instances/N/kill|stop|start   at once and undrained; drained; again
    POST /twin/instances/N/clock             {"offset_s": n} from the common clock
    POST /twin/clock, /twin/timers           for all instances

After a cold start everything is refused with 503 until an instance is up, the first delivery too: what Azure does then
is not documented, and an app must stand it.
"""

import asyncio
import logging
import socket
import tempfile
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from twin.clocks import MovableClock
from twin.functions_host.admin import move
from twin.functions_host.bodies import read_body
from twin.functions_host.instance import Instance
from twin.functions_host.instances import Instances
from twin.functions_host.server import ReadyServer, bind, stop_signal

HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"}
DECODED = {b"content-encoding", b"content-length"}  # httpx has undone the one and counted anew
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

log = logging.getLogger("host.front")


async def serve_instances(options: Namespace) -> bool:
    """Until SIGTERM or SIGINT. Raises PortTakenError or InstanceError."""
    listener = bind(options.port)
    port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="schedules-") as schedules:
        instances = Instances(
            [_instance(number, options, Path(schedules)) for number in range(options.instances)],
            timers=not options.no_timers,
            timer_lock_s=options.timer_lock,
            host_name=f"localhost:{port}",
        )
        try:
            if not options.cold:
                await instances.start_all()
            config = uvicorn.Config(front_app(instances), log_config=None, access_log=False, lifespan="off", ws="none")
            functions = instances.all[0].functions
            server = ReadyServer(config, ready={"ready": True, "functions": functions, "port": port})
            await _serve_until_told(server, listener)
        finally:
            await instances.end()
    return True


def front_app(instances: Instances) -> Starlette:
    front, switches = _Front(instances), _Switches(instances)
    return Starlette(
        routes=[
            Route("/twin/instances", switches.show),
            Route("/twin/instances/{number:int}/clock", switches.set_clock, methods=["POST"]),
            Route("/twin/instances/{number:int}/{act}", switches.act, methods=["POST"]),
            Route("/twin/clock", switches.move_clocks, methods=["POST"]),
            Route("/twin/timers", switches.turn_timers, methods=["POST"]),
            Route("/twin/timers", switches.show_timers),
            Route("/{path:path}", front.pass_on, methods=METHODS),
        ]
    )


class _Front:
    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    async def pass_on(self, request: Request) -> Response:
        """502 when the instance ends before it has answered."""
        instance = self._instances.next()
        if instance is None:
            self._instances.wake()
            return PlainTextResponse("The service is unavailable.", status_code=503)
        query = request.scope["query_string"].decode("latin-1")
        url = f"{instance.url}{request.scope['raw_path'].decode('latin-1')}{query and '?'}{query}"
        headers = [(name, value) for name, value in request.headers.raw if name not in HOP_BY_HOP]
        content = await read_body(request)
        try:
            answer = await self._instances.client.request(request.method, url, headers=headers, content=content)
        except httpx.TransportError as fault:
            log.warning("front.no_answer instance=%d: %s", instance.number, type(fault).__name__)
            return PlainTextResponse("The instance did not answer.", status_code=502)
        response = Response(answer.content, status_code=answer.status_code)
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.lower() not in HOP_BY_HOP | DECODED
        ]
        response.raw_headers.append((b"content-length", str(len(answer.content)).encode()))
        return response


class _Switches:
    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    async def show(self, _: Request) -> Response:
        holder = self._instances.holder
        shown = [instance.as_json() for instance in self._instances.all]
        return JSONResponse({"instances": shown, "timers": holder.number if holder else None})

    async def act(self, request: Request) -> Response:
        acts = {"kill": self._instances.kill, "stop": self._instances.stop, "start": self._instances.start}
        instance, act = self._instance(request), acts.get(request.path_params["act"])
        if instance is None or act is None:
            return Response(status_code=404)
        await act(instance)
        return await self.show(request)

    async def set_clock(self, request: Request) -> Response:
        instance, order = self._instance(request), await request.json()
        if instance is None:
            return Response(status_code=404)
        if not isinstance(offset := order.get("offset_s"), int | float):
            return PlainTextResponse('want {"offset_s": n}', status_code=400)
        by = offset - instance.clock_offset_s
        instance.clock_offset_s = offset
        if instance.up:
            await self._post(instance, "/twin/clock", {"advance_s": by})
        return await self.show(request)

    async def move_clocks(self, request: Request) -> Response:
        """The common clock; each keeps its distance from it. The answer is that of an instance that is up."""
        order = await request.json()
        clock = MovableClock(timedelta(seconds=self._instances.common_offset_s))
        try:
            move(clock, order)
        except (ValueError, OverflowError) as fault:
            return PlainTextResponse(str(fault), status_code=400)
        by = clock.offset.total_seconds() - self._instances.common_offset_s
        self._instances.common_offset_s += by
        await asyncio.gather(
            *(self._post(instance, "/twin/clock", {"advance_s": by}) for instance in self._instances.up())
        )
        return JSONResponse({"now": clock.now().isoformat(), "offset_s": clock.offset.total_seconds()})

    async def turn_timers(self, request: Request) -> Response:
        order = await request.json()
        if not isinstance(on := order.get("running"), bool):
            return PlainTextResponse('want {"running": true} or {"running": false}', status_code=400)
        await self._instances.turn_timers(on=on)
        return await self.show_timers(request)

    async def show_timers(self, _: Request) -> Response:
        """Of the instance that has them."""
        holder = self._instances.holder
        if holder is None or not holder.up:
            return JSONResponse({"running": False, "timers": []})
        return JSONResponse((await self._instances.client.get(f"{holder.url}/twin/timers")).json())

    def _instance(self, request: Request) -> Instance | None:
        number = request.path_params["number"]
        return self._instances.all[number] if number < len(self._instances.all) else None

    async def _post(self, instance: Instance, path: str, order: dict[str, float]) -> None:
        (await self._instances.client.post(f"{instance.url}{path}", json=order)).raise_for_status()


def _instance(number: int, options: Namespace, schedules: Path) -> Instance:
    offsets = options.clock_offsets
    offset = offsets[number] if number < len(offsets) else 0.0
    return Instance(number=number, options=options, schedules=schedules, clock_offset_s=offset)


async def _serve_until_told(server: ReadyServer, listener: socket.socket) -> None:
    stop = stop_signal(server)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
