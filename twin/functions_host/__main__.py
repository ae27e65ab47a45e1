"""python -m twin.functions_host --app DIR --port N: runs a function app where `func start` would."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta

from twin.clocks import process_clock
from twin.functions_host.app import functions_host
from twin.functions_host.bindings import Bindings
from twin.functions_host.front import serve_instances
from twin.functions_host.instance import InstanceError
from twin.functions_host.logs import configure_logging
from twin.functions_host.options import read_options
from twin.functions_host.queue_outputs import QueueOutputs
from twin.functions_host.queues import Queues
from twin.functions_host.runtime import IndexingError, Runtime
from twin.functions_host.schedule_monitor import ScheduleMonitor
from twin.functions_host.server import PortTakenError, bind, serve
from twin.functions_host.settings import HostJson, SettingsError, load_host_json, load_settings, load_tenant
from twin.functions_host.signalr_bindings import SignalRBindings


def main() -> None:
    options = read_options(__doc__)
    try:
        drained = asyncio.run(_run(options))
    except (SettingsError, PortTakenError, InstanceError) as fault:
        sys.exit(str(fault))
    except IndexingError as fault:
        sys.exit(f"{fault}\n{fault.stack}")
    if not drained:
        sys.stderr.flush()
        os._exit(1)  # a thread of the app still runs: an orderly exit would wait for it, maybe for ever


async def _run(options: argparse.Namespace) -> bool:
    """Raises SettingsError, PortTakenError, InstanceError or IndexingError."""
    host_json = load_host_json(options.app.resolve())
    if options.settings:
        load_settings(options.settings, os.environ)
    configure_logging(host_json.log_level)
    if options.instance:
        _end_with_parent()
    if options.instances > 1 or options.cold:
        return await serve_instances(options)
    return await _run_alone(options, host_json)


async def _run_alone(options: argparse.Namespace, host_json: HostJson) -> bool:
    listener = bind(options.port)
    _set_environment(listener.getsockname()[1])
    folder = options.app.resolve()
    os.chdir(folder)
    process_clock.advance(timedelta(seconds=options.clock_offset))
    queues = Queues()
    outputs = QueueOutputs(queues, os.environ, base64=host_json.queues.base64)
    runtime = Runtime(Bindings(SignalRBindings(os.environ), outputs))
    functions = await runtime.load(folder)
    host = functions_host(
        runtime,
        functions,
        settings=os.environ,
        clock=process_clock,
        monitor=ScheduleMonitor(options.schedules),
        host_json=host_json,
        queues=queues,
        hold_s=options.queue_hold,
        concurrency=options.concurrency,
        tenant=load_tenant(os.environ, options.entra),
    )
    names = [function.name for function in functions]
    started = {"timers": not options.no_timers, "queues": not options.no_queues}
    return await serve(host, runtime, listener, functions=names, **started)


def _set_environment(port: int) -> None:
    """What func sets, and the movable clock for apps that look for one."""
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{port}")
    os.environ.setdefault("CLOCK", "twin.clocks:process_clock")


def _end_with_parent() -> None:
    """Standard input ends when the process in front does, however it does."""

    def wait() -> None:
        while os.read(0, 1024):  # unbuffered: a lock on sys.stdin would upset the interpreter's shutdown
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    main()
