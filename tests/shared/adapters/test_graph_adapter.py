"""MsGraph, by the real SDK over TLS, against the twin's Graph; and against answers that the twin never gives."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from served_graph import StaticToken, a_world, app_token, hang_up, served
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.adapters.graph import MsGraph
from shared.domain.catch_up.delta import places_of
from shared.ports import GraphFault, GraphSubscription, NewSubscription
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.graph.app import graph_app
from twin.world import World

URL = (
    "EventGrid:?azuresubscriptionid=5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95"
    "&resourcegroup=rg&partnertopic=pulse&location=westeurope"
)
ROLES = ["Mail.Read", "Mail.ReadWrite", "User.Read.All", "User.ReadWrite.All", "Calendars.Read", "Contacts.Read"]
ROLES += ["Tasks.ReadWrite.All", "Group.Read.All", "Files.Read.All"]


@pytest.fixture(scope="session")
def entra() -> Entra:
    return Entra(World(clock=MovableClock()))


@pytest.fixture
def world(entra: Entra) -> World:
    return a_world(entra)


@pytest.fixture
def ada(world: World) -> str:
    return world.people[0].id


@pytest.fixture
def serve(authority, monkeypatch: pytest.MonkeyPatch):
    """Serves an app over TLS; httpx trusts the local authority by SSL_CERT_FILE, as in a demo."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    return partial(served, authority=authority)


@pytest.fixture
def credential(world: World) -> StaticToken:
    return app_token(world, ROLES)


@pytest.fixture
async def graph(world: World, serve, credential) -> AsyncIterator[MsGraph]:
    async with serve(graph_app(world)) as url:
        graph = MsGraph(credential, url)
        yield graph
        await hang_up(graph)


@pytest.fixture
async def answering(serve, credential) -> AsyncIterator[Callable[..., Awaitable[MsGraph]]]:
    """`await answering(response, …)`: a Graph that gives these answers in turn, and remembers what was asked."""
    waiting: list[Response] = []
    asked: list[Request] = []
    graphs: list[MsGraph] = []

    async def answer(request: Request) -> Response:
        request.state.text = (await request.body()).decode()
        asked.append(request)
        return waiting.pop(0)

    methods = ["GET", "POST", "PATCH", "DELETE"]
    async with serve(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as url:

        async def given(*responses: Response) -> MsGraph:
            waiting.extend(responses)
            graphs.append(MsGraph(credential, url))
            return graphs[-1]

        given.asked = asked
        yield given
        for graph in graphs:
            await hang_up(graph)


def new(world: World, **changes: Any) -> NewSubscription:
    members = {
        "resource": f"users/{world.people[0].id}/messages",
        "change_types": ("created", "updated", "deleted"),
        "url": URL,
        "expires_at": world.clock.now() + timedelta(days=2),
        "client_state": "s",
    }
    return NewSubscription(**(members | changes))


async def create(graph: MsGraph, world: World, **changes: Any) -> GraphSubscription:
    (answer,) = await graph.create_subscriptions([new(world, **changes)])
    if isinstance(answer, GraphFault):
        raise answer
    return answer


async def test_nothing_is_lost_of_a_subscription_s_answer(graph, world, ada):
    expires_at = (world.clock.now() + timedelta(days=2)).replace(microsecond=123000)
    made = await create(graph, world, expires_at=expires_at)

    assert made.resource == f"users/{ada}/messages"
    assert made.change_types == ("created", "updated", "deleted")
    assert made.expires_at == expires_at
    assert made.expires_at.tzinfo == UTC
    assert (made.url, made.lifecycle_url) == (URL, URL)
    assert await graph.get_subscription(made.id) == made


async def test_a_second_one_is_refused_with_the_id_of_the_first(graph, world):
    made = await create(graph, world)

    with pytest.raises(GraphFault) as raised:
        await create(graph, world)

    assert raised.value.status == 409
    assert f"Subscription Id {made.id} already exists" in raised.value.message


async def test_several_are_made_in_one_batch_with_an_answer_for_each(graph, world):
    wanted = [new(world), new(world, resource="users", change_types=("updated",)), new(world, resource="nonsense/x")]

    mail, people, refused = await graph.create_subscriptions(wanted)

    assert (mail.resource, mail.lifecycle_url) == (wanted[0].resource, URL)
    assert (people.resource, people.change_types) == ("users", ("updated",))
    assert isinstance(refused, GraphFault)
    assert refused.status == 400
    assert world.graph.subscriptions.get(mail.id).client_state == "s"


async def test_a_list_shows_all_of_this_app_s_own(graph, world):
    made = [await create(graph, world), await create(graph, world, resource="users", change_types=("updated",))]

    assert sorted(await graph.list_subscriptions(), key=str) == sorted(made, key=str)


async def test_a_list_is_read_page_by_page(answering):
    def page(number: int) -> dict[str, Any]:
        return {
            "value": [{"id": f"s{number}", "expirationDateTime": "2026-06-16T12:00:00Z", "notificationUrl": URL}],
        }

    graph = await answering()
    first = JSONResponse(page(1) | {"@odata.nextLink": f"{graph.url}/v1.0/subscriptions?$skiptoken=x"})
    await answering(first, JSONResponse(page(2)))

    assert [one.id for one in await graph.list_subscriptions()] == ["s1", "s2"]
    assert answering.asked[1].url.query == "$skiptoken=x"


async def test_members_of_a_group_are_people_of_the_groups_within_it_too_over_all_pages(answering):
    graph = await answering()
    onward = f"{graph.url}/v1.0/groups/g/transitiveMembers/graph.user?$skiptoken=x"
    await answering(
        JSONResponse({"value": [{"id": "ada"}], "@odata.nextLink": onward}), JSONResponse({"value": [{"id": "grace"}]})
    )

    assert await graph.group_members("g") == ["ada", "grace"]
    assert answering.asked[0].url.path == "/v1.0/groups/g/transitiveMembers/graph.user"


async def test_reauthorizing_is_a_post_of_its_own(answering):
    graph = await answering(Response(status_code=204))

    await graph.reauthorize_subscription("x")

    (request,) = answering.asked
    assert (request.method, request.url.path) == ("POST", "/v1.0/subscriptions/x/reauthorize")


async def test_an_item_without_an_answer_is_a_fault_for_every_kind_of_batch(answering, world):
    graph = await answering(*[JSONResponse({"responses": []})] * 3)

    (made,) = await graph.create_subscriptions([new(world)])
    renewed = await graph.renew_subscriptions({"x": world.clock.now()})
    deleted = await graph.delete_subscriptions(["x"])

    for fault in (made, renewed["x"], deleted["x"]):
        assert isinstance(fault, GraphFault)
        assert fault.status == 0


async def test_renewals_go_in_one_batch_with_an_answer_for_each(graph, world):
    made = await create(graph, world)
    later = world.clock.now() + timedelta(days=3)

    answers = await graph.renew_subscriptions({made.id: later, "00000000-0000-4000-8000-000000000000": later})

    renewed, missing = answers.values()
    assert isinstance(renewed, GraphSubscription)
    assert abs(renewed.expires_at - later) < timedelta(milliseconds=1)
    assert renewed.id == made.id
    assert (renewed.url, renewed.lifecycle_url, renewed.change_types) == (URL, URL, made.change_types)
    assert isinstance(missing, GraphFault)
    assert (missing.status, missing.code) == (404, "ResourceNotFound")


async def test_a_deleted_one_is_gone_and_deleting_it_again_is_harmless(graph, world):
    made = await create(graph, world)
    other = await create(graph, world, resource="users", change_types=("updated",))
    assert await graph.delete_subscriptions([made.id, other.id]) == {made.id: None, other.id: None}
    assert await graph.delete_subscriptions([made.id]) == {made.id: None}

    with pytest.raises(GraphFault, match="404"):
        await graph.get_subscription(made.id)


async def test_all_folders_of_a_mailbox(graph, ada):
    assert len(set(await graph.collection_ids(f"users/{ada}/mailFolders"))) == 5


def inbox(user: str) -> str:
    return f"users/{user}/mailFolders/inbox/messages/delta?$select=createdDateTime,lastModifiedDateTime"


async def read_round(graph: MsGraph, path: str, link: str | None) -> tuple[list, str]:
    items, is_last = [], False
    while not is_last:
        page = await graph.delta(path, link)
        items, link, is_last = items + list(page.items), page.link, page.is_last
    return items, str(link)


async def test_delta_shows_what_changed_since_the_link(graph, world, ada):
    world.graph.trigger("message.created", user="ada", count=12)
    first, link = await read_round(graph, inbox(ada), None)
    world.graph.trigger("message.updated", user="ada")
    world.graph.trigger("message.deleted", user="ada")

    later, _ = await read_round(graph, inbox(ada), link)

    assert len(first) == 12
    assert all(item.etag.startswith('W/"') and not item.removed for item in first)
    assert all(item.created_at.tzinfo and item.changed_at.tzinfo for item in first)
    assert sorted(item.removed for item in later) in ([True], [False, True])
    assert {item.id for item in later} <= {item.id for item in first}


async def test_an_expired_delta_link_is_a_410(graph, world, ada):
    _, link = await read_round(graph, inbox(ada), None)
    world.graph.delta.expire_all()

    with pytest.raises(GraphFault) as raised:
        await graph.delta(inbox(ada), link)

    assert raised.value.status == 410


async def test_whether_a_message_exists(graph, world, ada):
    world.graph.trigger("message.created", user="ada")
    (item,), _ = await read_round(graph, inbox(ada), None)

    assert await graph.exists(f"users/{ada}/messages/{item.id}")
    world.graph.trigger("message.deleted", user="ada")
    assert not await graph.exists(f"users/{ada}/messages/{item.id}")


async def test_the_token_is_graph_s_and_the_credential_stays_open(graph, ada, credential):
    await graph.collection_ids(f"users/{ada}/mailFolders")
    await graph.delta(inbox(ada), None)

    assert set(credential.scopes) == {"https://graph.microsoft.com/.default"}
    assert credential.closed == 0


async def test_graph_that_is_down_is_a_fault_with_its_status_and_is_asked_once(graph, world, ada):
    world.switches.graph_down = True

    for call in (
        graph.collection_ids(f"users/{ada}/mailFolders"),
        graph.delta(inbox(ada), None),
        graph.get_subscription("x"),
        graph.exists(f"users/{ada}/messages/x"),
        graph.renew_subscriptions({"x": world.clock.now()}),
    ):
        with pytest.raises(GraphFault) as raised:
            await call
        assert raised.value.status == 503


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/v1.0/delta?x", "https://localhost:1/v1.0/delta", "http://localhost:{port}/v1.0/delta"],
)
async def test_a_link_that_leads_elsewhere_is_not_followed(answering, link):
    graph = await answering(JSONResponse({"value": []}))
    foreign = link.replace("{port}", graph.url.rpartition(":")[2])

    with pytest.raises(GraphFault, match="leads to"):
        await graph.delta(inbox("ada"), foreign)

    assert answering.asked == []


async def test_a_next_page_of_folders_that_lies_elsewhere_is_not_read(answering):
    graph = await answering(JSONResponse({"value": [{"id": "a"}], "@odata.nextLink": "https://evil.example/next"}))

    with pytest.raises(GraphFault, match="leads to"):
        await graph.collection_ids("users/ada/mailFolders")

    assert len(answering.asked) == 1


def error(status: int, code: str = "Code", **headers: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": "Words."}}, status, headers=headers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 429, 500, 503])
async def test_a_refusal_is_a_fault_with_status_code_and_message(answering, status):
    graph = await answering(error(status), error(status))  # after 401 the SDK may ask once more

    with pytest.raises(GraphFault) as raised:
        await graph.get_subscription("x")

    assert (raised.value.status, raised.value.code, raised.value.message) == (status, "Code", "Words.")
    assert raised.value.wait_s is None


@pytest.mark.parametrize("header", ["Retry-After", "retry-after"])
async def test_a_429_says_how_long_to_wait_and_is_not_tried_again_by_the_sdk(answering, header):
    graph = await answering(error(429, **{header: "37"}))

    with pytest.raises(GraphFault) as raised:
        await graph.get_subscription("x")

    assert raised.value.wait_s == 37
    assert len(answering.asked) == 1


async def test_an_item_of_a_batch_has_its_own_wait(answering):
    body = {"error": {"code": "TooManyRequests", "message": "Slow down."}}
    item = {"id": "0", "status": 429, "headers": {"Retry-After": "5"}, "body": body}
    graph = await answering(JSONResponse({"responses": [item]}))

    answers = await graph.renew_subscriptions({"x": datetime.now(UTC), "y": datetime.now(UTC)})

    assert (answers["x"].status, answers["x"].wait_s) == (429, 5)
    assert isinstance(answers["y"], GraphFault)


async def test_a_batch_s_patches_hold_nothing_but_the_expiry(answering):
    graph = await answering(JSONResponse({"responses": []}))
    await graph.renew_subscriptions({"x": datetime(2026, 6, 16, 12, tzinfo=UTC)})

    (request,) = json.loads(answering.asked[0].state.text)["requests"]
    assert request == {
        "id": "0",
        "method": "PATCH",
        "url": "/subscriptions/x",
        "headers": {"accept": "application/json", "content-type": "application/json"},
        "body": {"expirationDateTime": "2026-06-16T12:00:00+00:00"},
    }


@pytest.mark.parametrize("status", [200, 502])
async def test_a_page_of_a_gateway_s_is_a_fault(answering, status):
    for call in ("get_subscription", "renew_subscriptions"):
        graph = await answering(Response("<html>", status, media_type="text/html"))
        with pytest.raises(GraphFault):
            await getattr(graph, call)("x" if call == "get_subscription" else {"x": datetime.now(UTC)})


async def test_an_answer_without_an_id_is_a_fault(answering):
    graph = await answering(JSONResponse({"resource": "users"}))

    with pytest.raises(GraphFault, match="lacks id"):
        await graph.get_subscription("x")


async def test_mail_is_asked_for_with_ids_that_stay(answering):
    page = {"value": [], "@odata.deltaLink": "https://localhost/x"}
    graph = await answering(JSONResponse(page), JSONResponse({"id": "m"}))

    await graph.delta(inbox("ada"), None)
    await graph.exists("users/ada/messages/m")

    for request in answering.asked:
        assert 'IdType="ImmutableId"' in request.headers["prefer"]


async def test_folders_within_folders_count_over_all_pages(answering):
    graph = await answering()
    onward = f"{graph.url}/v1.0/users/ada/mailFolders?$skip=1"
    await answering(
        JSONResponse({"value": [{"id": "a", "childFolderCount": 1}], "@odata.nextLink": onward}),
        JSONResponse({"value": [{"id": "b", "childFolderCount": 0}]}),
        JSONResponse({"value": [{"id": "a/1", "childFolderCount": 1}]}),
        JSONResponse({"value": [{"id": "a11"}]}),
    )

    assert sorted(await graph.collection_ids("users/ada/mailFolders")) == ["a", "a/1", "a11", "b"]
    assert [request.url.path for request in answering.asked[2:]] == [
        "/v1.0/users/ada/mailFolders/a/childFolders",
        "/v1.0/users/ada/mailFolders/a/1/childFolders",  # sent as a%2F1
    ]


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        ({"@odata.etag": "e"}, {"etag": "e", "removed": False}),
        (
            {"eTag": "e", "lastModifiedDateTime": "2026-06-16T12:00:00Z"},
            {"etag": "e", "changed_at": datetime(2026, 6, 16, 12, tzinfo=UTC)},
        ),
        ({"etag": "1", "deletedDateTime": None}, {"etag": "1", "removed": False}),
        ({"etag": "1", "deletedDateTime": "2026-06-16T12:00:00Z"}, {"removed": True, "is_restorable": False}),
        ({"@removed": {"reason": "deleted"}}, {"removed": True, "is_restorable": False}),
        ({"@removed": {"reason": "changed"}}, {"removed": True, "is_restorable": True}),
        ({"deleted": {"state": "deleted"}}, {"removed": True}),
        ({"type": "occurrence"}, {"type": "occurrence"}),
        ({"root": {}}, {"type": "root"}),
        ({}, {"etag": "", "created_at": None, "changed_at": None, "removed": False, "type": ""}),
    ],
)
async def test_every_way_to_show_an_entity_is_read(answering, row, facts):
    graph = await answering(JSONResponse({"value": [{"id": "x"} | row], "@odata.deltaLink": "https://localhost/l"}))

    (item,) = (await graph.delta("users/delta", None)).items

    assert {name: getattr(item, name) for name in facts} == facts


async def test_a_digest_tells_whether_what_is_shown_has_changed(answering):
    rows = [
        {"id": "x", "jobTitle": "a", "mail": "m"},
        {"mail": "m", "id": "x", "jobTitle": "a"},
        {"id": "x", "mail": "m"},
    ]
    graph = await answering(JSONResponse({"value": rows, "@odata.deltaLink": "https://localhost/l"}))

    one, same, other = (item.digest for item in (await graph.delta("users/delta", None)).items)

    assert one == same != other


async def test_a_page_that_leads_nowhere_is_a_fault(answering):
    graph = await answering(JSONResponse({"value": []}))

    with pytest.raises(GraphFault, match="neither nextLink nor deltaLink"):
        await graph.delta("users/delta", None)


ENTITIES = {  # what the twin keeps: its kind, its collection's delta, and how it is watched
    "event": "users/{ada}/events",
    "contact": "users/{ada}/contacts",
    "toDo": "users/{ada}/todo/lists/{tasks}/tasks",
    "user": "users",
    "group": "groups",
    "driveItem": "users/{ada}/drive/root",
}


@pytest.mark.parametrize("kind", ENTITIES)
async def test_what_changed_is_read_by_delta_for_every_kind_that_the_twin_keeps(graph, world, ada, kind):
    lists = world.graph.entities.shelves.of(("todoList", ada)).rows
    resource = ENTITIES[kind].format(ada=ada, tasks=next(iter(lists)))
    places = places_of(resource)
    ids = await graph.collection_ids(places.listing) if places.listing else []
    marks = {place: (await read_round(graph, place.mark, None))[1] for place in places.of(ids, now=datetime.now(UTC))}

    if kind == "group":
        world.graph.groups.update(world.graph.groups.living()[0], {"description": "other"})
    else:
        world.graph.trigger(f"{kind}.created", user="ada")
        world.graph.trigger(f"{kind}.updated", user="ada")

    found = [item for place, link in marks.items() for item in (await read_round(graph, place.path, link))[0]]
    news = {item.id for item in found if not item.removed and item.type not in places.kind.skipped}
    ledger = {change.resource.rpartition("/")[2] for change in world.ledger.changes}
    assert news == ledger
    assert all(await asyncio.gather(*(graph.exists(places.item_path(id_)) for id_ in news)))


async def test_a_graph_that_cannot_be_reached_is_a_fault_without_status(credential):
    with pytest.raises(GraphFault) as raised:
        await MsGraph(credential, "https://localhost:1").get_subscription("x")

    assert raised.value.status == 0


async def test_no_token_is_a_fault():
    class NoToken(StaticToken):
        async def get_token(self, *scopes: str, **_: object) -> AccessToken:
            raise ClientAuthenticationError("no identity here\nmore")

    with pytest.raises(GraphFault) as raised:
        await MsGraph(NoToken(""), "https://localhost:1").get_subscription("x")

    assert (raised.value.status, raised.value.message) == (401, "no identity here")


def test_the_shim_reads_the_same_members_as_the_sdk_s_own():
    """In a process of its own: the shim is put in place for a whole process."""
    code = """
from msgraph.generated.models.entity import Entity
own = Entity().get_field_deserializers()
from shared.adapters.graph import base_fields
assert base_fields(Entity()).keys() == own.keys(), (base_fields(Entity()).keys(), own.keys())
class Node:
    def get_str_value(self): return 'x'
one, two = Entity(), Entity()
for fields in (Entity.get_field_deserializers(one), base_fields(two)):
    for read in fields.values(): read(Node())
assert (one.id, one.odata_type) == (two.id, two.odata_type) == ('x', 'x')
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=60)  # noqa: S603


def test_importing_the_adapter_does_not_load_the_sdk():
    code = "import sys, shared.adapters.graph; assert not any(name.startswith('msgraph') for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3], timeout=60)  # noqa: S603
