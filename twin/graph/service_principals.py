"""Service principals, as far as one reads which of Graph's permissions the app's identity has.

https://learn.microsoft.com/graph/api/serviceprincipal-list-approleassignments: an app may read its own, a person any.
"""

from typing import TYPE_CHECKING

from twin.entra.tokens import APPLICATION_PERMISSIONS
from twin.graph.calls import Answer, Call, Routes
from twin.graph.errors import GraphError, denied
from twin.world import made_up_id

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
GRAPH_PRINCIPAL = made_up_id("graph/principal")


@routes("GET", "serviceprincipals/{}/approleassignments")
def assignments(graph: "Graph", call: Call, principal: str) -> Answer:
    world = graph.world
    if principal.lower() != world.principal_id:
        raise _unknown(principal)
    if not (call.caller.delegated or call.caller.object_id == principal):
        raise denied()
    rows = [
        {"id": made_up_id(f"grant/{name}"), "principalId": principal, "resourceId": GRAPH_PRINCIPAL}
        | {"resourceDisplayName": "Microsoft Graph", "appRoleId": made_up_id(f"role/{name}")}
        for name in sorted(world.entra.granted)
    ]
    return Answer(body={"value": rows})


@routes("GET", "serviceprincipals/{}")
def show(graph: "Graph", call: Call, principal: str) -> Answer:
    """Microsoft Graph's own, with the app roles that it offers."""
    if principal.lower() != GRAPH_PRINCIPAL:
        raise _unknown(principal)
    roles = [
        {"id": made_up_id(f"role/{name}"), "value": name, "isEnabled": True, "allowedMemberTypes": ["Application"]}
        for name in sorted(APPLICATION_PERMISSIONS | graph.world.entra.granted)
    ]
    return Answer(body={"id": GRAPH_PRINCIPAL, "appId": GRAPH_APP, "appRoles": roles})


def _unknown(principal: str) -> GraphError:
    return GraphError(404, "Request_ResourceNotFound", f"Resource '{principal}' does not exist.")
