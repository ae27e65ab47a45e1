"""What the app does over the service's REST API."""

import time
from datetime import timedelta

import jwt
import pytest

from twin.signalr.service import AUDIENCE


async def test_a_message_reaches_the_whole_hub_a_user_a_group_or_a_connection(service):
    async with service.client("ada") as ada, service.client("ada") as second, service.client("grace") as grace:
        await service.rest("PUT", f"hubs/feed/groups/mail/connections/{grace.id}")

        await service.send("", "all")
        await service.send("users/ada/", "ada's")
        await service.send("groups/mail/", "group's")
        await service.send(f"connections/{second.id}/", "one's")
        await service.send("", "last")

        assert [await ada.arguments() for _ in range(3)] == [["all"], ["ada's"], ["last"]]
        assert [await second.arguments() for _ in range(4)] == [["all"], ["ada's"], ["one's"], ["last"]]
        assert [await grace.arguments() for _ in range(3)] == [["all"], ["group's"], ["last"]]


async def test_a_hub_hears_nothing_of_another_and_its_name_ignores_case(service):
    async with service.client(hub="feed") as feed, service.client(hub="other") as other:
        await service.rest("POST", "hubs/FEED/:send", {"target": "t", "arguments": ["feed"]})
        await service.rest("POST", "hubs/other/:send", {"target": "t", "arguments": ["other"]})

        assert (await feed.arguments(), await other.arguments()) == (["feed"], ["other"])


async def test_an_unknown_receiver_is_accepted_too(service):
    for whom in ("users/nobody/", "groups/none/", "connections/gone/"):
        await service.send(whom, 1)

    assert service.world.signalr.counts.delivered == 0


async def test_some_connections_may_be_excluded(service):
    async with service.client() as first, service.client() as second:
        message = {"target": "t", "arguments": ["second"]}
        await service.rest("POST", "hubs/feed/:send", message, query=f"&excluded={first.id}")
        await service.send("", "both")

        assert await first.arguments() == ["both"]
        assert await second.arguments() == ["second"]


async def test_the_older_form_without_send_does_the_same(service):
    async with service.client("a/b ä") as client:
        for whom in ("", "/users/a%2Fb%20%C3%A4", f"/connections/{client.id}"):
            answer = await service.rest("POST", f"v1/hubs/feed{whom}", {"target": "t", "arguments": [whom]}, version="")
            assert (answer.status_code, await client.arguments()) == (202, [whom])
        assert (await service.rest("PUT", "v1/hubs/feed/groups/g/users/a%2Fb%20%C3%A4", version="")).status_code == 200
        answer = await service.rest("POST", "v1/hubs/feed/groups/g", {"target": "t", "arguments": ["g"]}, version="")
        assert (answer.status_code, await client.arguments()) == (202, ["g"])
        assert (await service.rest("GET", "v1/hubs/feed/users/nobody", version="")).status_code == 404


async def test_a_user_stays_in_a_group_over_connections_until_its_time_is_over(service):
    await service.rest("PUT", "hubs/feed/users/ada/groups/for-ever")
    url = f"{service.url}/api/hubs/feed/users/ada/groups/hour"
    token = service.world.signalr.keys.sign({"aud": url, "exp": 4_000_000_000})
    await service.rest(
        "PUT", "hubs/feed/users/ada/groups/hour?ttl=3600&api-version=2022-06-01", token=token, version=""
    )

    async with service.client("ada") as ada:
        await service.send("groups/hour/", "hour's")
        service.world.clock.advance(timedelta(hours=2))
        await service.send("groups/hour/", "too late")
        await service.send("groups/for-ever/", "for ever's")

        assert [await ada.arguments() for _ in range(2)] == [["hour's"], ["for ever's"]]
    assert (await service.rest("HEAD", "hubs/feed/users/ada/groups/for-ever")).status_code == 200
    late = await service.rest("HEAD", "hubs/feed/users/ada/groups/hour")
    assert (late.status_code, late.headers["x-ms-error-code"]) == (404, "Info.User.NotInGroup")


@pytest.mark.parametrize("path", ["users/ada/groups/g", "users/ada/groups"])
async def test_a_user_leaves_one_group_or_all(service, path):
    await service.rest("PUT", "hubs/feed/users/ada/groups/g")

    assert (await service.rest("DELETE", f"hubs/feed/{path}")).status_code == 200

    assert (await service.rest("HEAD", "hubs/feed/users/ada/groups/g")).status_code == 404


@pytest.mark.parametrize("path", ["groups/g/connections/{}", "connections/{}/groups"])
async def test_a_connection_leaves_one_group_or_all(service, path):
    async with service.client() as client:
        await service.rest("PUT", f"hubs/feed/groups/g/connections/{client.id}")
        assert (await service.rest("HEAD", "hubs/feed/groups/g")).status_code == 200

        assert (await service.rest("DELETE", f"hubs/feed/{path.format(client.id)}")).status_code == 200

        assert (await service.rest("HEAD", "hubs/feed/groups/g")).status_code == 404


async def test_who_exists_is_told_with_the_codes_that_the_sdk_looks_for(service):
    async with service.client("ada") as client:
        for path in ("users/ada", f"connections/{client.id}"):
            assert (await service.rest("HEAD", f"hubs/feed/{path}")).status_code == 200
    for path, code in [
        ("users/grace", "Warning.User.NotExisted"),
        ("groups/g", "Warning.Group.NotExisted"),
        ("connections/c", "Warning.Connection.NotExisted"),
    ]:
        answer = await service.rest("HEAD", f"hubs/feed/{path}")
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (404, code)
    gone = await service.rest("PUT", "hubs/feed/groups/g/connections/gone")
    assert (gone.status_code, gone.headers["x-ms-error-code"]) == (404, "Error.Connection.NotExisted")


@pytest.mark.parametrize("may_return", [True, False])
async def test_connections_are_closed_after_what_waits_for_them(service, may_return):
    service.world.switches.signalr_close_allows_reconnect = may_return
    async with service.client("ada") as ada, service.client("grace") as grace:
        await service.send("", "before")
        answer = await service.rest("POST", "hubs/feed/users/ada/:closeConnections")
        await service.rest("DELETE", f"hubs/feed/connections/{grace.id}")

        assert answer.status_code == 204
        for client in (ada, grace):
            assert await client.arguments() == ["before"]
            assert await client.next() == {"type": 7} | ({"allowReconnect": True} if may_return else {})
            await client.socket.wait_closed()


async def test_pushes_vanish_by_the_percentage_that_was_asked_for(service):
    service.world.switches.signalr_drop_percent = 50.0
    async with service.client() as client:
        for number in range(40):
            await service.send("", number)
        service.world.switches.signalr_drop_percent = 0.0
        await service.send("", "last")
        received = []
        while not received or received[-1] != "last":
            received += await client.arguments()

    counts = service.world.signalr.counts
    assert counts.sent == 41
    assert 0 < counts.dropped < 40
    assert len(received) == counts.delivered == 41 - counts.dropped


async def test_the_signature_may_be_for_the_url_with_or_without_its_query(service):
    url = f"{service.url}/api/hubs/feed/:send"
    for audience, status in [(url, 202), (f"{url}?api-version=2022-06-01", 202), (f"{url}x", 401), (service.url, 401)]:
        token = service.world.signalr.keys.sign({"aud": audience, "exp": 4_000_000_000})
        assert (await service.rest("POST", "hubs/feed/:send", {"target": "t"}, token=token)).status_code == status


async def test_an_identity_calls_with_its_token_for_signalr_alone(service):
    entra = service.world.entra
    for audience, status in [(AUDIENCE, 202), ("https://storage.azure.com", 401)]:
        token = entra.issue(audience, subject="app")
        assert (await service.rest("POST", "hubs/feed/:send", {"target": "t"}, token=token)).status_code == status


async def test_a_client_token_does_not_open_the_rest_api(service):
    answer = await service.rest("POST", "hubs/feed/:send", {"target": "t"}, token=service.client_token())

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await service.http.post("/api/hubs/feed/:send?api-version=2022-06-01")).status_code == 401


async def test_an_identity_gets_client_tokens_two_ways(service):
    token = service.world.entra.issue(AUDIENCE, subject="app")

    query = "&userId=ada&minutesToExpire=5"
    made = (await service.rest("POST", "hubs/feed/:generateToken", token=token, query=query)).json()["token"]
    key = (await service.rest("GET", "v1/auth/accessKey", token=token, version="")).json()
    claims = {"aud": f"{service.url}/client/?hub=feed", "exp": int(time.time()) + 60, "asrs.s.uid": "ada"}
    signed = jwt.encode(claims, key["AccessKey"], headers={"kid": key["KeyId"]})

    for each in (made, signed):
        assert (await service.negotiate(each)).status_code == 200
        assert service.world.signalr.user_of(each, "feed") == "ada"


async def test_the_access_key_itself_gets_no_other_key(service):
    assert (await service.rest("GET", "v1/auth/accessKey", version="")).status_code == 401


@pytest.mark.parametrize(
    "claims", [{"asrs.s.uid": "ada", "nameid": "x", "sub": "y"}, {"nameid": "ada"}, {"sub": "ada"}]
)
async def test_the_user_id_is_read_from_the_claims_of_all_who_write_it(service, claims):
    assert service.world.signalr.user_of(service.client_token(None, **claims), "feed") == "ada"


@pytest.mark.parametrize("body", [None, {}, {"target": ""}, {"target": 1}, {"target": "t", "arguments": "x"}, []])
async def test_a_body_that_is_no_message_is_refused(service, body):
    assert (await service.rest("POST", "hubs/feed/:send", body)).status_code == 400


async def test_a_message_of_more_than_1_mb_is_refused(service):
    for size, status in [(1_000_000, 202), (1_100_000, 413)]:
        body = {"target": "t", "arguments": ["x" * size]}
        assert (await service.rest("POST", "hubs/feed/:send", body)).status_code == status


async def test_what_the_real_service_does_not_know_is_refused(service):
    assert (await service.rest("POST", "hubs/feed/:send", {"target": "t"}, version="")).status_code == 400
    assert (await service.rest("POST", "hubs/feed/:send", {"target": "t"}, version="2019-01-01")).status_code == 400
    assert (await service.rest("POST", "hubs/1feed/:send", {"target": "t"})).status_code == 400
    assert (await service.rest("POST", "hubs/feed/rooms/1/:send", {"target": "t"})).status_code == 404
    assert (await service.rest("PATCH", "hubs/feed")).status_code == 405
    assert (await service.rest("GET", "nothing")).status_code == 404
    assert (await service.http.head("/api/health")).status_code == 200
