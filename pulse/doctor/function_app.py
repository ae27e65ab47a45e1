"""The function app in Azure: its identity, its settings, and what the identity may do with data."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pulse.cloud import Cloud
from pulse.doctor.app_settings import STORAGE, judge
from pulse.doctor.finding import Finding, bad, good
from pulse.link import DEAD_LETTERS, EVENT_SUBSCRIPTION

WEB = "2024-04-01"
SIGNALR_SETTING = "AzureSignalRConnectionString__serviceUri"
PROVISION = "azd provision"
BLOBS, QUEUES, TABLES = (
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
)
BLOB_CONTRIBUTOR, SIGNALR_OWNER = "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "7e4f1700-ea5a-4f59-8f37-079cfe29dce3"
# learn.microsoft.com/azure/role-based-access-control/built-in-roles: what does the job of each
DOES = {
    BLOBS: ("Storage Blob Data Owner", {BLOBS}),
    QUEUES: ("Storage Queue Data Contributor", {QUEUES}),
    TABLES: ("Storage Table Data Contributor", {TABLES}),
    SIGNALR_OWNER: ("SignalR Service Owner", {SIGNALR_OWNER}),
    BLOB_CONTRIBUTOR: ("Storage Blob Data Contributor", {BLOB_CONTRIBUTOR, BLOBS}),
}


async def identity(cloud: Cloud) -> list[Finding]:
    """Notes who the app is: the checks after this one ask about its principal."""
    name = cloud.place.function_app
    site = await cloud.find(_site(cloud), WEB)
    if site is None:
        return [bad("function app", f"there is no {name} in {cloud.place.resource_group}", fix=PROVISION)]
    found = [_state(name, str(site["properties"].get("state", "")))]
    assigned = list(((site.get("identity") or {}).get("userAssignedIdentities") or {}).values())
    if not assigned:
        return [*found, bad("identity", f"{name} has no user-assigned identity", fix=PROVISION)]
    cloud.principal = str(assigned[0]["principalId"])
    return [*found, good("identity", f"principal {cloud.principal}")]


async def settings(cloud: Cloud, root: Path) -> list[Finding]:
    """Key Vault references stand for the secrets, so no secret is read."""
    listed = await cloud.arm.post(f"{_site(cloud)}/config/appsettings/list?api-version={WEB}")
    cloud.settings = dict(listed["properties"])
    return judge(cloud.settings, root=root, in_cloud=True) + await _references(cloud)


async def data_roles(cloud: Cloud) -> list[Finding]:
    """Each role at the account that the app's settings name, or above it."""
    held = await cloud.roles(cloud.principal)
    needed = [(BLOBS, "blob"), (QUEUES, "queue"), (TABLES, "table")]
    findings = [_role(cloud, held, role, _account(cloud.settings, kind)) for role, kind in needed]
    if host := urlsplit(cloud.settings.get(SIGNALR_SETTING, "")).hostname:
        findings.append(_role(cloud, held, SIGNALR_OWNER, host.partition(".")[0]))
    return findings


async def dead_letters(cloud: Cloud) -> list[Finding]:
    """They need an identity at the topic, that identity's role at the account, and the event subscription's word."""
    check, place = "dead letters", cloud.place
    known = await cloud.events.partner_topic_event_subscriptions.get(
        place.resource_group, place.topic, EVENT_SUBSCRIPTION
    )
    wanted = known.dead_letter_with_resource_identity
    target = wanted and wanted.dead_letter_destination
    if not wanted or not target:
        fix = "set DEAD_LETTER_STORAGE_ID and TOPIC_IDENTITY_ID (azd env get-values), then pulse link"
        return [bad(check, "events that can't be delivered for a day are dropped", fix=fix)]
    account = str(getattr(target, "resource_id", "")).rpartition("/")[2]
    who = str(wanted.identity and wanted.identity.user_assigned_identity)
    found = await cloud.find(who, "2023-01-31")
    if found is None:
        return [bad(check, f"the identity {who} is gone", fix=f"{PROVISION}, then pulse link")]
    held = await cloud.roles(str(found["properties"]["principalId"]))
    role = _role(cloud, held, BLOB_CONTRIBUTOR, account, check="dead letter role")
    return [good(check, f"to {account}/{DEAD_LETTERS}"), role]


async def signalr(cloud: Cloud) -> list[Finding]:
    """Serverless, or the app's pushes are refused; without a setting the page only pulls."""
    check = "signalr"
    host = urlsplit(cloud.settings.get(SIGNALR_SETTING, "")).hostname
    if not host:
        return [good(check, "not used: pages pull")]
    name = host.partition(".")[0]
    found = await cloud.find(f"{cloud.group}/providers/Microsoft.SignalRService/signalR/{name}", "2024-03-01")
    if found is None:
        return [bad(check, f"there is no {name} in {cloud.place.resource_group}", fix=PROVISION)]
    modes = [one["value"] for one in found["properties"].get("features", []) if one["flag"] == "ServiceMode"]
    if modes != ["Serverless"]:
        fix = f"az signalr update -n {name} -g {cloud.place.resource_group} --service-mode Serverless"
        return [bad(check, f"its mode is {', '.join(modes) or 'Default'}, not Serverless", fix=fix)]
    return [good(check, f"{name}, serverless")]


def _state(name: str, state: str) -> Finding:
    if state == "Running":
        return good("function app", f"{name} is running")
    return bad("function app", f"{name} is {state or 'in no known state'}", fix=f"az functionapp start -n {name} …")


async def _references(cloud: Cloud) -> list[Finding]:
    """https://learn.microsoft.com/rest/api/appservice/web-apps/get-app-settings-key-vault-references"""
    found = await cloud.find(f"{_site(cloud)}/config/configreferences/appsettings", WEB)
    rows = {row["name"]: row["properties"] for row in (found or {}).get("value", [])}
    broken = [(name, row.get("status")) for name, row in rows.items() if row.get("status") != "Resolved"]
    fix = "give the identity Key Vault Secrets User, see that the secret exists, restart the app"
    if broken:
        return [bad("key vault", f"{name} is not read: {status}", fix=fix) for name, status in broken]
    return [good("key vault", f"{len(rows)} references are read")]


def _role(cloud: Cloud, held: list[tuple[str, str]], role: str, account: str, *, check: str = "grants") -> Finding:
    name, enough = DOES[role]
    group, end = cloud.group.lower(), f"/{account.lower()}"
    if any(given in enough and (scope.endswith(end) or group.startswith(scope)) for given, scope in held):
        return good(check, f"{name} on {account}")
    return bad(check, f"{name} on {account} is missing", fix=f"{PROVISION} (or az role assignment create); then wait")


def _account(settings: Mapping[str, str], kind: str) -> str:
    host = urlsplit(settings.get(f"{STORAGE}__{kind}ServiceUri", "")).hostname or "the storage account"
    return host.partition(".")[0]


def _site(cloud: Cloud) -> str:
    return f"{cloud.group}/providers/Microsoft.Web/sites/{cloud.place.function_app}"
