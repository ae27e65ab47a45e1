"""The defaults of the tests, in one place: a tenant, its keys, events that Graph would send."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.domain.events.client_state import KeyRing, mint, subject_of_person, subject_of_resource
from shared.domain.events.notifications import Reading, read

TENANT = "7f1c0a52-3d84-4b6e-9a17-c05e2b9d6f31"
ADA = "c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b"
GRACE = "0d3c1f52-7a86-4be9-8f20-51c9e7d4ab63"
RING = KeyRing({1: bytes(range(32))})
NOW = datetime(2026, 6, 16, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "samples"

WATCH = f"""
[topic]
azure_subscription_id = "5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95"
resource_group = "rg-sample"
name = "pt-sample"
location = "westeurope"

[[subscription]]
name = "people"
resource = "users"
change_types = ["updated", "deleted"]

[[subscription]]
name = "mail"
resource = "users/{{user}}/messages"
for_each = ["{ADA}", "{GRACE}"]
change_types = ["created", "updated", "deleted"]
"""

ENVIRON = {
    "AZURE_TENANT_ID": TENANT,
    "CLIENT_STATE_KEYS": "1:" + base64.b64encode(bytes(range(32))).decode(),
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "WEBSITE_AUTH_ENABLED": "True",
}


class FixedClock:
    """Stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def mail_spec(person: str = ADA) -> str:
    return f"mail~{subject_of_person(person)}"


def people_spec() -> str:
    return f"people~{subject_of_resource('users')}"


def state_of(spec: str, *, ring: KeyRing = RING, tenant_id: str = TENANT) -> str:
    entry, _, subject = spec.partition("~")
    return mint(ring, tenant_id=tenant_id, entry=entry, subject=subject)


def mail_event(
    *,
    person: str = ADA,
    number: int = 1,
    change: str = "created",
    version: int = 1,
    time: datetime = NOW,
    event_id: str | None = None,
    state: str | None = None,
) -> str:
    """A changed message in the shape seen on the wire: mixed case, an offset in the expiry."""
    resource = f"Users/{person}/Messages/AAMk{number:06}="
    data = {
        "SubscriptionId": "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
        "SubscriptionExpirationDateTime": "2026-06-19T15:30:00+01:00",
        "ChangeType": change,
        "Resource": resource,
        "ResourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": resource,
            "@odata.etag": f'W/"{number}-{version}"',
            "Id": f"AAMk{number:06}=",
        },
        "clientState": state_of(mail_spec(person)) if state is None else state,
        "tenantId": TENANT,
    }
    return cloud_event(f"Microsoft.Graph.Message{change.title()}", data, subject=resource, time=time, event_id=event_id)


def lifecycle_event(
    kind: str,
    *,
    spec: str | None = None,
    time: datetime = NOW,
    state: str | None = None,
    subscription: str = "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
) -> str:
    data = {
        "subscriptionId": subscription,
        "tenantId": TENANT,
        "clientState": state_of(spec or mail_spec()) if state is None else state,
        "lifecycleEvent": kind,
    }
    name = kind[0].upper() + kind[1:]
    event_type = f"Microsoft.Graph.{name if 'ubscription' in name or name == 'Missed' else 'Subscription' + name}"
    return cloud_event(event_type, data, subject="Subscriptions/5ba30f96", time=time)


def cloud_event(
    event_type: str, data: dict[str, object], *, subject: str, time: datetime, event_id: str | None = None
) -> str:
    return json.dumps(
        {
            "id": event_id or str(uuid.uuid4()),
            "type": event_type,
            "source": f"/tenants/{TENANT}/applications/2b6e9d10-58fa-4c37-8e42-91d7a3c40b65",
            "subject": subject,
            "time": time.isoformat(),
            "datacontenttype": "application/json",
            "specversion": "1.0",
            "data": data,
        }
    )


def sample(name: str) -> str:
    """A CloudEvent out of tests/samples as Event Grid delivers it; some files wrap it in a remark."""
    document = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    return json.dumps(document.get("event", document))


def reading_of(text: str) -> Reading:
    """The one event of a delivery that can be read."""
    (reading,) = read(text)
    assert isinstance(reading, Reading), reading
    return reading


def watch_of(*entries: str) -> str:
    """subscriptions.toml with the topic of WATCH (lines 1-6) and entries of the test's own."""
    topic = WATCH[: WATCH.index("[[")].strip()
    return "\n".join([topic, *(f"[[subscription]]\n{entry}" for entry in entries)])
