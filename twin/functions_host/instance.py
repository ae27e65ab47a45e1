"""One instance of the app: a process of its own with a host, a clock and a port of its own."""

import asyncio
import json
import os
import signal
import sys
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path

READY_WITHIN_S = 60
ENDED_WITHIN_S = 15


class InstanceError(Exception):
    """An instance did not come up. Its own words are on standard error."""


@dataclass(slots=True, kw_only=True)
class Instance:
    number: int
    options: Namespace
    schedules: Path
    clock_offset_s: float  # from the common clock
    port: int | None = None  # None: not up
    functions: list[str] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def up(self) -> bool:
        return self.port is not None and self.process is not None and self.process.returncode is None

    async def start(self, *, host_name: str, common_offset_s: float) -> None:
        """Return once it serves; its timers are silent. Raises InstanceError."""
        offset = common_offset_s + self.clock_offset_s
        self.process = await asyncio.create_subprocess_exec(
            *self._command(offset),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "WEBSITE_HOSTNAME": host_name, "WEBSITE_INSTANCE_ID": str(self.number)},
            start_new_session=True,  # Ctrl-C reaches the front alone, which ends its instances in order
        )
        assert self.process.stdout is not None  # noqa: S101  for the type checker
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                line = await self.process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            await self.kill()
            raise InstanceError(f"instance {self.number} did not come up")
        ready = json.loads(line)
        self.port, self.functions = int(ready["port"]), list(ready["functions"])

    async def stop(self) -> None:
        """It drains first, as a host that is scaled in."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """At once, with whatever it was doing."""
        await self._end(signal.SIGKILL)

    def as_json(self) -> dict[str, object]:
        process = self.process
        return {
            "number": self.number,
            "up": self.up,
            "port": self.port if self.up else None,
            "pid": process.pid if process and self.up else None,
            "clock_offset_s": self.clock_offset_s,
        }

    def _command(self, clock_offset_s: float) -> list[str]:
        options = self.options
        given = {
            "--app": options.app.resolve(),
            "--port": 0,
            "--concurrency": options.concurrency,
            "--entra": options.entra,
            "--queue-hold": options.queue_hold,
            "--schedules": self.schedules,
        }
        texts = [f"{name}={value}" for name, value in given.items()]
        texts += [f"--clock-offset={clock_offset_s}", "--no-timers", "--instance"]
        texts += ["--no-queues"] if options.no_queues else []
        return [sys.executable, "-m", "twin.functions_host", *texts]

    async def _end(self, how: signal.Signals) -> None:
        self.port = None
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(how)
        try:
            async with asyncio.timeout(ENDED_WITHIN_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
