"""ASGI middleware before a part of the twin: lets its outages happen to the calls that arrive."""

import asyncio
import json

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin.outages import Outage, Outages
from twin.storage.errors import storage_error

CODES = {429: "TooManyRequests", 500: "InternalServerError", 502: "BadGateway", 503: "ServiceUnavailable"}
STORAGE_CODES = {500: "OperationTimedOut", 503: "ServerBusy"}
STORAGE = ("table", "blob", "queue")


class OutageGate:
    """Must be the outermost: an answer that is never sent ends the connection itself, as a network would."""

    def __init__(self, app: ASGIApp, outages: Outages, component: str) -> None:
        self.app = app
        self._outages = outages
        self._component = component

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fate = self._outages.draw(self._component)
        if fate.latency_s:
            await asyncio.sleep(fate.latency_s)
        if fate.refused:
            await _refusal(self._component, fate.refused)(scope, receive, send)
        elif fate.unanswered:
            await self.app(scope, receive, _swallow)
            _hang_up(send)
        else:
            await self.app(scope, receive, send)


async def _swallow(_: Message) -> None:
    pass


def _hang_up(send: Send) -> None:
    """Uvicorn's `send` belongs to the exchange, which knows its connection; ASGI itself has no word for this."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()


def _refusal(component: str, outage: Outage) -> Response:
    headers = {"Retry-After": str(outage.retry_after_s)} if outage.retry_after_s else {}
    if component in STORAGE:
        code = STORAGE_CODES.get(outage.status, "ServerBusy")
        busy = "The server is busy."
        return storage_error(component, status=outage.status, code=code, message=busy, headers=headers)
    code = CODES.get(outage.status, "ServiceUnavailable")
    text = json.dumps({"error": {"code": code, "message": "The service is not available now."}})
    if component == "entra":
        text = json.dumps({"error": "temporarily_unavailable", "error_description": "The server is too busy."})
    return Response(text, status_code=outage.status, headers=headers, media_type="application/json")
