"""Microsoft Graph's directory for one tenant, as far as infra/entra.py calls it: a transport with a memory.

Shapes: https://learn.microsoft.com/graph/api/application-upsert, serviceprincipal-post-approleassignments (v1.0).
"""

import json
import re
import uuid
from typing import Any

import httpx

from infra.entra import GRAPH

type Row = dict[str, Any]


class FakeEntra:
    """`writes` are the calls that changed something."""

    def __init__(self, *, permissions: tuple[str, ...] = ("User.Read.All", "Mail.Read")) -> None:
        roles = [{"id": str(uuid.uuid4()), "value": name} for name in permissions]
        self.applications: list[Row] = []
        self.principals: list[Row] = [{"id": str(uuid.uuid4()), "appId": GRAPH, "appRoles": roles}]
        self.credentials: list[Row] = []
        self.assignments: list[Row] = []
        self.grants: list[Row] = []
        self.writes: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1.0")
        body = json.loads(request.content) if request.content else {}
        if request.headers.get("authorization") != "Bearer token":
            return httpx.Response(401, text="no token")
        match request.method:
            case "GET":
                return self.read(path)
            case "PATCH":
                return self.patch(path, body, upsert=request.headers.get("prefer") == "create-if-missing")
            case _:
                return self.post(path, body)

    def read(self, path: str) -> httpx.Response:
        if path.endswith("/federatedIdentityCredentials"):
            return rows(self.credentials)
        if path.endswith("/appRoleAssignments"):
            return rows([known for known in self.assignments if known["principalId"] == path.split("/")[2]])
        if path.endswith("/oauth2PermissionGrants"):
            return rows([known for known in self.grants if known["clientId"] == path.split("/")[2]])
        found = self.find(path)
        return httpx.Response(200, json=found) if found else httpx.Response(404, text="Request_ResourceNotFound")

    def find(self, path: str) -> Row | None:
        """By id or by alternate key: /applications(appId='…')."""
        kept = self.grants if path.startswith("/oauth2") else self.principals
        kept = self.applications if path.startswith("/applications") else kept
        named = re.search(r"\((\w+)='([^']+)'\)", path)
        key, value = (named[1], named[2]) if named else ("id", path.split("/")[2])
        return next((one for one in kept if one.get(key) == value), None)

    def patch(self, path: str, body: Row, *, upsert: bool) -> httpx.Response:
        found = self.find(path)
        if found is None and not upsert:
            return httpx.Response(404)
        if found is None:
            name = re.search(r"uniqueName='([^']+)'", path)
            found = {"id": str(uuid.uuid4()), "appId": str(uuid.uuid4()), "uniqueName": name[1] if name else ""}
            self.applications.append(found)
        before = json.dumps(found)
        for key, value in body.items():
            found[key] = {**found.get(key, {}), **value} if isinstance(value, dict) else value
        if path.startswith("/applications"):
            found.setdefault("web", {}).setdefault("redirectUris", [])
        if json.dumps(found) != before:
            self.writes.append(f"PATCH {path}")
        return httpx.Response(204)

    def post(self, path: str, body: Row) -> httpx.Response:
        self.writes.append(f"POST {path}")
        row = {"id": str(uuid.uuid4()), **body}
        if path.endswith("/federatedIdentityCredentials"):
            self.credentials.append(row)
        elif path.endswith("/appRoleAssignments"):
            self.assignments.append(row)
        elif path == "/oauth2PermissionGrants":
            self.grants.append(row)
        else:
            application = next(one for one in self.applications if one["appId"] == body["appId"])
            self.principals.append({**row, "appRoles": application["appRoles"]})
        return httpx.Response(201, json=row)


def rows(found: list[Row]) -> httpx.Response:
    return httpx.Response(200, json={"value": found})
