"""The clocks that run at Azure: a topic that nobody activates is deleted, and Graph's authorization comes to an end."""

from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.eventgrid import models

from pulse.cloud import Cloud

PARTNER_NAME, PARTNER_ID = "microsoftgraphapi", "c02e0126-707c-436d-b6a1-175d2748fb58"


async def topic_clocks(cloud: Cloud) -> str:
    """Both in one line. Raises AzureError."""
    place = cloud.place
    topic = await cloud.events.partner_topics.get(place.resource_group, place.topic)
    try:
        configuration = await cloud.events.partner_configurations.get(place.resource_group)
    except ResourceNotFoundError:
        return f"{_activation(topic)}; {place.resource_group} has no partner configuration: see `pulse doctor --cloud`"
    ends = authorized_until(configuration)
    authorization = f"Graph's authorization ends on {ends:%Y-%m-%d}" if ends else "Graph is not an authorized partner"
    return f"{_activation(topic)}; {authorization}"


def authorized_until(configuration: models.PartnerConfiguration) -> datetime | None:
    """When Graph may no longer make, change and delete its topic; None where it is not among the partners."""
    authorization = configuration.partner_authorization
    listed = (authorization and authorization.authorized_partners_list) or []
    ends = [one.authorization_expiration_time_in_utc for one in listed if is_graph(one)]
    return max((end for end in ends if end), default=None)


def _activation(topic: models.PartnerTopic) -> str:
    if topic.activation_state == "Activated":
        return f"{topic.name} is activated, so it stays"
    ends = topic.expiration_time_if_not_activated_utc
    return f"{topic.name} is {topic.activation_state}" + (f", and deleted on {ends:%Y-%m-%d}" if ends else "")


def is_graph(one: models.Partner) -> bool:
    return _same(one.partner_name, PARTNER_NAME) or _same(one.partner_registration_immutable_id, PARTNER_ID)


def _same(one: str | None, other: str) -> bool:
    return (one or "").lower() == other.lower()
