"""The demo's processes: started with a log each, watched, and ended by their own pid."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pulse.errors import PulseError

TAIL_LINES = 15
POLL_S = 0.1
PATIENCE_S = 60
PATIENCE_WITH_FAULTS_S = 10  # once it answers, but not well
LINE_WIDTH = 1000


class ChildDiedError(PulseError):
    """A process of the demo ended by itself. The message has the last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def died(self) -> bool:
        return self.process.poll() is not None

    def obituary(self) -> str:
        return f"{self.name} (pid {self.process.pid}) ended with exit code {self.process.poll()}:\n{self.last_lines()}"

    def last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()[-TAIL_LINES:]
        return "\n".join(f"    {line[:LINE_WIDTH]}" for line in lines) or "    (it printed nothing)"


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdout: int | IO[bytes] | None = None,
) -> Child:
    """Out of reach of Ctrl-C in our terminal: we end it in our own order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output if stdout is None else stdout,
            stderr=output,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # what Windows has instead of sessions
        )
    return Child(name=name, process=process, log=log)


async def until_answers(child: Child, url: str) -> None:
    """Return once GET `url` gives 200. Raises ChildDiedError, PulseError."""
    import httpx

    last, said = time.monotonic() + PATIENCE_S, "nothing"
    async with httpx.AsyncClient(timeout=10) as client:
        while time.monotonic() < last:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(url)
                if answer.is_success:
                    return
                last = min(last, time.monotonic() + PATIENCE_WITH_FAULTS_S) if said == "nothing" else last
                said = str(answer.status_code)
            if child.died:
                raise ChildDiedError(child.obituary())
            await asyncio.sleep(POLL_S)
    raise PulseError(f"{child.name} answers {said} at {url}. {child.log} ends with:\n{child.last_lines()}")


async def first_line(child: Child) -> str:
    """The first line that it prints. Raises ChildDiedError."""
    output = child.process.stdout
    line = (await asyncio.to_thread(output.readline)).decode() if output else ""
    if not line:
        await asyncio.to_thread(child.process.wait)
        raise ChildDiedError(child.obituary())
    return line


def stop(child: Child, patience_s: float = 8) -> None:
    """Ask it to end, and make it when it doesn't. Harmless when it is gone."""
    if not child.died:
        child.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(patience_s)
    if not child.died:
        child.process.kill()
        child.process.wait()
