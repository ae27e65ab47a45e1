"""What a client meets: negotiation, the handshake, and how its connection ends."""

import asyncio
import json

import pytest
import websockets

from twin.signalr.hub import Connection
from twin.signalr.sockets import Patience

END = "\x1e"


async def test_negotiation_offers_websockets_and_no_stateful_reconnect(service):
    answer = await service.negotiate(service.client_token())

    offer = answer.json()
    assert (answer.status_code, offer["negotiateVersion"]) == (200, 1)
    assert offer["availableTransports"] == [{"transport": "WebSockets", "transferFormats": ["Text"]}]
    assert offer["connectionId"] != offer["connectionToken"]
    assert "useStatefulReconnect" not in offer


@pytest.mark.parametrize(
    "claims", [{"aud": "http://localhost:1/client/?hub=feed"}, {"aud": "feed"}, {"exp": 1}, {"x": "y" * 4096}]
)
async def test_a_token_for_something_else_or_of_yesterday_is_refused(service, claims):
    assert (await service.negotiate(service.client_token(**claims))).status_code == 401


async def test_a_token_signed_by_another_key_or_for_another_hub_is_refused(service):
    token = service.client_token()
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")

    assert (await service.negotiate(forged)).status_code == 401
    assert (await service.negotiate("")).status_code == 401
    assert (await service.negotiate(token, hub="other")).status_code == 401
    with pytest.raises(websockets.InvalidStatus, match="401"):
        await service.socket(forged)


async def test_a_page_of_another_port_may_call_with_credentials(service):
    page = {"Origin": "http://localhost:7071"}

    answer = await service.negotiate(service.client_token(), **page)
    preflight = await service.http.options(
        "/client/negotiate?hub=feed",
        headers=page
        | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-requested-with,x-signalr-user-agent",
        },
    )

    for each in (answer, preflight):
        assert each.status_code == 200
        assert each.headers["access-control-allow-origin"] == "http://localhost:7071"
        assert each.headers["access-control-allow-credentials"] == "true"
    assert "x-signalr-user-agent" in preflight.headers["access-control-allow-headers"]
    assert (await service.negotiate("", Origin="https://evil.example")).headers.get(
        "access-control-allow-origin"
    ) is None


async def test_a_negotiated_connection_is_used_once(service):
    token = service.client_token()
    ticket = (await service.negotiate(token)).json()["connectionToken"]

    async with service.socket(token, ticket):
        with pytest.raises(websockets.InvalidStatus, match="404"):
            await service.socket(token, ticket)


async def test_another_users_negotiated_connection_is_refused(service):
    ticket = (await service.negotiate(service.client_token("ada"))).json()["connectionToken"]

    with pytest.raises(websockets.InvalidStatus, match="404"):
        await service.socket(service.client_token("grace"), ticket)


async def test_negotiation_may_be_skipped(service):
    async with service.socket(service.client_token()) as socket:
        await socket.send(json.dumps({"protocol": "json", "version": 1}) + END)

        assert await socket.recv() == "{}" + END


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ('{"protocol":"messagepack","version":1}', "The protocol 'messagepack' is not supported."),
        ('{"protocol":"json","version":2}', "The server does not support version 2 of the 'json' protocol."),
        ("hello", "Unable to parse the handshake request."),
        ("[]", "Unable to parse the handshake request."),
    ],
)
async def test_what_is_not_spoken_is_said_at_the_handshake(service, asked, error):
    async with service.socket(service.client_token()) as socket:
        await socket.send(asked + END)

        assert json.loads((await socket.recv()).rstrip(END)) == {"error": error}
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()


async def test_records_may_be_split_over_frames_or_share_one(service):
    async with service.socket(service.client_token()) as socket:
        await socket.send('{"protocol":"js')
        await socket.send('on","version":1}' + END + '{"type":6}' + END + '{"type":')
        await socket.send("6}" + END)

        assert await socket.recv() == "{}" + END


async def test_a_client_that_closes_is_gone(service):
    async with service.client("ada") as client:
        await client.socket.send('{"type":7}' + END)
        await client.socket.wait_closed()

        assert service.world.signalr.as_json()["connections"] == 0


async def test_a_client_that_sends_is_disconnected_for_good(service):
    async with service.client() as client:
        await client.socket.send('{"type":1,"target":"hack","arguments":[]}' + END)

        closing = await client.next()
        assert (closing["type"], "allowReconnect" in closing) == (7, False)
        await client.socket.wait_closed()


async def test_the_service_pings_a_quiet_client_and_gives_up_a_silent_one(service):
    service.world.signalr.patience = Patience(ping_every_s=0.02, silent_for_s=0.1)

    async with service.client() as client:
        assert await client.next() == {"type": 6}
        await client.socket.wait_closed()


async def test_a_cut_ends_all_connections_without_a_word(service):
    async with service.client("ada") as ada, service.client("grace") as grace:
        assert service.world.signalr.cut() == 2

        for client in (ada, grace):
            with pytest.raises(websockets.ConnectionClosedError) as closed:
                await client.socket.recv()
            assert closed.value.rcvd is None  # no close frame
    assert service.world.signalr.as_json() | {"hubs": {}} == {
        **dict.fromkeys(("sent", "dropped", "delivered", "connections"), 0),
        **dict.fromkeys(("negotiated", "connected", "cut"), 2),
        "hubs": {},
    }


def test_a_client_that_does_not_keep_up_is_cut():
    cuts = []
    connection = Connection(id="c", user=None, cut=lambda: cuts.append("cut"), outbox=asyncio.Queue(2))

    connection.send("1")
    connection.send("2")
    assert cuts == []
    connection.send("3")

    assert cuts == ["cut"]


async def test_while_it_is_offline_everything_is_refused_with_503(service):
    token = service.client_token()
    service.world.switches.signalr_offline = True

    assert (await service.negotiate(token)).status_code == 503
    assert (await service.rest("POST", "hubs/feed/:send", {"target": "x"})).status_code == 503
    assert (await service.rest("HEAD", "health")).status_code == 503
    with pytest.raises(websockets.InvalidStatus, match="503"):
        await service.socket(token)
