"""What holds for every call: tokens, errors, throttling, and `$batch`."""

from datetime import timedelta

import pytest
from graph_builders import bearer, in_minutes, subscription, token


@pytest.mark.parametrize("authorization", ["", "Basic abc", "Bearer", "Bearer abc.def.ghi"])
async def test_a_call_without_a_valid_token_is_refused_with_401(call, authorization):
    answer = await call("GET", "/users", headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


async def test_a_token_for_another_audience_or_out_of_date_is_refused(call, world):
    other = world.entra.issue("https://storage.azure.com", subject="x", roles=["User.Read.All"])
    old = world.entra.issue("https://graph.microsoft.com", subject="x", lifetime_s=-600, roles=["User.Read.All"])

    assert (await call("GET", "/users", headers=bearer(other))).status_code == 401
    assert (await call("GET", "/users", headers=bearer(old))).status_code == 401


async def test_a_token_for_the_address_of_this_graph_is_taken(call, world):
    local = world.entra.issue(world.addresses.graph, subject="x", roles=["User.Read.All"])

    assert (await call("GET", "/users", headers=bearer(local))).status_code == 200


async def test_the_managed_identity_may_read_users_and_mail_and_watch_both(call, world):
    identity = bearer(
        world.entra.app_token("https://graph.microsoft.com", client_id=world.app_id, object_id=world.principal_id)
    )
    ada = world.people[0].id

    users = await call("GET", "/users", headers=identity)
    mail = await call("GET", f"/users/{ada}/messages", headers=identity)
    watch = await call("POST", "/subscriptions", subscription(world), headers=identity)

    assert (users.status_code, mail.status_code, watch.status_code) == (200, 200, 201)


async def test_an_error_repeats_the_request_ids_and_the_date_of_the_clock(call, world):
    world.clock.advance(timedelta(days=400))

    answer = await call("GET", "/subscriptions/unknown", headers={"client-request-id": "mine"})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "ResourceNotFound")
    assert error["innerError"]["client-request-id"] == answer.headers["client-request-id"] == "mine"
    assert error["innerError"]["request-id"] == answer.headers["request-id"]
    assert error["innerError"]["date"][:10] == f"{world.clock.now():%Y-%m-%d}"


async def test_an_unknown_path_or_method_is_refused(call):
    assert (await call("GET", "/nothing/here")).status_code == 400
    assert (await call("PUT", "/users")).status_code == 405
    assert (
        await call("POST", "/subscriptions", content=b"{", headers={"content-type": "application/json"})
    ).status_code == 400


async def test_graph_down_answers_503_to_everything(call, world):
    world.switches.graph_down = True

    assert (await call("GET", "/users")).status_code == 503
    assert (await call("POST", "/$batch", {"requests": []})).status_code == 503


async def test_the_26th_list_within_20_seconds_is_throttled_until_the_window_is_over(call, world):
    statuses = [(await call("GET", "/subscriptions")).status_code for _ in range(26)]

    throttled = await call("GET", "/subscriptions")
    world.clock.advance(timedelta(seconds=int(throttled.headers["Retry-After"])))
    later = await call("GET", "/subscriptions")

    assert statuses == [200] * 25 + [429]
    assert throttled.json()["error"]["code"] == "TooManyRequests"
    assert 1 <= int(throttled.headers["Retry-After"]) <= 20
    assert later.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [("GET", "x", 500), ("DELETE", "x", 500), ("POST", "x/reauthorize", 1000)],
)
async def test_failed_calls_count_against_their_own_bucket(call, world, method, path, limit):
    for _ in range(limit):
        world.graph.throttle.count(world.app_id, {"GET": "get", "DELETE": "write", "POST": "reauthorize"}[method])

    assert (await call(method, f"/subscriptions/{path}")).status_code == 429
    assert (await call("GET", "/subscriptions")).status_code == 200


async def test_throttling_is_for_each_app(call, world):
    for _ in range(25):
        await call("GET", "/subscriptions")

    other = bearer(token(world, roles=(), app_id="another"))

    assert (await call("GET", "/subscriptions", headers=other)).status_code == 200


async def test_a_batch_answers_each_item_by_id(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()
    renewal = {
        "id": "r",
        "method": "PATCH",
        "url": f"/subscriptions/{row['id']}",
        "headers": {"Content-Type": "application/json"},
        "body": {"expirationDateTime": in_minutes(world, 5000)},
    }
    unknown = renewal | {"id": "u", "url": "/subscriptions/unknown"}
    delete = {"id": "d", "method": "DELETE", "url": f"subscriptions/{row['id']}", "dependsOn": ["R"]}
    listing = {"id": "l", "method": "GET", "url": "/users?$select=id&$top=1"}

    answer = await call("POST", "/$batch", {"requests": [renewal, unknown, delete, listing]})

    items = {item["id"]: item for item in answer.json()["responses"]}
    assert answer.status_code == 200
    assert {name: item["status"] for name, item in items.items()} == {"r": 200, "u": 404, "d": 204, "l": 200}
    assert items["r"]["body"]["id"] == row["id"]
    assert "body" not in items["d"]
    assert len(items["l"]["body"]["value"]) == 1


async def test_answers_of_a_batch_come_in_any_order(call):
    requests = [{"id": str(number), "method": "GET", "url": "/users"} for number in range(20)]

    answer = await call("POST", "/$batch", {"requests": requests})

    ids = [item["id"] for item in answer.json()["responses"]]
    assert sorted(ids, key=int) == [item["id"] for item in requests]
    assert ids != [item["id"] for item in requests]


async def test_an_item_whose_parent_failed_is_not_done(call, world, event_grid):
    parent = {"id": "1", "method": "GET", "url": "/users/nobody"}
    child = {
        "id": "2",
        "method": "POST",
        "url": "/subscriptions",
        "headers": {"content-type": "application/json"},
        "body": subscription(world),
        "dependsOn": ["1"],
    }
    grandchild = {"id": "3", "method": "GET", "url": "/users", "dependsOn": ["2"]}

    answer = await call("POST", "/$batch", {"requests": [grandchild, child, parent]})

    items = {item["id"]: item for item in answer.json()["responses"]}
    assert [items[name]["status"] for name in "123"] == [404, 424, 424]
    assert items["2"]["body"]["error"]["code"] == "FailedDependency"
    assert event_grid.topics == []


async def test_items_of_a_batch_are_throttled_alone(call):
    requests = [{"id": str(number), "method": "GET", "url": "/subscriptions"} for number in range(20)]

    await call("POST", "/$batch", {"requests": requests})
    answer = await call("POST", "/$batch", {"requests": requests})

    items = answer.json()["responses"]
    throttled = [item for item in items if item["status"] == 429]
    assert answer.status_code == 200
    assert len(throttled) == 15
    assert all(int(item["headers"]["Retry-After"]) > 0 for item in throttled)


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)],
        [{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}],
        [{"id": "a", "method": "GET", "url": "/users", "dependsOn": ["b"]}],
        [{"id": "a", "method": "GET", "url": "/users", "dependsOn": ["a"]}],
        [{"id": "a", "method": "GET"}],
    ],
    ids=["empty", "21 items", "ids differ in case only", "unknown parent", "circle", "no url"],
)
async def test_a_malformed_batch_is_refused_as_a_whole(call, requests):
    assert (await call("POST", "/$batch", {"requests": requests})).status_code == 400


async def test_an_item_with_a_body_needs_a_content_type(call, world):
    item = {"id": "1", "method": "POST", "url": "/subscriptions", "body": subscription(world)}

    answer = await call("POST", "/$batch", {"requests": [item]})

    assert answer.json()["responses"][0]["status"] == 400


@pytest.mark.parametrize("url", ["https://graph.microsoft.com/v1.0/users", "/v1.0/users"])
async def test_an_item_with_an_absolute_url_or_a_version_in_it_is_refused(call, url):
    answer = await call("POST", "/$batch", {"requests": [{"id": "1", "method": "GET", "url": url}]})

    assert (answer.status_code, answer.json()["responses"][0]["status"]) == (200, 400)
