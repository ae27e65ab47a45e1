"""HTTP triggers: a request goes in as RpcHttp, what the function returned comes out as a response.

Shapes as in Azure/azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp.
"""

import http
import logging
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from twin.functions_host.bodies import read_body
from twin.functions_host.http_routes import Endpoint, RouteTable
from twin.functions_host.metadata import Function
from twin.functions_host.protos import PROTOS, SAME_SITE, TypedData
from twin.functions_host.runtime import Outcome, Runtime

SAME_SITE_WORDS = {SAME_SITE["Lax"]: "lax", SAME_SITE["Strict"]: "strict", SAME_SITE["ExplicitNone"]: "none"}
WITHOUT_BODY = (http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED)

log = logging.getLogger("host.http")


class HttpFunctions:
    """An ASGI app. Keys (`authLevel`) are not asked for, as under Core Tools."""

    def __init__(self, runtime: Runtime, endpoints: Iterable[Endpoint]) -> None:
        self._runtime = runtime
        self._routes = RouteTable(endpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        found = self._routes.find(request.method, _path(request))
        if found is None:
            return Response(status_code=404)
        function, parameters = found
        if inputs := function.unserved_inputs:
            types = ",".join(str(binding["type"]) for binding in inputs)
            log.error("http.input_not_served function=%s: the stand-in does not fill %s", function.name, types)
            return Response(status_code=500)
        rpc_http = await _rpc_http(request, parameters)
        outcome = await self._runtime.invoke(
            function,
            {function.trigger_name: TypedData(http=rpc_http)},
            traceparent=rpc_http.headers.get("traceparent", ""),
            binding_data={**parameters, "headers": rpc_http.headers, "query": rpc_http.query},
        )
        return _response(function, outcome)


def _path(request: Request) -> str:
    """Decoded, but %2F stays as it is and so within its segment, as with Kestrel."""
    raw = bytes(request.scope["raw_path"]).decode("latin-1")
    return "%2F".join(unquote(part) for part in re.split("%2[Ff]", raw))


async def _rpc_http(request: Request, parameters: Mapping[str, str]) -> Any:
    raw_path = bytes(request.scope["raw_path"]).decode("latin-1")
    query = bytes(request.scope["query_string"]).decode("latin-1")
    return PROTOS.RpcHttp(
        method=request.method,
        url=f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}{raw_path}{query and '?'}{query}",
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        params=dict(parameters),
        # A parameter without a value does not arrive: the Python worker lacks UseNullableValueDictionaryForHttp.
        query={name: value for name, value in _joined(parse_qsl(query)).items() if value},
        body=TypedData(bytes=await _body(request)),
    )


async def _body(request: Request) -> bytes:
    body = await read_body(request)
    if body and "content-length" not in request.headers:
        # ToRpcHttp fills the body only where ContentLength > 0 (seen in the source, 2026-11-21).
        log.warning("http.body_dropped: the host passes no body on that comes without Content-Length")
        return b""
    return body


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What comes several times is joined by commas, as .NET's StringValues are."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(function: Function, outcome: Outcome) -> Response:
    if outcome.fault:
        return Response(status_code=500)
    name = function.http_output
    data: Any = outcome.returned if name == "$return" else outcome.outputs.get(name)
    match data.WhichOneof("data") if data else None:
        case "http":
            return _http_response(data.http)
        case "string":
            return Response(data.string, media_type="text/plain")
        case "json":
            return Response(data.json, media_type="application/json")
        case "bytes":
            return Response(data.bytes, media_type="application/octet-stream")
        case _:
            return Response(status_code=204)


def _http_response(answer: Any) -> Response:
    status = int(answer.status_code)
    body = b"" if status in WITHOUT_BODY or answer.body is None else answer.body.bytes or b""
    response = Response(body, status_code=status)
    for name, value in answer.headers.items():
        if name.lower() not in ("content-length", "transfer-encoding"):
            response.headers[name] = value
    for cookie in answer.cookies or ():
        response.headers.append("set-cookie", _set_cookie(cookie))
    return response


def _set_cookie(cookie: Any) -> str:
    """ASP.NET Core escapes the value like a part of a URL."""
    expires = cookie.expires and datetime.fromtimestamp(cookie.expires.value.seconds, UTC)
    attributes = {
        "expires": expires and format_datetime(expires, usegmt=True),
        "max-age": cookie.max_age and str(int(cookie.max_age.value)),
        "domain": cookie.domain and cookie.domain.value,
        "path": cookie.path and cookie.path.value,
        "samesite": SAME_SITE_WORDS.get(cookie.same_site),
    }
    flags = {"secure": cookie.secure, "httponly": cookie.http_only}
    parts = [f"{cookie.name}={quote(cookie.value, safe='')}"]
    parts += [f"{name}={value}" for name, value in attributes.items() if value]
    return "; ".join(parts + [name for name, flag in flags.items() if flag and flag.value])
