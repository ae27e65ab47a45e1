"""What happens in the twin is written down without secrets, and made again on another one as it was."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from graph_builders import RecordingEventGrid, made, users_subscription

from pulse.json_client import JsonClient
from pulse.recordings import RecordedChange, RecordingError, play, read_recording, record
from twin.clocks import MovableClock
from twin.control import control_app
from twin.entra.tokens import Entra
from twin.graph.tenant import Graph
from twin.ledger import told_again
from twin.recorder import Recorder
from twin.world import World


def control_of(world: World) -> JsonClient:
    return JsonClient("http://localhost", transport=httpx.ASGITransport(control_app(world)))


def another_world(entra: Entra) -> World:
    world = World(clock=MovableClock())
    world.entra, world.event_grid = entra, RecordingEventGrid()
    world.graph = Graph(world)
    return world


def told(world: World, since: int = 0) -> list[str]:
    return told_again([change.as_json() for change in world.ledger.changes[since:]])


def written(file: Path, lines: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


async def recorded(world: World, act: Any) -> list[dict[str, Any]]:
    """What `act` did, as lines."""
    until, begun = asyncio.Event(), asyncio.Event()

    async def acting(_: float) -> None:
        if not begun.is_set():
            begun.set()
            await act()
            until.set()

    async with control_of(world) as twin:
        return [line async for line in record(twin, until=until, sleep=acting)]


async def no_pause(_: float) -> None:
    pass


async def test_a_recording_holds_changes_and_events_and_nothing_secret(world, call):
    await made(call, world)
    await call("POST", "/subscriptions", users_subscription(world))
    world.graph.trigger("message.created")  # before

    async def act():
        world.graph.trigger("message.created", user="ada", set={"subject": "Hello", "clientState": "x"})
        world.graph.trigger("user.updated")
        world.graph.ask_reauthorization()

    lines = await recorded(world, act)

    kinds = [line["kind"] for line in lines]
    assert (kinds.count("change"), kinds.count("event")) == (2, 4)
    assert lines[0]["content"]["subject"] == "Hello"
    assert lines[1]["event"]["type"] == "Microsoft.Graph.MessageCreated"
    assert lines[1]["event"]["data"]["SubscriptionId"]
    text = json.dumps(lines).lower()
    assert "clientstate" not in text
    assert "a-client-state" not in text


async def test_changes_are_made_again_to_the_same_ones_in_the_same_order(world, entra, tmp_path):
    old = world.graph.create_message(world.graph.directory.living()[0], {"subject": "old"}, quiet=True)
    before = len(world.ledger.changes)

    async def act():
        graph, ada = world.graph, world.graph.directory.living()[0]
        first = graph.create_message(ada, {"subject": "first"})
        second = graph.create_message(ada, {"subject": "second"})
        graph.update_message(ada, first, {"isRead": True})
        graph.delete_message(ada, second)
        graph.update_message(ada, first, {"subject": "first again"})
        graph.update_user(ada, {"jobTitle": "Countess"})
        newcomer = graph.create_user({"displayName": "Mary", "userPrincipalName": "mary@contoso.example"})
        graph.erase_user(newcomer)
        for kind in ("event", "contact", "toDo", "chatMessage", "driveItem", "group"):
            graph.trigger(f"{kind}.updated")

    changes = read_recording(written(tmp_path / "a.jsonl", await recorded(world, act)))
    other = another_world(entra)
    seeded = len(other.ledger.changes)
    async with control_of(other) as twin:
        done = await play(twin, changes, rate=None, sleep=no_pause)

    assert done["skipped"] == 0
    assert done["played"] == len(changes)
    mails = [line for line in told(world, before) if "/Messages/" in line]
    assert [line for line in told(other, seeded) if "/Messages/" in line] == mails
    (left,) = other.graph.mailboxes[other.people[0].id].messages.values()
    assert (left.content["subject"], left.content["isRead"]) == ("first again", True)
    assert other.graph.directory.living()[0].properties["jobTitle"] == "Countess"
    assert len(other.graph.directory.living()) == len(other.people)
    assert left.id != old.id


async def test_played_changes_are_announced_with_the_client_state_of_who_listens_now(world, call, event_grid):
    await made(call, world, clientState="the-new-one")
    change = RecordedChange(
        at=world.clock.now(),
        resource=f"Users/{world.people[0].id}/Messages/AAMkRecorded",
        change_type="created",
        content={"subject": "again"},
    )

    async with control_of(world) as twin:
        await play(twin, [change], rate=100, sleep=no_pause)

    (event,) = event_grid.events
    assert event["data"]["clientState"] == "the-new-one"


async def test_the_recorded_pace_is_kept_unless_a_rate_is_asked_for(world):
    now, pauses = world.clock.now(), []

    def change(seconds: float) -> RecordedChange:
        at = now + timedelta(seconds=seconds)
        return RecordedChange(at=at, resource=f"Users/{world.people[0].id}", change_type="updated", content={})

    async def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 3))

    async with control_of(world) as twin:
        await play(twin, [change(0), change(2.5), change(90_000), change(5)], rate=None, sleep=sleep)
        await play(twin, [change(0), change(2.5)], rate=4, sleep=sleep)

    assert pauses == [0, 2.5, 60, 0, 0.25, 0.25]


async def test_what_nobody_here_could_have_done_is_skipped(world):
    stranger = "99999999-0000-0000-0000-000000000000"
    resources = [f"Users/{stranger}/Messages/x", "sites('x')/lists('y')", f"Users/{stranger}/Events/x"]
    changes = [
        RecordedChange(at=world.clock.now(), resource=each, change_type="created", content=None) for each in resources
    ]

    async with control_of(world) as twin:
        assert await play(twin, changes, rate=None, sleep=no_pause) == {"played": 0, "skipped": 3}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "there is no change in it"),
        ("{}\nnonsense\n", 'line 1: want an object with "kind"'),
        ('{"kind": "change", "resource": 1}\n{"kind": "change"}', "line 2: want resource, change_type"),
        (
            '{"kind": "change", "resource": "x", "change_type": "created", "content": null, "at": "2026-01-01"}',
            "line 1: at: want a time with its zone",
        ),
    ],
)
def test_a_file_that_cannot_be_played_says_every_line_that_is_wrong(tmp_path, content, fault):
    file = tmp_path / "a.jsonl"
    file.write_text(content)

    with pytest.raises(RecordingError) as wrong:
        read_recording(file)

    assert fault in str(wrong.value)
    assert ("line 2" in str(wrong.value)) == ("line 2" in fault or "nonsense" in content)


def test_lines_are_given_out_in_parts():
    recorder, now = Recorder(), World(clock=MovableClock()).clock.now()
    for number in range(5):
        recorder.change(at=now, resource=str(number), change_type="created", content=None)

    last, lines = recorder.since(1, most=2)

    assert (last, [line["resource"] for line in lines]) == (3, ["1", "2"])
    assert recorder.since(5, most=2) == (5, [])
