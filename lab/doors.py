"""The app behind its three ways in, over storage in memory and an Entra without sockets: what attacks meet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.forgeries import EVENT_GRID, EntraAtHand, an_entra
from lab.simulated import SETTINGS, TOPIC
from shared import composition
from shared.adapters.entra_tokens import EntraTokens
from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.signalr import NoPush
from shared.composition import App, join
from shared.domain.events.client_state import mint, subject_of_person
from shared.domain.events.work import QUEUE
from shared.domain.journal.log_layout import OPERATORS
from shared.domain.watching.watch import SubscriptionSpec, Watch
from shared.ports import GraphFault, HandlerContext
from twin.graph.rich_content import Certificate, encrypted_content
from twin.world import World

NOW = datetime(2026, 6, 16, 12, tzinfo=UTC)
ADA = "c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b"
KEY = rsa.generate_private_key(65537, 2048)
CERTIFICATE = Certificate(id="lab-1", text="", public_key=KEY.public_key(), thumbprint="")
SPEC = SubscriptionSpec(
    entry="mail",
    subject=subject_of_person(ADA),
    resource=f"users/{ADA}/messages",
    change_types=("created", "updated", "deleted"),
    lifetime=timedelta(days=6),
    delta="",
)


class StandingClock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class NoGraph:
    """Knows nothing: every call is answered with 404."""

    def __getattr__(self, name: str) -> Any:
        async def refuse(*_: object, **__: object) -> None:
            raise GraphFault(404, "ResourceNotFound", name)

        return refuse


@dataclass(slots=True)
class Doors:
    """`effects` counts handlers that ran; `contents` is what they were given to read."""

    world: World = field(default_factory=an_entra)
    tables: MemoryTables = field(default_factory=MemoryTables)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    queues: MemoryQueues = field(default_factory=MemoryQueues)
    clock: StandingClock = field(default_factory=StandingClock)
    effects: list[str] = field(default_factory=list)
    contents: list[object] = field(default_factory=list)
    app: App = field(init=False)

    def __post_init__(self) -> None:
        world, at_hand = self.world, EntraAtHand(self.world)
        tokens = EntraTokens(world.addresses.entra, world.tenant_id, self.clock, lambda: at_hand)  # type: ignore[arg-type,return-value]
        pem = KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        settings = replace(
            SETTINGS,
            tenant_id=world.tenant_id,
            client_id=world.app_id,
            sign_in_client_id=world.api_app_id,
            delivering_apps=frozenset({EVENT_GRID}),
            certificates={CERTIFICATE.id: pem},
        )
        self.app = join(
            settings,
            Watch(TOPIC, {SPEC.key: SPEC}),
            tables=self.tables,
            blobs=self.blobs,
            graph=NoGraph(),
            clock=self.clock,
            push=NoPush(),
            queues=self.queues,
            tokens=tokens,
        )
        self.app.receive.router.routes.clear()
        self.app.receive.router.describers.clear()
        self.app.receive.router.on("*")(self._handle)

    async def _handle(self, _: object, context: HandlerContext) -> None:
        self.effects.append(context.idempotency_key)
        self.contents.append(await context.content())

    @property
    def state(self) -> str:
        ring = self.app.settings.key_ring
        return mint(ring, tenant_id=self.world.tenant_id, entry=SPEC.entry, subject=SPEC.subject)

    async def knock(
        self,
        door: Any,
        *,
        body: str | bytes = b"",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        **params: str,
    ) -> func.HttpResponse:
        """Call an HTTP function of the app as the host does."""
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        request = func.HttpRequest(
            method=method, url="https://app.example/", headers=dict(headers or {}), params=params, body=data
        )
        with composition.in_place(self.app):
            answer: func.HttpResponse = await door._function.get_user_function()(request)
        return answer

    async def work_all(self) -> None:
        waiting = self.queues.queues.pop(QUEUE, [])
        for text in waiting:
            await self.app.work(text)

    async def journaled(self) -> int:
        page = await self.app.journal.page((SPEC.subject, OPERATORS), None, limit=1000)
        return len(page.rows)

    async def quarantined(self) -> int:
        return len(await self.app.quarantine.list(NOW.strftime("%Y%m%d")))

    def stored(self) -> str:
        """All that storage holds, in one text."""
        return json.dumps([str(self.tables.tables), self.blobs.blobs, self.queues.queues], default=str)

    def event(self, *, number: int = 1, lifecycle: str = "", **data: Any) -> dict[str, Any]:
        """A CloudEvent of Event Grid's; a member of None is left out."""
        event_type = (
            f"Microsoft.Graph.Subscription{lifecycle.title()}" if lifecycle else "Microsoft.Graph.MessageCreated"
        )
        return {
            "id": f"e{number}",
            "source": f"/tenants/{self.world.tenant_id}/applications/a",
            "type": event_type,
            "subject": "x",
            "time": NOW.isoformat(),
            "specversion": "1.0",
            "data": self.item(number=number, lifecycle=lifecycle, **data),
        }

    def item(self, *, number: int = 1, lifecycle: str = "", **data: Any) -> dict[str, Any]:
        """One item of a webhook's POST."""
        resource = f"Users/{ADA}/Messages/AAMk{number}="
        told = {
            "subscriptionId": "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
            "tenantId": self.world.tenant_id,
            "clientState": self.state,
            **({"lifecycleEvent": lifecycle} if lifecycle else {"changeType": "created", "resource": resource}),
            "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.etag": f'W/"{number}"'},
            **data,
        }
        return {name: value for name, value in told.items() if value is not None}


def rich(item: Mapping[str, Any], content: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An item with encrypted content; parts of it are changed by name, None leaves one out."""
    parts = {**encrypted_content(CERTIFICATE, content), **changes}
    return {**item, "encryptedContent": {name: value for name, value in parts.items() if value is not None}}


def posted(*items: Mapping[str, Any], **members: Any) -> str:
    return json.dumps({"value": items, **members})
