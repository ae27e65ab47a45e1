"""Carries a scenario out on a running demo: steps at their times on its clock, expectations checked from outside.

What was changed is told by the twin's ledger, what arrived is read from the feeds; never the app's own counters.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from pulse.demo.loss import missing, surplus
from pulse.errors import PulseError
from pulse.faults_at_work import FaultsAtWork
from pulse.json_client import JsonClient
from twin.ledger import told_again
from twin.scenarios.steps import Begin, Changes, End, Expect, Jump, Lifecycle, Scenario, Step

SLICE_S = 0.5  # of real time between two moves of the clocks
POLL_S = 0.5

type Row = dict[str, Any]


class UnmetError(PulseError):
    """Something that a scenario expects did not come true in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a scenario happens to. `advance` moves all clocks by seconds; `journal` gives the rows since the last call,
    `rejections` how many there are; None: there is no app, so nothing can be expected of it."""

    twin: JsonClient
    advance: Callable[[float], Awaitable[object]]
    journal: Callable[[], Awaitable[list[Row]]] | None = None
    rejections: Callable[[], Awaitable[int]] | None = None
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


@dataclass(slots=True, kw_only=True)
class _Run:
    house: House
    faults: FaultsAtWork
    tell: Callable[[float, str], object]
    changes_before: int
    rejections_before: int = 0
    rows_before: int = 0
    rows: list[Row] = field(default_factory=list)
    at_s: float = 0.0


async def run_scenario(scenario: Scenario, house: House, *, tell: Callable[[float, str], object]) -> Row:
    """{"scenario", "ok", "why", "changes", "journaled", "lost", "quarantined", "ledger", "seconds"}

    `tell` hears each step with its time. `ledger` is a digest of what was changed, the same in every run of one seed on
    a new twin. Faults are over when this returns or is cancelled. Raises PulseError when the demo does not answer.
    """
    started, why = time.monotonic(), None
    async with FaultsAtWork(house.twin) as faults:
        run = await _begun(house, faults, tell)
        try:
            for step in scenario.steps:
                await _travel(run, step.at_s, pace=scenario.pace)
                tell(run.at_s, in_words(step))
                await _carry_out(run, step)
        except UnmetError as unmet:
            why = str(unmet)
    return {"scenario": scenario.name, "ok": why is None, "why": why, **await _counted(run)} | {
        "seconds": round(time.monotonic() - started, 1)
    }


async def _begun(house: House, faults: FaultsAtWork, tell: Callable[[float, str], object]) -> _Run:
    run = _Run(house=house, faults=faults, tell=tell, changes_before=len(await _ledger(house)))
    await _pull(run)
    run.rows_before = len(run.rows)
    run.rejections_before = await house.rejections() if house.rejections else 0
    return run


async def _travel(run: _Run, to_s: float, *, pace: float) -> None:
    """In slices, so that timers and retries meet every hour and not only the last."""
    while (left := to_s - run.at_s) > 0:
        real_s = min(SLICE_S, left / pace)
        span = real_s * pace
        if span - real_s > 0:
            await run.house.advance(span - real_s)
        await run.house.sleep(real_s)
        run.at_s += span


async def _carry_out(run: _Run, step: Step) -> None:
    house = run.house
    match step.act:
        case Changes(order=order):
            await house.twin.post("/trigger", dict(order), patience_s=None)
        case Begin(key=key, fault=fault):
            await run.faults.begin(key, fault)
        case End(key=key):
            await run.faults.end(key)
        case Jump(seconds=seconds):
            await house.advance(seconds)
        case Lifecycle(kind=kind):
            await house.twin.post("/lifecycle", {"type": kind})
        case Expect():
            await _until(run, step.act)
        case _:
            assert_never(step.act)


async def _until(run: _Run, expected: Expect) -> None:
    deadline = time.monotonic() + expected.within_s
    while unmet := await _unmet(run, expected):
        if time.monotonic() >= deadline:
            raise UnmetError(f"after {expected.within_s:g} s: {', '.join(unmet)}")
        await run.house.sleep(POLL_S)


async def _unmet(run: _Run, expected: Expect) -> list[str]:
    if run.house.journal is None:
        raise UnmetError("no app runs here, so nothing can be expected of it")
    await _pull(run)
    found: Mapping[str, int] = await _counts(run)
    unmet = [
        f"{name} is {found[name]}, expected {count}"
        for name in ("lost", "repeated", "quarantined")
        if (count := getattr(expected, name)) is not None and found[name] != count
    ]
    if (least := expected.journaled_at_least) is not None and found["journaled"] < least:
        unmet.append(f"journaled is {found['journaled']}, expected {least} or more")
    return unmet


async def _counts(run: _Run) -> dict[str, int]:
    rejections = await run.house.rejections() if run.house.rejections else 0
    return {
        "journaled": len(run.rows) - run.rows_before,
        "lost": len(missing(await run.house.twin.get("/ledger/final"), run.rows)),
        "repeated": surplus(run.rows),
        "quarantined": rejections - run.rejections_before,
    }


async def _counted(run: _Run) -> Row:
    """What is known of the app is null where there is none."""
    changes = (await _ledger(run.house))[run.changes_before :]
    digest = hashlib.sha256("\n".join(told_again(changes)).encode()).hexdigest()[:16]
    names = ("journaled", "lost", "repeated", "quarantined")
    counts = await _counts(run) if run.house.journal else dict.fromkeys(names)
    return {"changes": len(changes), **counts, "ledger": digest}


async def _pull(run: _Run) -> None:
    if run.house.journal:
        run.rows += await run.house.journal()


async def _ledger(house: House) -> list[Row]:
    return list((await house.twin.get("/ledger"))["changes"])


def in_words(step: Step) -> str:
    match step.act:
        case Changes(order=order):
            return f"{order.get('count', 1)} times {order['type']}{' forged' if order.get('forge') else ''}"
        case Begin(fault=fault):
            return f"begins: {fault.name}{': ' if fault.about else ''}{fault.about}"
        case End(key=key):
            return f"over: the fault of {key}"
        case Jump(seconds=seconds):
            return f"the clocks jump by {seconds:g} s"
        case Lifecycle(kind=kind):
            return f"Graph says {kind}"
        case Expect() as expected:
            names = ("lost", "repeated", "quarantined", "journaled_at_least")
            asked = [f"{name} {getattr(expected, name)}" for name in names if getattr(expected, name) is not None]
            return f"expected: {', '.join(asked).replace('_', ' ')}"
