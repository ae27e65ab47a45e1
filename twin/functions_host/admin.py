"""The admin endpoints that the real host has too, and the twin's own for this process's clock and timers."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from twin.clocks import MovableClock
from twin.functions_host.http_routes import Endpoint
from twin.functions_host.metadata import EVENT_GRID, HTTP, TIMER, Function
from twin.functions_host.protos import TypedData
from twin.functions_host.runtime import Runtime
from twin.functions_host.timers import Timers

HOST_VERSION = "4.0.0-stand-in"


class Admin:
    def __init__(
        self, runtime: Runtime, functions: Iterable[Function], endpoints: Iterable[Endpoint], timers: Timers
    ) -> None:
        self._runtime = runtime
        self._functions = {function.name: function for function in functions}
        self._paths = {endpoint.function.name: endpoint.route.template for endpoint in endpoints}
        self._timers = timers
        self._by_hand: set[asyncio.Task[Any]] = set()
        self._started = time.monotonic()

    def routes(self) -> list[Route]:
        return [
            Route("/admin/functions", self._list),
            Route("/admin/functions/{name}", self._show),
            Route("/admin/functions/{name}", self._run, methods=["POST"]),
            Route("/admin/host/status", self._status),
        ]

    async def _list(self, request: Request) -> Response:
        return JSONResponse([self._as_json(function, request) for function in self._functions.values()])

    async def _show(self, request: Request) -> Response:
        function = self._functions.get(request.path_params["name"])
        return JSONResponse(self._as_json(function, request)) if function else Response(status_code=404)

    async def _run(self, request: Request) -> Response:
        """202 once the run is started: its end is seen in the log."""
        function = self._functions.get(request.path_params["name"])
        if function is None or (function.kind == TIMER and not self._timers.has(function)):
            return Response(status_code=404)
        if function.kind == HTTP:
            return PlainTextResponse(f"{function.name} is called at its own route", status_code=400)
        try:
            content = await _json_object(request)
        except ValueError as fault:
            return PlainTextResponse(str(fault), status_code=400)
        task = asyncio.create_task(self._by_hand_run(function, str(content.get("input") or "")))
        self._by_hand.add(task)
        task.add_done_callback(self._by_hand.discard)
        return Response(status_code=202)

    async def _by_hand_run(self, function: Function, text: str) -> None:
        if function.kind == TIMER:
            await self._timers.run_by_hand(function)
        else:
            value = TypedData(json=text) if function.kind == EVENT_GRID else TypedData(string=text)
            await self._runtime.invoke(function, {function.trigger_name: value})

    async def _status(self, _: Request) -> Response:
        uptime = int((time.monotonic() - self._started) * 1000)
        return JSONResponse({"state": "Running", "version": HOST_VERSION, "processUptime": uptime, "errors": []})

    def _as_json(self, function: Function, request: Request) -> dict[str, Any]:
        home = f"{request.url.scheme}://{request.url.netloc}"
        path = self._paths.get(function.name)
        return {
            "name": function.name,
            "href": f"{home}/admin/functions/{function.name}",
            "invoke_url_template": None if path is None else f"{home}/{path.strip('/')}",
            "language": "python",
            "config": {"name": function.name, "bindings": [dict(binding) for binding in function.bindings]},
        }


class ClockSwitch:
    """Moves the clock of this process, and stops its timers."""

    def __init__(self, clock: MovableClock, timers: Timers) -> None:
        self._clock = clock
        self._timers = timers

    def routes(self) -> list[Route]:
        return [
            Route("/twin/clock", self._show_clock),
            Route("/twin/clock", self._move_clock, methods=["POST"]),
            Route("/twin/timers", self._show_timers),
            Route("/twin/timers", self._turn_timers, methods=["POST"]),
        ]

    async def _show_clock(self, _: Request) -> Response:
        return JSONResponse({"now": self._clock.now().isoformat(), "offset_s": self._clock.offset.total_seconds()})

    async def _move_clock(self, request: Request) -> Response:
        before = self._clock.offset
        try:
            move(self._clock, await _json_object(request))
        except (ValueError, OverflowError) as fault:
            return PlainTextResponse(f'{fault}. Want {{"advance_s": n}} or {{"set": iso}}', status_code=400)
        if self._clock.offset < before:
            self._timers.replan()
        return await self._show_clock(request)

    async def _show_timers(self, _: Request) -> Response:
        return JSONResponse(self._timers.as_json())

    async def _turn_timers(self, request: Request) -> Response:
        try:
            content = await _json_object(request)
        except ValueError:
            content = {}
        if not isinstance(on := content.get("running"), bool):
            return PlainTextResponse('want {"running": true} or {"running": false}', status_code=400)
        self._timers.turn(on=on)
        return await self._show_timers(request)


def move(clock: MovableClock, order: dict[str, Any]) -> None:
    """{"advance_s": n} or {"set": iso}. Raises ValueError or OverflowError."""
    match order:
        case {"advance_s": int() | float() as seconds}:
            clock.now() + timedelta(seconds=seconds)  # out of the calendar's range: say so before moving
            clock.advance(timedelta(seconds=seconds))
        case {"set": str() as text}:
            if (instant := datetime.fromisoformat(text)).tzinfo is None:
                raise ValueError(f"'{text}' has no offset from UTC")
            clock.set(instant.astimezone(UTC))
        case _:
            raise ValueError("neither of both")


async def _json_object(request: Request) -> dict[str, Any]:
    """Raises ValueError."""
    content = await request.json()
    if not isinstance(content, dict):
        raise ValueError("want a JSON object")
    return content
