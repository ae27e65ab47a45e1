"""The shipped keep_alive in simulated time, against the twin's own Graph: its limits, quotas and throttling.

Nothing here knows the app's rules. Clocks are virtual, tables in memory; a call to Graph takes `CALL_S`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lab.virtual_time import VirtualClock
from shared.adapters.graph import answer_of, fault_of
from shared.adapters.graph.reading import delta_page
from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.signalr import NoPush
from shared.composition import App, join
from shared.domain.events.client_state import KeyRing, subject_of_person
from shared.domain.watching.resources import resource_of
from shared.domain.watching.topic import PartnerTopic
from shared.domain.watching.watch import SubscriptionSpec, Watch
from shared.ports import DeltaPage, GraphFault, GraphSubscription, Head, NewSubscription
from shared.settings import Settings
from twin.entra.tokens import Entra
from twin.graph.app import ROUTES
from twin.graph.batch import run_batch
from twin.graph.calls import Answer, Call, Caller, perform
from twin.graph.errors import GraphError
from twin.graph.seeds import tasks_list
from twin.graph.tenant import Graph as TwinGraph
from twin.world import Person, World

BASE = "https://graph.test/v1.0"
CALL_S = 0.2  # what a call to Graph takes
TENANT = World().tenant_id
TOPIC = PartnerTopic(
    azure_subscription_id=World().azure_subscription_id, resource_group="rg", name="topic", location="westeurope"
)
KEYS = "1:" + "A" * 43 + "="
SETTINGS = Settings.from_environ({"AZURE_TENANT_ID": TENANT, "CLIENT_STATE_KEYS": KEYS, "AzureWebJobsStorage": "none"})
PERMISSIONS = frozenset({"Mail.Read", "Calendars.Read", "Contacts.Read", "Files.Read.All", "Tasks.ReadWrite.All"})


class QuietTopics:
    """Takes the place of Event Grid: topics are always fine, and nobody listens."""

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        return None

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        return None


@dataclass(slots=True)
class SimulatedGraph:
    """The Graph port over the twin's Graph, without HTTP. Counts calls; `down` makes each fail without an answer."""

    twin: TwinGraph
    clock: VirtualClock
    down: bool = False
    calls: dict[str, int] = field(default_factory=dict)  # HTTP calls by kind
    writes: int = 0
    throttled: int = 0

    async def create_subscriptions(self, wanted: Sequence[NewSubscription]) -> Sequence[GraphSubscription | GraphFault]:
        bodies = [
            {
                "changeType": ",".join(one.change_types),
                "notificationUrl": one.url,
                "lifecycleNotificationUrl": one.url,
                "resource": one.resource,
                "expirationDateTime": one.expires_at.isoformat(),
                "clientState": one.client_state,
            }
            for one in wanted
        ]
        answers = await self._batch("create", [("POST", "/subscriptions", body) for body in bodies])
        return [answer_of(item) for item in answers]

    async def renew_subscriptions(
        self, expiries: Mapping[str, datetime]
    ) -> Mapping[str, GraphSubscription | GraphFault]:
        patches = [
            ("PATCH", f"/subscriptions/{id_}", {"expirationDateTime": at.isoformat()}) for id_, at in expiries.items()
        ]
        return dict(zip(expiries, map(answer_of, await self._batch("renew", patches)), strict=True))

    async def delete_subscriptions(self, ids: Sequence[str]) -> Mapping[str, GraphFault | None]:
        items = await self._batch("delete", [("DELETE", f"/subscriptions/{id_}", None) for id_ in ids])
        return {
            id_: None if item["status"] in (204, 404) else fault_of(item) for id_, item in zip(ids, items, strict=True)
        }

    async def get_subscription(self, id: str) -> GraphSubscription:  # noqa: A002
        answer = answer_of(await self._call("get", "GET", f"subscriptions/{id}"))
        if isinstance(answer, GraphFault):
            raise answer
        return answer

    async def list_subscriptions(self) -> Sequence[GraphSubscription]:
        await self._spend("list")
        rows = [{"status": 200, "body": row.as_json()} for row in self.twin.subscriptions.live()]
        return [answer for row in rows if isinstance(answer := answer_of(row), GraphSubscription)]

    async def reauthorize_subscription(self, id: str) -> None:  # noqa: A002
        await self._call("reauthorize", "POST", f"subscriptions/{id}/reauthorize")

    async def group_members(self, group_id: str) -> Sequence[str]:
        return []

    async def collection_ids(self, path: str) -> Sequence[str]:
        body = (await self._call("collection", "GET", path.partition("?")[0]))["body"]
        return [str(row["id"]) for row in body["value"]]

    async def delta(self, path: str, link: str | None) -> DeltaPage:
        asked, _, query = (link or path).removeprefix(f"{BASE}/").partition("?")
        answer = await self._call(
            "delta", "GET", asked, query=dict(part.split("=", 1) for part in query.split("&") if part)
        )
        if answer["status"] >= 400:
            raise fault_of(answer)
        return delta_page(answer["body"])

    async def exists(self, path: str) -> bool:
        return bool((await self._call("exists", "GET", path))["status"] == 200)

    async def heads(self, resources: Sequence[str]) -> Sequence[Head | GraphFault]:
        return [Head(title="") for _ in resources]

    async def _batch(self, kind: str, items: Sequence[tuple[str, str, Any]]) -> list[dict[str, Any]]:
        await self._spend(kind)
        self.writes += len(items)
        requests = [
            {
                "id": str(number),
                "method": method,
                "url": url,
                "body": body,
                "headers": {"Content-Type": "application/json"},
            }
            for number, (method, url, body) in enumerate(items)
        ]
        outer = self._request("POST", "$batch", body={"requests": requests})
        answer = await run_batch(outer, perform=self._perform, refusal=self._refusal, order=self.twin.world.random)
        found = {item["id"]: item for item in answer.body["responses"]}
        self.throttled += sum(item["status"] == 429 for item in found.values())
        return [found[str(number)] for number in range(len(items))]

    async def _call(self, kind: str, method: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        await self._spend(kind)
        answer = await self._perform(self._request(method, path, query=query or {}))
        return {"status": answer.status, "body": answer.body, "headers": answer.headers}

    async def _spend(self, kind: str) -> None:
        await self.clock.sleep(CALL_S)
        if self.down:
            raise GraphFault(0, "ConnectError", "nobody answers")
        self.calls[kind] = self.calls.get(kind, 0) + 1

    def _request(self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None) -> Call:
        world = self.twin.world
        caller = Caller(app_id=world.app_id, object_id=world.principal_id, granted=PERMISSIONS)
        return Call(method=method, path=path, base=BASE, caller=caller, query=query or {}, body=body)

    async def _perform(self, call: Call) -> Answer:
        try:
            return await perform(self.twin, ROUTES, call)
        except GraphError as error:
            return self._refusal(error)

    def _refusal(self, error: GraphError) -> Answer:
        body = error.body(at=self.clock.now(), request_id="", client_request_id="")
        return Answer(error.status, body, error.headers)


@dataclass(slots=True)
class Fleet:
    """A tenant with `size` subscriptions of mixed resources that the app is to keep alive."""

    app: App
    graph: SimulatedGraph
    tables: MemoryTables
    clock: VirtualClock
    size: int


def make_fleet(
    size: int,
    *,
    seed: int,
    lifetime: timedelta | None = None,
    kinds: Sequence[str] | None = None,
    tables: MemoryTables | None = None,
) -> Fleet:
    """`lifetime` in place of each resource's own, so that figures of one lifetime can be told."""
    clock = VirtualClock.at_start()
    people = tuple(Person(f"p{number}", f"Person {number}") for number in range(size))
    world = World(seed=seed, clock=clock, people=people)  # type: ignore[arg-type]
    world.event_grid = QuietTopics()  # type: ignore[assignment]
    world.switches.reauthorize_at_percent = 0  # the timer alone must do
    world.entra = Entra(world)
    world.graph = TwinGraph(world)
    graph, tables = SimulatedGraph(world.graph, clock), tables or MemoryTables()
    specs = {spec.key: spec for spec in map(_spec(lifetime, kinds or KINDS), enumerate(people))}
    app = join(
        SETTINGS,
        Watch(TOPIC, specs),
        tables=tables,
        blobs=MemoryBlobs(),
        graph=graph,
        clock=clock,
        push=NoPush(),
        queues=MemoryQueues(),
    )
    return Fleet(app, graph, tables, clock, size)


def beside(fleet: Fleet, skew: timedelta) -> App:
    """Another instance over the same tables and Graph, with a clock that is off by so much."""
    return join(
        SETTINGS,
        fleet.app.watch,
        tables=fleet.tables,
        blobs=MemoryBlobs(),
        graph=fleet.graph,
        clock=VirtualClock(fleet.clock.skew + skew),
        push=NoPush(),
        queues=MemoryQueues(),
    )


def the_ring() -> KeyRing:
    return SETTINGS.key_ring


KINDS = ("messages", "events", "contacts", "drive/root", "todo/lists/{list}/tasks")  # the list that everybody has


def _spec(lifetime: timedelta | None, kinds: Sequence[str]) -> Any:
    def make(numbered: tuple[int, Person]) -> SubscriptionSpec:
        number, person = numbered
        kind = kinds[number % len(kinds)]
        resource = f"users/{person.id}/{kind.replace('{list}', tasks_list(person.id))}"
        known = resource_of(resource)
        assert known is not None
        return SubscriptionSpec(
            entry=kind.split("/")[0],
            subject=subject_of_person(person.id),
            resource=resource,
            change_types=known.change_types,
            lifetime=lifetime or known.lifetime,
            delta=known.delta,
        )

    return make
