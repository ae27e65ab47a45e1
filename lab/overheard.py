"""Telemetry that stays in this process, to be looked through for what should not be in it."""

import json
from dataclasses import dataclass, field

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.adapters.telemetry import OpenTelemetry, Providers
from shared.composition import App


@dataclass(slots=True)
class Overheard:
    """All that the app would send to Application Insights."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    metrics: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def listen_to(self, app: App) -> None:
        telemetry = OpenTelemetry(self._providers)
        telemetry.count("begun")  # opens it, in a thread
        if telemetry._opening:
            telemetry._opening.join()
        for part in (app.receive, app.receive.herald, app.handling, app.keep_alive):
            part.telemetry = telemetry

    def text(self) -> str:
        spans = [span.to_json() for span in self.spans.get_finished_spans()]
        metrics = self.metrics.get_metrics_data()
        return json.dumps(spans) + (metrics.to_json() if metrics else "")

    def _providers(self) -> Providers:
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        return tracers.get_tracer("lab"), MeterProvider([self.metrics]).get_meter("lab")
