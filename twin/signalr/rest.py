"""The REST API that the app calls, version 2022-06-01 and its older form under /api/v1.

https://learn.microsoft.com/azure/azure-signalr/swagger/signalr-data-plane-rest-v20220601. Paths are matched as they
came, since a user id may hold an escaped slash.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.signalr.hub import Connection, Hub
from twin.signalr.refusal import Refused, bad_request, not_existed, unauthorized
from twin.signalr.service import SignalR

LARGEST_BODY = 1_048_576  # bytes; 1 MB says the REST reference
API_VERSIONS = ("2022-06-01", "2022-11-01", "2024-12-01")
TOKEN_MINUTES = 60


class Rest:
    def __init__(self, service: SignalR) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """Raises Refused."""
        self._service.require_online()
        match _segments(request):
            case ["health"]:
                return Response()
            case ["auth" | "v1", *rest] if rest in (["accessKey"], ["auth", "accessKey"]):
                return self._access_key(request)
            case ["v1", "hubs", hub, *rest]:
                return await self._of_hub(request, hub, _modern(request.method, rest))
            case ["hubs", hub, *rest]:
                _require_api_version(request.query_params)
                return await self._of_hub(request, hub, rest)
        raise Refused(404, "NotFound", "No such API.")

    def _access_key(self, request: Request) -> Response:
        """Where the .NET SDK, and so the Functions extension, gets a key to sign client tokens with by its identity."""
        self._service.authorize_identity(_token_of(request))
        keys = self._service.keys
        return JSONResponse({"KeyId": keys.issued_id, "AccessKey": keys.issued_key})

    async def _of_hub(self, request: Request, name: str, rest: list[str]) -> Response:
        self._service.authorize(_token_of(request), _audiences(self._service, request))
        hub, query = self._service.hub(name), request.query_params
        method = "HEAD" if request.method == "GET" else request.method
        match method, rest:
            case "POST", [":generateToken"]:
                return self._generate_token(name, query)
            case "POST", [*whom, ":send"]:
                connections = _without(self._found(hub, whom), query)
                self._service.send(connections, *await _message(request))
                return Response(status_code=202)
            case "POST", [*whom, ":closeConnections"]:
                self._service.close(_without(self._found(hub, whom), query), query.get("reason"))
                return Response(status_code=204)
            case "DELETE", ["connections", connection_id]:
                self._service.close(_existing(hub, connection_id, "Warning"), query.get("reason"))
                return Response()
            case "HEAD", ["users", user, "groups", group]:
                return _exists(hub.user_is_in(user, group, self._service.world.clock.now()), "Info.User.NotInGroup")
            case "HEAD", [kind, _]:
                return _exists(bool(self._found(hub, rest)), f"Warning.{kind.removesuffix('s').title()}.NotExisted")
            case _:
                return self._change_groups(hub, method, rest, query)

    def _change_groups(self, hub: Hub, method: str, rest: list[str], query: QueryParams) -> Response:
        match method, rest:
            case "PUT", ["groups", group, "connections", connection_id]:
                for connection in _existing(hub, connection_id, "Error"):
                    connection.groups.add(group)
            case "DELETE", ["groups", group, "connections", connection_id]:
                for connection in hub.with_id(connection_id):
                    connection.groups.discard(group)
            case "DELETE", ["connections", connection_id, "groups"]:
                for connection in hub.with_id(connection_id):
                    connection.groups.clear()
            case "PUT", ["users", user, "groups", group]:
                lifetime = _whole_number(query, "ttl", 0)
                until = self._service.world.clock.now() + timedelta(seconds=lifetime) if lifetime else None
                hub.add_user(user, group, until=until)
            case "DELETE", ["users", user, "groups", group]:
                hub.remove_user(user, [group])
            case "DELETE", ["users", user, "groups"]:
                hub.remove_user(user)
            case _:
                raise Refused(404, "NotFound", "No such API.")
        return Response()

    def _generate_token(self, hub: str, query: QueryParams) -> Response:
        minutes = _whole_number(query, "minutesToExpire", TOKEN_MINUTES)
        url = self._service.client_url(hub.lower())
        token = self._service.keys.client_token(url, user_id=query.get("userId"), lifetime_s=minutes * 60)
        return JSONResponse({"token": token})

    def _found(self, hub: Hub, whom: list[str]) -> list[Connection]:
        """Raises Refused for a path that names no kind of receiver."""
        match whom:
            case []:
                return hub.all()
            case ["users", user]:
                return hub.of_user(user)
            case ["groups", group]:
                return hub.of_group(group, self._service.world.clock.now())
            case ["connections", connection_id]:
                return hub.with_id(connection_id)
        raise Refused(404, "NotFound", "No such API.")


def bearer_token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _token_of(request: Request) -> str:
    if not (token := bearer_token(request.headers)):
        raise unauthorized("A bearer token is missing.")
    return token


def _raw_path(request: Request) -> str:
    return bytes(request.scope["raw_path"]).decode("latin-1")


def _segments(request: Request) -> list[str]:
    """Behind /api/."""
    return [unquote(segment) for segment in _raw_path(request).strip("/").split("/")[1:]]


def _audiences(service: SignalR, request: Request) -> list[str]:
    """The documentation wants the URL without its query; the .NET SDK signs it with (Azure/azure-signalr, 2026-11)."""
    url = service.world.addresses.signalr + _raw_path(request)
    return [url, f"{url}?{request.url.query}"]


def _modern(method: str, rest: list[str]) -> list[str]:
    """A path of /api/v1 in today's form."""
    match rest:
        case ["groups", group, "users", user]:
            return ["users", user, "groups", group]
        case _ if method == "POST":
            return [*rest, ":send"]
    return rest


def _require_api_version(query: QueryParams) -> None:
    if (version := query.get("api-version")) not in API_VERSIONS:
        raise bad_request(f"The api-version {version} is not one of {', '.join(API_VERSIONS)}.")


def _without(connections: Sequence[Connection], query: QueryParams) -> list[Connection]:
    excluded = set(query.getlist("excluded"))
    return [connection for connection in connections if connection.id not in excluded]


def _existing(hub: Hub, connection_id: str, severity: str) -> list[Connection]:
    if not (found := hub.with_id(connection_id)):
        raise not_existed(f"{severity}.Connection")
    return found


def _exists(found: bool, code: str) -> Response:
    return Response() if found else Response(status_code=404, headers={"x-ms-error-code": code})


def _whole_number(query: QueryParams, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise bad_request(f"{name}: want a whole number.")
    return int(text)


async def _message(request: Request) -> tuple[str, list[Any]]:
    """Target and arguments. Raises Refused."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413, "RequestEntityTooLarge", "The message is larger than 1 MB.")
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    match content:
        case {"target": str() as target} if target:
            arguments = content.get("arguments") or []
            if isinstance(arguments, list):
                return target, arguments
    raise bad_request('Want {"target": text, "arguments": [...]}.')
