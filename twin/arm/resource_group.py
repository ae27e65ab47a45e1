"""The resource group beside Event Grid: provider, roles, site, SignalR, identities.

https://learn.microsoft.com/rest/api/resources/providers/get, …/authorization/role-assignments/list-for-resource-group,
…/appservice/web-apps/list-application-settings and get-app-settings-key-vault-references
"""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.arm.landscape import Landscape
from twin.arm.requests import read_body
from twin.event_grid.refusal import Refused

PRINCIPAL = re.compile(r"principalId eq '([^']+)'")


class ResourceGroupCalls:
    def __init__(self, landscape: Landscape) -> None:
        self._landscape = landscape

    async def provider(self, request: Request) -> Response:
        return JSONResponse(
            {"namespace": "Microsoft.EventGrid", "registrationState": self._landscape.registration_state}
        )

    async def role_assignments(self, request: Request) -> Response:
        """Only by $filter=principalId eq '…': at, above and below the resource group."""
        asked = PRINCIPAL.fullmatch(request.query_params.get("$filter", ""))
        if asked is None:
            raise Refused(400, "UnsupportedFilter", "Only $filter=principalId eq '{id}' is served here.")
        role_of = f"/subscriptions/{request.path_params['subscription']}/providers/Microsoft.Authorization"
        rows = [
            {"principalId": principal, "roleDefinitionId": f"{role_of}/roleDefinitions/{role}", "scope": scope}
            for principal, role, scope in self._landscape.roles
            if principal == asked[1]
        ]
        return JSONResponse({"value": [{"properties": row} for row in rows]})

    async def resource(self, request: Request) -> Response:
        if found := self._landscape.resources.get(request.url.path.lower()):
            return JSONResponse(found)
        raise Refused(404, "ResourceNotFound", f"The resource {request.url.path} was not found.")

    async def app_settings(self, request: Request) -> Response:
        return JSONResponse({"name": "appsettings", "properties": self._landscape.app_settings})

    async def references(self, request: Request) -> Response:
        rows = [{"name": name, "properties": {"status": status}} for name, status in self._landscape.references.items()]
        return JSONResponse({"value": rows})

    async def put(self, request: Request) -> Response:
        """Diagnostic settings and alerts: kept as they were put. 201 when new."""
        body = await read_body(request)
        if not isinstance(body.get("properties"), dict):
            raise Refused(400, "InvalidRequestContent", "The resource has no properties.")
        path = request.url.path.lower()
        is_new = path not in self._landscape.resources
        self._landscape.resources[path] = {"id": request.url.path, **body}
        return JSONResponse(self._landscape.resources[path], status_code=201 if is_new else 200)
