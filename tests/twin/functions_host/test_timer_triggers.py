"""Timers on the movable clock."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

APP = """
import asyncio
import importlib
import json
import os

import azure.functions as func

app = func.FunctionApp()
runs = asyncio.Queue()
loop = asyncio.get_running_loop()
release = asyncio.Event()
together = {"now": 0, "most": 0}
module, _, name = os.environ["CLOCK"].partition(":")
clock = getattr(importlib.import_module(module), name)


def note(name, timer):
    status = timer.schedule_status
    run = [name, clock.now().isoformat(), timer.past_due, status]
    loop.call_soon_threadsafe(runs.put_nowait, run)


@app.timer_trigger(arg_name="timer", schedule="%EVERY%", run_on_startup=False)
async def keep(timer: func.TimerRequest) -> None:
    note("keep", timer)


@app.timer_trigger(arg_name="timer", schedule="0 0 3 1 1 *", run_on_startup=True)
async def at_start(timer: func.TimerRequest) -> None:
    note("at_start", timer)


@app.timer_trigger(arg_name="timer", schedule="0 0 4 1 1 *")
async def slow(timer: func.TimerRequest) -> None:
    together["now"] += 1
    together["most"] = max(together["most"], together["now"])
    note("slow", timer)
    await release.wait()
    together["now"] -= 1


@app.timer_trigger(arg_name="timer", schedule="0 0 5 1 1 *", use_monitor=False)
def unmonitored(timer: func.TimerRequest) -> None:
    note("unmonitored", timer)


@app.timer_trigger(arg_name="timer", schedule="%ABSENT%")
async def lost(timer: func.TimerRequest) -> None:
    pass


@app.timer_trigger(arg_name="timer", schedule="every day")
async def misspelt(timer: func.TimerRequest) -> None:
    pass


@app.event_grid_trigger(arg_name="event")
async def receive(event: str) -> None:
    runs.put_nowait(["receive", event])


@app.route(route="next")
async def next_run(req: func.HttpRequest) -> str:
    async with asyncio.timeout(20):
        return json.dumps(await runs.get())


@app.route(route="waiting")
async def waiting(req: func.HttpRequest) -> str:
    return str(runs.qsize())


@app.route(route="release")
async def let_go(req: func.HttpRequest) -> str:
    release.set()
    return str(together["most"])
"""
HOUR = 3600
DAYS_BACK = count()


@pytest.fixture(scope="module")
def started(hosts):
    host = hosts.start(hosts.app(APP), EVERY="0 0 * * * *")
    assert _next(host)[0] == "at_start"
    return host


@pytest.fixture
def day():
    """In the past, and for each test one before the last test's: a clock set back makes no timer run."""
    return datetime(2025, 6, 30, tzinfo=UTC).date() - timedelta(days=next(DAYS_BACK))


@pytest.fixture
def host(started, day):
    """At half past ten of the day."""
    assert started.http.post("/twin/clock", json={"set": f"{day}T10:30:00Z"}).status_code == 200
    return started


def test_a_timer_runs_when_the_clock_passes_its_time(host, day):
    _advance(host, HOUR / 2)

    name, at, past_due, status = _next(host)
    assert (name, at[:16], past_due) == ("keep", f"{day}T11:00", False)
    assert status["Next"] == f"{day}T11:00:00+00:00"


def test_the_second_run_is_told_of_the_first(host, day):
    _advance(host, HOUR / 2)
    first = _next(host)

    _advance(host, HOUR)

    second = _next(host)
    assert second[3]["Last"][:16] == first[1][:16]
    assert second[3]["Next"] == f"{day}T12:00:00+00:00"


def test_several_occurrences_passed_at_once_give_one_run_that_is_past_due(host, day):
    _advance(host, 10 * HOUR)

    assert _next(host)[2] is True
    assert _next_occurrence(host, "keep") == f"{day}T21:00:00+00:00"
    assert _nothing_waits(host)


def test_a_timer_whose_time_has_not_come_does_not_run(host, day):
    _advance(host, HOUR / 4)

    assert _next_occurrence(host, "keep") == f"{day}T11:00:00+00:00"
    assert _nothing_waits(host)


def test_stopped_timers_do_not_run_and_catch_up_once_when_started_again(host):
    assert host.http.post("/twin/timers", json={"running": False}).json()["running"] is False
    _advance(host, 5 * HOUR)
    assert _nothing_waits(host)

    assert host.http.post("/twin/timers", json={"running": True}).json()["running"] is True

    assert _next(host)[2] is True
    assert host.http.post("/twin/timers", json={"running": "no"}).status_code == 400
    assert host.http.post("/twin/timers", content="no").status_code == 400


def test_a_clock_set_back_counts_anew(host, day):
    host.http.post("/twin/clock", json={"set": f"{day}T04:30:00+02:00"})

    assert _next_occurrence(host, "keep") == f"{day}T03:00:00+00:00"
    _advance(host, HOUR / 2)
    assert _next(host)[0] == "keep"


def test_a_timer_is_run_by_hand(host, day):
    answer = host.http.post("/admin/functions/keep", json={"input": ""})

    assert answer.status_code == 202
    assert _next(host)[0] == "keep"
    assert _next_occurrence(host, "keep") == f"{day}T11:00:00+00:00"


def test_an_event_function_is_run_by_hand_with_its_input(host):
    assert host.http.post("/admin/functions/receive", json={"input": '{"id":"1"}'}).status_code == 202

    assert _next(host) == ["receive", '{"id":"1"}']


def test_a_sync_timer_without_monitor_gets_no_schedule_status(host):
    host.http.post("/admin/functions/unmonitored", json={"input": ""})

    assert _next(host)[::3] == ["unmonitored", {}]


def test_a_timer_never_runs_twice_at_the_same_time(host):
    for _ in range(3):
        host.http.post("/admin/functions/slow", json={"input": ""})
    assert _next(host)[0] == "slow"
    assert _nothing_waits(host)

    host.http.get("/release")

    assert [_next(host)[0], _next(host)[0]] == ["slow", "slow"]
    assert host.http.get("/release").text == "1"


def test_a_schedule_that_can_not_be_read_is_named_and_the_others_run(host):
    log = host.log.read_text()

    assert "function.in_error function=lost: '%ABSENT%' does not resolve to a value" in log
    assert "function.in_error function=misspelt: 'every day'" in log
    assert host.http.post("/admin/functions/lost", json={}).status_code == 404


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"advance_s": "1"},
        {"advance_s": 1e300},
        {"advance_s": 1e12},
        {"set": "2030-01-01T00:00:00"},
        {"set": "soon"},
        [],
    ],
)
def test_an_order_to_the_clock_that_makes_no_sense_is_refused(host, order):
    before = host.http.get("/twin/clock").json()["offset_s"]

    assert host.http.post("/twin/clock", json=order).status_code == 400
    assert host.http.get("/twin/clock").json()["offset_s"] == before


def _next(host):
    """The next run that the app has noted, once there is one."""
    return host.http.get("/next").json()


def _nothing_waits(host):
    return host.http.get("/waiting").text == "0"


def _next_occurrence(host, name):
    timers = host.http.get("/twin/timers").json()["timers"]
    return next(timer["next"] for timer in timers if timer["name"] == name)


def _advance(host, seconds):
    return host.http.post("/twin/clock", json={"advance_s": seconds}).json()
