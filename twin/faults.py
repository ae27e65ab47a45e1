"""Faults by name, for people and scenarios: what each turns among the switches and outages while it lasts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

DOWN = {"refused_percent": 100.0}

type Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """`outages` by component, as PUT /outages takes them; `burst` is an order for /trigger when it begins."""

    name: str
    about: str
    switches: Settings = field(default_factory=dict)
    outages: Mapping[str, Settings] = field(default_factory=dict)
    burst: Settings | None = None


def _of(components: Iterable[str], **outage: float) -> dict[str, Settings]:
    return dict.fromkeys(components, outage)


STORAGE = ("table", "blob", "queue")
FAULTS = (
    Fault("graph-down", "every call of Graph is answered 503", outages=_of(["graph"], **DOWN)),
    Fault(
        "entra-down", "no tokens: Entra and managed identity refuse", outages=_of(["entra", "managed_identity"], **DOWN)
    ),
    Fault(
        "event-grid-down",
        "nothing is delivered: the app can't be reached",
        outages=_of(["event_grid", "delivery"], **DOWN),
    ),
    Fault("storage-down", "tables, blobs and queues answer 503", outages=_of(STORAGE, **DOWN)),
    Fault("signalr-down", "no push, no new connections", {"signalr_offline": True}, _of(["signalr"], **DOWN)),
    Fault("arm-down", "Azure Resource Manager answers 503", outages=_of(["arm"], **DOWN)),
    Fault(
        "throttle",
        "half of Graph's calls get 429 with Retry-After 2",
        outages=_of(["graph"], refused_percent=50.0, status=429, retry_after_s=2),
    ),
    Fault(
        "slow",
        "Graph, Entra and deliveries take 800 ms more",
        outages=_of(["graph", "entra", "delivery"], latency_ms=800.0),
    ),
    Fault("slow-storage", "each call of storage takes 300 ms more", outages=_of(STORAGE, latency_ms=300.0)),
    Fault("storage-hiccups", "bursts of 503 from storage", outages=_of(STORAGE, refused_percent=5.0, burst=3)),
    Fault("drop", "changes happen and nobody is told", {"announce": False}),
    Fault("duplicate", "every delivery comes twice under its id", {"duplicate_percent": 100.0}),
    Fault("shuffle", "deliveries leave in random order", {"shuffle": True}),
    Fault("delay", "each delivery takes 5 s to leave", outages=_of(["delivery"], latency_ms=5000.0)),
    Fault(
        "lost-answers",
        "a fifth of all writes is done and never answered",
        outages=_of(["graph", "delivery", *STORAGE], unanswered_percent=20.0),
    ),
    Fault("lost-pushes", "half of SignalR's pushes reach nobody", {"signalr_drop_percent": 50.0}),
    Fault("revoked-consent", "an admin takes all permissions away", {"revoked_consent": "*"}),
    Fault("expired-tokens", "tokens behind subscriptions end after 10 minutes", {"token_minutes": 10}),
    Fault(
        "forged",
        "twenty events that Graph never sent",
        burst={"type": "message.created", "forge": True, "count": 20, "rate": 20},
    ),
    Fault("twice", "one change is announced under two ids", {"announce_twice": True}),
    Fault("late-etags", "events carry the etag of a later state", {"later_etags": True}),
    Fault("early", "events come before a subscription's POST was answered", {"event_before_create_answer": True}),
    Fault("ghosts", "deleted subscriptions deliver for ten minutes more", {"ghost_deliveries_s": 600}),
    Fault("no-client-state", "events come without a clientState", {"client_state_missing_in_events": True}),
)
BY_NAME = {fault.name: fault for fault in FAULTS}


class UnknownFaultError(ValueError):
    """The message names what is near."""


def find_fault(name: str) -> Fault:
    """Raises UnknownFaultError."""
    if fault := BY_NAME.get(name.lower()):
        return fault
    near = get_close_matches(name.lower(), BY_NAME, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"want one of {', '.join(BY_NAME)}"
    raise UnknownFaultError(f"{name}: no such fault; {hint}")
