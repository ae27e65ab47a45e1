"""Reading, trust and routing of an event on one core, beside what the cloudevents package takes to parse it alone.

The package has three ways to parse, which differ by four times: each is a baseline of its own. `json_and_hmac` is what
none can do without, `json.loads` and one HMAC-SHA256: the bound for whatever reads an event and checks its origin.
"""

import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.ingest import signed_events
from bench.rows import Row, rows_beside
from lab.crash_points import SPEC
from lab.simulated import TENANT, the_ring
from shared.domain.events.client_state import prove
from shared.domain.events.notifications import Reading, read
from shared.domain.events.trust import reject
from shared.handlers import find_handlers

EVENTS = 5_000
ROUNDS = 7


def measure(rounds: int = ROUNDS, events: int = EVENTS) -> list[Row]:
    texts = signed_events(events, 0)
    kinds = {"ours": _ours(), **_baselines()}
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, parse in kinds.items():
            rates[name].append(events / _timed(parse, texts))
    ours = rates.pop("ours")
    return rows_beside("decide_events_per_s", ours, "events/s", note="one core", baselines=rates.items())


def _timed(parse: Callable[[str], object], texts: list[str]) -> float:
    started = time.perf_counter()
    for text in texts:
        parse(text)
    return time.perf_counter() - started


def _ours() -> Callable[[str], object]:
    ring, router, now = the_ring(), find_handlers(), datetime.now(UTC)

    def decide(text: str) -> None:
        for reading in read(text):
            assert isinstance(reading, Reading)
            assert prove(ring, reading.client_state, tenant_id=TENANT)
            assert not reject(reading.notification, resource=SPEC.resource, tenant_id=TENANT, now=now)
            router.matching(reading.notification)

    return decide


def _baselines() -> dict[str, Callable[[str], object]]:
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent
    from cloudevents.v1 import http, pydantic

    core = JSONFormat()
    return {
        "cloudevents_pydantic": pydantic.from_json,
        "cloudevents": http.from_json,
        "cloudevents_core": lambda text: core.read(CloudEvent, text),
        "json_and_hmac": lambda text: hmac.digest(bytes(32), json.loads(text)["id"].encode(), "sha256"),
    }
