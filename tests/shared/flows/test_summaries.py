"""What the feed shows of an event is read before acceptance: in few calls, for a short time, never instead of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, TENANT, cloud_event, lifecycle_event, mail_event, people_spec, state_of
from fakes import FakeGraph
from house import House

from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.log_layout import OPERATORS
from shared.flows.receive.heads import GatheredHeads
from shared.handlers import find_handlers
from shared.ports import GraphFault, Head

MINE = subject_of_person(ADA)
GONE = GraphFault(404, "ResourceNotFound", "gone")


def describing(graph: FakeGraph) -> House:
    house = House(graph=graph, router=find_handlers())
    house.receive.summaries.heads = GatheredHeads(graph, house.clock)
    return house


def message(number: int = 1) -> str:
    return f"users/{ADA}/messages/AAMk{number:06}="


def user_event(change: str = "updated") -> str:
    data = {
        "changeType": change,
        "clientState": state_of(people_spec()),
        "resource": f"Users/{ADA}",
        "tenantId": TENANT,
        "resourceData": {"@odata.type": "#Microsoft.Graph.User", "id": ADA, "sequenceNumber": "7"},
    }
    return cloud_event(f"Microsoft.Graph.User{change.title()}", data, subject=f"Users/{ADA}", time=NOW)


async def shown(house: House, *readers: str) -> list[tuple[object, object]]:
    return [(row.as_json()["summary"], row.as_json()["echo"]) for row in await house.rows(*readers)]


async def test_a_message_is_shown_by_sender_and_subject():
    house = describing(FakeGraph(named={message(): Head(title="Lunch?", by="Grace Hopper")}))

    await house.receive(mail_event())

    assert await shown(house, MINE) == [("Grace Hopper: Lunch?", False)]


async def test_the_messages_of_a_moment_are_read_by_twenty():
    graph = FakeGraph(named={message(number): Head(title=f"No {number}") for number in range(49)})
    house = describing(graph)

    await house.receive("[" + ",".join(mail_event(number=number) for number in range(49)) + "]")

    assert graph.batches == [20, 20, 9]
    assert {text for text, _ in await shown(house, MINE)} == {f"No {number}" for number in range(49)}


async def test_duplicates_and_redeliveries_cost_no_read():
    graph = FakeGraph(named={message(): Head(title="Lunch?")})
    house, event = describing(graph), mail_event()

    await house.receive("[" + ",".join([event, event, event]) + "]")
    await house.receive(event)

    assert graph.batches == [1]


async def test_a_known_duplicate_is_not_asked_about_again():
    graph = FakeGraph(named={message(): Head(title="Lunch?")})
    house, event = describing(graph), mail_event()
    await house.receive(event)
    house.receive.summaries.heads = GatheredHeads(graph, house.clock)  # which remembers nothing

    await house.receive(event)

    assert graph.batches == [1]


async def test_a_version_is_read_once_and_another_version_anew():
    graph = FakeGraph(named={message(): Head(title="Lunch?"), message(2): GONE})
    heads = GatheredHeads(graph, graph.clock)

    for version in ("1", "1", "2"):
        await heads.head(message(), version)
    for _ in range(2):
        with pytest.raises(GraphFault):
            await heads.head(message(2), "1")

    assert graph.calls["heads"] == 3


async def test_a_user_who_may_not_be_read_is_not_called_deleted():
    graph = FakeGraph(named={f"users/{ADA}": GraphFault(403, "Authorization_RequestDenied", "no")})
    house = describing(graph)

    await house.receive(user_event())

    assert await shown(house, OPERATORS) == [("", False)]


async def test_reading_costs_no_transaction_and_the_group_stays_one():
    graph = FakeGraph(named={message(number): Head(title="x") for number in range(49)})
    plain, house = House(), describing(graph)
    events = "[" + ",".join(mail_event(number=number) for number in range(49)) + "]"

    await plain.receive(events)
    await house.receive(events)

    assert house.tables.transactions == plain.tables.transactions


async def test_what_we_wrote_ourselves_for_an_outbox_is_marked_when_it_comes_back():
    graph = FakeGraph(named={message(): Head(title="Re: Lunch?", outbox_id="o-1")})
    house = describing(graph)

    await house.receive(mail_event(change="created", version=1))
    await house.receive(mail_event(change="updated", version=2))

    assert [echo for _, echo in await shown(house, MINE)] == [True, False]


async def test_a_user_is_shown_by_name_and_one_that_is_gone_as_deleted_softly():
    graph = FakeGraph(named={f"users/{ADA}": Head(title="Ada Lovelace")})
    there, gone = describing(graph), describing(FakeGraph())

    await there.receive(user_event())
    await gone.receive(user_event())
    await gone.receive(user_event("deleted"))

    assert await shown(there, OPERATORS) == [("Ada Lovelace", False)]
    assert await shown(gone, OPERATORS) == [
        ("deleted, can be restored for 30 days", False),
        ("deleted for good", False),
    ]


@pytest.mark.parametrize("fault", [GraphFault(429, "TooManyRequests", "", 30), GraphFault(0, "ConnectError", "")])
async def test_a_graph_that_fails_costs_the_summary_and_not_the_event_and_is_left_alone_for_a_while(fault):
    graph = FakeGraph(named={message(): Head(title="Lunch?")})
    graph.refuse("heads", fault)
    house = describing(graph)

    await house.receive(mail_event())
    await house.receive(mail_event(version=2))
    house.clock.advance(timedelta(seconds=31))
    await house.receive(mail_event(version=3))

    assert [text for text, _ in await shown(house, MINE)] == ["", "", "Lunch?"]
    assert graph.calls["heads"] == 2


async def test_a_graph_that_never_answers_holds_nothing_up_for_ever():
    class Silent(FakeGraph):
        async def heads(self, resources):
            await asyncio.Event().wait()

    house = describing(Silent())
    house.receive.summaries.patience_s = 0.01

    await house.receive("[" + ",".join(mail_event(number=number) for number in range(3)) + "]")

    assert len(await house.rows(MINE)) == 3


async def test_one_that_is_gone_leaves_the_others_their_summary():
    graph = FakeGraph(named={message(1): GONE, message(2): Head(title="Still here")})
    house = describing(graph)

    await house.receive("[" + ",".join([mail_event(number=1), mail_event(number=2)]) + "]")

    assert sorted(text for text, _ in await shown(house, MINE)) == ["", "Still here"]


async def test_lifecycle_events_and_deletions_are_not_asked_about():
    graph = FakeGraph()
    house = describing(graph)

    await house.receive(mail_event(change="deleted"))
    await house.receive(lifecycle_event("missed"))

    assert graph.calls["heads"] == 0


async def test_switched_off_nothing_is_read():
    graph = FakeGraph(named={message(): Head(title="Lunch?")})
    house = House(graph=graph, router=find_handlers())

    await house.receive(mail_event())

    assert graph.calls["heads"] == 0
    assert await shown(house, MINE) == [("", False)]


async def test_a_row_of_another_version_of_the_app_is_read_as_far_as_it_is_known():
    house = House()
    await house.receive(mail_event())
    (row,) = await house.rows(MINE)
    newer = {**row.entity, "format": 2, "mood": "sunny"}
    older = {name: value for name, value in row.entity.items() if name not in ("summary", "echo", "version")}

    assert replace(row, entity=newer).as_json() == row.as_json()
    assert replace(row, entity=older).as_json() == {**row.as_json(), "version": ""}


async def test_the_one_who_asks_for_all_may_be_stopped():
    graph = FakeGraph(named={message(number): Head(title="x") for number in (1, 2, 3)})
    heads = GatheredHeads(graph, graph.clock)
    leader = asyncio.create_task(heads.head(message(1), "1"))
    await asyncio.sleep(0)
    follower = asyncio.create_task(heads.head(message(2), "1"))
    await asyncio.sleep(0)

    leader.cancel()

    with pytest.raises(GraphFault):
        await follower
    assert (await heads.head(message(3), "1")).title == "x"
