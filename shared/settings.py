"""What the environment says, read once and whole: every fault is named together."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.events.client_state import KeyRing
from shared.domain.events.senders import EVENT_GRID

STORAGE = "AzureWebJobsStorage"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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
    queue_uri: str
    storage_client_id: str
    signalr_url: str  # empty: no push
    signalr_client_id: str
    subscriptions_file: str
    log_lanes: int
    delivering_apps: frozenset[str]  # ids of the apps that may post to /api/events, lower case
    certificates: Mapping[str, bytes] = field(repr=False)  # private keys as they came, by encryptionCertificateId
    telemetry_connection: str = field(repr=False)  # of Application Insights; empty: nobody looks
    authority_url: str  # Entra's
    sign_in_client_id: str  # the app registration that people sign in to; empty: nobody has mail here
    authentication_enabled: bool  # App Service authentication stands in front: only then its headers are believed
    summaries: bool  # what the feed shows beside ids (subjects, names) is read from Graph and kept in the journal
    routes_file: str
    dead_letters: str  # a container of ours, or https://<account>/<container>; empty: none are read
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
            queue_uri=environ.get(f"{STORAGE}__queueServiceUri", ""),
            storage_client_id=environ.get(f"{STORAGE}__clientId", environ.get("AZURE_CLIENT_ID", "")),
            signalr_url=environ.get("AzureSignalRConnectionString__serviceUri", "").rstrip("/"),
            signalr_client_id=environ.get("AzureSignalRConnectionString__clientId", environ.get("AZURE_CLIENT_ID", "")),
            subscriptions_file=environ.get("SUBSCRIPTIONS_FILE", "subscriptions.toml"),
            log_lanes=_whole_number(environ, "LOG_LANES", default=1, most=64, faults=faults),
            delivering_apps=_app_ids(environ, "EVENT_SENDERS", EVENT_GRID, faults),
            certificates=_certificates(environ, faults),
            telemetry_connection=environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING", ""),
            authority_url=environ.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com").rstrip("/"),
            sign_in_client_id=environ.get("SIGN_IN_CLIENT_ID", ""),
            authentication_enabled=environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            summaries=_switch(environ, "SUMMARIES", faults),
            routes_file=environ.get("ROUTES_FILE", "routes.toml"),
            dead_letters=environ.get("DEAD_LETTERS_CONTAINER", "").rstrip("/"),
            clock=environ.get("CLOCK", ""),
        )
        keyless = settings.table_uri and settings.blob_uri and settings.queue_uri
        if not settings.storage_connection and not keyless:
            uris = f"{STORAGE}__tableServiceUri, __blobServiceUri and __queueServiceUri"
            faults.append(f"{STORAGE} (a connection string), or {uris}, is missing")
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


def _app_ids(environ: Mapping[str, str], name: str, default: str, faults: list[str]) -> frozenset[str]:
    ids = frozenset(part.strip().lower() for part in (environ.get(name) or default).split(","))
    if not all(GUID.fullmatch(one) for one in ids):
        faults.append(f"{name}: want ids of apps (GUIDs), comma between several")
    return ids


def _certificates(environ: Mapping[str, str], faults: list[str]) -> dict[str, bytes]:
    """ENCRYPTION_CERTIFICATES: `id:base64`, comma between several, each a private key. No text of it in a fault."""
    found: dict[str, bytes] = {}
    for part in filter(None, environ.get("ENCRYPTION_CERTIFICATES", "").split(",")):
        name, _, encoded = part.strip().partition(":")
        try:
            found[name] = base64.b64decode(encoded, validate=True) if encoded and name not in found else b""
        except (ValueError, binascii.Error):
            found[name] = b""
        if not found[name] or not 1 <= len(name) <= 128:
            faults.append("ENCRYPTION_CERTIFICATES: want id:base64, comma between several; ids once, to 128 letters")
    return found


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, most: int, faults: list[str]) -> int:
    text = environ.get(name, str(default))
    if text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= most:
        return int(text)
    faults.append(f"{name} {text!r}: want a whole number, 1 to {most}")
    return default


def _switch(environ: Mapping[str, str], name: str, faults: list[str]) -> bool:
    """`on` or `off`; off when it is not said."""
    text = environ.get(name, "").lower()
    if text not in ("", "on", "off"):
        faults.append(f"{name} {text!r}: want on or off")
    return text == "on"
