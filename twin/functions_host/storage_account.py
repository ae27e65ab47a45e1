"""How a binding's `connection` names a storage account: a connection string, or a prefix with `__queueServiceUri`.

As StorageClientProvider and WebJobsConfigurationExtensions of Azure/azure-sdk-for-net and azure-webjobs-sdk read it:
`AzureWebJobs<name>` is looked up before `<name>`, and without a name `AzureWebJobsStorage` is meant. No I/O.
https://learn.microsoft.com/azure/azure-functions/functions-reference#common-properties-for-identity-based-connections
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twin.functions_host.metadata import Binding

DEFAULT_CONNECTION = "Storage"


class StorageSettingsError(ValueError):
    """The binding's account can't be told from the settings. The message names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAccount:
    """Either of both."""

    connection_string: str = ""
    uri: str = ""  # of the queue service, reached by the managed identity
    client_id: str | None = None  # of the managed identity, where one is chosen


def queue_account(binding: Binding, settings: Mapping[str, str]) -> QueueAccount:
    """Raises StorageSettingsError. Names of settings ignore case, as .NET's configuration does."""
    name = str(binding.get("connection") or DEFAULT_CONNECTION)
    by_name = {key.lower().replace("__", ":"): value for key, value in settings.items()}
    for wanted in (f"azurewebjobs{name.lower()}", name.lower()):
        if text := by_name.get(f"connectionstrings:{wanted}") or by_name.get(wanted):
            return QueueAccount(connection_string=text)
        if uri := _uri(wanted, by_name):
            client_id = by_name.get(f"{wanted}:clientid") or by_name.get("azure_client_id")
            return QueueAccount(uri=uri.rstrip("/"), client_id=client_id or None)
    raise StorageSettingsError(f"want the setting {name} or {name}__queueServiceUri")


def _uri(wanted: str, by_name: Mapping[str, str]) -> str:
    if account := by_name.get(f"{wanted}:accountname"):
        return f"https://{account}.queue.core.windows.net"
    return by_name.get(f"{wanted}:queueserviceuri") or by_name.get(f"{wanted}:serviceuri") or ""
