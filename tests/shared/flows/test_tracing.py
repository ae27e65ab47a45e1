"""One trace from arrival to push, linked to the trace that the event began in; nothing secret in it."""

import json

from builders import mail_event
from house import House
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.telemetry import OpenTelemetry

HOP = "00-11111111111111111111111111111111-2222222222222222-01"
START = "00-33333333333333333333333333333333-4444444444444444-01"


class Watched:
    def __init__(self) -> None:
        self.spans, self.metrics = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        providers = tracers.get_tracer("t"), MeterProvider([self.metrics]).get_meter("t")
        telemetry = OpenTelemetry(lambda: providers)
        telemetry.count("first")
        telemetry._opening.join()
        self.house = House(telemetry=telemetry)

    def named(self, name: str) -> ReadableSpan:
        [span] = [span for span in self.spans.get_finished_spans() if span.name == name]
        return span

    def counts(self, name: str) -> dict[str, int]:
        found = self.metrics.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        points = next(metric.data.data_points for metric in found if metric.name == name)
        return {str(point.attributes.get("outcome") or point.attributes.get("reason")): point.value for point in points}


async def test_accepting_handling_and_pushing_are_one_trace_below_the_hop():
    watched = Watched()

    @watched.house.router.on("*")
    async def greet(notification, context): ...

    event = json.dumps(json.loads(mail_event()) | {"traceparent": START})
    await watched.house.receive(event, hop=HOP)

    process = watched.named("process")
    assert f"{process.parent.span_id:016x}" == "2" * 16
    assert [f"{link.context.trace_id:032x}" for link in process.links] == ["3" * 32]
    for name in ("accept", "handle", "push"):
        assert watched.named(name).parent.span_id == process.context.span_id
    assert watched.named("handle").attributes["handler"] == "test_tracing.greet"


async def test_what_became_of_events_is_counted():
    watched = Watched()
    event = mail_event()

    for text in (event, event, "not json"):
        await watched.house.receive(text)

    assert watched.counts("messaging.client.consumed.messages") == {"accepted": 1, "duplicate": 1}
    assert watched.counts("graph_pulse.quarantine") == {"unreadable": 1}


async def test_no_client_state_is_in_any_span():
    watched = Watched()

    await watched.house.receive(mail_event())

    told = repr([(span.attributes, span.events) for span in watched.spans.get_finished_spans()])
    assert "v1." not in told
