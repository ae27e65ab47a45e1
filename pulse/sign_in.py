"""Tokens for the app: from the twin for a person of the demo, from azure-identity for the cloud."""

import asyncio
import time
from typing import Any

from pulse.errors import PulseError
from pulse.json_client import JsonClient, Token

EARLY_S = 60  # a token is asked for anew before it ends


def demo_token(control: JsonClient, alias: str) -> Token:
    """Sign `alias` in at the twin; the token is kept until shortly before its end."""
    kept: dict[str, Any] = {}

    async def token() -> str:
        if float(kept.get("expires_on", 0)) - EARLY_S < time.time():
            kept.update(await control.post("/sign-in", {"user": alias}))
        return str(kept["access_token"])

    return token


def cloud_token(client_id: str | None) -> Token:
    """Whoever is signed in to the Azure CLI, else a browser is opened. `client_id` is the app registration's."""
    if not client_id:
        raise PulseError("Name the app registration that people sign in to: --client-id ID or PULSE_CLIENT_ID.")
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import AzureCliCredential, ChainedTokenCredential, InteractiveBrowserCredential

    credential = ChainedTokenCredential(AzureCliCredential(), InteractiveBrowserCredential())

    async def token() -> str:
        try:
            return (await asyncio.to_thread(credential.get_token, f"api://{client_id}/.default")).token
        except ClientAuthenticationError as fault:
            raise PulseError(f"Sign-in failed: {fault.message}. Try `az login`.") from fault

    return token
