"""The answers of the HTTP ways in, function by function: what the caller does next depends on them alone."""

import json

import pytest

from functions import events, notifications
from lab.doors import Doors, posted
from lab.forgeries import EVENT_GRID
from shared.ports import StorageFault

POST = events.receive_event_batch
WEBHOOKS = (notifications.receive_notifications, notifications.receive_lifecycle)


@pytest.fixture
def doors() -> Doors:
    return Doors()


def signed(doors: Doors, content_type: str = "application/cloudevents-batch+json") -> dict[str, str]:
    token = doors.world.entra.issue(f"api://{doors.world.api_app_id}", subject=EVENT_GRID, appid=EVENT_GRID)
    return {"authorization": f"Bearer {token}", "content-type": content_type}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents-batch+json",
        "application/cloudevents+json; charset=utf-8",
        "Application/CloudEvents+JSON",
    ],
)
async def test_one_event_and_a_batch_are_taken(doors, content_type):
    one, many = json.dumps(doors.event(number=1)), json.dumps([doors.event(number=2), 7, doors.event(number=3)])

    answers = [await doors.knock(POST, body=body, headers=signed(doors, content_type)) for body in (one, many)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (await doors.journaled(), await doors.quarantined()) == (3, 1)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_what_is_no_cloud_event_is_refused(doors, content_type):
    answer = await doors.knock(POST, body=json.dumps([doors.event()]), headers=signed(doors, content_type))

    assert (answer.status_code, await doors.journaled()) == (415, 0)


async def test_without_a_registration_the_door_for_event_grid_is_shut(doors):
    doors.app.senders.audience_id = ""

    answer = await doors.knock(POST, body=json.dumps([doors.event()]), headers=signed(doors))

    assert (answer.status_code, await doors.journaled()) == (401, 0)


async def test_another_cloud_s_event_grid_may_be_named(doors):
    token = doors.world.entra.issue(f"api://{doors.world.api_app_id}", subject="x", appid="other-cloud")
    headers = signed(doors) | {"authorization": f"Bearer {token}"}
    before = await doors.knock(POST, body=json.dumps([doors.event()]), headers=headers)
    doors.app.senders.delivering = frozenset({"other-cloud"})

    after = await doors.knock(POST, body=json.dumps([doors.event()]), headers=headers)

    assert (before.status_code, after.status_code) == (401, 202)


async def test_while_entra_is_out_of_reach_event_grid_is_to_come_again(doors):
    doors.app.senders.tokens.authority = "https://localhost:1"

    answer = await doors.knock(POST, body=json.dumps([doors.event()]), headers=signed(doors))

    assert answer.status_code == 503


@pytest.mark.parametrize("door", WEBHOOKS)
async def test_graph_hears_the_same_whatever_was_believed(doors, door):
    answers = [
        await doors.knock(door, body=body)
        for body in (posted(doors.item()), posted(doors.item(clientState="x")), "no JSON", b"\xff", "", posted())
    ]

    assert {(answer.status_code, bytes(answer.get_body())) for answer in answers} == {(202, b"")}


@pytest.mark.parametrize("door", WEBHOOKS)
async def test_what_can_t_be_queued_graph_is_to_send_again(doors, door):
    class FullQueues:
        async def put(self, queue: str, text: str) -> None:
            raise StorageFault(queue)

    doors.app.arrivals.queues = FullQueues()

    answer = await doors.knock(door, body=posted(doors.item()))

    assert answer.status_code == 503
    assert "StorageFault" not in bytes(answer.get_body()).decode()


async def test_a_fault_of_storage_is_raised_so_that_event_grid_comes_again(doors):
    class NoTables:
        def __getattr__(self, name: str) -> object:
            raise StorageFault(name)

    doors.app.receive.committer.tables = doors.app.days.tables = NoTables()

    with pytest.raises(ExceptionGroup):
        await doors.knock(POST, body=json.dumps([doors.event()]), headers=signed(doors))


async def test_the_handshake_names_who_asked_and_a_rate(doors):
    headers = {"webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120"}

    answer = await doors.knock(POST, method="OPTIONS", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    assert answer.headers["WebHook-Allowed-Rate"] == "*"
