"""The wire to a handler: where a destination listens, its validation, and the POST of a delivery.

Sources: learn.microsoft.com/azure/event-grid/ cloud-event-schema, end-point-validation-cloud-events-schema and
secure-webhook-delivery.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from azure.core.exceptions import AzureError, HttpResponseError

from twin.event_grid.event_subscription import (
    Destination,
    EventSubscription,
    FunctionDestination,
    QueueDestination,
    WebHookDestination,
)
from twin.event_grid.outcome import NO_CONNECTION, TIMED_OUT, Outcome, answered
from twin.event_grid.refusal import Refused
from twin.event_grid.storage_clients import StorageClients
from twin.world import World

ANSWER_TIMEOUT_S = 30.0
ORIGIN = "eventgrid.azure.net"
EVENT_GRID_APP_ID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"  # Microsoft.EventGrid, the same in every tenant
WEBHOOK_ROLE = "AzureEventGridSecureWebhookSubscriber"
TOKEN_LIFE_S = 3600
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Endpoint:
    """The way to the destinations. `open` before use, `close` after; connections are kept alive."""

    def __init__(self, world: World, storage: StorageClients, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._world = world
        self._storage = storage
        self._timeout = aiohttp.ClientTimeout(total=answer_timeout_s)
        self._session: aiohttp.ClientSession | None = None
        self._tokens: dict[str, tuple[float, str]] = {}

    def open(self) -> None:
        """On a running loop. Trusts what SSL_CERT_FILE names by now: aiohttp itself reads that at its import."""
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context())
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def deliver(self, to: EventSubscription, *, body: bytes, content_type: str, attempts_before: int) -> Outcome:
        """POST once, or put one message. Never raises for what a network or a handler can do."""
        if isinstance(to.destination, QueueDestination):
            return await self._put_message(to.destination.queue, body)
        fate = self._world.outages.draw("delivery")
        await asyncio.sleep(fate.latency_s)
        if fate.refused:
            return NO_CONNECTION
        headers = {
            "content-type": content_type,
            "aeg-event-type": "Notification",
            "aeg-subscription-name": to.name.upper(),
            "aeg-delivery-count": str(attempts_before),
            **self._authorization(to.destination),
        }
        try:
            async with self._open_session().post(self._url(to.destination), data=body, headers=headers) as answer:
                await answer.read()
                return TIMED_OUT if fate.unanswered else answered(answer.status)
        except TimeoutError:
            return TIMED_OUT
        except (aiohttp.ClientError, OSError):
            return NO_CONNECTION

    async def validate(self, destination: Destination) -> None:
        """Refused(400) unless the destination is there and agrees, as ARM checks before it makes a subscription."""
        match destination:
            case FunctionDestination():
                await self._validate_function(destination)
            case WebHookDestination():
                await self._validate_webhook(destination)
            case QueueDestination():
                await self._validate_queue(destination)

    async def _validate_function(self, destination: FunctionDestination) -> None:
        """The words are those that people report, for example in github.com/Azure/bicep/issues/11656."""
        function = await self._find_function(destination.function_name)
        if function is None:
            raise Refused(400, "Endpoint validation", "Destination endpoint not found.")
        if "eventgridtrigger" not in _binding_types(function):
            unsupported = "Can't add resource; Azure Event Grid supports EventGrid Trigger type only."
            raise Refused(400, "InvalidAzureFunctionDestination", unsupported)

    async def _find_function(self, name: str) -> Mapping[str, Any] | None:
        try:
            async with self._open_session().get(f"{self._world.addresses.app}/admin/functions") as answer:
                functions = await answer.json() if answer.status == 200 else []
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None
        return next((item for item in functions if item["name"].lower() == name.lower()), None)

    async def _validate_webhook(self, destination: WebHookDestination) -> None:
        """CloudEvents' abuse protection: OPTIONS, answered with the origin that may deliver."""
        failed = Refused(400, "Url validation", f"The attempt to validate the endpoint {destination.url} failed.")
        place = urlsplit(destination.url)
        if place.scheme != "https" and not (place.scheme == "http" and place.hostname in LOOPBACK):
            raise Refused(400, "InvalidRequest", "The URL of a WebHook must be https (here also http at localhost).")
        headers = {"WebHook-Request-Origin": ORIGIN, **self._authorization(destination)}
        try:
            async with self._open_session().options(destination.url, headers=headers) as answer:
                allowed = answer.headers.get("WebHook-Allowed-Origin")
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise failed from None
        if answer.status != 200 or allowed not in (ORIGIN, "*"):
            raise failed

    async def _put_message(self, queue: str, body: bytes) -> Outcome:
        try:
            await self._storage.put_message(queue, body)
        except HttpResponseError as fault:
            return answered(fault.status_code or 500)
        except (AzureError, OSError):
            return NO_CONNECTION
        return answered(201)

    async def _validate_queue(self, destination: QueueDestination) -> None:
        """What ARM checks of a queue is not documented; that it is there is the least."""
        try:
            found = await self._storage.has_queue(destination.queue)
        except (AzureError, OSError):
            found = False
        if not found:
            raise Refused(400, "Endpoint validation", f"The queue {destination.queue!r} was not found.")

    def _url(self, destination: FunctionDestination | WebHookDestination) -> str:
        if isinstance(destination, WebHookDestination):
            return destination.url
        name = quote(destination.function_name)
        return f"{self._world.addresses.app}/runtime/webhooks/EventGrid?functionName={name}"

    def _authorization(self, destination: FunctionDestination | WebHookDestination) -> dict[str, str]:
        if not isinstance(destination, WebHookDestination) or destination.audience is None:
            return {}
        return {"authorization": f"Bearer {self._token(destination.audience)}"}

    def _token(self, audience: str) -> str:
        """Signed once for half of its life: a signature costs more than a delivery."""
        good_until, token = self._tokens.get(audience, (0.0, ""))
        if time.monotonic() >= good_until:
            token = self._world.entra.issue(
                audience, subject=EVENT_GRID_APP_ID, appid=EVENT_GRID_APP_ID, roles=[WEBHOOK_ROLE]
            )
            self._tokens[audience] = time.monotonic() + TOKEN_LIFE_S / 2, token
        return token

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("Event Grid has not been started")
        return self._session


def _binding_types(function: Mapping[str, Any]) -> set[str]:
    """Of one element of GET /admin/functions, where bindings stand under `config`."""
    bindings = (function.get("config") or {}).get("bindings") or function.get("bindings") or []
    return {str(binding.get("type")).lower() for binding in bindings}
