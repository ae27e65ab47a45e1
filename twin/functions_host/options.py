"""The command line of the host."""

import argparse
from pathlib import Path

from twin.addresses import DEFAULT_PORT_BASE
from twin.functions_host.queue_messages import HOLD_S

MOST_INSTANCES = 20


def read_options(about: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m twin.functions_host", description=about)
    parser.add_argument(
        "--app", type=Path, required=True, metavar="DIR", help="folder of function_app.py and host.json"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT_BASE, help="on 127.0.0.1; 0: any free one")
    parser.add_argument("--settings", type=Path, metavar="FILE.json", help="a local.settings.json")
    parser.add_argument("--concurrency", type=int, default=0, help="Event Grid invocations at the same time; 0: all")
    parser.add_argument("--entra", default="", metavar="URL", help="the Entra that App Service authentication asks")
    parser.add_argument(
        "--queue-hold",
        type=float,
        default=HOLD_S,
        metavar="S",
        help="a queue message hides so long while it is handled",
    )
    parser.add_argument("--no-timers", action="store_true", help="timers stay silent until POST /twin/timers")
    parser.add_argument(
        "--no-queues", action="store_true", help="no queue is listened to (in Azure another process does that)"
    )
    _add_several(parser)
    options = parser.parse_args()
    if options.concurrency < 0:
        parser.error("--concurrency must not be negative")
    if not 1 <= options.instances <= MOST_INSTANCES:
        parser.error(f"--instances: want 1 to {MOST_INSTANCES}")
    return options


def _add_several(parser: argparse.ArgumentParser) -> None:
    several = parser.add_argument_group("several instances")
    several.add_argument("--instances", type=int, default=1, metavar="N", help="processes behind the one port")
    several.add_argument(
        "--clock-offsets", type=_seconds, default=[], metavar="S,S", help="of each instance's clock from the common one"
    )
    several.add_argument(
        "--cold",
        action="store_true",
        help="none runs until something arrives, which is refused with 503 until one is up",
    )
    several.add_argument("--timer-lock", type=float, default=60, metavar="S", help="a killed holder keeps it so long")
    several.add_argument("--clock-offset", type=float, default=0, help=argparse.SUPPRESS)  # of one instance
    several.add_argument("--schedules", type=Path, help=argparse.SUPPRESS)  # folder: when timers last ran
    several.add_argument("--instance", action="store_true", help=argparse.SUPPRESS)  # end when stdin does


def _seconds(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]
