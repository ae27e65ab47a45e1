"""`pulse record` and `pulse play`: what happens in the demo, kept as JSON lines and made again."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from pulse.commands.chaos import span
from pulse.commands.options import Json
from pulse.output import emit, say


def record(
    file: Annotated[Path, typer.Argument(help="JSON lines; a new file, or it is written anew")],
    *,
    for_: Annotated[str | None, typer.Option("--for", help="how long: 30, 30s, 5m; without it: until Ctrl-C")] = None,
    as_json: Json = False,
) -> None:
    """Write down every change in the demo's tenant and every event about it, without client_state or tokens."""
    from pulse.demo.run import run

    raise typer.Exit(run(write(file, span(for_), as_json=as_json)))


def play(
    file: Annotated[Path, typer.Argument(help="what `pulse record` wrote")],
    *,
    rate: Annotated[float | None, typer.Option(min=0.001, help="changes a second; without it: as recorded")] = None,
    as_json: Json = False,
) -> None:
    """Make the recorded changes again, by the twin, so that their events are true ones."""
    from pulse.json_client import JsonClient
    from pulse.recordings import play as make_again
    from pulse.recordings import read_recording
    from pulse.running_demo import find_demo

    changes = read_recording(file)

    async def work() -> dict[str, int]:
        async with JsonClient(find_demo().addresses["control"], what="the twin") as twin:
            return await make_again(twin, changes, rate=rate)

    done = asyncio.run(work())
    emit(done) if as_json else typer.echo(f"{done['played']} changes made again, {done['skipped']} skipped")


async def write(file: Path, seconds: float | None, *, as_json: bool) -> int:
    """Ctrl-C ends it as time does: what has been written so far stays."""
    from pulse.json_client import JsonClient
    from pulse.recordings import record as lines_of
    from pulse.running_demo import find_demo

    demo, until, counts = find_demo(), asyncio.Event(), {"change": 0, "event": 0}
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, until.set)
    say(f"recording into {file}{'' if seconds is not None else '; Ctrl-C ends it'}")
    try:
        async with JsonClient(demo.addresses["control"], what="the twin") as twin:
            with file.open("w", encoding="utf-8") as output:
                async for line in lines_of(twin, until=until):
                    counts[line["kind"]] += 1
                    print(json.dumps(line, ensure_ascii=False), file=output, flush=True)
    finally:
        told = {"file": str(file), "changes": counts["change"], "events": counts["event"]}
        emit(told) if as_json else say(f"{told['changes']} changes and {told['events']} events in {file}")
    return 0
