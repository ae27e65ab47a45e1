"""The WebSocket of one client: handshake, pings, what is sent to it, and its end."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from twin.signalr.hub import Connection, Hub
from twin.signalr.protocol import (
    CLOSE,
    HANDSHAKE_DONE,
    PING,
    Records,
    handshake_error,
    ping,
    read,
    refusal_of_handshake,
)

MOST_AT_ONCE = 500  # records in one frame
CUT = "twin.cut"  # our own extension of ASGI
SERVERLESS = "Invocations from clients are not allowed in serverless mode."


class CuttableSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, whose TCP connection can be aborted by who serves it: see `cut_of`."""

    async def run_asgi(self) -> None:
        self.scope["extensions"] = {**(self.scope.get("extensions") or {}), CUT: {"cut": self.transport.abort}}
        await super().run_asgi()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """In real seconds. A client pings every 15 s and gives the service up after 30 s of silence."""

    ping_every_s: float = 10
    silent_for_s: float = 30  # then the service gives a client up
    handshake_within_s: float = 15


class GoneError(Exception):
    """The client has ended the connection, or is believed dead."""


class ClientSocket:
    """Frames from and to a client that has been let in."""

    def __init__(self, socket: WebSocket, patience: Patience) -> None:
        self._socket = socket
        self._patience = patience
        self._records = Records()
        self._waiting: list[str] = []

    def cut(self) -> None:
        self._socket.scope["extensions"][CUT]["cut"]()

    async def shake_hands(self) -> bool:
        """False: the client asked for what is not spoken here, and was told."""
        try:
            async with asyncio.timeout(self._patience.handshake_within_s):
                first = await self._next()
        except TimeoutError:
            raise GoneError from None
        refusal = refusal_of_handshake(first)
        await self._socket.send_text(HANDSHAKE_DONE if refusal is None else handshake_error(refusal))
        return refusal is None

    async def serve(self, connection: Connection, hub: Hub) -> None:
        """Until one of both ends it. Raises GoneError or WebSocketDisconnect."""
        hub.connections[connection.id] = connection
        tasks = {asyncio.create_task(self._listen(connection)), asyncio.create_task(self._send(connection))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hub.connections.pop(connection.id, None)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def end(self) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has ended already
            await self._socket.close()

    async def _listen(self, connection: Connection) -> None:
        """Serverless clients only ping: the service disconnects those that send more."""
        while True:
            try:
                async with asyncio.timeout(self._patience.silent_for_s):
                    message = read(await self._next())
            except (TimeoutError, ValueError):
                raise GoneError from None
            kind = message.get("type")
            if kind == CLOSE:
                return
            if kind != PING:
                connection.close(SERVERLESS, allow_reconnect=False)

    async def _send(self, connection: Connection) -> None:
        while True:
            try:
                async with asyncio.timeout(self._patience.ping_every_s):
                    records: list[str | None] = [await connection.outbox.get()]
            except TimeoutError:
                records = [ping()]
            while len(records) < MOST_AT_ONCE and not connection.outbox.empty():
                records.append(connection.outbox.get_nowait())
            text = "".join(record for record in records if record is not None)
            if text:
                await self._socket.send_text(text)
            if None in records:
                return

    async def _next(self) -> str:
        """The next record. Raises GoneError."""
        while not self._waiting:
            message: dict[str, Any] = dict(await self._socket.receive())
            if message["type"] == "websocket.disconnect":
                raise GoneError
            text = message.get("text") or (message.get("bytes") or b"").decode(errors="replace")
            self._waiting = self._records.feed(text)
        return self._waiting.pop(0)
