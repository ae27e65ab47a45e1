"""Diagnostics and metric alerts of the partner topic. Bicep can't make them: Graph makes the topic, after provisioning.

The metrics' names: https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-eventgrid-partnertopics-metrics
(2026-11). PUT replaces, so it can be repeated.
"""

from collections.abc import Mapping
from typing import Any

from pulse.cloud import Cloud

DIAGNOSTICS, ALERTS = "2021-05-01-preview", "2018-03-01"
RULES: Mapping[str, tuple[str, str, int]] = {  # name: metric, what it means, severity
    "topic-dead-letters": ("DeadLetteredCount", "Event Grid gave up on events and wrote them to deadletter.", 1),
    "topic-dropped": ("DroppedEventCount", "Event Grid dropped events: neither delivered nor kept.", 0),
    "topic-failing": ("DeliveryAttemptFailCount", "Deliveries to the app fail; they are tried for a day.", 2),
}
MOST_FAILED = 50  # attempts in a quarter of an hour that are no alarm: a deployment alone makes some


async def watch_topic(cloud: Cloud) -> str:
    """Raises RefusedError, PulseError."""
    place = cloud.place
    topic = f"{cloud.group}/providers/Microsoft.EventGrid/partnerTopics/{place.topic}"
    if place.workspace_id:
        path = f"{topic}/providers/Microsoft.Insights/diagnosticSettings/graph-pulse?api-version={DIAGNOSTICS}"
        await cloud.arm.put(path, diagnostics(place.workspace_id))
    for name in RULES:
        path = f"{cloud.group}/providers/Microsoft.Insights/metricAlerts/graph-pulse-{name}?api-version={ALERTS}"
        await cloud.arm.put(path, alert(name, topic, place.action_group_id))
    return f"diagnostics of {place.topic}, alerts {', '.join(RULES)}"


def diagnostics(workspace_id: str) -> dict[str, Any]:
    logs = [{"categoryGroup": "allLogs", "enabled": True}]
    metrics = [{"category": "AllMetrics", "enabled": True}]
    return {"properties": {"workspaceId": workspace_id, "logs": logs, "metrics": metrics}}


def alert(name: str, topic: str, action_group_id: str | None) -> dict[str, Any]:
    metric, description, severity = RULES[name]
    criterion = {
        "name": name,
        "criterionType": "StaticThresholdCriterion",
        "metricNamespace": "Microsoft.EventGrid/partnerTopics",
        "metricName": metric,
        "timeAggregation": "Total",
        "operator": "GreaterThan",
        "threshold": MOST_FAILED if name == "topic-failing" else 0,
    }
    return {
        "location": "global",
        "properties": {
            "description": description,
            "severity": severity,
            "enabled": True,
            "autoMitigate": True,
            "scopes": [topic],
            "evaluationFrequency": "PT5M",
            "windowSize": "PT15M",
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [criterion],
            },
            "actions": [{"actionGroupId": action_group_id}] if action_group_id else [],
        },
    }
