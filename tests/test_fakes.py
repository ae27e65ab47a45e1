"""The fake Graph keeps what its port says, and refuses what Graph refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, WATCH, mail_spec
from fake_delta import PAGE, Collections
from fakes import FakeGraph

from shared.domain.watching.watch import parse_watch
from shared.ports import DeltaPage, GraphFault, GraphSubscription, NewSubscription

WATCHED = parse_watch(WATCH, {})
SPEC, URL = WATCHED.specs[mail_spec()], WATCHED.topic.url


WANTED = NewSubscription(
    resource=SPEC.resource,
    change_types=SPEC.change_types,
    url=URL,
    expires_at=NOW + timedelta(days=1),
    client_state="state",
)


async def create(graph: FakeGraph) -> GraphSubscription:
    (answer,) = await graph.create_subscriptions([WANTED])
    if isinstance(answer, GraphFault):
        raise answer
    return answer


async def read_round(graph: FakeGraph, link: str | None, folder: str = "inbox") -> tuple[list[DeltaPage], str]:
    pages = []
    while not pages or not pages[-1].is_last:
        pages.append(await graph.delta(f"users/{ADA}/mailFolders/{folder}/messages/delta", link))
        link = pages[-1].link
    return pages, pages[-1].link


def ids(pages: list[DeltaPage]) -> list[str]:
    return [found.id for page in pages for found in page.items]


async def test_a_second_living_subscription_for_the_same_is_refused_with_the_id_of_the_first():
    graph = FakeGraph()
    first = await create(graph)

    with pytest.raises(GraphFault, match=f"409 Conflict: Subscription Id {first.id} already exists"):
        await create(graph)

    await graph.delete_subscriptions([first.id])
    assert (await create(graph)).id != first.id


async def test_in_a_batch_each_has_an_answer_of_its_own():
    graph = FakeGraph(item_faults={"users": GraphFault(403, "Forbidden", "no")})

    made, second, refused = await graph.create_subscriptions([WANTED, WANTED, replace(WANTED, resource="users")])

    assert isinstance(made, GraphSubscription)
    assert [fault.status for fault in (second, refused) if isinstance(fault, GraphFault)] == [409, 403]
    assert await graph.list_subscriptions() == [made]
    assert await graph.delete_subscriptions([made.id, "none"]) == {made.id: None, "none": None}
    assert await graph.list_subscriptions() == []


async def test_a_life_that_is_too_long_is_refused_with_the_longest():
    graph = FakeGraph(longest=timedelta(hours=1))

    with pytest.raises(GraphFault, match=r"400 .* can only be 60 minutes"):
        await create(graph)


async def test_an_expired_subscription_is_found_no_more():
    graph = FakeGraph()
    made = await create(graph)
    graph.clock.advance(timedelta(days=1))

    answers = await graph.renew_subscriptions({made.id: NOW + timedelta(days=3)})

    assert isinstance(fault := answers[made.id], GraphFault)
    assert fault.status == 404
    with pytest.raises(GraphFault, match="404"):
        await graph.get_subscription(made.id)
    assert graph.calls == {"create_subscriptions": 1, "renew_subscriptions": 1, "get_subscription": 1}


async def test_a_refusal_does_nothing_and_a_lost_answer_has_done_it():
    graph = FakeGraph()
    graph.refuse("create_subscriptions", GraphFault(503, "", "down"))
    graph.lose_answer("create_subscriptions")

    with pytest.raises(GraphFault, match="503"):
        await create(graph)
    assert graph.subscriptions == {}

    with pytest.raises(GraphFault, match="can't be reached"):
        await create(graph)
    assert len(graph.subscriptions) == 1


async def test_delta_shows_all_first_and_then_what_changed_each_once():
    graph = FakeGraph()
    for number in range(PAGE + 1):
        graph.put_message(ADA, f"m{number}")
    first, link = await read_round(graph, None)

    graph.put_message(ADA, "m0")
    graph.put_message(ADA, "m0")
    graph.delete_message(ADA, "m1")
    second, link = await read_round(graph, link)
    third, _ = await read_round(graph, link)

    assert len(first) == 2
    assert ids(first) == [f"m{number}" for number in range(PAGE + 1)]
    assert [(found.id, found.removed) for page in second for found in page.items] == [("m0", False), ("m1", True)]
    assert ids(third) == []


async def test_the_same_link_can_be_read_again():
    graph = FakeGraph()
    _, link = await read_round(graph, None)
    graph.put_message(ADA, "m1")

    assert ids((await read_round(graph, link))[0]) == ids((await read_round(graph, link))[0]) == ["m1"]


async def test_a_moved_message_is_removed_here_and_appears_there():
    graph = FakeGraph()
    graph.put_message(ADA, "m1")
    _, inbox = await read_round(graph, None)
    _, archive = await read_round(graph, None, "archive")

    graph.move_message(ADA, "m1", "archive")

    assert [found.removed for page in (await read_round(graph, inbox))[0] for found in page.items] == [True]
    assert ids((await read_round(graph, archive, "archive"))[0]) == ["m1"]
    assert await graph.exists(f"users/{ADA}/messages/m1")


async def test_empty_pages_come_in_between_and_lead_on():
    graph = FakeGraph(collections=Collections(has_empty_pages=True))
    graph.put_message(ADA, "m1")

    pages, _ = await read_round(graph, None)

    assert [len(page.items) for page in pages] == [0, 1]


async def test_expired_links_are_refused_with_410():
    graph = FakeGraph()
    _, link = await read_round(graph, None)
    graph.expire_links()

    with pytest.raises(GraphFault, match="410 SyncStateNotFound"):
        await graph.delta(f"users/{ADA}/mailFolders/inbox/messages/delta", link)
