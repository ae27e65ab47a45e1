"""The bindings signalRConnectionInfo and signalR behind the host."""

import json

import jwt
import pytest
from signalr_twin import SignalRTwin

APP = """
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
FEED = {"hubName": "%HUB%", "connectionStringSetting": "SIGNALR"}


@app.route(route="negotiate")
@app.generic_input_binding(
    arg_name="info", type="signalRConnectionInfo", userId="{headers.x-ms-client-principal-id}", **FEED
)
async def negotiate(req: func.HttpRequest, info: str) -> str:
    return info


@app.route(route="anonymous")
@app.generic_input_binding(arg_name="info", type="signalRConnectionInfo", **FEED)
async def anonymous(req: func.HttpRequest, info: str) -> str:
    return info


@app.route(route="rooms/{room}")
@app.generic_input_binding(
    arg_name="info", type="signalRConnectionInfo", hubName="feed", connectionStringSetting="SIGNALR",
    userId="{room}/{query.name}"
)
def rooms(req: func.HttpRequest, info: str) -> str:
    return info


@app.route(route="elsewhere")
@app.generic_input_binding(
    arg_name="info", type="signalRConnectionInfo", hubName="feed", connectionStringSetting="ABSENT"
)
async def elsewhere(req: func.HttpRequest, info: str) -> str:
    return info


@app.route(route="push", methods=["POST"])
@app.generic_output_binding(arg_name="out", type="signalR", **FEED)
async def push(req: func.HttpRequest, out: func.Out[str]) -> str:
    if body := req.get_body():
        out.set(body.decode())
    if "fail" in req.params:
        raise RuntimeError("told to fail")
    return "done"


@app.event_grid_trigger(arg_name="event")
@app.generic_output_binding(arg_name="out", type="signalR", **FEED)
async def forward(event: str, out: func.Out[str]) -> None:
    out.set(json.dumps({"target": "event", "arguments": [json.loads(event)["id"]]}))


@app.event_grid_trigger(arg_name="event")
@app.generic_output_binding(arg_name="$return", type="signalR", **FEED)
async def give_back(event: str) -> str:
    return json.dumps({"target": "returned", "arguments": []})


@app.event_grid_trigger(arg_name="event")
@app.generic_output_binding(arg_name="out", type="signalR", **FEED)
@app.blob_output(arg_name="blob", path="c/b", connection="S")
async def both(event: str, out: func.Out[str], blob: func.Out[str]) -> None:
    out.set(json.dumps({"target": "event", "arguments": []}))
    blob.set("x")
"""
MESSAGE = {"target": "news", "arguments": [1]}


@pytest.fixture(scope="module")
def twin():
    twin = SignalRTwin()
    yield twin
    twin.stop()


@pytest.fixture(scope="module", params=["identity", "key"])
def host(request, hosts, twin):
    return hosts.start(hosts.app(APP), HUB="Feed", **getattr(twin, request.param))


@pytest.fixture
def sent(twin):
    """How many messages the service was asked to send in this test."""
    before = twin.world.signalr.counts.sent
    return lambda: twin.world.signalr.counts.sent - before


def test_the_answer_of_negotiate_is_a_url_and_a_token_for_the_user_of_the_header(host, twin):
    info = host.http.get("/negotiate", headers={"X-MS-CLIENT-PRINCIPAL-ID": "0af7"}).json()

    assert info.keys() == {"url", "accessToken"}
    assert info["url"] == f"{twin.world.addresses.signalr}/client/?hub=feed"
    assert twin.world.signalr.user_of(info["accessToken"], "feed") == "0af7"
    claims = jwt.decode(info["accessToken"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600


def test_without_a_user_id_in_the_binding_the_token_names_nobody(host, twin):
    info = host.http.get("/anonymous").json()

    assert twin.world.signalr.user_of(info["accessToken"], "feed") is None


def test_route_and_query_parameters_are_expressions_too(host, twin):
    info = host.http.get("/rooms/7?name=ada").json()

    assert twin.world.signalr.user_of(info["accessToken"], "feed") == "7/ada"


def test_an_expression_without_a_value_fails_before_the_function_starts(host):
    assert host.http.get("/negotiate").status_code == 500
    assert "Error while accessing 'x-ms-client-principal-id': property doesn't exist." in host.log.read_text()


def test_a_setting_that_is_not_there_is_named(host):
    assert host.http.get("/elsewhere").status_code == 500
    assert "want the setting ABSENT or ABSENT__serviceUri" in host.log.read_text()


@pytest.mark.parametrize(("body", "count"), [(MESSAGE, 1), ([MESSAGE, MESSAGE], 2), ([], 0), (None, 0)])
def test_one_message_a_list_or_none_are_pushed_after_success(host, sent, body, count):
    answer = host.http.post("/push", content=b"" if body is None else json.dumps(body))

    assert (answer.status_code, answer.text, sent()) == (200, "done", count)


def test_after_a_failure_nothing_is_pushed(host, sent):
    assert host.http.post("/push?fail=1", json=MESSAGE).status_code == 500

    assert sent() == 0


def test_an_event_functions_output_is_pushed_too(host, sent):
    assert host.notify("forward", '{"id":"1","specversion":"1.0"}').status_code == 202
    assert host.notify("give_back", '{"id":"1","specversion":"1.0"}').status_code == 202

    assert sent() == 2


def test_a_push_that_fails_fails_the_invocation_as_on_the_real_host(host, twin):
    twin.world.switches.signalr_offline = True
    answers = [host.http.post("/push", json=MESSAGE), host.notify("forward", '{"id":"1"}')]
    twin.world.switches.signalr_offline = False

    assert [answer.status_code for answer in answers] == [500, 500]
    assert "Exception writing output 'out'" in host.log.read_text()


@pytest.mark.parametrize("body", ["text", "[1]", "{}", '{"target":"t"}', '{"action":"add"}', '{"action":"dance"}'])
def test_what_is_neither_message_nor_group_action_fails_the_invocation(host, sent, body):
    answer = host.http.post("/push", content=json.dumps([MESSAGE])[:-1] + f", {body}]" if body != "text" else body)

    assert (answer.status_code, sent()) == (500, 0 if body == "text" else 1)


def test_group_actions_are_carried_out(host, twin):
    hub, now = twin.world.signalr.hub("feed"), twin.world.clock.now

    def act(**action):
        return host.http.post("/push", json=action).status_code

    assert act(userId="a/b", groupName="g", action="add") == 200
    assert act(userId="a/b", groupName="h", action="Add") == 200
    assert hub.user_is_in("a/b", "g", now())
    assert act(userId="a/b", groupName="g", action="remove") == 200
    assert (hub.user_is_in("a/b", "g", now()), hub.user_is_in("a/b", "h", now())) == (False, True)
    assert act(userId="a/b", action="removeAll") == 200
    assert not hub.user_is_in("a/b", "h", now())
    assert act(connectionId="gone", groupName="g", action="add") == 200  # 404 is what the SDK expects there


def test_nothing_is_pushed_where_another_output_can_not_be_written(host, sent):
    assert host.notify("both", '{"id":"1"}').status_code == 500

    assert sent() == 0
    assert "invocation.output_not_served function=both" in host.log.read_text()


def test_tokens_and_keys_are_not_logged(host, twin):
    host.http.get("/anonymous")
    host.http.post("/push", json=MESSAGE)

    log = host.log.read_text()
    for secret in (twin.world.signalr.keys.access_key, twin.world.signalr.keys.issued_key, "eyJ"):
        assert secret not in log
