"""Microsoft.EventGrid/partnerTopics/eventSubscriptions. The destination is validated before anything is made."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.arm.requests import read_body, topic_key
from twin.arm.resources import event_subscription_json
from twin.event_grid.refusal import Refused
from twin.world import World

POLL_AFTER_MS = 50  # clients wait 30 s between polls unless they are told; nothing here takes so long


class EventSubscriptionCalls:
    def __init__(self, world: World) -> None:
        self._world = world

    async def put(self, request: Request) -> Response:
        key, body = topic_key(request), await read_body(request)
        lane = await self._world.event_grid.put_event_subscription(
            key, request.path_params["name"], body.get("properties") or {}
        )
        shown = event_subscription_json(self._world.event_grid.topic(key), lane, state="Creating")
        return JSONResponse(shown, status_code=201, headers={"x-ms-retry-after-ms": str(POLL_AFTER_MS)})

    async def get(self, request: Request) -> Response:
        topic = self._world.event_grid.topic(topic_key(request))
        lane = self._world.event_grid.event_subscription(topic_key(request), request.path_params["name"])
        return JSONResponse(event_subscription_json(topic, lane))

    async def list_by_partner_topic(self, request: Request) -> Response:
        topic = self._world.event_grid.topic(topic_key(request))
        lanes = self._world.event_grid.event_subscriptions(topic_key(request))
        return JSONResponse({"value": [event_subscription_json(topic, lane) for lane in lanes]})

    async def delete(self, request: Request) -> Response:
        """200 when it was there, 204 when not."""
        try:
            self._world.event_grid.delete_event_subscription(topic_key(request), request.path_params["name"])
        except Refused:
            return Response(status_code=204)
        return Response(status_code=200)
