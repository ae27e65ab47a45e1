"""Every type that `pulse trigger --list` names, end to end: made in the twin, delivered, journaled by the app."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_ports import free_base

from pulse.app_client import AppClient, demo_apps
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import staged
from pulse.errors import RefusedError
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient
from twin.clocks import MovableClock
from twin.control import control_app
from twin.entra.tokens import Entra
from twin.event_grid.broker import EventGrid
from twin.graph import seeds
from twin.graph.tenant import Graph
from twin.graph.triggers import known_types
from twin.world import PEOPLE, World

ADA = PEOPLE[0].id
ANY = "created,updated,deleted"
WATCHED = {
    "people": ("users", "updated,deleted"),
    "groups": ("groups", "updated,deleted"),
    "mail": ("users/{user}/messages", ANY),
    "events": ("users/{user}/events", ANY),
    "contacts": ("users/{user}/contacts", ANY),
    "tasks": (f"users/{{user}}/todo/lists/{seeds.tasks_list(ADA)}/tasks", ANY),
    "chats": (f"chats/{seeds.CHAT_ID}/messages", ANY),
    "files": ("users/{user}/drive/root", "updated"),
    "lists": ("sites/contoso.example/lists/inventory", "updated"),
    "calls": ("communications/callRecords", "created,updated"),
    "alerts": ("security/alerts", "created"),
    "print-jobs": ("print/printers/p-1/jobs", "updated"),
    "print-tasks": ("print/taskDefinitions/t-1/tasks", "created"),
}
LIFECYCLE = [name for name in known_types() if name.startswith("lifecycle.")]
CHANGES = [name for name in known_types() if name not in LIFECYCLE]
ONLY_PEOPLE_WATCH = {"conversation.created", "conversation.deleted", "conversation.updated"}  # an app may not
MORE_PERMISSIONS = (
    "CallRecords.Read.All",
    "PrintTaskDefinition.ReadWrite.All",
    "Printer.Read.All",
    "SecurityEvents.ReadWrite.All",
)
PATIENCE_S = 60

TOPIC = """
[topic]
azure_subscription_id = "%AZURE_SUBSCRIPTION_ID%"
resource_group = "%RESOURCE_GROUP%"
name = "%PARTNER_TOPIC%"
location = "%PARTNER_TOPIC_LOCATION%"
"""


@dataclass(slots=True, kw_only=True)
class Demo:
    twin: JsonClient
    operator: AppClient
    feed: MergedFeed
    rows: list[dict[str, Any]]

    async def pull(self) -> list[dict[str, Any]]:
        self.rows += await self.feed.pull()
        return self.rows

    async def trigger(self, kind: str, **order: Any) -> dict[str, int]:
        return dict(await self.twin.post("/trigger", {"type": kind, **order}))


def entry(name: str, resource: str, changes: str) -> str:
    lines = ["[[subscription]]", f'name = "{name}"', f'resource = "{resource}"']
    lines.append(f"change_types = {json.dumps(changes.split(','))}")
    return "\n".join([*lines, *([f'for_each = ["{ADA}"]'] if "{user}" in resource else []), ""])


def watching(folder: Path) -> Path:
    file = folder / "subscriptions.toml"
    entries = [entry(name, resource, changes) for name, (resource, changes) in WATCHED.items()]
    file.write_text("\n".join([TOPIC, *entries]))
    return file


@pytest.fixture
async def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Demo]:
    monkeypatch.setenv("SUBSCRIPTIONS_FILE", str(watching(tmp_path)))
    async with staged(tmp_path / ".demo", port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        permissions = (await twin.get("/consent"))["application"]
        await twin.put("/consent", {"application": [*permissions, *MORE_PERMISSIONS]})
        await subscribe_and_link(stage)
        apps = await demo_apps(stack, stage.demo, stage.demo.aliases)
        operator = apps[stage.demo.aliases.index(stage.demo.operator)]
        yield Demo(twin=twin, operator=operator, feed=MergedFeed(apps), rows=[])


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    last = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < last, what
        await asyncio.sleep(0.2)


@pytest.mark.timeout(240)
async def test_every_type_reaches_the_journal_and_none_is_lost(demo: Demo) -> None:
    states = {row["name"]: (row["state"], row["note"]) for row in await demo.operator.subscriptions()}
    assert {name: note for name, (state, note) in states.items() if state != "live"} == {}
    assert {name.partition("~")[0] for name in states} == set(WATCHED)

    told: Counter[str] = Counter()
    refused: dict[str, str] = {}
    for kind in CHANGES:
        try:
            told[kind] = (await demo.trigger(kind))["events"]
        except RefusedError as refusal:
            refused[kind] = str(refusal)
    twice = await demo.trigger("contact.created", count=3, rate=30, duplicate=100, set={"givenName": "Charles"})

    assert refused.keys() == ONLY_PEOPLE_WATCH
    assert all("no live subscription could receive such an event" in words for words in refused.values())
    assert {kind for kind in CHANGES if not told[kind]} == ONLY_PEOPLE_WATCH
    expected = sum(told.values()) + twice["events"]

    async def all_there() -> bool:
        return len(await demo.pull()) >= expected

    await until(f"{expected} rows, not {len(demo.rows)}: {sorted(row['type'] for row in demo.rows)}", all_there)
    assert len(demo.rows) == expected
    assert await demo.operator.quarantine() == []

    for kind in LIFECYCLE:
        assert (await demo.trigger(kind))["events"] > 0
    lies = await demo.trigger("message.created", forge=True, count=4)

    async def quarantined() -> bool:
        return len(await demo.operator.quarantine()) == lies["events"]

    async def delivered() -> bool:
        return (await demo.twin.get("/event-grid"))["deliveries"]["waiting"] == 0

    async def lifecycle_seen() -> bool:
        seen = {str(row["type"]).rpartition(".")[2].lower() for row in await demo.pull()}
        return {"missed", "subscriptionreauthorizationrequired", "subscriptionremoved"} <= seen

    await until("what was forged is quarantined", quarantined)
    await until("all is delivered", delivered)
    await until("lifecycle events are journaled", lifecycle_seen)
    deliveries = (await demo.twin.get("/event-grid"))["deliveries"]
    assert (deliveries["dropped"], deliveries["dead_lettered"], deliveries["filtered"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"type": "message.sung"}, "message.sung"),
        ({"type": "message.created", "user": "eve"}, "eve: no such user"),
        ({"type": "message.created", "count": 0}, "count: want a whole number"),
        (
            {"type": "message.created", "rate": -1, "warp": 1},
            "rate: want a number from 0 to 10000; warp: no such field",
        ),
    ],
)
async def test_what_cannot_be_triggered_is_said_kindly(order: dict[str, Any], words: str) -> None:
    world = World(clock=MovableClock())
    world.entra, world.event_grid = Entra(world), EventGrid(world)
    world.graph = Graph(world)

    async with JsonClient("http://localhost", transport=httpx.ASGITransport(control_app(world))) as twin:
        with pytest.raises(RefusedError) as refusal:
            await twin.post("/trigger", order)

    assert refusal.value.status == 400
    assert words in str(refusal.value)
