"""Events about entities that never were: alerts, lists, call records, print, conversations, and any other kind.

They are announced to the live subscriptions of their kind and stand in no ledger, since nothing changed.
"""

from datetime import datetime

from twin.graph import ids
from twin.graph.entity_events import Announced, entity_event
from twin.graph.events import CloudEvent
from twin.graph.subscriptions import Subscription
from twin.world import World

# One for each documented event type: https://learn.microsoft.com/azure/event-grid/partner-events-graph-api
FIXTURES = (
    "alert.created",
    "callRecord.created",
    "callRecord.updated",
    "chatMessage.created",
    "chatMessage.updated",
    "chatMessage.deleted",
    "contact.created",
    "contact.updated",
    "contact.deleted",
    "conversation.created",
    "conversation.updated",
    "conversation.deleted",
    "driveItem.updated",
    "event.created",
    "event.updated",
    "event.deleted",
    "group.updated",
    "group.deleted",
    "list.updated",
    "message.created",
    "message.updated",
    "message.deleted",
    "printer.updated",
    "printTaskDefinition.created",
    "toDo.created",
    "toDo.updated",
    "toDo.deleted",
    "user.updated",
    "user.deleted",
)


def fixture_event(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    return entity_event(world, subscription, change_type, _made_up(subscription, world.clock.now()))


def _made_up(subscription: Subscription, now: datetime) -> Announced:
    watched = subscription.watched
    match watched.kind.name:
        case "Message" | "Event" | "Contact" as name:
            item = ids.message_id()
            resource = f"Users/{watched.user}/{name}s/{item}"
            return Announced(id=item, resource=resource, version=ids.etag(ids.change_key()), at=now)
        case "User" | "Group" as name:
            item = ids.guid()
            return Announced(id=item, resource=f"{name}s/{item}", version=str(ids.ticks(now)), at=now)
        case "DriveItem" | "List":
            return Announced(id=ids.guid(), resource=ids.guid(), version="", at=now)
    item = ids.message_id() if watched.kind.name == "ToDo" else ids.guid()
    return Announced(id=item, resource=f"{watched.path}/{item}", version="", at=now)
