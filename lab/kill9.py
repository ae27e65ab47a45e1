"""Real processes, killed with SIGKILL at random while events pour in: ours, and three peers under the same faults.

Two instances under the stand-in host share an Azurite; their clocks are minutes apart. Event Grid's part: batches, 30 %
of the events twice, shuffled, a payload again whole until it is acknowledged, and now and then once more after that.
Counted in the tables and at the receiver of effects, never by the app: events without a journal row, with more than
one, without an effect, with effects that the receiver can't tell from those of another event.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lab.crash_points import SPEC
from lab.hosted_peer import PEERS, make_app
from lab.instances import ROOT, Front, azurite, clear, instances
from lab.peers import TABLE
from lab.simulated import KEYS, TENANT, TOPIC, the_ring
from shared.domain.events.client_state import mint

EFFECTS = "effects"  # a queue of ours, a file of the peers'
TWICE = 0.3
AT_ONCE = 12  # payloads on their way
LEASE_S = 70.0  # longer than anybody's claim
KILLS = 5  # in each setting; in the long form one for every 200 events
LARGE = 10_000  # events; fewer are the short form
type Row = dict[str, object]

WATCH = f"""
[topic]
azure_subscription_id = "{TOPIC.azure_subscription_id}"
resource_group = "{TOPIC.resource_group}"
name = "{TOPIC.name}"
location = "{TOPIC.location}"

[[subscription]]
name = "{SPEC.entry}"
resource = "{SPEC.resource}"
change_types = ["updated", "deleted"]
"""
ROUTES = f"""
[[route]]
name = "effects"
types = ["Microsoft.Graph.*"]
change_types = ["deleted"]
to = "queue:{EFFECTS}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    concurrency: int  # 0: as many as come
    batch: int


SHORT = (Setting(concurrency=1, batch=1), Setting(concurrency=16, batch=50), Setting(concurrency=0, batch=50))
PEERS_SETTING = Setting(concurrency=0, batch=10)  # many on their way at every kill
LONG = tuple(Setting(concurrency=concurrency, batch=batch) for concurrency in (1, 16, 0) for batch in (1, 50))


async def rows(*, events: int, seed: int = 1) -> list[Row]:
    """`events` in all, over the settings; the peers get a twelfth of that each."""
    settings = SHORT if events < LARGE else LONG
    async with azurite() as storage:
        found = [await _ours(storage, setting, _share(events, setting, settings), seed) for setting in settings]
        peers = [(name, await _peer(storage, name, PEERS_SETTING, events // 12, seed)) for name in PEERS]
    total = sum(found, Counter[str]())
    how = ", ".join(f"{one.concurrency or 'unlimited'} at once in {one.batch}s" for one in settings)
    return [_row(total, seed, how), *(_row(one, seed, "", name) for name, one in peers)]


def _share(events: int, setting: Setting, settings: Sequence[Setting]) -> int:
    """One at a time goes slowly: it gets a tenth of the others' share."""
    weights = [0.1 if one.batch == 1 else 1.0 for one in settings]
    return int(events * (0.1 if setting.batch == 1 else 1.0) / sum(weights)) + 1


async def _ours(storage: str, setting: Setting, events: int, seed: int) -> Counter[str]:
    rng = random.Random(f"{seed} {setting}")
    sent = _events(rng, events)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _running(ROOT, _our_settings(folder, storage), setting, rng, folder) as front:
            deliveries = await _pour(front, sent, setting, rng)
            kills = front.kills
        journal, effects = await _journal(storage), await _queued(storage)
        await clear(storage)
    found = _counted(list(sent), journal, [id_ for id_ in sent if _is_handled(sent[id_])], effects)
    print(
        f"kill9: {events} events, {setting.concurrency or 'any'} at once: {found.total()} violations", file=sys.stderr
    )
    return found + Counter(events=events, deliveries=deliveries, kills=kills)


async def _peer(storage: str, peer: str, setting: Setting, events: int, seed: int) -> Counter[str]:
    rng = random.Random(f"{seed} {peer}")
    sent = _events(rng, events)
    with tempfile.TemporaryDirectory() as name:
        folder, effects = Path(name), Path(name) / EFFECTS
        settings = {"AzureWebJobsStorage": storage, "PEER": peer, "EFFECTS": str(effects)}
        async with _running(make_app(folder / "app"), settings, setting, rng, folder) as front:
            deliveries = await _pour(front, sent, setting, rng)
            kills = front.kills
        done = [key async for key in _keys(storage, TABLE) if key[0] == "journal"]
        await clear(storage)
        lines = effects.read_text().split()
    journal = [key[1].partition("|")[0] for key in done]
    found = _counted(list(sent), journal, list(sent), lines)
    return found + Counter(events=events, deliveries=deliveries, kills=kills)


def _counted(
    sent: Sequence[str], journal: Iterable[str], handled: Sequence[str], effects: Iterable[str]
) -> Counter[str]:
    """`effects`: the keys under which the receiver got them; `<event>.<something>` can't be told from a new one."""
    rows, keys = Counter(journal), set(effects)
    by_event = Counter(key.partition(".")[0] for key in keys)
    return +Counter(
        lost=sum(rows[one] == 0 for one in sent),
        twice=sum(rows[one] > 1 for one in sent),
        effects_lost=sum(by_event[one] == 0 for one in handled),
        repeated=sum(by_event[one] > 1 for one in handled),
    )


def _row(found: Mapping[str, int], seed: int, how: str, peer: str = "") -> Row:
    kinds = ("lost", "twice", "effects_lost", "repeated")
    note = f"{found['lost']} lost, {found['twice']} journaled twice, {found['effects_lost']} effects lost, "
    note += f"{found['repeated']} repeated; {found['deliveries']} deliveries, {found['kills']} kills"
    named = {"baseline_name": peer} if peer else {}
    value = sum(found[kind] for kind in kinds)
    return {"name": "kill9", "value": value, "unit": "violations", "n": found["events"], "seed": str(seed)} | {
        "note": f"{note}; {how}" if how else note,
        **named,
    }


def _running(
    app: Path, settings: Mapping[str, str], setting: Setting, rng: random.Random, folder: Path
) -> AbstractAsyncContextManager[Front]:
    offsets = [rng.uniform(-300, 300) for _ in range(2)]
    return instances(app, settings, offsets=offsets, concurrency=setting.concurrency, log=folder / "host.log")


async def _pour(front: Front, sent: Mapping[str, str], setting: Setting, rng: random.Random) -> int:
    """Every payload until it is acknowledged, by several at once; how many events were delivered."""
    pouring = _Pouring(front, rng, _payloads(list(sent.values()), setting.batch, rng))
    pouring.kills_left = max(KILLS, len(sent) // 200)
    pouring.kill_rate = pouring.kills_left / len(pouring.payloads)
    await asyncio.gather(*(pouring.send() for _ in range(AT_ONCE)))
    await asyncio.gather(*pouring.killers)
    return pouring.deliveries


@dataclass(slots=True)
class _Pouring:
    front: Front
    rng: random.Random
    payloads: list[list[str]]
    kills_left: int = 0
    kill_rate: float = 0.0
    usual_s: float = 0.1  # from a payload to its answer: half of the last one's, half of what was usual before
    deliveries: int = 0
    killers: set["asyncio.Task[None]"] = field(default_factory=set)
    _on_their_way: int = 0

    async def send(self) -> None:
        while self.payloads or self._on_their_way:
            if not self.payloads:
                await asyncio.sleep(0.02)
                continue
            payload = self.payloads.pop(self.rng.randrange(len(self.payloads)))
            self._on_their_way += 1
            await self._deliver(payload)
            self._on_their_way -= 1

    async def _deliver(self, payload: list[str]) -> None:
        """A tenth comes again though it was acknowledged, as if that had been lost."""
        self.deliveries += len(payload)
        if self.kills_left and self.rng.random() < self.kill_rate:
            self.kills_left -= 1
            killing = self.front.kill(self.rng, self.rng.uniform(0, self.usual_s))
            self.killers.add(asyncio.create_task(killing))
        started = time.monotonic()
        is_done = await self.front.deliver(payload)
        if is_done:
            self.usual_s = (self.usual_s + time.monotonic() - started) / 2
        else:
            await asyncio.sleep(self.rng.uniform(0.5, 2))
            await self.front.advance(self.rng.choice((1, 10, LEASE_S)))
        if not is_done or self.rng.random() < 0.1:
            self.payloads.append(payload)


def _payloads(events: list[str], batch: int, rng: random.Random) -> list[list[str]]:
    """Shuffled, and 30 % of the events in a second payload too."""
    copies = [*events, *(event for event in events if rng.random() < TWICE)]
    rng.shuffle(copies)
    return [copies[start : start + batch] for start in range(0, len(copies), batch)]


def _events(rng: random.Random, count: int) -> dict[str, str]:
    """CloudEvents by id, a fifth of them with an effect."""
    state = mint(the_ring(), tenant_id=TENANT, entry=SPEC.entry, subject=SPEC.subject)
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(count)]
    return {id_: _event(id_, state, "deleted" if rng.random() < 0.2 else "updated") for id_ in ids}


def _event(id_: str, state: str, change_type: str) -> str:
    data = {
        "changeType": change_type,
        "clientState": state,
        "resource": f"Users/{id_}",
        "resourceData": {"id": id_, "sequenceNumber": 1},
        "subscriptionId": "0d4e8b72-91a5-4c3f-b6d8-7e2f150c9a34",
        "tenantId": TENANT,
    }
    event = {
        "id": id_,
        "source": f"/tenants/{TENANT}/applications/a",
        "type": f"Microsoft.Graph.User{change_type.title()}",
    }
    return json.dumps({**event, "specversion": "1.0", "time": datetime.now(UTC).isoformat(), "data": data})


def _is_handled(event: str) -> bool:
    return '"changeType": "deleted"' in event


def _our_settings(folder: Path, storage: str) -> dict[str, str]:
    watch, routes = folder / "subscriptions.toml", folder / "routes.toml"
    watch.write_text(WATCH, encoding="utf-8")
    routes.write_text(ROUTES, encoding="utf-8")
    return {
        "AZURE_TENANT_ID": TENANT,
        "CLIENT_STATE_KEYS": KEYS,
        "AzureWebJobsStorage": storage,
        "SUBSCRIPTIONS_FILE": str(watch),
        "ROUTES_FILE": str(routes),
        "WEBSITE_AUTH_ENABLED": "False",
    }


async def _journal(storage: str) -> list[str]:
    """The event of each journal row of all days."""
    from azure.data.tables.aio import TableServiceClient

    found: list[str] = []
    async with TableServiceClient.from_connection_string(storage) as service:
        async for table in service.list_tables():
            if table.name.startswith("log"):
                rows = service.get_table_client(table.name).query_entities(
                    "RowKey ge 'r|' and RowKey lt 'r~'", select=["resource"]
                )
                found += [str(row["resource"]).rpartition("/")[2] async for row in rows]
    return found


async def _queued(storage: str) -> list[str]:
    """Ids of the CloudEvents that the receiver got: it refuses an id that it has seen."""
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.queue import TextBase64DecodePolicy
    from azure.storage.queue.aio import QueueClient

    client = QueueClient.from_connection_string(storage, EFFECTS, message_decode_policy=TextBase64DecodePolicy())
    async with client:
        try:
            messages = client.receive_messages(messages_per_page=32, visibility_timeout=3_600)
            return [json.loads(message.content)["id"] async for message in messages]
        except ResourceNotFoundError:
            return []


async def _keys(storage: str, table: str) -> AsyncIterator[tuple[str, str]]:
    from azure.data.tables.aio import TableClient

    async with TableClient.from_connection_string(storage, table) as client:
        async for row in client.query_entities("PartitionKey ge ''", select=["PartitionKey", "RowKey"]):
            yield str(row["PartitionKey"]), str(row["RowKey"])
