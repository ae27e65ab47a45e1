"""A queue trigger and an output by the managed identity, against Azurite under TLS; and a host that is killed."""

import base64

import pytest
from azure.core.credentials import AccessToken
from azure.storage.queue import QueueServiceClient
from free_ports import free_base
from signalr_twin import SignalRTwin

from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, start_azurite
from twin.certificates import local_authority

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")

APP = """
import asyncio
import json

import azure.functions as func

app = func.FunctionApp()
notes = asyncio.Queue()


@app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
async def work(message: func.QueueMessage) -> None:
    notes.put_nowait([message.get_body().decode(), message.dequeue_count])
    if b"for ever" in message.get_body() and message.dequeue_count == 1:
        await asyncio.Event().wait()


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="out", queue_name="work", connection="AzureWebJobsStorage")
async def pass_on(event: str, out: func.Out[str]) -> None:
    out.set(event)


@app.route(route="next")
async def next_note(req: func.HttpRequest) -> str:
    async with asyncio.timeout(20):
        return json.dumps(await notes.get())
"""
HOST = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}, "queues": {"maxPollingInterval": "00:00:00.200"}}}
AUDIENCE = "https://storage.azure.com"


@pytest.fixture(scope="module")
def twin():
    """For its managed identity."""
    twin = SignalRTwin()
    yield twin
    twin.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return local_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def addresses(tmp_path_factory, authority):
    addresses = Addresses(free_base())
    folder = tmp_path_factory.mktemp("azurite")
    azurite = start_azurite(addresses, folder, authority.chain, authority.key)
    yield addresses
    azurite.stop()


@pytest.fixture(scope="module")
def settings(twin, addresses, authority):
    return {
        **twin.identity,
        **authority.environment(),
        "AzureWebJobsStorage__queueServiceUri": addresses.storage("queue"),
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": twin.world.app_id,
    }


def test_a_message_goes_out_and_comes_in_by_the_managed_identity(hosts, settings):
    host = hosts.start(hosts.app(APP, HOST), **settings)

    assert host.notify("pass_on", '{"id":"1"}').status_code == 202

    assert host.http.get("/next").json() == ['{"id":"1"}', 1]
    host.stop()


def test_a_message_whose_host_was_killed_comes_again_when_it_is_visible(hosts, settings, twin, addresses, authority):
    first = hosts.start(hosts.app(APP, HOST), "--queue-hold", "1", **settings)
    _queue(twin, addresses, authority).send_message(base64.b64encode(b"for ever").decode())
    assert first.http.get("/next").json() == ["for ever", 1]

    first.stop()
    second = hosts.start(hosts.app(APP, HOST), "--queue-hold", "1", **settings)

    assert second.http.get("/next").json() == ["for ever", 2]
    second.stop()


class Credential:
    def __init__(self, entra):
        self._token = entra.issue(AUDIENCE, subject="app")

    def get_token(self, *_scopes, **_options):
        return AccessToken(self._token, 2**31)


def _queue(twin, addresses, authority):
    service = QueueServiceClient(
        addresses.storage("queue"),
        credential=Credential(twin.world.entra),
        audience=AUDIENCE,
        connection_verify=str(authority.ca),
    )
    return service.get_queue_client("work")
