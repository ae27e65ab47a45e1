"""Azure Resource Manager, as far as azure-mgmt-eventgrid needs it for partner topics. Any api-version is taken.

A partner topic cannot be created here: the partner does that. Creating an event subscription is a long-running
operation: 201 with provisioningState Creating, and Succeeded when it is read again.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twin.arm.event_subscriptions import EventSubscriptionCalls
from twin.arm.partner_configurations import PartnerConfigurationCalls
from twin.arm.partner_topics import PartnerTopicCalls
from twin.arm.requests import authorize, refuse
from twin.arm.resources import verified_partner_json
from twin.event_grid.refusal import Refused
from twin.world import World

Call = Callable[[Request], Awaitable[Response]]

PROVIDER = "/providers/Microsoft.EventGrid"
SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = SUBSCRIPTION + "/resourceGroups/{group}" + PROVIDER
CONFIGURATION = GROUP + "/partnerConfigurations/default"
TOPICS = GROUP + "/partnerTopics"
TOPIC = TOPICS + "/{topic}"
EVENT_SUBSCRIPTIONS = TOPIC + "/eventSubscriptions"
EVENT_SUBSCRIPTION = EVENT_SUBSCRIPTIONS + "/{name}"


def arm_app(world: World) -> Starlette:
    configurations, topics = PartnerConfigurationCalls(world), PartnerTopicCalls(world)
    event_subscriptions = EventSubscriptionCalls(world)
    table: list[tuple[str, str, Call]] = [
        ("GET", PROVIDER + "/verifiedPartners", _list_verified_partners),
        ("GET", CONFIGURATION, configurations.get),
        ("PUT", CONFIGURATION, configurations.put),
        ("POST", CONFIGURATION + "/authorizePartner", configurations.authorize_partner),
        ("GET", SUBSCRIPTION + PROVIDER + "/partnerTopics", topics.list_all),
        ("GET", TOPICS, topics.list_by_resource_group),
        ("GET", TOPIC, topics.get),
        ("PATCH", TOPIC, topics.update),
        ("DELETE", TOPIC, topics.delete),
        ("POST", TOPIC + "/activate", topics.activate),
        ("POST", TOPIC + "/deactivate", topics.deactivate),
        ("GET", EVENT_SUBSCRIPTIONS, event_subscriptions.list_by_partner_topic),
        ("GET", EVENT_SUBSCRIPTION, event_subscriptions.get),
        ("PUT", EVENT_SUBSCRIPTION, event_subscriptions.put),
        ("DELETE", EVENT_SUBSCRIPTION, event_subscriptions.delete),
    ]
    return Starlette(
        routes=[Route(path, _authorized(world, call), methods=[method]) for method, path, call in table],
        exception_handlers={Refused: refuse, HTTPException: refuse},
    )


def _authorized(world: World, call: Call) -> Call:
    async def guarded(request: Request) -> Response:
        authorize(world, request)
        return await call(request)

    return guarded


async def _list_verified_partners(_: Request) -> Response:
    return JSONResponse({"value": [verified_partner_json()]})
