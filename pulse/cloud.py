"""Where the app lives in Azure, and the ways in: Event Grid by its SDK, the rest of ARM and Graph as JSON."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.mgmt.eventgrid.aio import EventGridManagementClient

from pulse.errors import RefusedError
from pulse.json_client import JsonClient, Token
from pulse.running_demo import RunningDemo
from twin.arm.landscape import DEAD_LETTERS, TOPIC_IDENTITY

ARM, GRAPH = "https://management.azure.com", "https://graph.microsoft.com"
FUNCTION = "receive_graph_event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the topic and the app are. Undelivered events are kept in `storage_id`, written as `identity_id`.

    The topic's diagnostics go to `workspace_id`, its alerts to `action_group_id`.
    """

    azure_subscription_id: str
    resource_group: str
    topic: str
    function_app: str
    storage_id: str | None = None
    identity_id: str | None = None
    workspace_id: str | None = None
    action_group_id: str | None = None

    @property
    def function_id(self) -> str:
        group = f"/subscriptions/{self.azure_subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/Microsoft.Web/sites/{self.function_app}/functions/{FUNCTION}"


def demo_place(demo: RunningDemo) -> Place:
    values = demo.environment
    group = f"/subscriptions/{values['AZURE_SUBSCRIPTION_ID']}/resourceGroups/{values['RESOURCE_GROUP']}"
    return Place(
        azure_subscription_id=values["AZURE_SUBSCRIPTION_ID"],
        resource_group=values["RESOURCE_GROUP"],
        topic=values["PARTNER_TOPIC"],
        function_app=values["WEBSITE_SITE_NAME"],
        storage_id=f"{group}/providers/Microsoft.Storage/storageAccounts/{DEAD_LETTERS}",
        identity_id=f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{TOPIC_IDENTITY}",
    )


@dataclass(slots=True, kw_only=True)
class Cloud:
    """`principal` is the object id of the app's identity, `settings` the app's; known after the app was looked at."""

    place: Place
    events: EventGridManagementClient
    arm: JsonClient
    graph: JsonClient
    principal: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return f"/subscriptions/{self.place.azure_subscription_id}/resourceGroups/{self.place.resource_group}"

    async def find(self, path: str, version: str, **query: str) -> dict[str, Any] | None:
        """None for 404. Raises RefusedError, PulseError."""
        try:
            return dict(await self.arm.get(path, **{"api-version": version}, **query))
        except RefusedError as refusal:
            if refusal.status != 404:
                raise
            return None

    async def roles(self, principal: str) -> list[tuple[str, str]]:
        """(role's id, scope) of all that was given to `principal` at, above and below the resource group.

        https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-resource-group
        """
        path = f"{self.group}/providers/Microsoft.Authorization/roleAssignments"
        found = await self.find(path, "2022-04-01", **{"$filter": f"principalId eq '{principal}'"})
        rows = [row["properties"] for row in (found or {}).get("value", [])]
        return [(row["roleDefinitionId"].rpartition("/")[2].lower(), row["scope"].lower()) for row in rows]


@asynccontextmanager
async def open_cloud(place: Place) -> AsyncIterator[Cloud]:
    """As whoever is signed in."""
    from azure.identity.aio import DefaultAzureCredential

    async with AsyncExitStack() as stack:
        credential = await stack.enter_async_context(DefaultAzureCredential())
        events = await stack.enter_async_context(EventGridManagementClient(credential, place.azure_subscription_id))
        yield await _cloud(stack, place, events, credential, arm=ARM, graph=GRAPH)


@asynccontextmanager
async def open_twin(
    demo: RunningDemo, place: Place, credential: AsyncTokenCredential | None = None
) -> AsyncIterator[Cloud]:
    """The same over the twin, as the app's identity."""
    credential = credential or DemoCredential(demo)
    trust = ssl.create_default_context(cafile=demo.ca)
    arm, graph = demo.addresses["arm"], demo.addresses["graph"]
    async with AsyncExitStack() as stack:
        client = EventGridManagementClient(
            credential,
            place.azure_subscription_id,
            base_url=arm,
            credential_scopes=[f"{ARM}/.default"],
            connection_verify=demo.ca,
        )
        events = await stack.enter_async_context(client)
        yield await _cloud(stack, place, events, credential, arm=arm, graph=graph, trust=trust)


async def _cloud(
    stack: AsyncExitStack,
    place: Place,
    events: EventGridManagementClient,
    credential: AsyncTokenCredential,
    *,
    arm: str,
    graph: str,
    trust: ssl.SSLContext | None = None,
) -> Cloud:
    async def client(url: str, what: str, audience: str) -> JsonClient:
        transport = httpx.AsyncHTTPTransport(verify=trust) if trust else None
        made = JsonClient(url, what=what, token=_token(credential, audience), transport=transport)
        return await stack.enter_async_context(made)

    return Cloud(
        place=place,
        events=events,
        arm=await client(arm, "Azure Resource Manager", ARM),
        graph=await client(graph, "Microsoft Graph", GRAPH),
    )


def _token(credential: AsyncTokenCredential, audience: str) -> Token:
    async def token() -> str:
        return (await credential.get_token(f"{audience}/.default")).token

    return token


class DemoCredential:
    """An azure.core AsyncTokenCredential: tokens from the twin's managed identity endpoint, without its environment."""

    def __init__(self, demo: RunningDemo) -> None:
        self._environment = demo.environment

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        url, _slash, path = self._environment["IDENTITY_ENDPOINT"].removeprefix("http://").partition("/")
        headers = {"X-IDENTITY-HEADER": self._environment["IDENTITY_HEADER"]}
        asked = {"api-version": "2019-08-01", "resource": scopes[0].removesuffix("/.default")}
        async with JsonClient(f"http://{url}", what="the twin's identity endpoint", headers=headers) as endpoint:
            answer = await endpoint.get(f"/{path}", **asked, client_id=self._environment["AZURE_CLIENT_ID"])
        return AccessToken(answer["access_token"], int(answer["expires_on"]))

    async def close(self) -> None:
        """Nothing stays open."""

    async def __aenter__(self) -> "DemoCredential":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
