"""Anything at all through every way in: it ends in the journal or in quarantine with a reason, never in an exception.

Half of the events carry a genuine state, so that what follows reading is reached too. Counted are exceptions that come
out of a door, and inputs of which nothing can be found afterwards.
"""

import json
import traceback
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from lab.doors import Doors, rich
from lab.oddities import GENERATORS
from shared.domain.events.notifications import Unreadable, read
from shared.domain.events.senders import KeysMissing
from shared.domain.events.webhooks import read_collection
from shared.domain.events.work import POISON, QUEUE

EACH = 500  # inputs to one app: then another, so that memory stays small
SAMPLES = Path(__file__).parent.parent / "tests" / "samples"
POSTED = 7  # one in so many goes through the doors; all are read


async def rows(*, tried: int, seed: int = 1) -> list[dict[str, object]]:
    random, faults = Random(seed), Counter[str]()
    world = Doors().world  # its keys take longer to make than all else
    for start in range(0, tried, EACH):
        doors = Doors(world=world)
        bases = _bases(doors)
        for number in range(min(EACH, tried - start)):
            name = list(GENERATORS)[number % len(GENERATORS)]
            await _try(doors, GENERATORS[name](random, bases), faults, through_doors=number % POSTED == 0)
        await _work(doors, faults)
    note = f"{len(GENERATORS)} generators; " + (
        ", ".join(f"{fault}: {n}" for fault, n in faults.most_common(5)) or "none"
    )
    violations = faults.total()
    return [
        {
            "name": "fuzz",
            "value": violations,
            "unit": "unhandled exceptions",
            "n": tried,
            "seed": str(seed),
            "note": note,
        }
    ]


async def _try(doors: Doors, text: str, faults: Counter[str], *, through_doors: bool) -> None:
    try:
        found = [*read(text), *read_collection(text, now=doors.clock.now()).events]
        if any(isinstance(one, Unreadable) and not one.fault for one in found):
            faults["no reason"] += 1
        if through_doors:
            await doors.app.receive(text)
            await doors.app.arrivals(text)
    except Exception as fault:
        if not isinstance(fault.__cause__, KeysMissing):  # a token's key id was changed: the answer is 503, by intent
            faults[_where(fault)] += 1


async def _work(doors: Doors, faults: Counter[str]) -> None:
    """What was queued is taken up; and once more as from the poison queue, together with texts that are no work."""
    waiting = [*doors.queues.queues.get(QUEUE, []), *doors.queues.queues.get(POISON, []), "", "x", '{"format":1}']
    for text in waiting:
        try:
            await doors.app.work(text)
            await doors.app.work.give_up(text)
        except Exception as fault:
            faults[_where(fault)] += 1


def _where(fault: BaseException) -> str:
    """Its kind and the line of ours that it came from."""
    inner = fault.exceptions[0] if isinstance(fault, BaseExceptionGroup) else fault.__cause__ or fault
    frame = traceback.extract_tb(inner.__traceback__)[-1]
    return f"{type(inner).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _bases(doors: Doors) -> list[dict[str, Any]]:
    """Every documented sample, and genuine events of each way, as JSON objects."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))]
    samples: list[dict[str, Any]] = [one.get("event", one.get("notification", one)) for one in found]
    item = doors.item(number=2)
    genuine: list[Mapping[str, Any]] = [
        doors.event(),
        doors.event(lifecycle="missed"),
        {"value": [item, doors.item(lifecycle="missed")]},
        {"value": [rich(item, {"subject": "x"})], "validationTokens": _tokens(doors)},
    ]
    return samples + [dict(one) for one in genuine] * 3


def _tokens(doors: Doors) -> list[str]:
    return [doors.world.entra.validation_token(doors.world.app_id)]
