"""Several instances behind one port: spread deliveries, clocks apart, one with the timers; killed, drained, started."""

import contextlib
import json
import threading
from pathlib import Path

import httpx
import pytest

APP = """
import asyncio
import importlib
import json
import os

import azure.functions as func

app = func.FunctionApp()
module, _, name = os.environ["CLOCK"].partition(":")
clock = getattr(importlib.import_module(module), name)
events, runs = [], []
started, release = asyncio.Event(), asyncio.Event()


@app.event_grid_trigger(arg_name="event")
async def receive(event: str) -> None:
    events.append(event)


@app.event_grid_trigger(arg_name="event")
async def slow(event: str) -> None:
    started.set()
    await release.wait()


@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
async def keep(timer: func.TimerRequest) -> None:
    runs.append([clock.now().isoformat()[:16], timer.past_due])


@app.route(route="who")
async def who(req: func.HttpRequest) -> str:
    return json.dumps({
        "instance": os.environ["WEBSITE_INSTANCE_ID"], "host": os.environ["WEBSITE_HOSTNAME"], "pid": os.getpid(),
        "events": len(events), "runs": runs, "now": clock.now().timestamp(),
    })


@app.route(route="started")
async def has_started(req: func.HttpRequest) -> str:
    await started.wait()
    return "yes"
"""
NOTHING = '{"id":"1"}'


@pytest.fixture
def start(hosts):
    """A host of several; all are ended with the test."""
    running = []

    def start(*options):
        running.append(hosts.start(hosts.app(APP), *options))
        return running[-1]

    yield start
    for host in running:
        host.http.close()
        host.process.terminate()
        host.process.wait()


def test_deliveries_go_to_the_instances_in_turn(start):
    host = start("--instances", "2")

    for _ in range(4):
        assert host.notify("receive", NOTHING).status_code == 202

    told = _each(host)
    assert [each["events"] for each in told] == [2, 2]
    assert [each["host"] for each in told] == [f"localhost:{host.port}"] * 2
    assert host.ready["functions"] == ["receive", "slow", "keep", "who", "has_started"]


def test_each_instance_has_a_clock_of_its_own_at_its_distance_from_the_common_one(start):
    host = start("--instances", "2", "--clock-offsets", "0,300")
    first, second = _each(host)
    assert 290 < second["now"] - first["now"] < 310

    assert host.http.post("/twin/clock", json={"advance_s": 3600}).status_code == 200
    later, _ = _each(host)
    assert later["now"] - first["now"] >= 3600
    assert host.http.post("/twin/instances/1/clock", json={"offset_s": -600}).status_code == 200

    first, second = _each(host)
    assert 590 < first["now"] - second["now"] < 610


def test_timers_run_on_one_instance_and_go_on_at_another_that_knows_what_ran(start):
    host = start("--instances", "2")
    _to(host, "2026-01-05T10:30:00Z")
    _to(host, "2026-01-05T11:00:00Z")
    _until(lambda: [each["runs"] for each in _each(host)] == [[["2026-01-05T11:00", False]], []])

    assert host.http.post("/twin/instances/0/stop").json()["timers"] == 1

    _to(host, "2026-01-05T12:00:00Z")
    _until(lambda: _each(host)[0]["runs"] == [["2026-01-05T12:00", False]])


def test_a_killed_holder_keeps_the_timers_until_its_lock_lapses(start):
    host = start("--instances", "2", "--timer-lock", "0.3")

    killed = host.http.post("/twin/instances/0/kill").json()

    assert (killed["timers"], [each["up"] for each in killed["instances"]]) == (0, [False, True])
    _until(lambda: host.http.get("/twin/instances").json()["timers"] == 1)


def test_timers_can_be_dead(start):
    host = start("--instances", "2", "--no-timers")

    _to(host, "2031-01-05T10:30:00Z")
    _to(host, "2031-01-05T12:00:00Z")

    assert [each["runs"] for each in _each(host)] == [[], []]
    assert host.http.post("/twin/timers", json={"running": True}).json()["running"] is True
    _until(lambda: sorted(each["runs"] for each in _each(host))[1] != [])


def test_what_a_killed_instance_was_doing_is_never_answered_with_success(start):
    host = start("--instances", "1", "--cold")
    _until(lambda: host.http.get("/who").status_code == 200)
    answers = []
    url = f"http://127.0.0.1:{host.port}/runtime/webhooks/EventGrid?functionName=slow"
    notify = threading.Thread(
        target=lambda: answers.append(
            httpx.post(url, content=NOTHING, headers={"aeg-event-type": "Notification"}, timeout=30)
        )
    )
    notify.start()
    host.http.get("/started")

    host.http.post("/twin/instances/0/kill")

    notify.join()
    assert answers[0].status_code == 502
    first = host.http.post("/twin/instances/0/start").json()
    assert first["instances"][0]["up"] is True
    assert host.notify("receive", NOTHING).status_code == 202


def test_after_a_cold_start_the_first_delivery_is_refused(start):
    host = start("--cold")

    assert host.notify("receive", NOTHING).status_code == 503

    _until(lambda: host.notify("receive", NOTHING).status_code == 202)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
def test_an_instance_that_is_started_by_several_at_once_is_one_process(start):
    """A delivery wakes it while somebody starts it: what came up second took the first one's place, and both ran on."""
    host = start("--instances", "2")
    for number in (0, 1):
        host.http.post(f"/twin/instances/{number}/kill")
    urls = [f"http://127.0.0.1:{host.port}/twin/instances/{number}/start" for number in (0, 1)]
    starts = [threading.Thread(target=httpx.post, args=(url,), kwargs={"timeout": 60}) for url in urls * 3]

    assert host.notify("receive", NOTHING).status_code == 503
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()

    shown = host.http.get("/twin/instances").json()["instances"]
    assert _children(host.process.pid) == {each["pid"] for each in shown}


def test_orders_that_make_no_sense_are_refused(start):
    host = start("--instances", "2")

    assert host.http.post("/twin/instances/7/kill").status_code == 404
    assert host.http.post("/twin/instances/0/sing").status_code == 404
    assert host.http.post("/twin/instances/0/clock", json={}).status_code == 400
    assert host.http.post("/twin/clock", json={}).status_code == 400
    assert host.http.post("/twin/timers", json={}).status_code == 400


def test_an_app_that_can_not_come_up_ends_them_all(hosts, run_to_its_end):
    status, stderr = run_to_its_end(hosts.app("import no_such_module\n"), "--port", "0", "--instances", "2")

    assert status == 1
    assert "no_such_module" in stderr


def _each(host):
    """What each instance that is up says, by number."""
    up = [each for each in host.http.get("/twin/instances").json()["instances"] if each["up"]]
    return [json.loads(httpx.get(f"http://127.0.0.1:{each['port']}/who", trust_env=False).text) for each in up]


def _children(pid):
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parents[int(stat.parent.name)] = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    return {child for child, parent in parents.items() if parent == pid}


def _to(host, instant):
    assert host.http.post("/twin/clock", json={"set": instant}).status_code == 200


def _until(holds):
    for _ in range(200):
        if holds():
            return
    raise AssertionError("it did not come about")
