"""What stands in the demo's resource group beside Event Grid, as Azure Resource Manager shows it.

It is what infra/main.bicep would have made; whoever plants a fault changes it in place.
"""

from dataclasses import dataclass, field
from typing import Any

from twin.world import World, made_up_id

BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
QUEUE_CONTRIBUTOR = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
TABLE_CONTRIBUTOR = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
SIGNALR_OWNER = "7e4f1700-ea5a-4f59-8f37-079cfe29dce3"
STORAGE, DEAD_LETTERS, SIGNALR = "stgraphpulse", "stdlgraphpulse", "sigr-graph-pulse"
TOPIC_IDENTITY = "id-topic-graph-pulse"


@dataclass(slots=True)
class Landscape:
    """`resources` by id in lower case; `roles` as (principal, role, scope)."""

    world: World
    registration_state: str = "Registered"
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    app_settings: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)  # Key Vault references: setting to status
    roles: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world
        for row in (_site(self), _identity(self, TOPIC_IDENTITY, self.topic_principal), _signalr(self)):
            self.resources[row["id"].lower()] = row
        storage, dead = self.id("Microsoft.Storage/storageAccounts", STORAGE), self.dead_letter_storage
        own = [(BLOB_OWNER, storage), (QUEUE_CONTRIBUTOR, storage), (TABLE_CONTRIBUTOR, storage)]
        own.append((SIGNALR_OWNER, self.id("Microsoft.SignalRService/signalR", SIGNALR)))
        self.roles = [(world.principal_id, role, scope) for role, scope in own]
        self.roles.append((self.topic_principal, BLOB_CONTRIBUTOR, dead))
        self.app_settings = _settings(world)
        self.references = {"CLIENT_STATE_KEYS": "Resolved"}

    @property
    def group(self) -> str:
        return f"/subscriptions/{self.world.azure_subscription_id}/resourceGroups/{self.world.resource_group}"

    @property
    def topic_principal(self) -> str:
        return made_up_id("identity/topic")

    @property
    def topic_identity(self) -> str:
        return self.id("Microsoft.ManagedIdentity/userAssignedIdentities", TOPIC_IDENTITY)

    @property
    def dead_letter_storage(self) -> str:
        return self.id("Microsoft.Storage/storageAccounts", DEAD_LETTERS)

    @property
    def site(self) -> dict[str, Any]:
        return self.resources[self.id("Microsoft.Web/sites", self.world.function_app_name).lower()]

    @property
    def signalr(self) -> dict[str, Any]:
        return self.resources[self.id("Microsoft.SignalRService/signalR", SIGNALR).lower()]

    def id(self, kind: str, name: str) -> str:
        return f"{self.group}/providers/{kind}/{name}"


def _site(landscape: Landscape) -> dict[str, Any]:
    world = landscape.world
    identity = landscape.id("Microsoft.ManagedIdentity/userAssignedIdentities", "id-app")
    held = {"principalId": world.principal_id, "clientId": world.app_id}
    return {
        "id": landscape.id("Microsoft.Web/sites", world.function_app_name),
        "name": world.function_app_name,
        "kind": "functionapp,linux",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: held}},
        "properties": {"state": "Running"},
    }


def _identity(landscape: Landscape, name: str, principal: str) -> dict[str, Any]:
    identity = landscape.id("Microsoft.ManagedIdentity/userAssignedIdentities", name)
    return {"id": identity, "name": name, "properties": {"principalId": principal}}


def _signalr(landscape: Landscape) -> dict[str, Any]:
    features = [{"flag": "ServiceMode", "value": "Serverless"}]
    return {
        "id": landscape.id("Microsoft.SignalRService/signalR", SIGNALR),
        "name": SIGNALR,
        "properties": {"disableLocalAuth": True, "features": features},
    }


def _settings(world: World) -> dict[str, str]:
    """As the template sets them."""
    uris = {f"AzureWebJobsStorage__{kind}ServiceUri": f"https://{STORAGE}.{kind}.core.windows.net/" for kind in KINDS}
    return {
        **uris,
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": world.app_id,
        "AzureSignalRConnectionString__serviceUri": f"https://{SIGNALR}.service.signalr.net",
        "AZURE_TENANT_ID": world.tenant_id,
        "AZURE_CLIENT_ID": world.app_id,
        "AZURE_SUBSCRIPTION_ID": world.azure_subscription_id,
        "RESOURCE_GROUP": world.resource_group,
        "PARTNER_TOPIC": world.topic_name,
        "PARTNER_TOPIC_LOCATION": world.location,
        "WATCHED_USERS": ",".join(person.id for person in world.people),
        "CLIENT_STATE_KEYS": "@Microsoft.KeyVault(SecretUri=https://kv-graph-pulse.vault.azure.net/secrets/keys)",
    }


KINDS = ("blob", "queue", "table")
