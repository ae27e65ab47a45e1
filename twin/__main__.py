"""`python -m twin`: the local cloud in the foreground. One line of JSON on stdout once all of it answers."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.addresses import DEFAULT_PORT_BASE, Addresses
from twin.certificates import local_authority
from twin.server import StartError, serve
from twin.world import World

HIGHEST_BASE = 65_535 - 15  # the last port of storage's proxy stands fifteen above


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 stopped when asked to, 1 could not start, 2 wrong usage."""
    chosen = _read(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    os.environ.update(local_authority(chosen.folder).environment())  # aiohttp reads them when it is imported, later on
    try:
        asyncio.run(serve(World(Addresses(chosen.port_base), seed=chosen.seed), chosen.folder, ready=_say))
    except StartError as fault:
        print(f"twin: {fault}", file=sys.stderr)
        return 1
    return 0


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m twin", description="The local cloud, on ports of 127.0.0.1.")
    parser.add_argument("--port-base", type=_port, default=DEFAULT_PORT_BASE, help="port of the app; the twin's follow")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same tenant")
    parser.add_argument("--folder", type=Path, default=Path(".demo"), help="where the certificates are kept")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= HIGHEST_BASE:
        raise argparse.ArgumentTypeError(f"want 1 to {HIGHEST_BASE}")
    return port


def _say(ready: dict[str, Any]) -> None:
    print(json.dumps(ready), flush=True)


if __name__ == "__main__":
    sys.exit(main())
