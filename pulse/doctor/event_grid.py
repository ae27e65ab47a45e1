"""Event Grid's part: the provider, the partner's authorization, the partner topic, its event subscription."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.eventgrid import models

from pulse.cloud import Cloud
from pulse.doctor.finding import Finding, bad, good
from pulse.link import EVENT_SUBSCRIPTION
from pulse.topic_clocks import PARTNER_ID, is_graph

SOON = timedelta(days=30)
MOST_TOPICS = 10  # of a tenant and an application: learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events
GONE = "IdleDueToMirroredChannelResourceDeletion"
RELINK = "pulse link"

type Clock = Callable[[], datetime]


def real_clock() -> datetime:
    return datetime.now(UTC)


async def provider(cloud: Cloud) -> list[Finding]:
    path = f"/subscriptions/{cloud.place.azure_subscription_id}/providers/Microsoft.EventGrid"
    found = await cloud.find(path, "2021-04-01") or {}
    state = found.get("registrationState", "not known")
    if state == "Registered":
        return [good("provider", "Microsoft.EventGrid is registered")]
    fix = "az provider register --namespace Microsoft.EventGrid --wait"
    return [bad("provider", f"Microsoft.EventGrid is {state}", fix=fix)]


async def partner(cloud: Cloud, clock: Clock = real_clock) -> list[Finding]:
    """Graph may make, change and delete its topic only as long as its authorization lasts."""
    check, group = "partner authorized", cloud.place.resource_group
    authorize = (
        f"azd provision, or: az eventgrid partner configuration authorize -g {group}"
        f" --partner-registration-immutable-id {PARTNER_ID} --authorization-expiration-date YYYY-MM-DD"
    )
    try:
        configuration = await cloud.events.partner_configurations.get(group)
    except ResourceNotFoundError:
        return [bad(check, f"{group} has no partner configuration", fix=authorize)]
    authorization = configuration.partner_authorization
    listed = (authorization and authorization.authorized_partners_list) or []
    ends = max((one.authorization_expiration_time_in_utc or clock() for one in listed if is_graph(one)), default=None)
    if ends is None:
        return [bad(check, "Microsoft Graph is not among the authorized partners", fix=authorize)]
    if ends <= clock():
        return [bad(check, f"Graph's authorization ended on {ends:%Y-%m-%d}", fix=authorize)]
    if ends <= clock() + SOON:
        return [bad(check, f"Graph's authorization ends soon, on {ends:%Y-%m-%d}", fix=authorize)]
    return [good(check, f"until {ends:%Y-%m-%d}")]


async def topic(cloud: Cloud) -> list[Finding]:
    place = cloud.place
    everywhere = [one async for one in cloud.events.partner_topics.list_by_subscription()]
    ours = [one for one in everywhere if _is_in(one, place.resource_group) and _same(one.name, place.topic)]
    if not ours:
        return [_no_topic(cloud, everywhere)]
    found = ours[0]
    same_source = [one for one in everywhere if one.source == found.source]
    return [_state_of(found), _activation(found), _count(same_source)]


async def event_subscription(cloud: Cloud) -> list[Finding]:
    place, check = cloud.place, "event subscription"
    try:
        found = await cloud.events.partner_topic_event_subscriptions.get(
            place.resource_group, place.topic, EVENT_SUBSCRIPTION
        )
    except ResourceNotFoundError:
        return [bad(check, f"{place.topic} has no event subscription {EVENT_SUBSCRIPTION}", fix=RELINK)]
    return [_health(found), _destination(found, place.function_id), _schema(found), _filter(found)]


def _no_topic(cloud: Cloud, everywhere: list[models.PartnerTopic]) -> Finding:
    place = cloud.place
    elsewhere = [one for one in everywhere if _same(one.name, place.topic)]
    if elsewhere:
        fix = "azd env set another AZURE_ENV_NAME, or delete that topic: names are unique in a region"
        return bad("topic", f"the name {place.topic} is taken, by {elsewhere[0].id}", fix=fix)
    fix = "Graph makes it with the app's first subscription: pulse subscriptions apply, then its `fault`"
    return bad("topic", f"there is no partner topic {place.topic} in {place.resource_group}", fix=fix)


def _state_of(found: models.PartnerTopic) -> Finding:
    if found.provisioning_state == GONE:
        fix = f"delete the topic {found.name}, then pulse subscriptions apply; Graph makes it anew"
        return bad("topic", "Graph's side of the topic is gone", fix=fix)
    if found.provisioning_state != "Succeeded":
        return bad("topic", f"its state is {found.provisioning_state}", fix=f"wait; then {RELINK}")
    return good("topic", f"{found.name} in {found.location}")


def _activation(found: models.PartnerTopic) -> Finding:
    if found.activation_state == "Activated":
        return good("topic activated", "events flow")
    ends = found.expiration_time_if_not_activated_utc
    until = f"; it is deleted on {ends:%Y-%m-%d}" if ends else ""
    return bad("topic activated", f"{found.activation_state}: no event flows{until}", fix=RELINK)


def _count(same_source: list[models.PartnerTopic]) -> Finding:
    told = f"{len(same_source)} of {MOST_TOPICS} that one application may have in a tenant"
    if len(same_source) >= MOST_TOPICS:
        names = ", ".join(sorted(str(one.name) for one in same_source))
        return bad("topics in use", told, fix=f"delete those that no app needs any more: {names}")
    return good("topics in use", told)


def _health(found: models.EventSubscription) -> Finding:
    if found.provisioning_state == "Succeeded":
        return good("event subscription", f"{found.name} is there")
    fix = f"{RELINK}; if it stays so, delete {found.name} in the portal first"
    return bad("event subscription", f"its state is {found.provisioning_state}", fix=fix)


def _destination(found: models.EventSubscription, function_id: str) -> Finding:
    resource_id = getattr(found.destination, "resource_id", None) or "no function"
    if resource_id.lower() != function_id.lower():
        return bad("event subscription bound", f"it delivers to {resource_id}", fix=RELINK)
    return good("event subscription bound", f"to {resource_id.rpartition('/')[2]}")


def _schema(found: models.EventSubscription) -> Finding:
    if found.event_delivery_schema == "CloudEventSchemaV1_0":
        return good("schema", "CloudEvents 1.0")
    fix = f"delete the event subscription {found.name}, then {RELINK}: a schema can't be changed"
    return bad("schema", f"{found.event_delivery_schema}, and the app reads CloudEvents", fix=fix)


def _filter(found: models.EventSubscription) -> Finding:
    """Lifecycle events differ in type and case, and some have no changeType: a filter drops them silently."""
    wanted = found.filter
    narrow = wanted and (
        wanted.included_event_types or wanted.advanced_filters or wanted.subject_begins_with or wanted.subject_ends_with
    )
    if narrow:
        return bad("filter", "the event subscription filters, so lifecycle events can be dropped", fix=RELINK)
    return good("filter", "none: lifecycle events come through")


def _is_in(one: models.PartnerTopic, group: str) -> bool:
    return f"/resourcegroups/{group.lower()}/" in str(one.id).lower()


def _same(one: str | None, other: str) -> bool:
    return (one or "").lower() == other.lower()
