"""What the app needs in Microsoft Entra, where Bicep does not reach. Each step looks first, so all can be repeated.

    python -m infra.entra register   before provisioning: the app registration that people sign in to
    python -m infra.entra complete   after it: redirect URI, federated credential, consent, operators, Graph permissions
    python -m infra.entra permissions   only says which Graph permissions subscriptions.toml needs, as JSON

Never ran against a real tenant. https://learn.microsoft.com/graph/api/application-upsert (v1.0)
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from azure.core.exceptions import ClientAuthenticationError

from infra.rest import Refused, Rest, deployer
from shared.domain.watching.resources import resource_of
from shared.domain.watching.watch import InvalidWatch, parse_watch

GRAPH = "00000003-0000-0000-c000-000000000000"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"  # `pulse --app` gets its tokens through it
OPERATOR = "Pulse.Operator"
MAIL = {"Mail.ReadWrite", "Mail.Send"}  # what the page does on behalf of who is signed in
CALLBACK = "/.auth/login/aad/callback"
ROOT = Path(__file__).parent.parent


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    graph = Rest("https://graph.microsoft.com/v1.0", "https://graph.microsoft.com/.default", credential=deployer())
    try:
        match arguments:
            case ["register"]:
                remember(register(graph, unique_name(environ)))
            case ["complete"]:
                complete(graph, environ)
            case ["permissions"]:
                print(json.dumps(sorted(permissions_needed(watched(), environ))))
            case _:
                return say("usage: python -m infra.entra register|complete|permissions", 2)
    except (Refused, InvalidWatch, ClientAuthenticationError, httpx.HTTPError) as fault:
        return say(f"{fault}\nWho may do this: docs/deploy.md, the rights of who deploys.", 1)
    except KeyError as missing:
        return say(f"{missing} is not set: start it by `azd hooks run preprovision` or `postprovision`.", 2)
    return 0


def register(graph: Rest, name: str) -> str:
    """The client id of the registration `name`, which is made or brought up to date, with its service principal."""
    graph.call(
        "PATCH", f"/applications(uniqueName='{name}')", registration(name), headers={"Prefer": "create-if-missing"}
    )
    application = graph.call("GET", f"/applications(uniqueName='{name}')")
    client_id = str(application["appId"])
    finish = {
        "identifierUris": [f"api://{client_id}"],
        "api": {
            "preAuthorizedApplications": [{"appId": AZURE_CLI, "delegatedPermissionIds": [made_id(name, "access")]}]
        },
    }
    graph.call("PATCH", f"/applications/{application['id']}", finish)
    if graph.find(f"/servicePrincipals(appId='{client_id}')") is None:
        graph.call("POST", "/servicePrincipals", {"appId": client_id})
    return client_id


def registration(name: str) -> dict[str, Any]:
    """One scope, one app role, sign-in for this tenant alone. The ids come from the name: a repetition changes none."""
    access = {
        "id": made_id(name, "access"),
        "value": "access",
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Use Graph Pulse",
        "adminConsentDescription": "See one's own changes in Graph Pulse; operators also manage it.",
        "userConsentDisplayName": "Use Graph Pulse",
        "userConsentDescription": "See your own changes in Graph Pulse.",
    }
    operator = {
        "id": made_id(name, OPERATOR),
        "value": OPERATOR,
        "displayName": "Graph Pulse operator",
        "description": "Sees what belongs to nobody, and manages subscriptions and quarantine.",
        "allowedMemberTypes": ["User"],
        "isEnabled": True,
    }
    return {
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [access]},
        "appRoles": [operator],
        "web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}},  # App Service's sign-in asks for id tokens
    }


def complete(graph: Rest, environ: Mapping[str, str]) -> None:
    identity = environ["APP_IDENTITY_PRINCIPAL_ID"]
    by_hand = set(listed(environ.get("PERMISSIONS_BY_HAND", "")))
    if client_id := environ.get("PULSE_CLIENT_ID"):
        application = graph.call("GET", f"/applications(appId='{client_id}')")
        redirect_to(graph, application, environ["PULSE_APP"] + CALLBACK)
        trust(graph, application["id"], identity, tenant_id=environ["AZURE_TENANT_ID"])
        consent(graph, client_id, MAIL - by_hand)
        for person in listed(environ.get("OPERATORS", "")):
            assign(graph, client_id, f"/users/{person}", {OPERATOR})
    text = watched()
    assign(graph, GRAPH, f"/servicePrincipals/{identity}", permissions_needed(text, environ) - by_hand)


def watched() -> str:
    return (ROOT / "subscriptions.toml").read_text(encoding="utf-8")


def permissions_needed(text: str, environ: Mapping[str, str]) -> set[str]:
    """Application permissions of Graph for what subscriptions.toml watches. Raises InvalidWatch."""
    specs = parse_watch(text, {"WATCHED_USERS": "", **environ}).specs.values()
    return {known.permission for spec in specs if (known := resource_of(spec.resource))}


def redirect_to(graph: Rest, application: Mapping[str, Any], uri: str) -> None:
    uris = application["web"]["redirectUris"]
    if uri not in uris:
        graph.call("PATCH", f"/applications/{application['id']}", {"web": {"redirectUris": [*uris, uri]}})


def trust(graph: Rest, application_id: str, identity: str, *, tenant_id: str) -> None:
    """The app's identity may speak for the registration: no client secret is ever made."""
    path = f"/applications/{application_id}/federatedIdentityCredentials"
    if any(known["subject"] == identity for known in graph.list(path)):
        return
    credential = {
        "name": f"identity-{identity}",
        "issuer": f"https://login.microsoftonline.com/{tenant_id}/v2.0",
        "subject": identity,
        "audiences": ["api://AzureADTokenExchange"],
    }
    graph.call("POST", path, credential)


def consent(graph: Rest, client_id: str, scopes: set[str]) -> None:
    """For everybody in the tenant: the registration may act on behalf of who is signed in, within their own rights.

    https://learn.microsoft.com/graph/api/oauth2permissiongrant-post
    """
    ours, resource = (graph.call("GET", f"/servicePrincipals(appId='{app_id}')")["id"] for app_id in (client_id, GRAPH))
    grants = graph.list(f"/servicePrincipals/{ours}/oauth2PermissionGrants")
    found = next(
        (one for one in grants if (one["resourceId"], one["consentType"]) == (resource, "AllPrincipals")), None
    )
    had = set(found["scope"].split()) if found else set()
    if scopes <= had:
        return
    scope = " ".join(sorted(had | scopes))
    if found:
        graph.call("PATCH", f"/oauth2PermissionGrants/{found['id']}", {"scope": scope})
    else:
        grant = {"clientId": ours, "consentType": "AllPrincipals", "resourceId": resource, "scope": scope}
        graph.call("POST", "/oauth2PermissionGrants", grant)
    say(f"the page acts on behalf of people: {', '.join(sorted(scopes - had))} granted")


def assign(graph: Rest, app_id: str, principal: str, roles: Iterable[str]) -> None:
    """Give `principal` (/users/ID or /servicePrincipals/ID) the app roles of application `app_id` that it lacks.

    What it has beyond them is told, not taken away: somebody may have given it on purpose.
    """
    resource = graph.call("GET", f"/servicePrincipals(appId='{app_id}')")
    ids = {role["value"]: role["id"] for role in resource["appRoles"]}
    path = f"{principal}/appRoleAssignments"
    assigned = {known["appRoleId"] for known in graph.list(path) if known["resourceId"] == resource["id"]}
    given = {name for name, role_id in ids.items() if role_id in assigned}
    for role in sorted(set(roles) - given):
        body = {"principalId": principal.rpartition("/")[2], "resourceId": resource["id"], "appRoleId": ids[role]}
        graph.call("POST", path, body)
        say(f"{principal}: {role} granted")
    for role in sorted(given - set(roles)):
        say(f"{principal}: has {role}, which is not needed (any more); take it away in Entra")


def unique_name(environ: Mapping[str, str]) -> str:
    return f"graph-pulse-{environ['AZURE_ENV_NAME']}-{environ['AZURE_SUBSCRIPTION_ID']}"


def made_id(name: str, part: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://graph-pulse.invalid/{name}/{part}"))


def remember(client_id: str) -> None:
    """main.parameters.json reads it from the azd environment."""
    azd = shutil.which("azd") or "azd"
    subprocess.run([azd, "env", "set", "SIGN_IN_CLIENT_ID", client_id], check=True)  # noqa: S603 - our own command


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def say(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
