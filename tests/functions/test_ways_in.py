"""The HTTP ways in under the runtime, against the twin: Event Grid's batches by Entra token, Graph's own webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.mgmt.eventgrid import models
from builders import SAMPLES
from free_ports import free_base

from pulse.cloud import Cloud, demo_place, open_twin
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import Stage, staged
from pulse.json_client import JsonClient
from pulse.link import EVENT_SUBSCRIPTION
from shared.domain.events.client_state import mint, subject_of_person
from shared.settings import Settings
from twin.azurite.launch import SCRIPT

pytestmark = [
    pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`"),
    pytest.mark.timeout(180),
]
VECTOR = json.loads((SAMPLES / "rich_notification_test_vector.json").read_text(encoding="utf-8"))
SECONDS = 45


@dataclass(frozen=True, slots=True)
class House:
    stage: Stage
    http: httpx.AsyncClient
    twin: JsonClient
    cloud: Cloud
    token: str
    ada: str

    async def rows(self) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/feed", headers={"Authorization": f"Bearer {self.token}"})
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    async def quarantined(self) -> list[str]:
        answer = await self.http.get("/api/manage/quarantine", headers={"Authorization": f"Bearer {self.token}"})
        return sorted(row["reason"] for row in answer.json()["rejections"])

    async def trigger(self, **details: Any) -> None:
        await self.twin.post("/trigger", {"type": "message.created", "user": "ada", **details})

    def state(self) -> str:
        """Of the entry `mail` for Ada, as the app itself would mint it."""
        settings = Settings.from_environ(self.stage.environment)
        return mint(settings.key_ring, tenant_id=settings.tenant_id, entry="mail", subject=subject_of_person(self.ada))


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A demo whose topic is linked, and which holds the certificate of the test vector."""
    key = VECTOR["private_key_pem"].encode()
    import base64

    monkeypatch.setenv("ENCRYPTION_CERTIFICATES", "cert-1:" + base64.b64encode(key).decode())
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        await subscribe_and_link(stage)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=stage.demo.addresses["app"], timeout=30))
        cloud = await stack.enter_async_context(open_twin(stage.demo, demo_place(stage.demo)))
        token = str((await twin.post("/sign-in", {"user": "ada"}))["access_token"])
        ada = next(str(person["id"]) for person in stage.people if person["alias"] == "ada")
        yield House(stage, http, twin, cloud, token, ada)


async def until(found: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Asks until there is an answer: real processes work on it."""
    for _ in range(SECONDS * 5):
        if answer := await found():
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(f"{what}: not within {SECONDS} s")


async def test_event_grid_delivers_batches_by_http_with_its_entra_token(house):
    calls = house.cloud.events.partner_topic_event_subscriptions
    group, topic = house.cloud.place.resource_group, house.cloud.place.topic
    await (await calls.begin_delete(group, topic, EVENT_SUBSCRIPTION, polling_interval=0)).result()
    by_http = models.EventSubscription(
        destination=models.WebHookEventSubscriptionDestination(
            endpoint_url=f"{house.stage.demo.addresses['app']}/api/events",
            max_events_per_batch=50,
            azure_active_directory_tenant_id=house.stage.world.tenant_id,
            azure_active_directory_application_id_or_uri=f"api://{house.stage.world.api_app_id}",
        ),
        event_delivery_schema="CloudEventSchemaV1_0",
    )
    poller = await calls.begin_create_or_update(group, topic, "by-http", by_http, polling_interval=0)
    await poller.result()

    for _ in range(5):
        await house.trigger()

    async def five() -> bool:
        return len(await house.rows()) == 5

    await until(five, "five events by HTTP")
    assert await house.quarantined() == []


async def test_graph_delivers_to_webhooks_plain_and_rich(house):
    app = house.stage.demo.addresses["app"]
    calls = house.cloud.events.partner_topic_event_subscriptions
    place = house.cloud.place
    await (await calls.begin_delete(place.resource_group, place.topic, EVENT_SUBSCRIPTION, polling_interval=0)).result()
    expiry = (await house.twin.get("/clock"))["now"][:10]
    await house.cloud.graph.post(
        "/v1.0/subscriptions",
        {
            "changeType": "created",
            "resource": f"users/{house.ada}/messages?$select=subject,receivedDateTime",
            "notificationUrl": f"{app}/api/notifications",
            "lifecycleNotificationUrl": f"{app}/api/lifecycle",
            "expirationDateTime": f"{expiry}T23:59:59Z",
            "clientState": house.state(),
            "includeResourceData": True,
            "encryptionCertificate": VECTOR["encryptionCertificate"],
            "encryptionCertificateId": "cert-1",
        },
    )
    await house.trigger(set={"subject": "canary-of-the-content"})

    (row,) = await until(house.rows, "a rich notification")
    shown = await house.http.get(f"/api/feed/event/{row['id']}", headers={"Authorization": f"Bearer {house.token}"})

    assert row["type"] == "Microsoft.Graph.MessageCreated"
    assert "encryptedContent" in shown.text
    assert "canary-of-the-content" not in json.dumps(shown.json()["event"])
    assert house.state() not in shown.text
    assert await house.quarantined() == []


async def test_what_strangers_may_do_at_the_doors(house):
    post = house.http.post
    events, batch = "/api/events", {"content-type": "application/cloudevents-batch+json"}
    genuine = {"value": [{"changeType": "created", "resource": "x", "clientState": house.state()}]}
    forged = {"value": [{"changeType": "created", "resource": "x", "clientState": "forged"}]}

    for path in ("/api/notifications", "/api/lifecycle"):
        hello = await post(f"{path}?validationToken=Validation%3A+Testing%20reachability%3a+1-2_3")
        assert (hello.status_code, hello.text) == (200, "Validation: Testing reachability: 1-2_3")
        assert hello.headers["content-type"].startswith("text/plain")
        assert hello.headers["x-content-type-options"] == "nosniff"
        for bad in ("<script>", "x" * 3_000, "a%0d%0ab", "a%00"):
            assert (await post(f"{path}?validationToken={bad}")).status_code == 400, bad
        assert (await post(path, json=genuine)).status_code == 202
        assert (await post(path, json=forged)).status_code == 202
        assert (await post(path, content=b"\xff\xfe no JSON")).status_code == 202
        assert (await post(path, content=b"x" * (4 * 1024 * 1024 + 1))).status_code == 413
        assert (await house.http.get(path)).status_code in (404, 405)

    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {house.token}"}):
        assert (await post(events, json=[], headers=headers | batch)).status_code == 401
    greeting = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    welcome = await house.http.options(events, headers=greeting)
    stranger = await house.http.options(events, headers={"WebHook-Request-Origin": "evil.example"})
    assert (welcome.status_code, welcome.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert stranger.status_code == 403
    assert "WebHook-Allowed-Origin" not in stranger.headers

    async def all_there() -> bool:
        return len(await house.quarantined()) >= 3

    await until(all_there, "what was rejected")
    assert set(await house.quarantined()) == {"client_state", "unreadable"}
