"""Time, tokens, keys, telemetry, push, topics. Protocols and values; nothing here does anything."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from shared.domain.events.rich import EncryptedContent


class Tokens(Protocol):
    async def claims(self, token: str, *, audiences: Collection[str]) -> Mapping[str, object] | None:
        """What a token says, None unless our tenant's Entra issued it for one of these audiences and it counts now.

        Raises KeysMissing.
        """
        ...


class Certificates(Protocol):
    async def open(self, content: EncryptedContent) -> bytes:
        """What was encrypted for one of our certificates. Raises Unopened."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Push(Protocol):
    """Tells readers that there is news. Best effort: it never raises, and what it loses they find by themselves."""

    async def news(self, rows: Mapping[str, int]) -> None:
        """New journal rows by reader."""
        ...


class Telemetry(Protocol):
    """Traces and metrics. It never raises. Attributes are keywords, `messaging__system` for messaging.system."""

    def span(
        self, name: str, *, parent: str = "", links: tuple[str, ...] = (), **attributes: str | int | float | bool
    ) -> AbstractContextManager[None]:
        """`parent` is the traceparent of the hop that brought us here, `links` are those of the events at hand."""
        ...

    def count(self, name: str, amount: int = 1, **attributes: str | int | float | bool) -> None: ...

    def record(self, name: str, value: float, **attributes: str | int | float | bool) -> None:
        """Into a histogram of seconds."""
        ...


class PublishFault(Exception):
    """A topic refused an event or could not be reached; it may have arrived all the same."""


class Topics(Protocol):
    """Event Grid custom topics that take CloudEvents."""

    async def send(self, endpoint: str, event: str) -> None:
        """One CloudEvent, as JSON text, to https://<topic>.<region>-1.eventgrid.azure.net/api/events, as it is.

        Raises PublishFault.
        """
        ...
