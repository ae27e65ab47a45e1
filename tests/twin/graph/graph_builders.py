"""The defaults of these tests: a fake Event Grid, tokens, and subscriptions of the usual kinds."""

from datetime import timedelta
from typing import Any

from twin.event_grid.refusal import Refused
from twin.graph.ids import seven_digits
from twin.world import World

AUDIENCE = "https://graph.microsoft.com"
TOPIC = (
    "EventGrid:?azuresubscriptionid=5F0C7D3E-9B26-4A18-8E6D-B1A4C07F2D95"
    "&resourcegroup=rg&partnertopic=pulse&location=westeurope"
)
OTHER_TOPIC = TOPIC.replace("partnertopic=pulse", "partnertopic=other")
ALL_ROLES = (
    "User.Read.All",
    "User.ReadWrite.All",
    "Group.Read.All",
    "Mail.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "Calendars.Read",
    "Contacts.Read",
    "Chat.Read.All",
    "Files.Read.All",
    "Tasks.ReadWrite.All",
    "SecurityEvents.ReadWrite.All",
    "Printer.Read.All",
    "CallRecords.Read.All",
    "Chat.ReadBasic.All",
    "Group.ReadWrite.All",
    "Calendars.ReadWrite",
    "Contacts.ReadWrite",
    "Files.ReadWrite.All",
    "ChannelMessage.Read.All",
    "Channel.ReadBasic.All",
    "ChannelSettings.ReadWrite.All",
    "Team.ReadBasic.All",
)


class RecordingEventGrid:
    """Takes every topic unless told to refuse, and keeps what was published."""

    def __init__(self) -> None:
        self.topics: list[tuple[str, str]] = []  # (url, source)
        self.published: list[tuple[str, dict[str, Any]]] = []  # (url, event)
        self.refusal: Refused | None = None

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        if self.refusal:
            raise self.refusal
        self.topics.append((url, source))

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        self.published += [(url, event) for event in events]

    async def settled(self, timeout_s: float = 30) -> None:
        """Nothing is ever under way here."""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, event in self.published]


def token(world: World, *, roles: tuple[str, ...], app_id: str | None = None) -> str:
    subject = world.principal_id
    return world.entra.issue(
        AUDIENCE, subject=subject, oid=subject, appid=app_id or world.app_id, idtyp="app", roles=list(roles)
    )


def delegated_token(world: World, alias: str, *, scopes: str) -> str:
    person = next(person for person in world.people if person.alias == alias)
    return world.entra.issue(AUDIENCE, subject=person.id, oid=person.id, azp=world.app_id, scp=scopes)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def in_minutes(world: World, minutes: float) -> str:
    return seven_digits(world.clock.now() + timedelta(minutes=minutes))


def subscription(world: World, **changes: Any) -> dict[str, Any]:
    """A POST body: the mail of the first person for two days."""
    body = {
        "resource": f"users/{world.people[0].id}/messages",
        "changeType": "created,updated,deleted",
        "notificationUrl": TOPIC,
        "lifecycleNotificationUrl": TOPIC,
        "expirationDateTime": in_minutes(world, 2 * 24 * 60),
        "clientState": "a-client-state",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def users_subscription(world: World, **changes: Any) -> dict[str, Any]:
    return subscription(world, **{"resource": "users", "changeType": "updated,deleted"} | changes)


async def made(call: Any, world: World, **changes: Any) -> dict[str, Any]:
    """The subscription that Graph answers with."""
    answer = await call("POST", "/subscriptions", subscription(world, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def body_for(world: World, resource: str, **changes: Any) -> dict[str, Any]:
    """A POST body for changes of `resource`, in which {me} is the first person."""
    resource = resource.replace("{me}", world.people[0].id)
    return subscription(world, **{"resource": resource, "changeType": "updated"} | changes)
