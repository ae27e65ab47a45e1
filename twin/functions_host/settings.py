"""What the host reads before the app: local.settings.json and host.json."""

import json
import logging
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.functions_host.queue_options import QueueOptions, queue_options

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class SettingsError(Exception):
    """A file of settings can't be used. The message names the file and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJson:
    route_prefix: str = "api"
    log_level: int = logging.INFO
    queues: QueueOptions = field(default_factory=QueueOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Whom App Service authentication believes."""

    entra: str  # URL without a path
    tenant_id: str
    client_id: str  # of the app registration that people sign in to
    sign_in_page: str = ""  # for browsers, which do not trust the local authority; empty: as discovery says

    @property
    def audiences(self) -> list[str]:
        return [f"api://{self.client_id}", self.client_id]


def load_settings(file: Path, environ: MutableMapping[str, str]) -> None:
    """Put `Values` into the environment; what is there already wins, as under `func start`. Raises SettingsError."""
    content = _read(file)
    values = content.get("Values", {})
    if content.get("IsEncrypted"):
        raise SettingsError(f"{file}: is encrypted, run `func settings decrypt`")
    if not isinstance(values, dict) or (wrong := [name for name, value in values.items() if not _is_text(value)]):
        raise SettingsError(f"{file}: want text in Values: {', '.join(wrong) if isinstance(values, dict) else values}")
    for name, value in values.items():
        environ.setdefault(name, value)


def load_host_json(folder: Path) -> HostJson:
    """Raises SettingsError."""
    file = folder / "host.json"
    content = _read(file)
    if content.get("version") != "2.0":
        raise SettingsError(f'{file}: want "version": "2.0"')
    level = str(_at(content, "logging", "logLevel", "default", default="Information"))
    if level.lower() not in LEVELS:
        raise SettingsError(f"{file}: logging.logLevel.default is {level}, want one of {', '.join(LEVELS)}")
    prefix = str(_at(content, "extensions", "http", "routePrefix", default="api"))
    try:
        queues = queue_options(_at(content, "extensions", "queues", default=None))
    except ValueError as fault:
        raise SettingsError(f"{file}: {fault}") from fault
    return HostJson(route_prefix=prefix.strip("/"), log_level=LEVELS[level.lower()], queues=queues)


def load_tenant(settings: Mapping[str, str], entra: str) -> Tenant | None:
    """None: App Service authentication is off. Raises SettingsError if it is on and something for it is lacking."""
    if settings.get("WEBSITE_AUTH_ENABLED", "").lower() != "true":
        return None
    tenant_id, client_id = settings.get("AZURE_TENANT_ID", ""), settings.get("WEBSITE_AUTH_CLIENT_ID", "")
    wanted = {"AZURE_TENANT_ID": tenant_id, "WEBSITE_AUTH_CLIENT_ID": client_id, "--entra URL": entra}
    if lacking := [name for name, value in wanted.items() if not value]:
        raise SettingsError(f"WEBSITE_AUTH_ENABLED is set, but not {', '.join(lacking)}")
    sign_in_page = settings.get("TWIN_SIGN_IN_PAGE", "")
    return Tenant(entra=entra.rstrip("/"), tenant_id=tenant_id, client_id=client_id, sign_in_page=sign_in_page)


def _at(content: Mapping[str, Any], *path: str, default: Any) -> Any:
    value: Any = content
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return default
        value = value[key]
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{file}: does not exist") from None
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{file}: {fault}") from fault
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: want a JSON object")
    return content
