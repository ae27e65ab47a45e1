"""The Telemetry port on OpenTelemetry, sent to Application Insights by the app's identity.

Importing the SDK and its exporter takes a third of a second, which no first event shall wait for: it happens in a
thread, begun by the first span; what was measured until then is lost. Attributes follow the semantic conventions for
messaging (https://opentelemetry.io/docs/specs/semconv/messaging/, in development, 2026-11).
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Tracer

SCOPE = "graph_pulse"
BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]  # seconds, by the conventions
DURATIONS = {"process": "messaging.process.duration"}  # by the conventions; of other spans graph_pulse.<name>.duration
type Value = str | int | float | bool
type Providers = tuple["Tracer", "Meter"]


class NoTelemetry:
    """Where nobody looks at it."""

    def span(
        self, name: str, *, parent: str = "", links: tuple[str, ...] = (), **_: Value
    ) -> AbstractContextManager[None]:
        return nullcontext()

    def count(self, name: str, amount: int = 1, **_: Value) -> None:
        return None

    def record(self, name: str, value: float, **_: Value) -> None:
        return None


@dataclass(slots=True)
class OpenTelemetry:
    """`open_providers` imports, and connects; it is called once, in a thread."""

    open_providers: Callable[[], Providers]
    _providers: Providers | None = None
    _opening: threading.Thread | None = None
    _instruments: dict[str, Any] = field(default_factory=dict)

    def span(
        self, name: str, *, parent: str = "", links: tuple[str, ...] = (), **attributes: Value
    ) -> AbstractContextManager[None]:
        """`parent` and `links` are W3C traceparents. An exception that leaves the span is noted on it by its type."""
        found = self._ready()
        return self._span(found[0], name, parent, links, _named(attributes)) if found else nullcontext()

    def count(self, name: str, amount: int = 1, **attributes: Value) -> None:
        if found := self._ready():
            self._instrument(name, found[1].create_counter).add(amount, _named(attributes))

    def record(self, name: str, value: float, **attributes: Value) -> None:
        """A histogram of seconds."""
        if found := self._ready():
            self._instrument(name, _histogram(found[1])).record(value, _named(attributes))

    def _ready(self) -> Providers | None:
        if self._opening is None:
            self._opening = threading.Thread(target=self._open, name="telemetry", daemon=True)
            self._opening.start()
        return self._providers

    def _open(self) -> None:
        self._providers = self.open_providers()

    @contextmanager
    def _span(
        self, tracer: "Tracer", name: str, parent: str, links: tuple[str, ...], attributes: Mapping[str, Value]
    ) -> Iterator[None]:
        from opentelemetry.trace import Link, SpanKind

        known = [Link(context) for text in links if (context := _span_context(text))]
        kind = SpanKind.CONSUMER if known else SpanKind.INTERNAL
        started = time.perf_counter()
        try:
            span = tracer.start_as_current_span(
                name,
                context=_context(parent),
                kind=kind,
                links=known,
                attributes=dict(attributes),
                record_exception=False,  # with what it says: that may be anything
                set_status_on_exception=False,
            )
            with span as current, _noted_on(current):
                yield
        finally:
            self.record(DURATIONS.get(name, f"{SCOPE}.{name}.duration"), time.perf_counter() - started)

    def _instrument(self, name: str, create: Callable[[str], Any]) -> Any:
        if name not in self._instruments:
            self._instruments[name] = create(name)
        return self._instruments[name]


def azure_monitor(connection_string: str, credential: Any) -> Callable[[], Providers]:
    """Providers that send to Application Insights; `credential` is not an async one."""

    def open_providers() -> Providers:
        from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter, AzureMonitorTraceExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        where = {"connection_string": connection_string, "credential": credential()}
        tracers = TracerProvider()
        tracers.add_span_processor(BatchSpanProcessor(AzureMonitorTraceExporter(**where)))
        meters = MeterProvider([PeriodicExportingMetricReader(AzureMonitorMetricExporter(**where))])
        return tracers.get_tracer(SCOPE), meters.get_meter(SCOPE)

    return open_providers


def _histogram(meter: "Meter") -> Callable[[str], Any]:
    return lambda name: meter.create_histogram(name, unit="s", explicit_bucket_boundaries_advisory=BUCKETS)


def _named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    """`messaging__system` is messaging.system: a keyword holds no dot."""
    return {name.replace("__", "."): value for name, value in attributes.items()}


@contextmanager
def _noted_on(span: Any) -> Iterator[None]:
    try:
        yield
    except Exception as fault:
        from opentelemetry.trace import StatusCode

        span.set_status(StatusCode.ERROR)
        span.set_attribute("error.type", type(fault).__name__)
        raise


def _context(traceparent: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None


def _span_context(traceparent: str) -> Any:
    from opentelemetry.trace import get_current_span

    context = get_current_span(_context(traceparent)).get_span_context() if traceparent else None
    return context if context and context.is_valid else None
