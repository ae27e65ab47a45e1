"""Spans and metrics, by the real OpenTelemetry SDK with exporters in memory."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.telemetry import NoTelemetry, OpenTelemetry

HOP = "00-11111111111111111111111111111111-2222222222222222-01"
START = "00-33333333333333333333333333333333-4444444444444444-01"


class Seen:
    def __init__(self) -> None:
        self.spans, self.metrics = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        meters = MeterProvider([self.metrics])
        self.telemetry = OpenTelemetry(lambda: (tracers.get_tracer("t"), meters.get_meter("t")))
        with self.telemetry.span("first"):
            pass
        self.telemetry._opening.join()

    def points(self) -> dict[str, object]:
        found = self.metrics.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        return {metric.name: metric.data.data_points[0] for metric in found}


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_a_span_hangs_below_the_hop_and_links_to_the_start_of_the_event(seen):
    with seen.telemetry.span("process", parent=HOP, links=(START,), messaging__system="eventgrid"):
        pass

    span = seen.spans.get_finished_spans()[-1]
    assert f"{span.parent.trace_id:032x}" == "1" * 32
    assert f"{span.links[0].context.trace_id:032x}" == "3" * 32
    assert span.kind.name == "CONSUMER"
    assert span.attributes == {"messaging.system": "eventgrid"}


def test_spans_within_a_span_are_its_children_and_keep_the_fault(seen):
    with pytest.raises(ValueError, match="x"), seen.telemetry.span("outer"), seen.telemetry.span("inner"):
        raise ValueError("x")

    inner, outer = seen.spans.get_finished_spans()[-2:]
    assert inner.parent.span_id == outer.context.span_id
    assert inner.status.is_ok is False


@pytest.mark.parametrize("forged", ["", "x", "00-0-0-00", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "\0"])
def test_a_traceparent_that_is_none_is_left_out(seen, forged):
    with seen.telemetry.span("process", parent=forged, links=(forged,)):
        pass

    span = seen.spans.get_finished_spans()[-1]
    assert (span.parent, span.links) == (None, ())


def test_counts_and_durations(seen):
    seen.telemetry.count("messaging.client.consumed.messages", 3, outcome="accepted")
    seen.telemetry.record("messaging.process.duration", 0.02)

    points = seen.points()
    assert points["messaging.client.consumed.messages"].value == 3
    assert points["messaging.process.duration"].sum == pytest.approx(0.02)


def test_what_comes_before_it_is_open_is_lost_and_disturbs_nobody():
    telemetry = OpenTelemetry(lambda: None)

    for one in (telemetry, NoTelemetry()):
        with one.span("process", links=(START,)):
            one.count("n")
            one.record("s", 1)


def test_importing_the_adapter_imports_no_sdk():
    code = "import shared.adapters.telemetry, sys; print([n for n in sys.modules if n.startswith('opentelemetry')])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert ran.stdout == "[]\n"


def test_a_fault_leaves_its_type_and_nothing_of_what_it_says(seen):
    with pytest.raises(ValueError, match="canary"), seen.telemetry.span("outer"):
        raise ValueError("canary")

    span = seen.spans.get_finished_spans()[-1]
    assert span.attributes["error.type"] == "ValueError"
    assert "canary" not in span.to_json()
