"""What a list shows of entities, by one $batch of the real SDK against the twin's Graph; and the table of paths."""

from collections.abc import AsyncIterator

import pytest
from served_graph import a_world, app_token, hang_up, served

from shared.adapters.graph import MsGraph
from shared.adapters.graph.heads import head_answer, head_request
from shared.ports import GraphFault, Head
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.graph.app import graph_app
from twin.world import World

ROLES = ["Mail.Read", "Mail.ReadWrite", "User.Read.All"]


@pytest.fixture
def world() -> World:
    return a_world(Entra(World(clock=MovableClock())))


@pytest.fixture
async def graph(world: World, authority, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MsGraph]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    async with served(graph_app(world), authority) as url:
        graph = MsGraph(app_token(world, ROLES), url)
        yield graph
        await hang_up(graph)


async def test_users_and_messages_are_read_in_one_call_each_with_an_answer_of_its_own(world, graph):
    ada = world.people[0]
    user = world.graph.directory.get(ada.id)
    sender = {"emailAddress": {"name": "Grace Hopper", "address": "grace@contoso.example"}}
    made = world.graph.create_message(user, {"subject": "Lunch?", "from": sender}, folder="inbox", is_draft=False)
    missing = f"users/{ada.id}/messages/AAMkNone="

    person, message, gone, nameless = await graph.heads(
        [f"users/{ada.id}", f"users/{ada.id}/messages/{made.id}", missing, "3d2f9a14-0000-4000-8000-000000000000"]
    )

    assert person == Head(title=ada.name)
    assert message == Head(title="Lunch?", by="Grace Hopper")
    assert isinstance(gone, GraphFault)
    assert gone.status == 404
    assert isinstance(nameless, GraphFault)
    assert nameless.code == "nameless"


async def test_nothing_nameable_costs_no_call(graph):
    (fault,) = await graph.heads(["communications/callrecords/x"])

    assert isinstance(fault, GraphFault)


@pytest.mark.parametrize(
    ("resource", "url"),
    [
        ("users/u", "/users/u?$select=displayName"),
        ("groups/g", "/groups/g?$select=displayName"),
        ("users/u/events/e=", "/users/u/events/e%3D?$select=subject,organizer"),
        ("users/u/contacts/c", "/users/u/contacts/c?$select=displayName"),
        ("drives/d/root", "/drives/d?$select=name,owner"),
        ("chats/19:x@thread.v2/messages/1", "/chats/19%3Ax%40thread.v2/messages/1"),
        ("teams/t/channels/c/messages/m/replies/r", "/teams/t/channels/c/messages/m/replies/r"),
    ],
)
def test_each_kind_is_asked_for_what_names_it(resource, url):
    request = head_request(0, resource)

    assert request is not None
    assert request["url"] == url
    assert request["headers"] == {"Prefer": 'IdType="ImmutableId"'}  # as the subscription's ids are


@pytest.mark.parametrize("resource", ["", "users", "users/u/messages", "users/u/messages/m/attachments/a", "x/y"])
def test_other_paths_have_no_head(resource):
    assert head_request(0, resource) is None


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ({"subject": None, "body": {"content": "<p>Hello <b>you</b></p>"}}, " Hello  you  "),
        ({"displayName": "Ada"}, "Ada"),
        ({"title": "Buy milk"}, "Buy milk"),
        ({"name": "Documents"}, "Documents"),
        ({}, ""),
        ({"subject": 5, "from": "x", "body": 7}, ""),
    ],
)
def test_a_title_is_found_under_each_kind_s_own_name(body, head):
    answer = head_answer({"status": 200, "body": body})

    assert isinstance(answer, Head)
    assert answer.title == head


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ({"from": {"emailAddress": {"name": "", "address": "a@x"}}}, "a@x"),
        ({"from": {"user": {"displayName": "Ada"}}}, "Ada"),
        ({"from": {"application": {"displayName": "Bot"}, "user": None}}, "Bot"),
        ({"organizer": {"emailAddress": {"name": "Grace"}}}, "Grace"),
        ({"owner": {"user": {"displayName": "Alan"}}}, "Alan"),
        ({"from": None}, ""),
    ],
)
def test_who_it_is_by_is_found_under_each_kind_s_own_name(body, by):
    answer = head_answer({"status": 200, "body": body})

    assert isinstance(answer, Head)
    assert answer.by == by


def test_the_mark_of_our_outbox_is_read():
    answer = head_answer({"status": 200, "body": {"singleValueExtendedProperties": [{"id": "x", "value": "o-1"}]}})

    assert isinstance(answer, Head)
    assert answer.outbox_id == "o-1"
