"""`pulse chaos` on a running demo: what it breaks is broken for the app, is put back, and a scenario is carried out."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from free_ports import free_base

from pulse.commands.chaos import carry_out, read
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import Stage, staged
from pulse.faults_at_work import FaultsAtWork
from pulse.json_client import JsonClient
from twin.faults import find_fault

PATIENCE_S = 60


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Found as a demo from the working folder."""
    async with staged(tmp_path / ".demo", port_base=free_base(), seed=7) as stage:
        monkeypatch.chdir(tmp_path)
        await subscribe_and_link(stage)
        yield stage


@pytest.mark.timeout(240)
async def test_a_part_is_broken_for_a_while_and_a_scenario_ends_as_expected(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async with JsonClient(stage.demo.addresses["control"], what="the twin") as twin:
        async with FaultsAtWork(twin) as faults:
            await faults.begin("storage", find_fault("storage-down"))
            await twin.post("/trigger", {"type": "message.created"})
            await until("a delivery fails", lambda: counted(twin, "failed_attempts"))
            assert not await counted(twin, "delivered")
        await twin.post("/clock", {"advance_s": 60})
        await until("it is delivered again", lambda: counted(twin, "delivered"))

    code = await carry_out(read("forged-burst"), as_json=True)

    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (code, result["ok"], result["why"]) == (0, True, None)
    assert (result["changes"], result["journaled"], result["quarantined"], result["lost"]) == (40, 40, 40, 0)


async def counted(twin: JsonClient, name: str) -> int:
    return int((await twin.get("/event-grid"))["deliveries"][name])


async def until(what: str, holds: Callable[[], Awaitable[object]]) -> None:
    last = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < last, what
        await asyncio.sleep(0.1)
