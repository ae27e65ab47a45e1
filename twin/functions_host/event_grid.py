"""The endpoint that Event Grid delivers to: /runtime/webhooks/EventGrid?functionName=NAME.

As in the .NET extension (Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.EventGrid, HttpRequestProcessor
and EventGridExtensionConfigProvider): every event is an invocation of its own, all are started at once, and one failure
makes the answer 500, upon which Event Grid sends the whole payload again.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from twin.functions_host.bodies import read_body
from twin.functions_host.event_json import RawEvent, split_events, validation_code
from twin.functions_host.metadata import EVENT_GRID, Function
from twin.functions_host.protos import TypedData
from twin.functions_host.runtime import Outcome, Runtime

ALLOWED_ORIGIN = {"WebHook-Allowed-Origin": "eventgrid.azure.net"}

log = logging.getLogger("host.event_grid")


class EventGridEndpoint:
    """`concurrency` bounds the invocations that run at the same time; 0: no bound."""

    def __init__(self, runtime: Runtime, functions: Iterable[Function], *, concurrency: int) -> None:
        self._runtime = runtime
        self._functions = {function.name: function for function in functions if function.kind == EVENT_GRID}
        self._turn: AbstractAsyncContextManager[None] = asyncio.Semaphore(concurrency) if concurrency else nullcontext()

    async def answer(self, request: Request) -> Response:
        name = request.query_params.get("functionName", "")
        function = self._functions.get(name)
        if function is None:
            log.warning("event_grid.unknown_function name=%s known=%s", name, ",".join(self._functions))
            return PlainTextResponse(f"cannot find function: '{name}'", status_code=404)
        if request.method == "OPTIONS":
            return Response(headers=ALLOWED_ORIGIN)
        try:
            return await self._answer(request, function)
        except ValueError as fault:
            log.warning("event_grid.unreadable function=%s: %s", name, fault)
            return Response(status_code=400)

    async def _answer(self, request: Request, function: Function) -> Response:
        # Bytes that are no UTF-8 become U+FFFD and a byte order mark goes, as with .NET's ReadAsStringAsync.
        body = (await read_body(request)).decode("utf-8-sig", errors="replace")
        match request.headers.get("aeg-event-type", "").lower():
            case "notification":
                return await self._notify(function, split_events(body), request.headers.get("traceparent", ""))
            case "subscriptionvalidation":
                return JSONResponse({"validationResponse": validation_code(body)})
            case "unsubscribe":
                return Response(status_code=202)
            case other:
                raise ValueError(f"aeg-event-type is '{other}'")

    async def _notify(self, function: Function, events: Iterable[RawEvent], traceparent: str) -> Response:
        outcomes = await asyncio.gather(*(self._run(function, event, traceparent) for event in events))
        if any(outcome.fault for outcome in outcomes):
            return PlainTextResponse(f"Exception while executing function: Functions.{function.name}", status_code=500)
        return Response(status_code=202)

    async def _run(self, function: Function, event: RawEvent, traceparent: str) -> Outcome:
        inputs = {function.trigger_name: TypedData(json=event.text)}
        metadata = {"data": TypedData(json=event.data)} if event.data is not None else None
        async with self._turn:
            return await self._runtime.invoke(function, inputs, trigger_metadata=metadata, traceparent=traceparent)
