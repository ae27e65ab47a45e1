"""Where each part of the local cloud listens: one block of ports, counted from a base."""

from dataclasses import dataclass

DEFAULT_PORT_BASE = 7071  # where `func start` serves an app


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports and URLs of a local cloud whose app listens on `base`."""

    base: int = DEFAULT_PORT_BASE
    through_proxy: bool = False  # the app reaches storage through the twin's proxy, which can fail on purpose

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

    def app_storage(self, kind: str) -> str:
        """The same as the app is told it."""
        return f"{getattr(self, f'{kind}_proxy')}/devstoreaccount1" if self.through_proxy else self.storage(kind)

    @property
    def blob_proxy(self) -> str:
        return f"https://localhost:{self.base + 13}"

    @property
    def queue_proxy(self) -> str:
        return f"https://localhost:{self.base + 14}"

    @property
    def table_proxy(self) -> str:
        return f"https://localhost:{self.base + 15}"

    def storage_port(self, kind: str) -> int:
        return self.base + {"blob": 10, "queue": 11, "table": 12}[kind]
