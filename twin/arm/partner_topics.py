"""Microsoft.EventGrid/partnerTopics: read, tag, give an identity, activate, deactivate, delete."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.arm.requests import group_key, read_body, topic_key
from twin.event_grid.refusal import Refused
from twin.event_grid.topics import ActivationState
from twin.world import World


class PartnerTopicCalls:
    def __init__(self, world: World) -> None:
        self._world = world

    async def list_all(self, request: Request) -> Response:
        wanted = request.path_params["subscription"].lower()
        topics = [topic for topic in self._world.event_grid.topics() if topic.address.key[0] == wanted]
        return JSONResponse({"value": [topic.as_json() for topic in topics]})

    async def list_by_resource_group(self, request: Request) -> Response:
        topics = self._world.event_grid.topics(group_key(request))
        return JSONResponse({"value": [topic.as_json() for topic in topics]})

    async def get(self, request: Request) -> Response:
        return JSONResponse(self._world.event_grid.topic(topic_key(request)).as_json())

    async def update(self, request: Request) -> Response:
        """Tags and identity: the PATCH takes nothing else."""
        topic, body = self._world.event_grid.topic(topic_key(request)), await read_body(request)
        if unknown := body.keys() - {"tags", "identity"}:
            raise Refused(
                400, "InvalidRequestContent", f"Only tags and identity can be updated, not {sorted(unknown)}."
            )
        topic.tags = body.get("tags") or topic.tags
        topic.identity = body.get("identity") or topic.identity
        return JSONResponse(topic.as_json())

    async def activate(self, request: Request) -> Response:
        topic = self._world.event_grid.turn_topic(topic_key(request), ActivationState.ACTIVATED)
        return JSONResponse(topic.as_json())

    async def deactivate(self, request: Request) -> Response:
        topic = self._world.event_grid.turn_topic(topic_key(request), ActivationState.DEACTIVATED)
        return JSONResponse(topic.as_json())

    async def delete(self, request: Request) -> Response:
        """200 when it was there, 204 when not."""
        try:
            self._world.event_grid.delete_topic(topic_key(request))
        except Refused:
            return Response(status_code=204)
        return Response(status_code=200)
