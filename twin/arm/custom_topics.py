"""Microsoft.EventGrid/topics and their event subscriptions, by either of the two paths that clients use.

topics/{topic}/eventSubscriptions/{name}, and the older {topic's id}/providers/Microsoft.EventGrid/eventSubscriptions.
"""

import contextlib

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.arm.event_subscriptions import POLL_AFTER_MS
from twin.arm.requests import group_key, read_body
from twin.arm.resources import event_subscription_json
from twin.event_grid.custom_topics import CustomTopic, CustomTopics
from twin.event_grid.refusal import Refused
from twin.world import World


class CustomTopicCalls:
    def __init__(self, world: World) -> None:
        self._topics = world.event_grid.custom_topics

    async def put(self, request: Request) -> Response:
        """Ready at once."""
        names = request.path_params
        group = names["subscription"], names["group"]
        topic = self._topics.put(group, names["topic"], await read_body(request))
        return JSONResponse(topic.as_json(), status_code=201)

    async def get(self, request: Request) -> Response:
        return JSONResponse(_topic(self._topics, request).as_json())

    async def list_by_resource_group(self, request: Request) -> Response:
        return JSONResponse({"value": [topic.as_json() for topic in self._topics.of(group_key(request))]})

    async def list_keys(self, request: Request) -> Response:
        key = _topic(self._topics, request).access_key
        return JSONResponse({"key1": key, "key2": key})

    async def delete(self, request: Request) -> Response:
        """204 also when it was not there: the client takes no 200 here."""
        with contextlib.suppress(Refused):
            self._topics.remove(group_key(request), request.path_params["topic"])
        return Response(status_code=204)


class CustomEventSubscriptionCalls:
    def __init__(self, world: World) -> None:
        self._topics = world.event_grid.custom_topics
        self._all = world.event_grid.all_event_subscriptions

    async def put(self, request: Request) -> Response:
        topic, body = _topic(self._topics, request), await read_body(request)
        lane = await self._all.put(topic.as_topic, request.path_params["name"], body.get("properties") or {})
        shown = event_subscription_json(topic, lane, state="Creating")
        return JSONResponse(shown, status_code=201, headers={"x-ms-retry-after-ms": str(POLL_AFTER_MS)})

    async def get(self, request: Request) -> Response:
        topic = _topic(self._topics, request)
        return JSONResponse(event_subscription_json(topic, self._all.get(topic.as_topic, request.path_params["name"])))

    async def list_by_topic(self, request: Request) -> Response:
        topic = _topic(self._topics, request)
        return JSONResponse({"value": [event_subscription_json(topic, lane) for lane in self._all.lanes.of(topic.key)]})

    async def delete(self, request: Request) -> Response:
        """200 when it was there, 204 when not."""
        try:
            self._all.remove(_topic(self._topics, request).as_topic, request.path_params["name"])
        except Refused:
            return Response(status_code=204)
        return Response(status_code=200)


def _topic(topics: CustomTopics, request: Request) -> CustomTopic:
    return topics.get(group_key(request), request.path_params["topic"])
