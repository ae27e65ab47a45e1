"""How a SignalR binding names its service: a connection string, or a prefix with `__serviceUri` for an identity.

As OptionsSetupFromConfig of Azure/azure-sdk-for-net's SignalRService extension and ConnectionStringParser of
Azure/azure-signalr read it. Named endpoints (Azure__SignalR__Endpoints__…) are not read. No I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twin.functions_host.metadata import Binding

DEFAULT_SETTING = "AzureSignalRConnectionString"


class SignalRSettingsError(ValueError):
    """The binding's service can't be told from the settings. The message names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    endpoint: str  # without a slash at the end
    access_key: str | None = None  # None: by the managed identity
    client_id: str | None = None  # of the managed identity, where one is chosen

    def client_url(self, hub: str) -> str:
        return f"{self.endpoint}/client/?hub={hub}"


def service_of(binding: Binding, settings: Mapping[str, str]) -> Service:
    """Raises SignalRSettingsError. Names of settings ignore case, as .NET's configuration does."""
    name = str(binding.get("connectionStringSetting") or binding.get("connection") or DEFAULT_SETTING)
    by_name = {key.lower().replace("__", ":"): value for key, value in settings.items()}
    wanted = name.lower().replace("__", ":")
    if text := by_name.get(f"connectionstrings:{wanted}") or by_name.get(wanted):
        return _parsed(name, text)
    if uri := by_name.get(f"{wanted}:serviceuri"):
        client_id = by_name.get(f"{wanted}:clientid") or by_name.get("azure_client_id")
        return Service(endpoint=uri.rstrip("/"), client_id=client_id)
    raise SignalRSettingsError(f"want the setting {name} or {name}__serviceUri")


def _parsed(name: str, text: str) -> Service:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    parts = {key.strip().lower(): value.strip() for key, _, value in pairs}
    endpoint = parts.get("endpoint", "").rstrip("/")
    if not endpoint.startswith(("http://", "https://")):
        raise SignalRSettingsError(f"{name}: the connection string has no valid Endpoint")
    if port := parts.get("port"):
        endpoint = f"{endpoint}:{port}"
    if parts.get("authtype", "").lower() in ("aad", "azure.msi"):
        return Service(endpoint=endpoint, client_id=parts.get("clientid"))
    if not parts.get("accesskey"):
        raise SignalRSettingsError(f"{name}: the connection string has no AccessKey")
    return Service(endpoint=endpoint, access_key=parts["accesskey"])
