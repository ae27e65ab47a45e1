"""The publisher's endpoints of custom topics, where the app forwards events to. What arrives is kept for looking at.

Source: learn.microsoft.com/azure/event-grid/post-to-custom-topic and authenticate-with-microsoft-entra-id: a batch of
CloudEvents with an Entra token for https://eventgrid.azure.net, or with the topic's access key in aeg-sas-key. One
topic is there from the start, at /api/events, and delivers to nobody; others are made through Azure Resource Manager.
"""

import hmac
import json
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twin.event_grid.custom_topics import CustomTopic
from twin.event_grid.refusal import Refused
from twin.world import World

AUDIENCE = "https://eventgrid.azure.net"
BATCH = "application/cloudevents-batch+json"
SINGLE = "application/cloudevents+json"
MOST_BYTES = 1024 * 1024
REQUIRED = ("id", "source", "type", "specversion")


def event_grid_app(world: World) -> Starlette:
    """POST [/topics/NAME]/api/events?api-version=2018-01-01 publishes; GET [/topics/NAME]/twin/received lists all."""

    async def publish(request: Request) -> Response:
        _authorize(world, request, world.event_grid.access_key)
        world.event_grid.received.extend(_read_events(request.headers.get("content-type", ""), await request.body()))
        return Response(status_code=200)

    async def publish_to(request: Request) -> Response:
        topic = _topic(world, request)
        _authorize(world, request, topic.access_key if topic.local_auth else None)
        events = _read_events(request.headers.get("content-type", ""), await request.body())
        world.event_grid.custom_topics.publish(topic, events)
        return Response(status_code=200)

    async def received_at(request: Request) -> Response:
        return JSONResponse({"events": _topic(world, request).received})

    async def received(_: Request) -> Response:
        return JSONResponse({"events": world.event_grid.received})

    return Starlette(
        routes=[
            Route("/api/events", publish, methods=["POST"]),
            Route("/twin/received", received),
            Route("/topics/{name}/api/events", publish_to, methods=["POST"]),
            Route("/topics/{name}/twin/received", received_at),
        ],
        exception_handlers={Refused: _refuse},
    )


def _topic(world: World, request: Request) -> CustomTopic:
    if topic := world.event_grid.custom_topics.named(request.path_params["name"]):
        return topic
    raise Refused(404, "NotFound", "There is no such topic.")


def _authorize(world: World, request: Request, access_key: str | None) -> None:
    """`access_key` None: only tokens, as with disableLocalAuth."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("aeg-sas-key", "")
    if scheme.lower() == "bearer":
        try:
            world.entra.verify(token, AUDIENCE)
        except jwt.InvalidTokenError as fault:
            raise Refused(401, "Unauthorized", f"The token is not accepted: {fault}.") from None
    elif access_key is None or not hmac.compare_digest(key.encode(), access_key.encode()):
        raise Refused(401, "Unauthorized", "Neither a Bearer token nor the topic's aeg-sas-key was given.")


def _read_events(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """All or nothing, as the service takes a batch."""
    if len(body) > MOST_BYTES:
        raise Refused(413, "RequestEntityTooLarge", "A batch has at most 1 MB.")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (BATCH, SINGLE):
        raise Refused(415, "UnsupportedMediaType", f"Want {BATCH} or {SINGLE}, got {content_type!r}.")
    try:
        read = json.loads(body)
    except ValueError:
        raise Refused(400, "BadRequest", "The body is not JSON.") from None
    events = [read] if kind == SINGLE else read
    if not isinstance(events, list) or not all(_is_cloud_event(event) for event in events):
        raise Refused(400, "BadRequest", f"Not CloudEvents 1.0: each needs {', '.join(REQUIRED)}.")
    return events


def _is_cloud_event(event: Any) -> bool:
    return isinstance(event, dict) and all(event.get(name) for name in REQUIRED) and event["specversion"] == "1.0"


async def _refuse(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refused)  # noqa: S101  Starlette's signature is wider than what it passes
    return JSONResponse({"error": {"code": fault.code, "message": fault.message}}, status_code=fault.status)
