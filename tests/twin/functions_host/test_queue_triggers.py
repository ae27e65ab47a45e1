"""Queue triggers and outputs against Azurite, reached by its connection string."""

import base64
import json
import uuid
from datetime import datetime

import pytest
from azure.storage.queue import QueueServiceClient
from free_ports import free_base

from twin.addresses import Addresses
from twin.azurite.launch import SCRIPT, connection_string, start_azurite

pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`")

APP = """
import asyncio
import json
import typing

import azure.functions as func

app = func.FunctionApp()
notes = asyncio.Queue()
release = asyncio.Semaphore(0)
together = {"now": 0, "most": 0}


@app.queue_trigger(arg_name="message", queue_name="%WORK%", connection="ACCOUNT")
async def work(message: func.QueueMessage) -> None:
    at = [message.insertion_time, message.expiration_time, message.time_next_visible]
    times = [instant.isoformat() for instant in at]
    notes.put_nowait([message.get_body().decode(), message.id, message.dequeue_count, *times, message.pop_receipt])
    if b"fail" in message.get_body():
        raise RuntimeError("told to fail")


@app.queue_trigger(arg_name="message", queue_name="%CROWD%", connection="ACCOUNT")
async def crowd(message: str) -> None:
    together["now"] += 1
    together["most"] = max(together["most"], together["now"])
    notes.put_nowait(together["most"])
    await release.acquire()
    together["now"] -= 1


@app.queue_trigger(arg_name="message", queue_name="%ABSENT%", connection="ACCOUNT")
async def lost(message: str) -> None:
    pass


@app.route(route="send", methods=["POST"])
@app.queue_output(arg_name="one", queue_name="out-{query.name}", connection="ACCOUNT")
@app.queue_output(arg_name="more", queue_name="more", connection="ACCOUNT")
async def send(req: func.HttpRequest, one: func.Out[str], more: func.Out[typing.List[str]]) -> str:
    one.set("Zoë")
    more.set(["a", "b"])
    if "fail" in req.params:
        raise RuntimeError("told to fail")
    return "sent"


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="out", queue_name="no_such_name", connection="ACCOUNT")
async def unwritable(event: str, out: func.Out[str]) -> None:
    out.set("x")


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="out", queue_name="work", connection="ACCOUNT")
async def pass_on(event: str, out: func.Out[str]) -> None:
    out.set(event)


@app.route(route="next")
async def next_note(req: func.HttpRequest) -> str:
    async with asyncio.timeout(20):
        return json.dumps(await notes.get())


@app.route(route="waiting")
async def waiting(req: func.HttpRequest) -> str:
    return str(notes.qsize())


@app.route(route="release")
async def let_go(req: func.HttpRequest) -> str:
    for _ in range(int(req.params["count"])):
        release.release()
    return "released"
"""
HOST = {"version": "2.0", "extensions": {"http": {"routePrefix": ""}, "queues": {"maxPollingInterval": "00:00:00.200"}}}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    addresses = Addresses(free_base())
    azurite = start_azurite(addresses, tmp_path_factory.mktemp("azurite"), None, None, oauth=False)
    yield connection_string(addresses)
    azurite.stop()


@pytest.fixture(scope="module")
def service(account):
    with QueueServiceClient.from_connection_string(account) as service:
        service.create_queue("work")
        service.create_queue("crowd")
        yield service


@pytest.fixture(scope="module")
def host(hosts, account, service):
    return hosts.start(hosts.app(APP, HOST), AzureWebJobsACCOUNT=account, WORK="work", CROWD="nobody")


def test_a_message_is_an_invocation_with_its_metadata_and_then_gone(host, service):
    sent = _send(service, "work", "Zoë")

    body, number, count, inserted, expires, visible, receipt = _next(host)
    assert (body, number, count) == ("Zoë", sent.id, 1)
    assert [datetime.fromisoformat(inserted), datetime.fromisoformat(expires)] == [sent.inserted_on, sent.expires_on]
    assert datetime.fromisoformat(visible) > datetime.fromisoformat(inserted)
    assert receipt
    _send(service, "work", "second")
    assert _next(host)[0] == "second"
    assert _count(service, "work-poison") == 0


def test_a_message_that_fails_five_times_is_set_aside(host, service):
    sent = _send(service, "work", f"fail {uuid.uuid4()}")

    notes = [_next(host) for _ in range(5)]

    assert [note[1:3] for note in notes] == [[sent.id, count] for count in range(1, 6)]
    assert _received(host, service, "work-poison") == [notes[0][0]]
    assert _count(service, "work") == 0


def test_plain_text_can_not_be_read_as_base64_and_is_set_aside_unrun(host, service):
    service.get_queue_client("work").send_message("plain text")

    _send(service, "work", "after it")

    assert _next(host)[0] == "after it"
    assert _raw(host, service, "work-poison") == ["plain text"]


def test_with_encoding_none_plain_text_is_read_as_it_is(hosts, account, service):
    service.create_queue("plain")
    settings = json.loads(json.dumps(HOST))
    settings["extensions"]["queues"]["messageEncoding"] = "none"
    host = hosts.start(hosts.app(APP, settings), ACCOUNT=account, WORK="plain", CROWD="nobody")

    service.get_queue_client("plain").send_message("plain text")

    assert _next(host)[0] == "plain text"
    host.stop()


def test_a_batch_of_16_runs_at_once_and_the_next_is_fetched_when_8_are_left(hosts, account, service):
    for number in range(40):
        _send(service, "crowd", str(number))
    host = hosts.start(hosts.app(APP, HOST), ACCOUNT=account, WORK="nobody", CROWD="crowd")

    first = [_next(host) for _ in range(16)]
    host.http.get("/release?count=7")
    assert _nothing_more(host)
    host.http.get("/release?count=1")
    second = [_next(host) for _ in range(16)]

    assert (first[-1], second[-1]) == (16, 24)
    host.stop()


def test_outputs_are_sent_after_success_and_make_their_queue(host, service):
    assert host.http.post("/send?name=good").text == "sent"

    assert _received(host, service, "out-good") == ["Zoë"]
    assert sorted(_received(host, service, "more")) == ["a", "b"]


def test_outputs_of_a_failure_are_not_sent(host, service):
    assert host.http.post("/send?name=bad&fail=1").status_code == 500

    assert "out-bad" not in [queue.name for queue in service.list_queues()]


def test_an_output_that_can_not_be_written_fails_the_invocation(host):
    assert host.notify("unwritable", '{"id":"1"}').status_code == 500

    assert "Exception writing output 'out'" in host.log.read_text()


def test_an_output_of_this_host_wakes_its_trigger(host):
    assert host.notify("pass_on", '{"id":"1"}').status_code == 202

    assert _next(host)[0] == '{"id":"1"}'


def test_a_queue_whose_setting_is_missing_is_named(host):
    assert "function.in_error function=lost: '%ABSENT%' does not resolve" in host.log.read_text()


def _send(service, queue, text):
    return service.get_queue_client(queue).send_message(base64.b64encode(text.encode()).decode())


def _next(host):
    return host.http.get("/next").json()


def _nothing_more(host):
    return host.http.get("/waiting").text == "0"


def _raw(host, service, queue):
    """All that is in it, taken out. What the host writes after the app's own note may take a moment."""
    client = service.get_queue_client(queue)
    for _ in range(100):
        if messages := list(client.receive_messages() if _exists(service, queue) else ()):
            for message in messages:
                client.delete_message(message)
            return [message.content for message in messages]
        host.http.get("/admin/host/status")
    return []


def _received(host, service, queue):
    return [base64.b64decode(text).decode() for text in _raw(host, service, queue)]


def _exists(service, queue):
    return queue in [each.name for each in service.list_queues(name_starts_with=queue)]


def _count(service, queue):
    if not _exists(service, queue):
        return 0
    return service.get_queue_client(queue).get_queue_properties().approximate_message_count
