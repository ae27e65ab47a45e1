"""A peer as a function app of its own: the folder that `make_app` writes, and what its function calls.

Its effects go where a killed process can't take them back: a line in a file, written at once.
"""

import json
import os
from pathlib import Path

from lab.peers import MarkThenDo, NaiveHandler, Peer, StateMachine
from shared.adapters.clock import SystemClock
from shared.adapters.storage.tables import AzureTables

PEERS: dict[str, type[Peer]] = {
    "naive_handler": NaiveHandler,
    "mark_then_do": MarkThenDo,
    "state_machine": StateMachine,
}
FUNCTION_APP = """
import sys

sys.path.insert(0, {root!r})
import azure.functions as func

from lab.hosted_peer import receive

app = func.FunctionApp()


@app.event_grid_trigger(arg_name="event")
async def receive_graph_event(event: str) -> None:
    await receive(event)
"""
STORAGE = "AzureWebJobsStorage"  # as Functions names it
_peer: Peer | None = None


def make_app(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).parents[1])
    (folder / "function_app.py").write_text(FUNCTION_APP.format(root=root), encoding="utf-8")
    (folder / "host.json").write_text('{"version": "2.0"}', encoding="utf-8")
    return folder


async def receive(event: str) -> None:
    global _peer
    if _peer is None:
        _peer = _made()
    await _peer.receive(json.loads(event)["id"])  # type: ignore[attr-defined]


def _made() -> Peer:
    from azure.data.tables.aio import TableServiceClient

    from twin.clocks import process_clock

    service = TableServiceClient.from_connection_string(os.environ[STORAGE])
    file = os.open(os.environ["EFFECTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def effect(key: str) -> None:
        os.write(file, f"{key}\n".encode())

    clock = process_clock if os.environ.get("CLOCK") else SystemClock()
    return PEERS[os.environ["PEER"]](AzureTables(service), clock, effect)
