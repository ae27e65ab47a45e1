"""Where a browser connects to hear of news: SignalR's address and a token for this user alone, by the host's binding.

The host takes the user's id from the header that App Service authentication sets; without one it answers by itself.
"""

import json

import azure.functions as func

from functions.answers import for_signed_in
from functions.principal import Principal
from shared.domain.journal.log_layout import OPERATORS

blueprint = func.Blueprint()
HUB = "feed"
CONNECTION = "AzureSignalRConnectionString"


@blueprint.route(route="api/negotiate", methods=["POST"])
@blueprint.generic_input_binding(
    arg_name="connection",
    type="signalRConnectionInfo",
    hubName=HUB,
    connectionStringSetting=CONNECTION,
    userId="{headers.x-ms-client-principal-id}",
)
@blueprint.generic_output_binding(arg_name="groups", type="signalR", hubName=HUB, connectionStringSetting=CONNECTION)
async def negotiate(req: func.HttpRequest, connection: str, groups: func.Out[str]) -> func.HttpResponse:
    """Operators join the group of operators: what belongs to no one person is for them."""

    async def signed_in(_: func.HttpRequest, principal: Principal) -> func.HttpResponse:
        if principal.is_operator:
            groups.set(json.dumps({"userId": principal.object_id, "groupName": OPERATORS, "action": "add"}))
        return func.HttpResponse(connection, mimetype="application/json", headers={"Cache-Control": "no-store"})

    return await for_signed_in(signed_in)(req)
