"""What a timer starts: several journeys, of which none may keep the others from running."""

from collections.abc import Awaitable, Callable


async def run_all(*journeys: Callable[[], Awaitable[object]]) -> None:
    """One after the other; what they raised is raised together at the end."""
    faults: list[Exception] = []
    for journey in journeys:
        try:
            await journey()
        except Exception as fault:
            faults.append(fault)
    if faults:
        raise ExceptionGroup("the timer's journeys failed", faults)
