"""The app's settings in a demo. Only addresses, ids and the certificate authority differ from the deployed ones."""

import base64
import os
import secrets
from collections.abc import Mapping

from twin.certificates import Authority
from twin.world import World

OTHERS = ("AZURE_", "IDENTITY_", "MSI_", "AzureWebJobs", "WEBSITE_")  # of the shell: they would win over the demo's

DEAD_LETTERS = "deadletter"  # the container, as `pulse link` names it to Event Grid


def app_environment(world: World, authority: Authority, *, identity_header: str) -> dict[str, str]:
    """By name, as local.settings.json holds them."""
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        **storage(world),
        **identity(world, identity_header),
        **topic(world),
        **signalr(world),
        "GRAPH_URL": world.addresses.graph,
        "AZURE_AUTHORITY_HOST": world.addresses.entra,
        "SIGN_IN_CLIENT_ID": world.api_app_id,
        "CLIENT_STATE_KEYS": f"1:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        "WATCHED_USERS": ",".join(person.id for person in world.people),
        "WEBSITE_SITE_NAME": world.function_app_name,
        "WEBSITE_HOSTNAME": world.addresses.app.removeprefix("http://"),
        "WEBSITE_AUTH_ENABLED": "True",
        "WEBSITE_AUTH_CLIENT_ID": world.api_app_id,
        "TWIN_SIGN_IN_PAGE": f"{world.addresses.control}/entra/{world.tenant_id}/oauth2/v2.0/authorize",
        "TWIN_CONTROL": world.addresses.control,
        "SUMMARIES": "on",
        "DEAD_LETTERS_CONTAINER": DEAD_LETTERS,
        "CLOCK": "twin.clocks:process_clock",
        **authority.environment(),
    }


def storage(world: World) -> dict[str, str]:
    """Keyless: https and a token of the managed identity."""
    kinds = ("blob", "queue", "table")
    uris = {f"AzureWebJobsStorage__{kind}ServiceUri": world.addresses.app_storage(kind) for kind in kinds}
    return {
        **uris,
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": world.app_id,
    }


def identity(world: World, header: str) -> dict[str, str]:
    return {
        "IDENTITY_ENDPOINT": world.addresses.managed_identity,
        "IDENTITY_HEADER": header,
        "AZURE_CLIENT_ID": world.app_id,
        "AZURE_TENANT_ID": world.tenant_id,
    }


def signalr(world: World) -> dict[str, str]:
    """By identity, as the Functions binding and the app's own push take it."""
    return {
        "AzureSignalRConnectionString__serviceUri": world.addresses.signalr,
        "AzureSignalRConnectionString__credential": "managedidentity",
        "AzureSignalRConnectionString__clientId": world.app_id,
    }


def topic(world: World) -> dict[str, str]:
    return {
        "AZURE_SUBSCRIPTION_ID": world.azure_subscription_id,
        "RESOURCE_GROUP": world.resource_group,
        "PARTNER_TOPIC": world.topic_name,
        "PARTNER_TOPIC_LOCATION": world.location,
    }


def process_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The shell's environment with the demo's settings in place of Azure settings of other projects."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)} | dict(settings)
