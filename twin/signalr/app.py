"""The service's front door: where clients negotiate and connect, and where the app calls its REST API."""

import contextlib

from starlette.applications import Starlette
from starlette.datastructures import Headers, QueryParams
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from twin.entra.app import LOOPBACK_ORIGIN
from twin.signalr.hub import Connection
from twin.signalr.refusal import Refused
from twin.signalr.rest import Rest, bearer_token
from twin.signalr.service import SignalR
from twin.signalr.sockets import ClientSocket, GoneError
from twin.world import World


def signalr_app(world: World) -> Starlette:
    """Serve it with `sockets.CuttableSocket` as uvicorn's WebSocket protocol."""
    clients = _Clients(world.signalr)
    return Starlette(
        routes=[
            Route("/client/negotiate", clients.negotiate, methods=["POST"]),
            WebSocketRoute("/client", clients.connect),
            WebSocketRoute("/client/", clients.connect),
            Route("/api/{path:path}", Rest(world.signalr).answer, methods=["HEAD", "GET", "POST", "PUT", "DELETE"]),
        ],
        middleware=[
            # The client sends credentials, so the page's origin must be named: a bare * is refused by browsers.
            Middleware(
                CORSMiddleware,
                allow_origin_regex=LOOPBACK_ORIGIN,
                allow_methods=["*"],
                allow_headers=["*"],
                allow_credentials=True,
            )
        ],
        exception_handlers={Refused: _refused},
    )


class _Clients:
    def __init__(self, service: SignalR) -> None:
        self._service = service

    async def negotiate(self, request: Request) -> Response:
        """The client's second negotiation, with the service itself. Stateful reconnect is never offered."""
        hub, user = self._let_in(request.query_params, request.headers)
        connection_id, token = self._service.negotiate(hub, user)
        return JSONResponse(
            {
                "negotiateVersion": 1,
                "connectionId": connection_id,
                "connectionToken": token,
                "availableTransports": [{"transport": "WebSockets", "transferFormats": ["Text"]}],
            }
        )

    async def connect(self, socket: WebSocket) -> None:
        try:
            hub, user = self._let_in(socket.query_params, socket.headers)
            connection_id = self._service.redeem(socket.query_params.get("id"), hub, user)
        except Refused as refusal:
            await socket.send_denial_response(_answer(refusal))
            return
        await socket.accept()
        client = ClientSocket(socket, self._service.patience)
        with contextlib.suppress(GoneError, WebSocketDisconnect):
            if await client.shake_hands():
                self._service.counts.connected += 1
                connection = Connection(id=connection_id, user=user, cut=client.cut)
                await client.serve(connection, self._service.hub(hub))
        await client.end()

    def _let_in(self, query: QueryParams, headers: Headers) -> tuple[str, str | None]:
        """The hub and the user. Browsers can't set headers on a WebSocket: theirs comes in the query."""
        self._service.require_online()
        name = query.get("hub", "")
        user = self._service.user_of(bearer_token(headers) or query.get("access_token", ""), name)
        self._service.hub(name)
        return name, user


async def _refused(_: Request, fault: Exception) -> Response:
    if not isinstance(fault, Refused):
        raise fault
    return _answer(fault)


def _answer(refusal: Refused) -> Response:
    headers = {"x-ms-error-code": refusal.code} | ({"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {})
    return JSONResponse({"code": refusal.code, "message": refusal.message}, refusal.status, headers)
