"""Makes the first master key of client_state in Key Vault, where there is none: `python -m infra.client_state_key`.

The key is made here and goes straight into the vault: no template, deployment log or output ever holds it. An existing
secret is never touched, for a new key would disown every living subscription. Never ran against a real vault.
"""

import base64
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping

import httpx
from azure.core.exceptions import ClientAuthenticationError

from infra.rest import Refused, Rest, deployer

SECRET = "/secrets/client-state-keys?api-version=7.4"  # noqa: S105 - its address
REFRESH = "/config/configreferences/appsettings/refresh?api-version=2022-03-01"
TRIES, PAUSE_S = 20, 15  # a role that was just given takes minutes to be known


def main(environ: Mapping[str, str]) -> int:
    credential = deployer()
    vault = Rest(environ["KEY_VAULT_URI"], "https://vault.azure.net/.default", credential=credential)
    azure = Rest("https://management.azure.com", "https://management.azure.com/.default", credential=credential)
    try:
        if ensure_key(vault):
            azure.call("POST", environ["FUNCTION_APP_ID"] + REFRESH)  # else the app looks again only after 24 hours
    except (Refused, ClientAuthenticationError, httpx.HTTPError) as fault:
        print(f"{fault}\nSee docs/deploy.md, the master key.", file=sys.stderr)
        return 1
    return 0


def ensure_key(vault: Rest, pause: Callable[[float], object] = time.sleep) -> bool:
    """True when a key was made. Waits while the vault does not yet know of the right to write. Raises Refused."""
    for left in reversed(range(TRIES)):
        try:
            return _make_where_absent(vault)
        except Refused as refusal:
            if refusal.status != 403 or not left:
                raise
        print(f"the vault refuses still (403); {left} more tries", file=sys.stderr)
        pause(PAUSE_S)
    raise AssertionError("unreachable")


def _make_where_absent(vault: Rest) -> bool:
    if vault.find(SECRET) is not None:
        return False
    vault.call("PUT", SECRET, {"value": new_keys(), "contentType": "version:base64 of 32 bytes, comma between"})
    return True


def new_keys() -> str:
    """CLIENT_STATE_KEYS with one key, version 1."""
    return f"1:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


if __name__ == "__main__":
    sys.exit(main(os.environ))
