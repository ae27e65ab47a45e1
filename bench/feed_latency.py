"""From a delivery to the page's message handler at 100 events/s, beside one bare write and one bare send; page's size.

All of it runs on this machine: the app under the stand-in host, the twin's SignalR, Azurite over TLS, a signed-in page
in Chromium. One clock is read at both ends. Summaries are off: they are a read of Graph, which is not what is measured.
"""

import asyncio
import gzip
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import ManagedIdentityCredential
from playwright.async_api import Page, async_playwright

from bench.rows import Row, row
from pulse.demo.opening import subscribe_and_link
from pulse.demo.ports import require_free
from pulse.demo.stage import Stage, start_storage, start_twin, write_local_settings
from pulse.json_client import JsonClient
from shared.adapters.signalr import SignalRPush
from shared.domain.events.client_state import mint, subject_of_person
from shared.settings import Settings
from twin.addresses import Addresses
from twin.world import World

EVENTS, RATE, BARE = 2_000, 100.0, 300
BASE = 23_600
WARM_UP = 200  # events and sends that nobody counts
STORAGE_AUDIENCE = "https://storage.azure.com"
DIST = Path(__file__).parents[1] / "web" / "dist"
IDENTITY = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")
NOTIFICATION = {"aeg-event-type": "Notification", "Content-Type": "application/cloudevents+json"}
LISTEN = """
window.frames_seen = [];
const Real = WebSocket;
window.WebSocket = class extends Real {
  constructor(...given) {
    super(...given);
    const at = () => performance.timeOrigin + performance.now();
    this.addEventListener("message", ({ data }) => window.frames_seen.push([at(), data]));
  }
};
"""


def measure() -> list[Row]:
    latencies, bare, missing = asyncio.run(_measure())
    note = f"{RATE:g} events/s, {len(latencies)} events of which {missing} had no push of their own; one run"
    return [
        row("feed_latency_p95_ms", [p95(latencies)], "ms", note=note, baseline=("bare_write_and_send", [p95(bare)])),
        script_size(),
    ]


def script_size() -> Row:
    """Of what a first visit loads: the page's own script and SignalR's."""
    scripts = [file for file in (DIST / "assets").glob("*.js") if not file.name.startswith("twin_panel")]
    size = sum(len(gzip.compress(file.read_bytes(), 9)) for file in scripts)
    return row("page_script_gzip_kib", [size / 1024], "KiB", note="first load, service worker left out")


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def _measure() -> tuple[list[float], list[float], int]:
    async with _demo() as stage, AsyncExitStack() as stack:
        ada = next(person for person in stage.people if person["alias"] == "ada")
        page = await _page(stage, ada, stack)
        bare = await _bare(stage, ada["id"], page, BARE // 2)
        latencies, missing = await _through_the_app(stage, ada["id"], page)
        return latencies, bare + await _bare(stage, ada["id"], page, BARE // 2), missing


@asynccontextmanager
async def _demo() -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(world=World(Addresses(BASE), seed=7), folder=Path(folder))
        require_free(stage.world.addresses)
        try:
            await asyncio.gather(start_storage(stage), start_twin(stage))
            stage.environment["SUMMARIES"] = "off"
            write_local_settings(stage)
            await stage.start_functions()
            await subscribe_and_link(stage)
            os.environ |= {name: stage.environment[name] for name in IDENTITY}  # the bare calls are the app's identity
            yield stage
        finally:
            for name in IDENTITY:
                os.environ.pop(name, None)
            await asyncio.to_thread(stage.stop)


async def _page(stage: Stage, person: dict[str, Any], stack: AsyncExitStack) -> Page:
    import shutil

    playwright = await stack.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    stack.push_async_callback(browser.close)
    page = await (await browser.new_context()).new_page()
    await page.add_init_script(LISTEN)
    await page.goto(stage.demo.addresses["app"])
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name=person["name"]).click()
    await page.get_by_text("Live").first.wait_for(timeout=60_000)
    return page


async def _through_the_app(stage: Stage, person: str, page: Page) -> tuple[list[float], int]:
    texts = await _events(stage, person, WARM_UP + EVENTS)
    url = f"{stage.demo.addresses['app']}/runtime/webhooks/EventGrid?functionName=receive_graph_event"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:  # a third of httpx's work
        await _deliver(http, url, texts[:WARM_UP])
        await _heard(page, "news", WARM_UP)
        await page.evaluate("window.frames_seen = []")
        sent = await _deliver(http, url, texts[WARM_UP:])
    return _matched(sent, await _heard(page, "news", EVENTS))


async def _deliver(http: aiohttp.ClientSession, url: str, texts: Sequence[str]) -> list[float]:
    """One a POST, at RATE whatever the answers take; when each left, ms since 1970."""
    started, sent = time.perf_counter(), []

    async def one(text: str) -> None:
        async with http.post(url, data=text, headers=NOTIFICATION) as answer:
            answer.raise_for_status()

    async with asyncio.TaskGroup() as posts:
        for number, text in enumerate(texts):
            await asyncio.sleep(max(0.0, started + number / RATE - time.perf_counter()))
            sent.append(time.time() * 1_000)
            posts.create_task(one(text))
    return sent


def _matched(sent: Sequence[float], pushes: Sequence[tuple[float, int]]) -> tuple[list[float], int]:
    """A push speaks of so many rows; rows are accepted in the order in which they came, but for those of one group."""
    moments = [at for at, rows in pushes for _ in range(rows)]
    latencies = [at - left for left, at in zip(sent, moments, strict=False)]
    return latencies, len(sent) - len(latencies)


async def _heard(page: Page, target: str, count: int) -> list[tuple[float, int]]:
    """When the page's socket gave what, until it spoke of `count` or fell silent."""
    for _ in range(50):
        frames = await page.evaluate("window.frames_seen")
        pushes = [(at, _rows(message)) for at, data in frames for message in _messages(data, target)]
        if sum(rows for _, rows in pushes) >= count:
            return pushes
        await asyncio.sleep(0.2)
    return pushes


def _messages(data: str, target: str) -> list[dict[str, Any]]:
    messages = [json.loads(text) for text in data.split("\x1e") if text]
    return [message for message in messages if message.get("target") == target]


def _rows(message: dict[str, Any]) -> int:
    return int(message["arguments"][0]["rows"])


async def _events(stage: Stage, person: str, count: int) -> list[str]:
    """As Event Grid delivers what Graph says of a mailbox that is watched."""
    settings, subject = Settings.from_environ(stage.environment), subject_of_person(person)
    tenant = stage.environment["AZURE_TENANT_ID"]
    state = mint(settings.key_ring, tenant_id=tenant, entry="mail", subject=subject)
    known = await _subscription_of(stage, person)
    return [_event(state, tenant, f"Users/{person}/Messages/AAMk{uuid.uuid4().hex}", known) for _ in range(count)]


async def _subscription_of(stage: Stage, person: str) -> str:
    async with JsonClient(stage.demo.addresses["control"], what="the twin") as twin:
        token = str((await twin.post("/sign-in", {"user": "ada"}))["access_token"])
    headers = {"Authorization": f"Bearer {token}"}
    async with JsonClient(stage.demo.addresses["app"], headers=headers) as app:
        listed = (await app.get("/api/manage/subscriptions"))["subscriptions"]
    return next(str(one["id"]) for one in listed if person in one["resource"])


def _event(state: str, tenant: str, resource: str, subscription: str) -> str:
    data = {
        "changeType": "updated",
        "clientState": state,
        "resource": resource,
        "tenantId": tenant,
        "subscriptionId": subscription,
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.etag": f'W/"{uuid.uuid4().hex}"'},
    }
    event = {"id": str(uuid.uuid4()), "source": f"/tenants/{tenant}/applications/a", "specversion": "1.0"}
    event |= {"type": "Microsoft.Graph.MessageUpdated", "subject": resource, "time": datetime.now(UTC).isoformat()}
    return json.dumps({**event, "data": data})


async def _bare(stage: Stage, person: str, page: Page, count: int) -> list[float]:
    """One row, then one push, by the app's own clients; one after the other, nothing else runs."""
    credential = ManagedIdentityCredential(client_id=stage.environment["AZURE_CLIENT_ID"])
    push = SignalRPush(credential, stage.demo.addresses["signalr"])
    uri = stage.environment["AzureWebJobsStorage__tableServiceUri"]
    sent = []
    trusted: dict[str, Any] = {"audience": STORAGE_AUDIENCE, "connection_verify": stage.environment["SSL_CERT_FILE"]}
    async with TableServiceClient(uri, credential=credential, **trusted) as service:
        table = await service.create_table_if_not_exists("bare")
        for number in range(-10, count):
            if number == 0:
                await _heard(page, "news", 10)
                await page.evaluate("window.frames_seen = []")
            left = time.time() * 1_000
            await table.create_entity({"PartitionKey": "p", "RowKey": uuid.uuid4().hex, "body": "x" * 700})
            await push.news({subject_of_person(person): 1})
            if number >= 0:
                sent.append(left)
    heard = await _heard(page, "news", count)
    await push._open().close()
    await credential.close()
    return _matched(sent, heard)[0]
