"""Runs parts side by side, each to its end: no part's fault stops another, and nothing unfinished passes for done."""

import asyncio
from collections.abc import Awaitable, Iterable


class Broken(Exception):
    """A part ended in a cancellation that was not ours: some libraries answer so when their session closes."""


async def faults_of(parts: Iterable[Awaitable[object]]) -> list[Exception | None]:
    """What each raised, None for those that are done. When we are cancelled ourselves, so are they."""
    outcomes = await asyncio.gather(*parts, return_exceptions=True)
    return [_fault(outcome) for outcome in outcomes]


async def run_together(parts: Iterable[Awaitable[object]], what: str) -> None:
    """Raises what failed, as one ExceptionGroup that says `what`."""
    if faults := [fault for fault in await faults_of(parts) if fault]:
        raise ExceptionGroup(what, faults)


def _fault(outcome: object) -> Exception | None:
    if isinstance(outcome, asyncio.CancelledError):
        return Broken(type(outcome).__name__)
    if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
        raise outcome  # the process ends
    return outcome if isinstance(outcome, Exception) else None
