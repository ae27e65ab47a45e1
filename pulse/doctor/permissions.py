"""What Graph lets the app's identity read, against what each entry of subscriptions.toml needs."""

from typing import Any

from pulse.cloud import Cloud
from pulse.doctor.finding import Finding, bad, good

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
GRANT = "azd hooks run postprovision, by whoever may grant in Entra; a token lives on for up to a day: restart the app"


async def granted(cloud: Cloud) -> set[str]:
    """Graph's application permissions that the identity holds.

    https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments
    """
    path = f"/v1.0/servicePrincipals/{cloud.principal}/appRoleAssignments"
    rows = list((await cloud.graph.get(path))["value"])
    names: dict[tuple[str, str], str] = {}
    for resource_id in {row["resourceId"] for row in rows}:
        owner = await cloud.graph.get(f"/v1.0/servicePrincipals/{resource_id}", **{"$select": "id,appId,appRoles"})
        if owner["appId"] == GRAPH_APP:
            names |= {(resource_id, role["id"]): role["value"] for role in owner["appRoles"]}
    held = ((row["resourceId"], row["appRoleId"]) for row in rows)
    return {names[pair] for pair in held if pair in names}


def judge(entries: list[dict[str, Any]], held: set[str]) -> list[Finding]:
    """`entries` as the app tells them: {"name", "resource", "permission"}."""
    if not entries:
        return [good("permissions", "nothing is watched, so nothing is needed")]
    return [_judge(entry, held) for entry in entries]


def _judge(entry: dict[str, Any], held: set[str]) -> Finding:
    check, needed = f"permission: {entry['name']}", str(entry["permission"])
    if not needed:
        fix = f"take {entry['name']} out of subscriptions.toml"
        return bad(check, f"no application permission reaches {entry['resource']}", fix=fix)
    if needed not in held:
        return bad(check, f"{needed} is not granted", fix=GRANT)
    return good(check, needed)
