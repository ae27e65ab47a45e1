"""Everything that the parts of one local cloud share: who exists, what time it is, what happened."""

import uuid
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from twin.addresses import Addresses
from twin.clocks import MovableClock, process_clock
from twin.ledger import Ledger
from twin.outages import Outages
from twin.recorder import Recorder
from twin.switches import Switches

if TYPE_CHECKING:
    from twin.entra.tokens import Entra
    from twin.event_grid.broker import EventGrid
    from twin.graph.tenant import Graph
    from twin.signalr.service import SignalR


def made_up_id(name: str) -> str:
    """A GUID that is the same in every run, so that a demo's settings outlive a restart."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://graph-pulse.invalid/{name}"))


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up member of the tenant, who can sign in to the demo."""

    alias: str  # ada
    name: str  # Ada Lovelace
    roles: tuple[str, ...] = ()  # app roles: Pulse.Operator

    @property
    def id(self) -> str:
        return made_up_id(f"user/{self.alias}")

    @property
    def mail(self) -> str:
        return f"{self.alias}@contoso.example"


PEOPLE = (
    Person("ada", "Ada Lovelace", ("Pulse.Operator",)),
    Person("grace", "Grace Hopper"),
    Person("alan", "Alan Turing"),
)


@dataclass(slots=True)
class World:
    """One local cloud. The parts find each other here; `twin.server` makes them and serves them."""

    addresses: Addresses = field(default_factory=Addresses)
    seed: int = 7
    clock: MovableClock = process_clock
    ledger: Ledger = field(default_factory=Ledger)
    recorder: Recorder = field(default_factory=Recorder)
    switches: Switches = field(default_factory=Switches)
    people: tuple[Person, ...] = PEOPLE
    tenant_id: str = made_up_id("tenant")
    app_id: str = made_up_id("identity/client")  # client id of the app's managed identity
    principal_id: str = made_up_id("identity/principal")
    api_app_id: str = made_up_id("api")  # client id of the app registration that people sign in to
    azure_subscription_id: str = made_up_id("azure-subscription")
    resource_group: str = "rg-graph-pulse"
    location: str = "westeurope"
    topic_name: str = "graph-pulse"
    function_app_name: str = "func-graph-pulse"
    random: Random = field(init=False)
    outages: Outages = field(init=False)
    entra: "Entra" = field(init=False)
    event_grid: "EventGrid" = field(init=False)
    graph: "Graph" = field(init=False)
    signalr: "SignalR" = field(init=False)
    changing: Random = field(init=False)  # of made-up changes alone: what is delivered meanwhile shifts it by nothing

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.changing = Random(f"{self.seed}/changes")
        self.outages = Outages(self.seed)
