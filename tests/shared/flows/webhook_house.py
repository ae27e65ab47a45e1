"""The house with Graph's own way in: what is posted, what waits in the queue, what comes of it."""

import base64
import copy
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from builders import ADA, SAMPLES, TENANT, mail_spec, state_of
from house import House

from shared.adapters.certificates import RsaCertificates, load_key
from shared.adapters.memory import MemoryQueues
from shared.domain.events.senders import CHANGE_TRACKING, EVENT_GRID, KeysMissing
from shared.domain.events.work import QUEUE
from shared.flows.receive.arrivals import Arrivals
from shared.flows.receive.senders import Senders
from shared.flows.receive.work import Work

GRAPHS, EVENT_GRIDS = "token-of-graph", "token-of-event-grid"
VECTOR = json.loads((SAMPLES / "rich_notification_test_vector.json").read_text(encoding="utf-8"))
CONTENT = VECTOR["plaintext"]
PEM = VECTOR["private_key_pem"]
CERTIFICATES = RsaCertificates({"cert-1": load_key(PEM.encode())})
SETTING = "cert-1:" + base64.b64encode(PEM.encode()).decode()


@dataclass(slots=True)
class FakeTokens:
    """Knows its tokens by heart; for all others it says what Entra would: nothing. `is_down`: it can't say."""

    known: dict[str, tuple[str, Mapping[str, object]]] = field(
        default_factory=lambda: {
            GRAPHS: ("the-app", {"ver": "2.0", "azp": CHANGE_TRACKING}),
            EVENT_GRIDS: ("api://the-door", {"ver": "1.0", "appid": EVENT_GRID}),
        }
    )
    is_down: bool = False

    async def claims(self, token: str, *, audiences: Collection[str]) -> Mapping[str, object] | None:
        if self.is_down:
            raise KeysMissing("down")
        audience, claims = self.known.get(token, ("", {}))
        return claims if audience in audiences else None


@dataclass(slots=True)
class WebhookHouse:
    house: House = field(default_factory=House)
    queues: MemoryQueues = field(default_factory=MemoryQueues)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    certificates: RsaCertificates | None = CERTIFICATES
    senders: Senders = field(init=False)
    arrivals: Arrivals = field(init=False)
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        house = self.house
        house.handling.certificates = self.certificates
        self.senders = Senders(self.tokens, "the-app", "the-door", frozenset({EVENT_GRID}))
        self.arrivals = Arrivals(
            house.ring, TENANT, self.senders, house.quarantine, house.blobs, self.queues, house.clock
        )
        self.work = Work(house.ring, TENANT, house.receive, house.quarantine, house.blobs, self.certificates)

    @property
    def waiting(self) -> list[str]:
        return self.queues.queues.get(QUEUE, [])

    async def post(self, *items: object, **members: object) -> None:
        await self.arrivals(posted(*items, **members))

    async def work_all(self) -> None:
        """Every message once, as the host does: one that fails stays."""
        for text in list(self.waiting):
            await self.work(text)
            self.waiting.remove(text)

    async def quarantined(self) -> list[Mapping[str, object]]:
        day = self.house.clock.now().strftime("%Y%m%d")
        return list(await self.house.quarantine.list(day))

    async def reasons(self) -> list[object]:
        return sorted(str(row["reason"]) for row in await self.quarantined())


def posted(*items: object, **members: object) -> str:
    return json.dumps({"value": items, **members})


def message(number: int = 1, *, person: str = ADA, state: str | None = None, **changes: Any) -> dict[str, Any]:
    resource = f"Users/{person}/Messages/AAMk{number:06}="
    return {
        "subscriptionId": "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
        "subscriptionExpirationDateTime": "2026-06-19T14:30:00.418Z",
        "clientState": state_of(mail_spec(person)) if state is None else state,
        "changeType": "created",
        "resource": resource,
        "tenantId": TENANT,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": resource,
            "@odata.etag": f'W/"{number}"',
            "id": f"AAMk{number:06}=",
        },
        **changes,
    }


def rich_message(number: int = 1, **changes: Any) -> dict[str, Any]:
    """With the content of the test vector, encrypted for its certificate `cert-1`; parts are changed by name."""
    content = copy.deepcopy(VECTOR["notification"]["value"][0]["encryptedContent"])
    return message(number, encryptedContent={**content, **changes})


def lifecycle(kind: str, *, state: str | None = None) -> dict[str, Any]:
    return {
        "subscriptionId": "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
        "subscriptionExpirationDateTime": "2026-06-19T14:30:00.0000000Z",
        "tenantId": TENANT,
        "clientState": state_of(mail_spec()) if state is None else state,
        "lifecycleEvent": kind,
    }
