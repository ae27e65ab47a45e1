"""Puts one app's host together: what is served, and what is named as not served."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from twin.clocks import MovableClock
from twin.functions_host.admin import Admin, ClockSwitch
from twin.functions_host.event_grid import EventGridEndpoint
from twin.functions_host.http_functions import HttpFunctions
from twin.functions_host.http_routes import Endpoint, endpoint_of
from twin.functions_host.metadata import HTTP, QUEUE, SERVED, TIMER, Function
from twin.functions_host.panel import panel_routes
from twin.functions_host.queue_messages import QueueTrigger
from twin.functions_host.queue_triggers import QueueTriggers, queue_trigger_of
from twin.functions_host.queues import Queues
from twin.functions_host.runtime import Runtime
from twin.functions_host.schedule_monitor import ScheduleMonitor
from twin.functions_host.settings import HostJson, Tenant
from twin.functions_host.timers import Timer, Timers, timer_of

log = logging.getLogger("host")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsHost:
    app: Starlette
    timers: Timers  # not started
    queues: QueueTriggers  # not started


def functions_host(
    runtime: Runtime,
    functions: Sequence[Function],
    *,
    settings: Mapping[str, str],
    clock: MovableClock,
    monitor: ScheduleMonitor,
    host_json: HostJson,
    queues: Queues,
    hold_s: float,
    concurrency: int,
    tenant: Tenant | None,
) -> FunctionsHost:
    """`hold_s`: how long a queue message hides while its function runs.
    `tenant`: with App Service authentication in front; None: without.
    """
    endpoints = _http_endpoints(functions, host_json.route_prefix)
    timers = Timers(runtime, _timers(functions, settings, clock), clock, monitor)
    _name_unserved(functions)
    sign_in, middleware = _authentication(tenant) if tenant else ([], [])
    event_grid = EventGridEndpoint(runtime, functions, concurrency=concurrency)
    routes = [
        Route("/runtime/webhooks/EventGrid", event_grid.answer, methods=["POST", "OPTIONS"]),
        *Admin(runtime, functions, endpoints, timers).routes(),
        *ClockSwitch(clock, timers).routes(),
        *panel_routes(settings, clock),
        *sign_in,
        Route("/{path:path}", HttpFunctions(runtime, endpoints)),
    ]
    found = _queue_triggers(functions, settings)
    triggers = QueueTriggers(runtime, found, queues, host_json.queues, hold_s=hold_s)
    return FunctionsHost(app=Starlette(routes=routes, middleware=middleware), timers=timers, queues=triggers)


def _http_endpoints(functions: Iterable[Function], prefix: str) -> list[Endpoint]:
    endpoints = []
    for function in functions:
        if function.kind == HTTP:
            try:
                endpoints.append(endpoint_of(function, prefix=prefix))
            except ValueError as fault:
                log.error("function.in_error function=%s: %s", function.name, fault)
    return endpoints


def _timers(functions: Iterable[Function], settings: Mapping[str, str], clock: MovableClock) -> list[Timer]:
    timers = []
    for function in functions:
        if function.kind == TIMER:
            try:
                timers.append(timer_of(function, settings, clock.now()))
            except ValueError as fault:
                log.error("function.in_error function=%s: %s", function.name, fault)
    return timers


def _queue_triggers(functions: Iterable[Function], settings: Mapping[str, str]) -> list[QueueTrigger]:
    triggers = []
    for function in functions:
        if function.kind == QUEUE:
            try:
                triggers.append(queue_trigger_of(function, settings))
            except ValueError as fault:
                log.error("function.in_error function=%s: %s", function.name, fault)
    return triggers


def _authentication(tenant: Tenant) -> tuple[list[Route], list[Middleware]]:
    """Imported here: its libraries take as long as all the rest of the host."""
    from twin.functions_host.entra_tokens import EntraTokens
    from twin.functions_host.identity import AppServiceAuthentication
    from twin.functions_host.sign_in import SignIn

    tokens = EntraTokens(tenant)
    return SignIn(tokens).routes(), [Middleware(AppServiceAuthentication, tokens=tokens)]


def _name_unserved(functions: Iterable[Function]) -> None:
    for function in functions:
        if function.kind not in SERVED:
            log.warning("function %s: %s is not served by the stand-in", function.name, function.trigger["type"])
