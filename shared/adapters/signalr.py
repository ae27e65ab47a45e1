"""Push through Azure SignalR Service in serverless mode, by its REST API as the app's identity.

Not by the Functions output binding: there a failed push fails the invocation, and Event Grid would deliver again what
is journaled already (azure-sdk-for-net, SignalRAsyncCollector, read 2026-11). A push is a hint; the journal is the
truth.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from shared.domain.events.client_state import person_of
from shared.domain.journal.log_layout import OPERATORS

HUB = "feed"
TARGET = "news"
SCOPE = "https://signalr.azure.com/.default"
API = "api-version=2022-06-01"
PATIENCE_S = 2.0  # for the token and the call: nobody waits long for a hint
SILENCE_S = 30
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class SignalRPush:
    """`url` is the service's root, https://<name>.service.signalr.net."""

    credential: AsyncTokenCredential
    url: str
    _session: aiohttp.ClientSession | None = None
    _silent_until: float = 0.0  # after a failure nobody waits for it for a while, in the loop's time

    async def news(self, rows: Mapping[str, int]) -> None:
        if asyncio.get_running_loop().time() < self._silent_until:
            return
        await asyncio.gather(*(self._send(reader, count) for reader, count in rows.items()))

    async def _send(self, reader: str, count: int) -> None:
        whom = f"groups/{OPERATORS}" if reader == OPERATORS else f"users/{person_of(reader)}"
        body = {"target": TARGET, "arguments": [{"rows": count}]}
        try:
            async with asyncio.timeout(PATIENCE_S):
                token = await self.credential.get_token(SCOPE)
                headers = {"Authorization": f"Bearer {token.token}"}
                post = self._open().post(f"{self.url}/api/hubs/{HUB}/{whom}/:send?{API}", json=body, headers=headers)
                async with post as answer:
                    if answer.status >= 300:
                        log.warning("push.refused status=%d", answer.status)
        except (aiohttp.ClientError, AzureError, OSError) as fault:  # AzureError: no token; TimeoutError is an OSError
            self._silent_until = asyncio.get_running_loop().time() + SILENCE_S
            log.warning("push.failed fault=%s", type(fault).__name__)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


class NoPush:
    """Where there is no SignalR: readers look by themselves."""

    async def news(self, rows: Mapping[str, int]) -> None:
        return None
