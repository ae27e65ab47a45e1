"""The real @microsoft/signalr client, let in by a negotiate function, hears what functions push."""

import json
import subprocess
from pathlib import Path

import pytest
from signalr_twin import SignalRTwin

from twin.azurite.node import find_node

WEB = Path(__file__).parents[3] / "web"
SCRIPT = Path(__file__).with_name("signalr_client.mjs")
NODE = find_node()
pytestmark = pytest.mark.skipif(
    NODE is None or not (WEB / "node_modules" / "@microsoft" / "signalr").is_dir(),
    reason="node or web/node_modules/@microsoft/signalr is missing: `make setup`",
)

APP = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="negotiate", methods=["POST"])
@app.generic_input_binding(
    arg_name="connection",
    type="signalRConnectionInfo",
    hubName="Feed",
    connectionStringSetting="SIGNALR",
    userId="{headers.x-ms-client-principal-id}",
)
async def negotiate(req: func.HttpRequest, connection: str) -> func.HttpResponse:
    return func.HttpResponse(connection, mimetype="application/json")


@app.route(route="push", methods=["POST"])
@app.generic_output_binding(arg_name="out", type="signalR", hubName="Feed", connectionStringSetting="SIGNALR")
async def push(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(req.get_body().decode())
    return "done"
"""


class Page:
    """A browser's stand-in: node with the client that the page uses."""

    def __init__(self, host, user):
        address = f"http://127.0.0.1:{host.port}"
        command = [str(NODE.executable), str(SCRIPT), str(WEB), address, user]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script

    def next(self):
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def twin():
    twin = SignalRTwin()
    yield twin
    twin.stop()


@pytest.fixture(scope="module")
def host(hosts, twin):
    return hosts.start(hosts.app(APP), **twin.identity)


@pytest.fixture
def pages(host):
    opened = []

    def open_for(*users):
        opened.extend(Page(host, user) for user in users)
        return opened

    yield open_for
    for page in opened:
        page.stop()


def _push(host, **message):
    answer = host.http.post("/push", json={"target": "news", "arguments": [], **message})
    assert (answer.status_code, answer.text) == (200, "done")


def test_each_user_hears_what_is_for_them_or_for_all_and_nothing_else(host, pages):
    ada, grace = pages("ada", "grace")
    assert (ada.next(), grace.next()) == (["connected"], ["connected"])

    _push(host, userId="ada", arguments=["for ada", {"n": 1}])
    _push(host, userId="grace", arguments=["for grace"])
    host.http.post("/push", json={"userId": "grace", "groupName": "operators", "action": "add"})
    _push(host, groupName="operators", arguments=["for operators"])
    _push(host, arguments=["for all", None, "ä\u2028"])

    assert [ada.next(), ada.next()] == [["news", "for ada", {"n": 1}], ["news", "for all", None, "ä\u2028"]]
    assert [grace.next() for _ in range(3)] == [
        ["news", "for grace"],
        ["news", "for operators"],
        ["news", "for all", None, "ä\u2028"],
    ]


def test_a_page_whose_socket_is_cut_comes_back_and_hears_on_but_not_what_it_missed(host, pages, twin):
    (ada,) = pages("ada")
    assert ada.next() == ["connected"]

    twin.cut()
    assert ada.next() == ["reconnecting"]
    assert ada.next() == ["reconnected"]
    _push(host, userId="ada", arguments=["after"])

    assert ada.next() == ["news", "after"]


def test_a_page_that_is_closed_by_the_service_may_come_back(host, pages, twin):
    (ada,) = pages("ada")
    assert ada.next() == ["connected"]

    service = twin.world.signalr
    twin.call(lambda: service.close(service.hub("feed").of_user("ada"), "maintenance"))

    assert [ada.next(), ada.next()] == [["reconnecting"], ["reconnected"]]


def test_without_permission_to_come_back_it_stays_closed(host, pages, twin):
    (ada,) = pages("ada")
    assert ada.next() == ["connected"]

    service = twin.world.signalr
    connections = service.hub("feed").of_user("ada")
    twin.call(lambda: [each.close("go away", allow_reconnect=False) for each in connections])

    event, error = ada.next()
    assert (event, "go away" in error) == ("closed", True)


def test_a_key_that_is_not_the_services_opens_nothing(hosts, twin):
    endpoint = twin.world.addresses.signalr
    forger = hosts.start(hosts.app(APP), SIGNALR=f"Endpoint={endpoint};AccessKey={'x' * 40};Version=1.0;")
    page = Page(forger, "ada")

    event, error = page.next()
    page.stop()

    assert (event, "401" in error) == ("refused", True)
    assert forger.http.post("/push", json={"target": "news", "arguments": []}).status_code == 500


def test_while_the_service_is_offline_the_page_is_refused(host, twin):
    twin.world.switches.signalr_offline = True
    page = Page(host, "ada")

    event, error = page.next()
    page.stop()
    twin.world.switches.signalr_offline = False

    assert (event, "503" in error) == ("refused", True)
