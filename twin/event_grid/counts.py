"""What became of the events: for showing, and for tests that nothing is lost without a trace."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """`published` counts events handed in; the others count an event once for each event subscription."""

    published: int = 0
    filtered: int = 0  # an event subscription did not want it
    duplicated: int = 0  # queued once more on purpose
    delivered: int = 0
    failed_attempts: int = 0  # POSTs, whatever the number of events in them
    dead_lettered: int = 0
    dropped: int = 0  # nobody to deliver to, or given up without a dead-letter destination

    def as_json(self) -> dict[str, int]:
        return asdict(self)
