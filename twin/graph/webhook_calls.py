"""The wire to a webhook: its handshake, and the POST of notifications.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04).
"""

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from twin.graph import ids
from twin.graph.errors import invalid_request

ANSWER_S, RETRY_ANSWER_S, HANDSHAKE_S = 3.0, 10.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds of real time: for the first attempt, for later ones, for the handshake."""

    first: float = ANSWER_S
    retry: float = RETRY_ANSWER_S
    handshake: float = HANDSHAKE_S


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` None: no answer. `seconds` is how long it took, or how long it was waited for."""

    status: int | None
    seconds: float

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class WebhookCalls:
    """`open` on a running loop before use, `close` after; connections are kept alive."""

    def __init__(self, timeouts: Timeouts) -> None:
        self.timeouts = timeouts
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Trusts what SSL_CERT_FILE names by now: aiohttp itself reads that at its import."""
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context())
        self._session = aiohttp.ClientSession(connector=connector)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def post(self, url: str, body: Any, *, is_retry: bool) -> Answered:
        """Never raises for what a network or a webhook can do."""
        limit = self.timeouts.retry if is_retry else self.timeouts.first
        started = time.monotonic()
        try:
            async with asyncio.timeout(limit), self._opened().post(url, json=body) as answer:
                await answer.read()
                return Answered(answer.status, time.monotonic() - started)
        except TimeoutError:
            return Answered(None, limit)
        except (aiohttp.ClientError, OSError):
            return Answered(None, time.monotonic() - started)

    async def shake_hands(self, url: str) -> None:
        """GraphError 400 unless the token comes back, decoded, as text/plain with 200 within ten seconds."""
        token = f"Validation: Testing client application reachability for subscription Request-Id: {ids.guid()}"
        address = f"{url}{'&' if '?' in url else '?'}validationToken={quote(token, safe='')}"
        headers = {"content-type": "text/plain; charset=utf-8"}
        try:
            async with (
                asyncio.timeout(self.timeouts.handshake),
                self._opened().post(URL(address, encoded=True), headers=headers) as answer,
            ):
                echoed = await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError, UnicodeDecodeError):
            raise _failed("HTTP status code is 'GatewayTimeout'.") from None
        if answer.status != 200:
            raise _failed("Notification endpoint must respond with 200 OK to validation request.")
        if answer.content_type != "text/plain" or echoed.strip() != token:
            raise _failed("Notification endpoint must respond with the validation token as text/plain.")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the webhooks of Graph have not been started")
        return self._session


def _failed(why: str) -> Exception:
    return invalid_request(f"Subscription validation request failed. {why}")
