"""Where each part of the local cloud listens: one block of ports, counted from a base."""

from dataclasses import dataclass

DEFAULT_PORT_BASE = 7071  # where `func start` serves an app


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports and URLs of a local cloud whose app listens on `base`."""

    base: int = DEFAULT_PORT_BASE

    @property
    def app(self) -> str:
        return f"http://localhost:{self.base}"

    @property
    def graph(self) -> str:
        return f"https://localhost:{self.base + 1}"

    @property
    def entra(self) -> str:
        return f"https://localhost:{self.base + 2}"

    @property
    def event_grid(self) -> str:
        return f"https://localhost:{self.base + 3}"

    @property
    def arm(self) -> str:
        return f"https://localhost:{self.base + 4}"

    @property
    def signalr(self) -> str:
        return f"http://localhost:{self.base + 5}"

    @property
    def control(self) -> str:
        """The twin's own switchboard: trigger changes, move the clock, read the ledger."""
        return f"http://localhost:{self.base + 6}"

    @property
    def managed_identity(self) -> str:
        return f"http://localhost:{self.base + 7}/msi/token"

    def storage(self, kind: str) -> str:
        """URL of the emulated account; `kind` is blob, queue or table."""
        return f"https://localhost:{self.storage_port(kind)}/devstoreaccount1"

    def storage_port(self, kind: str) -> int:
        return self.base + {"blob": 10, "queue": 11, "table": 12}[kind]
