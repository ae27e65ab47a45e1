"""Brings the whole demo up and down: storage, the local cloud, the app's host."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulse.demo.environment import DEAD_LETTERS, app_environment, process_environment
from pulse.demo.ports import require_free
from pulse.demo.processes import Child, ChildDiedError, first_line, start, stop, until_answers
from pulse.errors import PulseError
from pulse.json_client import JsonClient
from pulse.output import say
from pulse.running_demo import ROOT, RunningDemo, forget_demo
from twin.addresses import Addresses
from twin.azurite.launch import AzuriteError, start_azurite
from twin.certificates import Authority, local_authority
from twin.world import World

FUNCTIONS = "functions host"
TWIN = "twin"
AZURITE = "azurite"
NO_CORE_TOOLS = (
    "`func` is not installed. Get Azure Functions Core Tools 4 "
    "(https://learn.microsoft.com/azure/azure-functions/functions-run-local), or run without --host func."
)


@dataclass(slots=True, kw_only=True)
class Stage:
    """A demo that runs or is being started. `folder` holds its settings, logs, certificates and data."""

    world: World
    folder: Path
    core_tools: bool = False
    children: dict[str, Child] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)

    @property
    def demo(self) -> RunningDemo:
        """As other commands read it."""
        where = self.world.addresses
        names = ("app", "graph", "entra", "event_grid", "arm", "signalr", "control", "managed_identity")
        return RunningDemo(
            base=where.base,
            seed=self.world.seed,
            ca=str(self.authority.ca.resolve()),
            addresses={name: str(getattr(where, name)) for name in names}
            | {kind: where.storage(kind) for kind in ("table", "blob", "queue")},
            processes={name: child.process.pid for name, child in self.children.items()},
            people=self.people,
            environment=self.environment,
        )

    @property
    def authority(self) -> Authority:
        return local_authority(self.folder / "certificates")

    async def start_functions(self) -> None:
        """The app's host; once more after it died. Its clock is set to the twin's. Raises PulseError."""
        command = self.core_tools_command() if self.core_tools else self.stand_in_command()
        child = self.launch(FUNCTIONS, command, env=process_environment(self.environment), cwd=ROOT)
        await until_answers(child, f"{self.world.addresses.app}/api/health")
        if not self.core_tools:
            await self.set_the_hosts_clock()

    def stand_in_command(self) -> list[str]:
        settings = self.folder / "local.settings.json"
        where = self.world.addresses
        options = ["--app", str(ROOT), "--port", str(where.base), "--settings", str(settings), "--entra", where.entra]
        return [sys.executable, "-m", "twin.functions_host", *options]

    def core_tools_command(self) -> list[str]:
        if not (func := shutil.which("func")):
            raise PulseError(NO_CORE_TOOLS)
        return [func, "start", "--port", str(self.world.addresses.base)]

    def launch(self, name: str, command: list[str], **options: Any) -> Child:
        log = self.folder / "logs" / f"{name.replace(' ', '-')}.log"
        self.children[name] = start(name, command, log=log, **options)
        return self.children[name]

    async def set_the_hosts_clock(self) -> None:
        where = self.world.addresses
        async with JsonClient(where.control, what="the twin") as twin, JsonClient(where.app) as app:
            clock = await twin.get("/clock")
            if abs(float(clock["offset_s"])) > 1:
                await app.post("/twin/clock", {"set": clock["now"]})

    def check(self) -> None:
        """Raises ChildDiedError for the first process that ended."""
        for child in self.children.values():
            if child.died:
                raise ChildDiedError(child.obituary())

    def stop(self) -> None:
        """The app first, so that it is not seen failing because its cloud went."""
        for name in (FUNCTIONS, TWIN, AZURITE):
            if child := self.children.get(name):
                stop(child)


@asynccontextmanager
async def staged(folder: Path, *, port_base: int, seed: int, core_tools: bool = False) -> AsyncIterator[Stage]:
    """A running demo; its processes are ended on the way out, whatever happens. Raises PulseError."""
    if core_tools and not shutil.which("func"):
        raise PulseError(NO_CORE_TOOLS)
    where = Addresses(port_base, through_proxy=True)  # so that `pulse chaos` can break storage too
    stage = Stage(world=World(where, seed=seed), folder=folder, core_tools=core_tools)
    require_free(stage.world.addresses)
    try:
        await start_all(stage)
        yield stage
    finally:
        forget_demo(folder)
        await asyncio.to_thread(stage.stop)


async def start_all(stage: Stage) -> None:
    # both to their end, even when one fails: what the other has started must be known to be stopped
    starts = (timed(AZURITE, start_storage(stage)), timed(TWIN, start_twin(stage)))
    for fault in await asyncio.gather(*starts, return_exceptions=True):
        if fault:
            raise fault
    await timed(FUNCTIONS, stage.start_functions())
    stage.demo.write(stage.folder)


async def timed(name: str, work: Awaitable[None]) -> None:
    started = time.monotonic()
    await work
    say(f"  {name:<15} ready in {time.monotonic() - started:.1f} s")


async def start_storage(stage: Stage) -> None:
    """With nothing of an earlier demo in it: the twin forgets too when it stops."""
    authority, where = stage.authority, stage.world.addresses
    try:
        azurite = await asyncio.to_thread(start_azurite, where, stage.folder / "logs", authority.chain, authority.key)
    except AzuriteError as fault:
        raise PulseError(str(fault)) from fault
    stage.children[AZURITE] = Child(name=AZURITE, process=azurite.process, log=azurite.log)
    from twin.azurite.containers import make_container  # its SDK takes a quarter of a second: beside the twin's start

    await make_container(where, DEAD_LETTERS, authority.ca)


async def start_twin(stage: Stage) -> None:
    """Its ready line holds what only it knows: the header that proves the app's identity."""
    import subprocess

    options = ["--port-base", str(stage.world.addresses.base), "--seed", str(stage.world.seed)]
    command = [sys.executable, "-m", "twin", *options, "--folder", str(stage.authority.folder)]
    child = stage.launch(TWIN, command, env=process_environment({}), cwd=ROOT, stdout=subprocess.PIPE)
    ready = json.loads(await first_line(child))
    stage.environment = app_environment(stage.world, stage.authority, identity_header=ready["identity_header"])
    write_local_settings(stage)
    async with JsonClient(stage.world.addresses.control, what="the twin") as control:
        stage.people = await control.get("/people")


def write_local_settings(stage: Stage) -> None:
    """In the form that `func start` reads too."""
    content = {"IsEncrypted": False, "Values": stage.environment}
    file = stage.folder / "local.settings.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")
