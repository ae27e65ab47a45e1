"""The proxy of one storage service: passes requests on to Azurite as they are, unless a rule or an outage says no.

Outages (twin.outages, component `table`, `blob` or `queue`) come before: refused, delayed, or done and never answered.
"""

import asyncio
from collections.abc import Iterable

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from twin.storage.errors import storage_error
from twin.storage.table_limits import Refusal, partition, refusal
from twin.world import World

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length", "expect"}
AUTOMATIC = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")  # a shared key's signature covers some of them
TIMEOUT = aiohttp.ClientTimeout(total=90)

type Headers = Iterable[tuple[str, str]]


def table_proxy(world: World) -> "StorageProxy":
    return StorageProxy(world, "table")


def blob_proxy(world: World) -> "StorageProxy":
    return StorageProxy(world, "blob")


def queue_proxy(world: World) -> "StorageProxy":
    return StorageProxy(world, "queue")


class StorageProxy:
    """An ASGI app. `upstream`: where the service is, without the account; None: where the world's Azurite listens."""

    def __init__(self, world: World, kind: str, *, upstream: str | None = None) -> None:
        self._world = world
        self._kind = kind
        self._upstream = upstream or f"https://localhost:{world.addresses.storage_port(kind)}"
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _answer(self, request: Request) -> Response:
        path, query = bytes(request.scope["raw_path"]).decode("ascii"), request.scope["query_string"].decode("ascii")
        body = await request.body()
        if self._kind == "table":
            if refused := refusal(request.method, path, query, body):
                return self._refused(refused)
            await asyncio.sleep(self._world.outages.delay_of_partition(partition(path, query, body)))
        return await self._pass_on(request, f"{path}{query and '?'}{query}", body)

    async def _pass_on(self, request: Request, target: str, body: bytes) -> Response:
        """502 when Azurite is not there."""
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        try:
            answer = await self._open_session().request(
                request.method,
                URL(self._upstream + target, encoded=True),
                headers=headers,
                data=body or (b"" if "content-length" in request.headers else None),
                allow_redirects=False,
                skip_auto_headers=AUTOMATIC,
                ssl=False,  # on loopback, by an authority that this process need not know
            )
            async with answer:
                content = await answer.read()
        except aiohttp.ClientError:
            return self._refused(Refusal(status=502, code="BadGateway", message="Azurite does not answer."))
        return _response(answer.status, answer.headers.items(), content, method=request.method)

    def _refused(self, fault: Refusal) -> Response:
        return storage_error(self._kind, status=fault.status, code=fault.code, message=fault.message)

    def _open_session(self) -> aiohttp.ClientSession:
        """On the first request: before that there may be no loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, auto_decompress=False)
        return self._session


def _response(status: int, headers: Headers, content: bytes, *, method: str) -> Response:
    """HEAD keeps the length of what it does not send."""
    headers = list(headers)
    kept = [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]
    length = next((value for name, value in headers if name.lower() == "content-length"), None)
    response = Response(content, status_code=status)
    response.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in kept]
    if method == "HEAD" and length is not None:
        response.raw_headers.append((b"content-length", length.encode()))
    elif status not in (204, 304):
        response.raw_headers.append((b"content-length", str(len(content)).encode()))
    return response
