"""Runs a demo from start to Ctrl-C, the tour, or the twin alone, and gives the exit code."""

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulse.demo.console import show_what_happens
from pulse.demo.opening import subscribe_and_link
from pulse.demo.shell_settings import write_shell_settings
from pulse.demo.stage import TWIN, Stage, staged, start_twin
from pulse.demo.tour import make_tour
from pulse.output import emit, say
from pulse.running_demo import FOLDER, ROOT, forget_demo
from twin.addresses import Addresses
from twin.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of `pulse demo`."""

    once: bool
    as_json: bool
    open_page: bool
    seed: int
    port_base: int
    core_tools: bool


def run_demo(wish: Wish) -> int:
    return run(tour(wish) if wish.once else stay(wish))


def run_twin(*, port_base: int, seed: int, folder: Path = ROOT) -> int:
    return run(twin_alone(folder.resolve() / FOLDER, port_base=port_base, seed=seed))


def run(work: Coroutine[Any, Any, int]) -> int:
    """Ctrl-C is the way to end, no fault. SIGTERM and a closed terminal end it the same way."""

    async def until_ended() -> int:
        task = asyncio.ensure_future(work)
        for name in ("SIGTERM", "SIGHUP"):
            with contextlib.suppress(NotImplementedError, AttributeError):  # Windows
                asyncio.get_running_loop().add_signal_handler(getattr(signal, name), task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return 0

    try:
        return asyncio.run(until_ended())
    except KeyboardInterrupt:
        return 0


def on_stage(folder: Path, wish: Wish) -> AbstractAsyncContextManager[Stage]:
    return staged(folder, port_base=wish.port_base, seed=wish.seed, core_tools=wish.core_tools)


async def stay(wish: Wish) -> int:
    """Until Ctrl-C. Raises PulseError."""
    say("Graph Pulse: the app and its local cloud")
    async with on_stage(ROOT / FOLDER, wish) as stage:
        await subscribe_and_link(stage)
        tell_where(stage, as_json=wish.as_json)
        show_page(stage, wish)
        await show_what_happens(stage, as_json=wish.as_json)
    return 0


async def tour(wish: Wish) -> int:
    """In a folder of its own, so that tours and demos can run side by side."""
    folder = Path(tempfile.mkdtemp(prefix="graph-pulse-"))
    say(f"Graph Pulse: the tour (logs in {folder / 'logs'})")
    result: dict[str, Any] = {"ok": False}
    try:
        async with on_stage(folder, wish) as stage:
            if wish.as_json:
                emit(ready_line(stage))
            result = await make_tour(stage)
    finally:
        if result["ok"]:
            shutil.rmtree(folder, ignore_errors=True)
    emit(result) if wish.as_json else say(in_words(result))
    return 0 if result["ok"] else 1


async def twin_alone(folder: Path, *, port_base: int, seed: int) -> int:
    """Without app and storage; other terminals find it all the same. Raises PulseError."""
    stage = Stage(world=World(Addresses(port_base), seed=seed), folder=folder)
    try:
        await start_twin(stage)
        stage.demo.write(stage.folder)
        shell = write_shell_settings(stage.folder, stage.world, stage.environment)
        say(f"the twin runs; settings for a host: {stage.folder / 'local.settings.json'}, for a shell: . {shell}")
        say("docs/twin.md tells how to try an app of yours with it. Ctrl-C ends it.")
        while True:
            await asyncio.sleep(0.5)
            stage.check()
    finally:
        forget_demo(stage.folder)
        if TWIN in stage.children:
            await asyncio.to_thread(stage.stop)


def ready_line(stage: Stage) -> dict[str, Any]:
    where = stage.demo.addresses
    return {
        "ready": True,
        **{name: where[name] for name in ("app", "graph", "entra", "event_grid", "arm")},
        "signalr": where["signalr"],
        "page": where["app"] if page_is_built() else None,
        "azurite": {kind: where[kind] for kind in ("table", "blob", "queue")},
    }


def page_is_built() -> bool:
    return (ROOT / "web" / "dist" / "index.html").is_file()


def show_page(stage: Stage, wish: Wish) -> None:
    """In a browser, for a person at a terminal who did not say no."""
    if wish.open_page and not wish.as_json and sys.stdout.isatty() and page_is_built():
        import webbrowser

        webbrowser.open(stage.demo.addresses["app"])


def tell_where(stage: Stage, *, as_json: bool) -> None:
    if as_json:
        emit(ready_line(stage))
        return
    where = stage.demo.addresses
    people = ", ".join(f"{person['alias']} ({person['name']})" for person in stage.people)
    pulse = "pulse" if shutil.which("pulse") else str(Path(sys.executable).parent / "pulse")
    say(
        f"""
  the page        {where["app"] if page_is_built() else "is not built"}
  the app         {where["app"]}/api/health
  Graph           {where["graph"]}/v1.0
  people          {people}
  logs            {stage.folder / "logs"}

  In a second terminal:
    {pulse} trigger message.created --count 50      fifty messages arrive
    {pulse} subscriptions list                      what is watched, until when
    {pulse} trigger message.created --forge         somebody lies; then: pulse quarantine list
    {pulse} clock advance 5d                        watch the renewals
  Ctrl-C ends the demo.
"""
    )


def in_words(result: dict[str, Any]) -> str:
    words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result.items() if name != "ok")
    return f"{'All went well' if result['ok'] else 'It FAILED'}: {words}"
