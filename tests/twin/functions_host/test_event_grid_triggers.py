"""What Event Grid's deliveries do to an app."""

import json

import httpx
import pytest

APP = """
import asyncio
import json
import logging

import azure.functions as func

app = func.FunctionApp()
texts = []
started, release = asyncio.Event(), asyncio.Event()
together = {"now": 0, "most": 0}


@app.event_grid_trigger(arg_name="event")
async def receive(event: str) -> None:
    together["now"] += 1
    together["most"] = max(together["most"], together["now"])
    await asyncio.sleep(0)
    together["now"] -= 1
    texts.append(event)
    if "fail" in event:
        raise RuntimeError("told to fail")


@app.event_grid_trigger(arg_name="event")
async def slow(event: str) -> None:
    started.set()
    await release.wait()
    texts.append(event)


@app.route(route="release", auth_level=func.AuthLevel.ANONYMOUS)
async def let_go(req: func.HttpRequest) -> str:
    await started.wait()
    release.set()
    return "released"


@app.event_grid_trigger(arg_name="event")
def receive_typed(event: func.CloudEvent) -> None:
    texts.append(json.dumps([event.id, event.type, event.extension_attrs, event.get_json()]))


@app.event_grid_trigger(arg_name="event")
@app.blob_output(arg_name="out", path="c/b", connection="S")
async def forward(event: str, out: func.Out[str]) -> None:
    if "silent" not in event:
        out.set(event)


@app.route(route="texts", auth_level=func.AuthLevel.ANONYMOUS)
async def tell(req: func.HttpRequest) -> str:
    told = json.dumps({"texts": texts, "most": together["most"]})
    texts.clear()
    together["most"] = 0
    return told
"""
EVENT = (
    '{"specversion":"1.0","id":"1","type":"Microsoft.Graph.UserUpdated","source":"/t","traceparent":"00-a-b-01",'
    '"tenantid":"7","time":"2026-11-21T10:00:00.1234567Z","data":{"name":"Zoë \\ud83d","n":1.10}}'
)


@pytest.fixture(scope="module")
def host(hosts):
    return hosts.start(hosts.app(APP))


def test_the_function_gets_the_raw_text_with_extension_attributes(host):
    answer = host.notify("receive", EVENT)

    assert answer.status_code == 202
    assert _told(host)["texts"] == [EVENT]


def test_a_typed_parameter_gets_a_cloud_event(host):
    assert host.notify("receive_typed", EVENT).status_code == 202

    (text,) = _told(host)["texts"]
    id_, type_, extensions, data = json.loads(text)
    assert (id_, type_, data["n"]) == ("1", "Microsoft.Graph.UserUpdated", 1.1)
    assert extensions == {"traceparent": "00-a-b-01", "tenantid": "7"}


def test_each_event_of_a_batch_is_an_invocation_and_all_run_together(host):
    events = [json.dumps({"id": str(number)}) for number in range(20)]

    answer = host.notify("receive", f"[{', '.join(events)}]")

    told = _told(host)
    assert answer.status_code == 202
    assert sorted(told["texts"]) == sorted(events)
    assert told["most"] == 20


def test_one_failure_in_a_batch_makes_the_answer_500_and_the_others_run(host):
    answer = host.notify("receive", '[{"id":"1"},{"id":"fail"},{"id":"3"}]')

    assert answer.status_code == 500
    assert len(_told(host)["texts"]) == 3
    assert "told to fail" in host.log.read_text()


@pytest.mark.parametrize("number", ["NaN", "9" * 5000])
def test_odd_numbers_reach_the_function(host, number):
    text = f'{{"data":{number}}}'

    assert host.notify("receive", text).status_code == 202
    assert _told(host)["texts"] == [text]


@pytest.mark.parametrize("content", [b"", b"{", b"5", b'[{"a":1},]', b"[" * 100_000])
def test_what_is_not_json_is_answered_with_400(host, content):
    assert host.notify("receive", content).status_code == 400
    assert _told(host)["texts"] == []


def test_bytes_that_are_no_utf_8_are_replaced(host):
    assert host.notify("receive", b'{"a":"\xff"}').status_code == 202
    assert _told(host)["texts"] == ['{"a":"\ufffd"}']


def test_an_empty_batch_is_accepted(host):
    assert host.notify("receive", "[]").status_code == 202


@pytest.mark.parametrize("name", ["absent", "tell", "RECEIVE", ""])
def test_an_unknown_function_is_answered_with_404(host, name):
    assert host.notify(name, EVENT).status_code == 404


def test_another_kind_of_message_is_answered_with_400(host):
    assert host.notify("receive", EVENT, **{"aeg-event-type": "Gossip"}).status_code == 400
    assert host.http.post("/runtime/webhooks/EventGrid?functionName=receive", content=EVENT).status_code == 400


def test_validation_is_answered_with_its_code(host):
    content = json.dumps([{"data": {"validationCode": "abc"}}])

    answer = host.notify("receive", content, **{"aeg-event-type": "SubscriptionValidation"})

    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})


def test_the_cloud_events_handshake_names_event_grid(host):
    answer = host.http.options("/runtime/webhooks/EventGrid?functionName=receive")

    assert (answer.status_code, answer.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")


def test_an_output_that_nobody_would_write_fails_the_invocation(host):
    assert host.notify("forward", '{"id":"silent"}').status_code == 202
    assert host.notify("forward", '{"id":"1"}').status_code == 500


def test_an_invocation_goes_on_when_event_grid_waits_no_longer(host):
    """It gives up after 30 s: learn.microsoft.com/azure/event-grid/delivery-and-retry."""
    host.http.get("/texts")
    with pytest.raises(httpx.ReadTimeout):
        host.http.post(
            "/runtime/webhooks/EventGrid?functionName=slow",
            content='{"id":"late"}',
            headers={"aeg-event-type": "Notification"},
            timeout=0.3,
        )

    host.http.get("/release")

    assert _told(host)["texts"] == ['{"id":"late"}']


def test_concurrency_bounds_what_runs_together(hosts):
    bounded = hosts.start(hosts.app(APP), "--concurrency", "3")

    bounded.notify("receive", json.dumps([{"id": str(number)} for number in range(20)]))

    told = _told(bounded)
    assert (len(told["texts"]), told["most"]) == (20, 3)


def _told(host):
    return host.http.get("/texts").json()
