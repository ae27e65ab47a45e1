"""Azure Resource Manager, as far as azure-mgmt-eventgrid needs it for partner and custom topics. Any
api-version is taken.

A partner topic cannot be created here: the partner does that. Creating an event subscription is a long-running
operation: 201 with provisioningState Creating, and Succeeded when it is read again.
"""

from collections.abc import Awaitable, Callable, Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twin.arm.custom_topics import CustomEventSubscriptionCalls, CustomTopicCalls
from twin.arm.event_subscriptions import EventSubscriptionCalls
from twin.arm.landscape import Landscape
from twin.arm.partner_configurations import PartnerConfigurationCalls
from twin.arm.partner_topics import PartnerTopicCalls
from twin.arm.requests import authorize, refuse
from twin.arm.resource_group import ResourceGroupCalls
from twin.arm.resources import verified_partner_json
from twin.event_grid.refusal import Refused
from twin.world import World

type Call = Callable[[Request], Awaitable[Response]]
type Row = tuple[str, str, Call]  # method, path, what answers

PROVIDER = "/providers/Microsoft.EventGrid"
SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = SUBSCRIPTION + "/resourceGroups/{group}" + PROVIDER
CONFIGURATION = GROUP + "/partnerConfigurations/default"
TOPICS = GROUP + "/partnerTopics"
TOPIC = TOPICS + "/{topic}"
EVENT_SUBSCRIPTIONS = TOPIC + "/eventSubscriptions"
EVENT_SUBSCRIPTION = EVENT_SUBSCRIPTIONS + "/{name}"
CUSTOM_TOPICS = GROUP + "/topics"
CUSTOM_TOPIC = CUSTOM_TOPICS + "/{topic}"
OF_CUSTOM = CUSTOM_TOPIC + "/eventSubscriptions"
IN_SCOPE = CUSTOM_TOPIC + PROVIDER + "/eventSubscriptions"  # where event_subscriptions of the SDK puts it
RESOURCES = SUBSCRIPTION + "/resourceGroups/{group}/providers"
SITE = RESOURCES + "/Microsoft.Web/sites/{site}"


def arm_app(world: World) -> Starlette:
    landscape = Landscape(world)
    table = [*_partner_topics(world), *_custom_topics(world), *_resource_group(landscape)]
    app = Starlette(
        routes=[Route(path, _authorized(world, call), methods=[method]) for method, path, call in table],
        exception_handlers={Refused: refuse, HTTPException: refuse},
    )
    app.state.landscape = landscape  # where tests plant faults
    return app


def _partner_topics(world: World) -> Iterable[Row]:
    configurations, topics = PartnerConfigurationCalls(world), PartnerTopicCalls(world)
    event_subscriptions = EventSubscriptionCalls(world)
    return (
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
    )


def _custom_topics(world: World) -> Iterable[Row]:
    custom, of_custom = CustomTopicCalls(world), CustomEventSubscriptionCalls(world)
    yield "GET", CUSTOM_TOPICS, custom.list_by_resource_group
    yield "PUT", CUSTOM_TOPIC, custom.put
    yield "GET", CUSTOM_TOPIC, custom.get
    yield "DELETE", CUSTOM_TOPIC, custom.delete
    yield "POST", CUSTOM_TOPIC + "/listKeys", custom.list_keys
    for path in (OF_CUSTOM, IN_SCOPE):
        yield "GET", path, of_custom.list_by_topic
        yield "GET", path + "/{name}", of_custom.get
        yield "PUT", path + "/{name}", of_custom.put
        yield "DELETE", path + "/{name}", of_custom.delete


def _resource_group(landscape: Landscape) -> Iterable[Row]:
    others = ResourceGroupCalls(landscape)
    return (
        ("GET", SUBSCRIPTION + PROVIDER, others.provider),
        ("GET", RESOURCES + "/Microsoft.Authorization/roleAssignments", others.role_assignments),
        ("POST", SITE + "/config/appsettings/list", others.app_settings),
        ("GET", SITE + "/config/configreferences/appsettings", others.references),
        ("GET", SITE, others.resource),
        ("GET", RESOURCES + "/Microsoft.SignalRService/signalR/{name}", others.resource),
        ("PUT", TOPIC + "/providers/Microsoft.Insights/diagnosticSettings/{name}", others.put),
        ("PUT", RESOURCES + "/Microsoft.Insights/metricAlerts/{name}", others.put),
        ("GET", RESOURCES + "/Microsoft.ManagedIdentity/userAssignedIdentities/{name}", others.resource),
    )


def _authorized(world: World, call: Call) -> Call:
    async def guarded(request: Request) -> Response:
        authorize(world, request)
        return await call(request)

    return guarded


async def _list_verified_partners(_: Request) -> Response:
    return JSONResponse({"value": [verified_partner_json()]})
