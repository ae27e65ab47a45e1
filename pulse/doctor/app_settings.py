"""The app's settings, judged before the app is started. The app itself names every fault too, in its log.

The names come from local.settings.json.example; what is needed, from there and from `%NAME%` in subscriptions.toml.
"""

import base64
import binascii
import difflib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pulse.doctor.finding import Finding, bad, good, note

CHECK = "settings"
STORAGE = "AzureWebJobsStorage"
SIGNALR = "AzureSignalRConnectionString"
EXAMPLE = "local.settings.json.example"
NEEDED = ("AZURE_TENANT_ID", "CLIENT_STATE_KEYS")
GUIDS = ("AZURE_TENANT_ID", "AZURE_SUBSCRIPTION_ID", "AZURE_CLIENT_ID")
NO_GUID = "00000000-0000-0000-0000-000000000000"
MAY_BE_EMPTY = {"WATCHED_USERS"}
KEY_BYTES = 32
LOOPBACK = ("localhost", "127.0.0.1")  # where the twin's SignalR listens
NEW_KEY = "python -c \"import base64,os;print('1:'+base64.b64encode(os.urandom(32)).decode())\""
NOT_ON_FLEX = ("FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE")

type Fault = tuple[str, str]  # what is wrong, what to do


def read_settings(file: Path) -> tuple[dict[str, str], list[Finding]]:
    """`Values` of a local.settings.json, and what is wrong with the file itself."""
    if not file.is_file():
        fix = f"cp {EXAMPLE} {file.name} and fill it in, for `func start`"
        return {}, [note(CHECK, f"{file.name} is missing; `pulse demo` needs none", fix=fix)]
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        values = {str(name): str(value) for name, value in content["Values"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        return {}, [bad(CHECK, f"{file.name} can't be read: {fault}", fix=f"compare it with {EXAMPLE}")]
    if content.get("IsEncrypted"):
        return {}, [bad(CHECK, f"{file.name} is encrypted", fix="func settings decrypt")]
    return values, []


def judge(settings: Mapping[str, str], *, root: Path, in_cloud: bool) -> list[Finding]:
    """One finding a fault; one good one when there is none. Values of secrets never show."""
    faults = [
        *_missing(settings, root),
        *_placeholders(settings),
        *_guids(settings),
        *_keys(settings.get("CLIENT_STATE_KEYS", "")),
        *_storage(settings, in_cloud=in_cloud),
        *_addresses(settings),
        *_lanes(settings),
        *_misspelt(settings, root),
        *(_only_local(settings) if in_cloud else ()),
    ]
    if not faults:
        return [good(CHECK, f"{len(settings)} names, none missing, none wrong")]
    return [bad(CHECK, detail, fix=fix) for detail, fix in faults]


def _missing(settings: Mapping[str, str], root: Path) -> Iterator[Fault]:
    toml = (root / "subscriptions.toml").read_text(encoding="utf-8")
    used = re.findall(r"%(\w+)%", re.sub(r"#.*", "", toml))
    for name in (*NEEDED, *dict.fromkeys(used)):
        if name not in settings or not (settings[name] or name in MAY_BE_EMPTY):
            yield f"{name} is missing", f"set {name}; {EXAMPLE} shows its form"


def _placeholders(settings: Mapping[str, str]) -> Iterator[Fault]:
    for name, value in settings.items():
        if re.search(r"<[^<>]+>", value) or value == NO_GUID:
            yield f"{name} still has the example's value", f"put the real value of {name}"


def _guids(settings: Mapping[str, str]) -> Iterator[Fault]:
    for name in GUIDS:
        if settings.get(name) and not _is_guid(settings[name]):
            yield f"{name} is not a GUID", f"take {name} from `az account show` or the Azure portal"
    for person in filter(None, map(str.strip, settings.get("WATCHED_USERS", "").split(","))):
        if not _is_guid(person):
            yield (
                "WATCHED_USERS names somebody by something else than an object id",
                "az ad user show --id NAME --query id",
            )


def _keys(text: str) -> Iterator[Fault]:
    """`1:<base64>,2:<base64>`. A Key Vault reference is looked at elsewhere."""
    if text.startswith("@Microsoft.KeyVault"):
        return
    for part in filter(None, text.split(",")):
        version, _, encoded = part.strip().partition(":")
        key = _decoded(encoded)
        if not version.isdecimal() or key is None:
            yield "CLIENT_STATE_KEYS: a key is not version:base64", f"make one: {NEW_KEY}"
        elif len(key) < KEY_BYTES:
            yield f"CLIENT_STATE_KEYS: key {version} has {len(key)} bytes, not {KEY_BYTES}", f"make one: {NEW_KEY}"


def _storage(settings: Mapping[str, str], *, in_cloud: bool) -> Iterator[Fault]:
    uris = [name for kind in ("blob", "queue", "table") if settings.get(name := f"{STORAGE}__{kind}ServiceUri")]
    connection = settings.get(STORAGE, "")
    if not connection and not uris:
        yield (
            f"{STORAGE} is missing",
            f"set {STORAGE}=UseDevelopmentStorage=true here; `azd provision` sets the URIs there",
        )
    elif not connection and len(uris) < 3:
        yield (
            f"{STORAGE}: only {', '.join(uris)} is set",
            "set __blobServiceUri, __queueServiceUri and __tableServiceUri",
        )
    if connection and in_cloud:
        yield f"{STORAGE} is a connection string, which holds a key", f"remove {STORAGE}; azd provision sets the URIs"


def _addresses(settings: Mapping[str, str]) -> Iterator[Fault]:
    names = [name for name in settings if name.endswith("erviceUri")] + ["GRAPH_URL"]
    for name in names:
        address = urlsplit(settings.get(name, ""))
        if settings.get(name) and address.scheme != "https" and address.hostname not in LOOPBACK:
            yield f"{name} does not begin with https://", f"write {name} as https://…"


def _lanes(settings: Mapping[str, str]) -> Iterator[Fault]:
    text = settings.get("LOG_LANES", "1")
    if not (text.isdecimal() and 1 <= int(text) <= 64):
        yield f"LOG_LANES {text!r} is not a number from 1 to 64", "set LOG_LANES to 1, or more before 1,000 events/s"


def _misspelt(settings: Mapping[str, str], root: Path) -> Iterator[Fault]:
    known = json.loads((root / EXAMPLE).read_text(encoding="utf-8"))["Values"]
    for name in settings:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.88)
        if name not in known and close and close[0] not in settings:
            yield f"{name} is read by nobody", f"did you mean {close[0]}?"


def _only_local(settings: Mapping[str, str]) -> Iterator[Fault]:
    for name in NOT_ON_FLEX:
        if name in settings:
            yield f"{name} is not allowed on Flex Consumption", f"az functionapp config appsettings delete … {name}"
    if settings.get("CLOCK"):
        yield "CLOCK is for demos", "remove CLOCK"


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, altchars=b"-_", validate=True) or None
    except (ValueError, binascii.Error):
        return None


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
