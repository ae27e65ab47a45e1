"""Graph over HTTP: reads the call, asks the routes, writes the answer. Both /v1.0 and /beta."""

import json
import re
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twin.graph import (
    chat_routes,
    directory_routes,
    drive_routes,
    entity_routes,
    group_routes,
    ids,
    list_routes,
    mail_delta,
    mail_routes,
    mail_send_routes,
    service_principals,
    subscription_routes,
)
from twin.graph.batch import run_batch
from twin.graph.callers import authenticate
from twin.graph.calls import Answer, Call, Routes, perform
from twin.graph.errors import GraphError, bad_request
from twin.graph.watched import segments_of
from twin.world import World

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def graph_app(world: World) -> Starlette:
    """Serves `world.graph`; needs `world.entra` and `world.event_grid` when calls arrive."""

    async def serve(request: Request) -> Response:
        return await _Exchange(world, request).respond(await request.body())

    return Starlette(routes=[Route("/{version}/{path:path}", serve, methods=METHODS)])


ROUTES = Routes()
for part in (
    subscription_routes,
    directory_routes,
    group_routes,
    list_routes,
    mail_delta,
    mail_routes,
    mail_send_routes,
    chat_routes,
    drive_routes,
    entity_routes,
    service_principals,
):
    ROUTES.include(part.routes)


class _Exchange:
    """One request and its identifiers, which every error body repeats."""

    def __init__(self, world: World, request: Request) -> None:
        self._world = world
        self._request = request
        self._request_id = ids.guid()
        self._client_request_id = request.headers.get("client-request-id", self._request_id)

    async def respond(self, body: bytes) -> Response:
        try:
            answer = await self._answer(body)
        except GraphError as error:
            answer = self._refusal(error)
        headers = {"request-id": self._request_id, "client-request-id": self._client_request_id, **answer.headers}
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        return JSONResponse(answer.body, status_code=answer.status, headers=headers)

    async def _answer(self, body: bytes) -> Answer:
        if self._world.switches.graph_down:
            raise GraphError(503, "ServiceUnavailable", "The service is temporarily unavailable.")
        if self._request.path_params["version"].lower() not in ("v1.0", "beta"):
            raise bad_request("Invalid version.")
        call = self._call(body)
        if call.path == "$batch" and call.method == "POST":
            return await run_batch(call, perform=self._perform, refusal=self._refusal, order=self._world.random)
        return await self._perform(call)

    def _call(self, body: bytes) -> Call:
        caller = authenticate(self._world, self._request.headers.get("authorization", ""))
        is_file = self._request.method == "PUT"  # whatever it is: a file may be JSON too
        url = self._request.url
        return Call(
            method=self._request.method,
            path="/".join(segments_of(self._request.path_params["path"])),
            base=f"{url.scheme}://{url.netloc}/{self._request.path_params['version']}",
            caller=caller,
            query=dict(self._request.query_params),
            headers={name.lower(): value for name, value in self._request.headers.items()},
            body=None if is_file else _json(body, self._request.headers.get("content-type", "")),
            data=body if is_file else b"",
        )

    async def _perform(self, call: Call) -> Answer:
        return await perform(self._world.graph, ROUTES, _own_address(call))

    def _refusal(self, error: GraphError) -> Answer:
        at = self._world.clock.now()
        body = error.body(at=at, request_id=self._request_id, client_request_id=self._client_request_id)
        return Answer(error.status, body, error.headers)


def _own_address(call: Call) -> Call:
    """/me is the signed-in user; an app on its own has none."""
    if not re.match(r"me(/|$)", call.path, re.IGNORECASE):
        return call
    if not call.caller.delegated:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    return replace(call, path=f"users/{call.caller.object_id}{call.path[2:]}")


def _json(body: bytes, content_type: str) -> Any:
    if not body:
        return None
    if "json" not in content_type.lower():
        raise bad_request("Content-Type must be application/json.")
    try:
        return json.loads(body)
    except ValueError:
        raise bad_request("Unable to read JSON request payload.") from None
