"""Event Grid's state in the shape of Azure Resource Manager: ids, types, `properties`, api-version 2025-02-15."""

from typing import Any

from twin.event_grid.custom_topics import CustomTopic
from twin.event_grid.lane import Lane
from twin.event_grid.partner_configuration import GRAPH_NAME, GRAPH_REGISTRATION_ID, PartnerConfiguration
from twin.event_grid.topics import PartnerTopic


def partner_configuration_json(
    azure_subscription_id: str, resource_group: str, configuration: PartnerConfiguration
) -> dict[str, Any]:
    group = f"/subscriptions/{azure_subscription_id}/resourceGroups/{resource_group}"
    return {
        "id": f"{group}/providers/Microsoft.EventGrid/partnerConfigurations/default",
        "name": "default",
        "type": "Microsoft.EventGrid/partnerConfigurations",
        "location": configuration.location,
        "tags": dict(configuration.tags),
        "properties": configuration.as_json(),
    }


def event_subscription_json(
    topic: PartnerTopic | CustomTopic, lane: Lane, *, state: str = "Succeeded"
) -> dict[str, Any]:
    """`topic` in the properties is the topic's resource id, as the service has it there."""
    wanted = lane.event_subscription
    kind = "partnerTopics" if isinstance(topic, PartnerTopic) else "topics"
    defaults = {
        "eventDeliverySchema": "CloudEventSchemaV1_0",
        "retryPolicy": {
            "maxDeliveryAttempts": wanted.max_attempts,
            "eventTimeToLiveInMinutes": int(wanted.time_to_live.total_seconds() // 60),
        },
    }
    given = {name: value for name, value in wanted.properties.items() if value is not None}
    return {
        "id": f"{topic.id}/eventSubscriptions/{wanted.name}",
        "name": wanted.name,
        "type": f"Microsoft.EventGrid/{kind}/eventSubscriptions",
        "properties": {**defaults, **given, "topic": topic.id, "provisioningState": state},
    }


def verified_partner_json() -> dict[str, Any]:
    return {
        "id": f"/providers/Microsoft.EventGrid/verifiedPartners/{GRAPH_NAME}",
        "name": GRAPH_NAME,
        "type": "Microsoft.EventGrid/verifiedPartners",
        "properties": {
            "partnerRegistrationImmutableId": GRAPH_REGISTRATION_ID,
            "organizationName": "Microsoft",
            "partnerDisplayName": "Microsoft Graph API",
            "provisioningState": "Succeeded",
        },
    }
