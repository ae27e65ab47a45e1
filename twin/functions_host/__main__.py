"""python -m twin.functions_host --app DIR --port N: runs a function app where `func start` would."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from twin.addresses import DEFAULT_PORT_BASE
from twin.clocks import process_clock
from twin.functions_host.app import functions_host
from twin.functions_host.logs import configure_logging
from twin.functions_host.runtime import IndexingError, Runtime
from twin.functions_host.server import PortTakenError, bind, serve
from twin.functions_host.settings import SettingsError, load_host_json, load_settings, load_tenant
from twin.functions_host.signalr_bindings import SignalRBindings


def main() -> None:
    options = _options()
    try:
        drained = asyncio.run(_run(options))
    except (SettingsError, PortTakenError) as fault:
        sys.exit(str(fault))
    except IndexingError as fault:
        sys.exit(f"{fault}\n{fault.stack}")
    if not drained:
        sys.stderr.flush()
        os._exit(1)  # a thread of the app still runs: an orderly exit would wait for it, maybe for ever


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m twin.functions_host", description=__doc__)
    parser.add_argument(
        "--app", type=Path, required=True, metavar="DIR", help="folder of function_app.py and host.json"
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT_BASE, help="on 127.0.0.1; 0: any free one")
    parser.add_argument("--settings", type=Path, metavar="FILE.json", help="a local.settings.json")
    parser.add_argument("--concurrency", type=int, default=0, help="Event Grid invocations at the same time; 0: all")
    parser.add_argument("--entra", default="", metavar="URL", help="the Entra that App Service authentication asks")
    options = parser.parse_args()
    if options.concurrency < 0:
        parser.error("--concurrency must not be negative")
    return options


async def _run(options: argparse.Namespace) -> bool:
    """Raises SettingsError, PortTakenError or IndexingError."""
    folder = options.app.resolve()
    host_json = load_host_json(folder)
    if options.settings:
        load_settings(options.settings, os.environ)
    configure_logging(host_json.log_level)
    listener = bind(options.port)
    _set_environment(listener.getsockname()[1])
    os.chdir(folder)
    runtime = Runtime(SignalRBindings(os.environ))
    functions = await runtime.load(folder)
    host = functions_host(
        runtime,
        functions,
        settings=os.environ,
        clock=process_clock,
        route_prefix=host_json.route_prefix,
        concurrency=options.concurrency,
        tenant=load_tenant(os.environ, options.entra),
    )
    return await serve(host, runtime, listener, functions=[function.name for function in functions])


def _set_environment(port: int) -> None:
    """What func sets, and the movable clock for apps that look for one."""
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{port}")
    os.environ.setdefault("CLOCK", "twin.clocks:process_clock")


if __name__ == "__main__":
    main()
