"""Changes made by hand of what is neither mail nor a user."""

import pytest

from twin.graph import seeds
from twin.graph.triggers import known_types


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("event.created", "users/{ada}/events"),
        ("contact.updated", "users/{ada}/contacts"),
        ("toDo.deleted", "users/{ada}/todo/lists/{list}/tasks"),
        ("chatMessage.deleted", "chats/{chat}/messages"),
        ("chatMessage.created", "teams/{team}/channels/{channel}/messages"),
        ("driveItem.updated", "users/{ada}/drive/root"),
        ("group.updated", "groups"),
        ("group.deleted", "groups"),
    ],
)
async def test_a_trigger_changes_something_where_somebody_watches(world, event_grid, watch, ada, kind, resource):
    names = {"ada": ada, "list": seeds.tasks_list(ada), "chat": seeds.CHAT_ID}
    place = resource.format(**names, team=seeds.TEAM_ID, channel=seeds.CHANNEL_ID)
    await watch(place, kind.partition(".")[2])

    assert world.graph.trigger(kind, count=3) == 3

    assert [event["type"].lower() for event in event_grid.events] == [
        f"microsoft.graph.{kind.lower().replace('.', '')}"
    ] * 3
    assert len([change for change in world.ledger.changes if change.announced_to]) == 3


async def test_a_trigger_takes_values(call, world, ada):
    world.graph.trigger("event.created", user="grace", set={"subject": "Tea", "location.displayName": "Here"})

    (row,) = (await call("GET", f"/users/{world.people[1].id}/events")).json()["value"]
    assert (row["subject"], row["location"]) == ("Tea", {"displayName": "Here"})


def test_all_that_can_be_triggered_is_listed():
    known = known_types()

    assert len(known) == len(set(known)) >= 30
    assert {"message.created", "alert.created", "list.updated", "lifecycle.missed", "conversation.deleted"} <= set(
        known
    )
