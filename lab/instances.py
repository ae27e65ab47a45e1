"""Real processes: several instances of a function app under the stand-in host, on an Azurite, and who kills them."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from twin.addresses import Addresses
from twin.azurite.launch import Azurite, connection_string, is_open, start_azurite

ROOT = Path(__file__).parents[1]
READY_S = 90
BASES = range(21_000, 23_000, 20)


@dataclass(slots=True)
class Front:
    """What stands before the instances."""

    url: str
    http: httpx.AsyncClient
    kills: int = 0
    pids: dict[int, int] = field(default_factory=dict)  # of the instances that are up

    async def deliver(self, events: Sequence[str]) -> bool:
        """Whether it was acknowledged."""
        try:
            answer = await self.http.post(
                f"{self.url}/runtime/webhooks/EventGrid?functionName=receive_graph_event",
                content=f"[{','.join(events)}]",
                headers={"aeg-event-type": "Notification", "Content-Type": "application/cloudevents-batch+json"},
            )
        except httpx.TransportError:
            return False
        return answer.is_success

    async def advance(self, seconds: float) -> None:
        """All clocks: leases run out, nobody waits."""
        with contextlib.suppress(httpx.HTTPError):  # one of them dies just now
            await self.http.post(f"{self.url}/twin/clock", json={"advance_s": seconds})

    async def look(self) -> None:
        """Who is up, under which pid."""
        shown = (await self.http.get(f"{self.url}/twin/instances")).json()["instances"]
        self.pids = {one["number"]: one["pid"] for one in shown if one["up"]}

    async def kill(self, rng: random.Random, after_s: float) -> None:
        """SIGKILL to one of the instances, or to all of them, and new ones in their place."""
        await asyncio.sleep(after_s)
        doomed = [rng.choice(list(self.pids))] if self.pids and rng.random() < 0.5 else list(self.pids)
        for number in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pids.pop(number), signal.SIGKILL)
                self.kills += 1
        for number in doomed:
            with contextlib.suppress(httpx.HTTPError):
                await self.http.post(f"{self.url}/twin/instances/{number}/kill")  # so that the front knows
                await self.http.post(f"{self.url}/twin/instances/{number}/start")
        with contextlib.suppress(httpx.HTTPError):
            await self.look()


@asynccontextmanager
async def azurite() -> AsyncIterator[str]:
    """A connection string. In memory: what dies here are the apps, not the storage."""
    addresses = Addresses(next(base for base in BASES if not any(is_open(base + port) for port in (0, 10, 11, 12))))
    with tempfile.TemporaryDirectory() as folder:
        running: Azurite = await asyncio.to_thread(start_azurite, addresses, Path(folder), None, None, oauth=False)
        try:
            yield connection_string(addresses)
        finally:
            await asyncio.to_thread(running.stop)


async def clear(storage: str) -> None:
    """Nothing of one run is there in the next."""
    from azure.data.tables.aio import TableServiceClient
    from azure.storage.queue.aio import QueueServiceClient

    async with TableServiceClient.from_connection_string(storage) as tables:
        for name in [table.name async for table in tables.list_tables()]:
            await tables.delete_table(name)
    async with QueueServiceClient.from_connection_string(storage) as queues:
        for name in [queue.name async for queue in queues.list_queues()]:
            await queues.delete_queue(name)


@asynccontextmanager
async def instances(
    app: Path, settings: Mapping[str, str], *, offsets: Sequence[float], concurrency: int, log: Path
) -> AsyncIterator[Front]:
    """One for each offset of a clock, in seconds."""
    command = [sys.executable, "-m", "twin.functions_host", "--app", str(app), "--port", "0", "--no-timers"]
    command += ["--instances", str(len(offsets)), f"--clock-offsets={','.join(map(str, offsets))}"]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            "--concurrency",
            str(concurrency),
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
        )
    try:
        assert process.stdout
        async with asyncio.timeout(READY_S):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the host did not start; see {log}")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            front = Front(f"http://127.0.0.1:{json.loads(line)['port']}", http)
            await front.look()
            yield front
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
