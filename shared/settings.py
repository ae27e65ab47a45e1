"""What the environment says, read once and whole: every fault is named together."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.client_state import KeyRing

STORAGE = "AzureWebJobsStorage"
VERSION = re.compile(r"0|[1-9][0-9]{0,5}")  # of a key, as client_state writes it


class InvalidSettings(Exception):
    """Settings are missing or wrong; `faults` holds one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("settings: " + "; ".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Storage is either a connection string, or two service URIs with a managed identity."""

    tenant_id: str
    client_id: str
    graph_url: str
    key_ring: KeyRing
    storage_connection: str = field(repr=False)
    table_uri: str
    blob_uri: str
    storage_client_id: str
    signalr_url: str  # empty: no push
    signalr_client_id: str
    subscriptions_file: str
    log_lanes: int
    authentication_enabled: bool  # App Service authentication stands in front: only then its headers are believed
    clock: str  # module:object in place of the computer's clock; empty in Azure

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises InvalidSettings."""
        faults: list[str] = []
        settings = cls(
            tenant_id=_needed(environ, "AZURE_TENANT_ID", "the tenant's id", faults),
            client_id=environ.get("AZURE_CLIENT_ID", ""),
            graph_url=environ.get("GRAPH_URL", "https://graph.microsoft.com").rstrip("/"),
            key_ring=_key_ring(environ, faults),
            storage_connection=environ.get(STORAGE, ""),
            table_uri=environ.get(f"{STORAGE}__tableServiceUri", ""),
            blob_uri=environ.get(f"{STORAGE}__blobServiceUri", ""),
            storage_client_id=environ.get(f"{STORAGE}__clientId", environ.get("AZURE_CLIENT_ID", "")),
            signalr_url=environ.get("AzureSignalRConnectionString__serviceUri", "").rstrip("/"),
            signalr_client_id=environ.get("AzureSignalRConnectionString__clientId", environ.get("AZURE_CLIENT_ID", "")),
            subscriptions_file=environ.get("SUBSCRIPTIONS_FILE", "subscriptions.toml"),
            log_lanes=_whole_number(environ, "LOG_LANES", default=1, most=64, faults=faults),
            authentication_enabled=environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            clock=environ.get("CLOCK", ""),
        )
        if not settings.storage_connection and not (settings.table_uri and settings.blob_uri):
            faults.append(
                f"{STORAGE} (a connection string), or {STORAGE}__tableServiceUri and __blobServiceUri, is missing"
            )
        if not settings.graph_url.startswith("https://"):
            faults.append(f"GRAPH_URL {settings.graph_url!r} must begin with https://")
        if faults:
            raise InvalidSettings(faults)
        return settings


def _needed(environ: Mapping[str, str], name: str, what: str, faults: list[str]) -> str:
    if not environ.get(name):
        faults.append(f"{name} is missing ({what})")
    return environ.get(name, "")


def _key_ring(environ: Mapping[str, str], faults: list[str]) -> KeyRing:
    """CLIENT_STATE_KEYS: `1:<base64>,2:<base64>`, 32 random bytes each. The text never shows in a fault."""
    keys: dict[int, bytes] = {}
    text = _needed(environ, "CLIENT_STATE_KEYS", "version:base64 of 32 random bytes, comma between several", faults)
    for part in filter(None, text.split(",")):
        version, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if not (key and VERSION.fullmatch(version)) or int(version) in keys:
            faults.append("CLIENT_STATE_KEYS: want version:base64, comma between several; versions once, 0 to 999999")
            continue
        keys[int(version)] = key
    if text and not keys and not faults:
        faults.append("CLIENT_STATE_KEYS holds no key")
    if any(len(key) < 32 for key in keys.values()):
        faults.append("CLIENT_STATE_KEYS: a key has fewer than 32 bytes")
    return KeyRing(keys)


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, most: int, faults: list[str]) -> int:
    text = environ.get(name, str(default))
    if text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= most:
        return int(text)
    faults.append(f"{name} {text!r}: want a whole number, 1 to {most}")
    return default
