"""Dead letters: what Event Grid gave up on goes through Receive again, by itself a few times, or when somebody says so.

The events hold their client_state, so they prove themselves as ever. A blob is deleted only after all of its events
are accepted (or quarantined, with a reason): whatever crashes in between, they are tried again, and what was in the
journal already is refused as a duplicate. What was done of a blob, and how often it was tried, stands in a row.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.events.notifications import Reading, Unreadable, read
from shared.domain.events.trust import Rejection
from shared.domain.journal.dead_letters import DeadLetter, blob_key, next_try, read_dead_letters
from shared.domain.journal.log_layout import GROUP
from shared.flows.journal.rows import keys
from shared.flows.receive import Receive
from shared.flows.upkeep.quarantine import Quarantine
from shared.flows.upkeep.replay import Replayed
from shared.ports import Blobs, Clock, Tables, Value, Verb, Write

TABLE, PARTITION = "deadletters", "blob"
SHOWN = 1_000
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letters:
    """A blob and how far it is. `done`: indices of events that are accepted or quarantined."""

    blob: str
    letters: Sequence[DeadLetter]
    tries: int = 0
    next_at: datetime | None = None
    done: frozenset[int] = frozenset()
    has_row: bool = False

    @property
    def left(self) -> list[tuple[int, DeadLetter]]:
        return [(index, letter) for index, letter in enumerate(self.letters) if index not in self.done]


@dataclass(slots=True)
class DeadLetters:
    """`store` is the container that Event Grid writes to; None where there is none."""

    store: Blobs | None
    tables: Tables
    receive: Receive
    quarantine: Quarantine
    clock: Clock

    async def listed(self) -> Sequence[dict[str, object]]:
        shown: list[dict[str, object]] = []
        async for at in self._all():
            shown += [_shown(letter, at) for _, letter in at.left]
            if len(shown) >= SHOWN:
                break
        return shown[:SHOWN]

    async def show(self, name: str) -> dict[str, object] | None:
        """One, without its clientState."""
        found = await self._find(name)
        if found is None:
            return None
        at, index = found
        event = read(at.letters[index].event)[0]
        body = event.text if isinstance(event, Unreadable) else event.notification.body
        return {**_shown(at.letters[index], at), "outcome": at.letters[index].outcome, "body": body}

    async def replay(self, name: str) -> Replayed | None:
        """One event now, however often it was tried."""
        found = await self._find(name)
        if found is None:
            return None
        at, index = found
        fault = await self._send(at.letters[index])
        if not fault:
            await self._keep(replace(at, done=at.done | {index}))
        return _replayed(at.letters[index], fault)

    async def replay_all(self) -> Sequence[Replayed]:
        """All now, however often they were tried."""
        return [outcome async for at in self._all() for outcome in await self._try(at)]

    async def redrive(self) -> int:
        """What is due; how many events were taken in. One blob's fault keeps no other from its turn."""
        taken, faults = 0, list[Exception]()
        for blob in await self._blobs():
            try:
                at = await self._read(blob, due=self.clock.now())
                taken += sum(outcome.done for outcome in await self._try(at)) if at else 0
            except Exception as fault:
                faults.append(fault)
        if faults:
            raise ExceptionGroup("dead letters stay where they are", faults)
        return taken

    async def purge(self, marks: Sequence[str]) -> int:
        """Take out the events that name a person: `marks` are object id and subject. How many went."""
        gone = 0
        async for at in self._all():
            kept = [letter for _, letter in at.left if not any(mark in letter.event.lower() for mark in marks)]
            gone += len(at.left) - len(kept)
            if len(kept) == len(at.left):
                continue
            await self._keep(replace(at, letters=kept, done=frozenset()))  # first: indices are about to change
            if kept and self.store:
                await self.store.put(at.blob, json.dumps([json.loads(letter.event) for letter in kept]))
        return gone

    async def _try(self, at: _Letters) -> list[Replayed]:
        """Send what is left of a blob; after the last try what failed goes to quarantine."""
        outcomes: list[Replayed] = []
        done = set(at.done)
        for start in range(0, len(at.left), GROUP):
            group = at.left[start : start + GROUP]
            faults = await asyncio.gather(*(self._send(letter) for _, letter in group))
            outcomes += [_replayed(letter, fault) for (_, letter), fault in zip(group, faults, strict=True)]
            done |= {index for (index, _), fault in zip(group, faults, strict=True) if not fault}
        again = next_try(at.tries + 1, self.clock.now())
        tried = replace(at, tries=at.tries + 1, next_at=again, done=frozenset(done))
        if tried.left and again is None:
            tried = await self._give_up(tried)
        await self._keep(tried)
        return outcomes

    async def _send(self, letter: DeadLetter) -> str:
        """What kept it from being taken in, by type; empty when it was."""
        try:
            await self.receive(letter.event)
        except Exception as fault:
            log.warning("dead_letter.failed id=%s fault=%s", letter.id, _name(fault))
            return _name(fault)
        log.info("dead_letter.replayed id=%s", letter.id)
        return ""

    async def _give_up(self, at: _Letters) -> _Letters:
        for _, letter in at.left:
            for event in read(letter.event):
                if isinstance(event, Reading):
                    await self.quarantine.put(event, Rejection("undelivered", f"tried {at.tries} times"))
                else:
                    await self.quarantine.put_unreadable(event)
            log.warning("dead_letter.quarantined id=%s", letter.id)
        return replace(at, done=frozenset(range(len(at.letters))))

    async def _keep(self, at: _Letters) -> None:
        """Write down how far the blob is; once nothing is left of it, it goes, and then its row."""
        row = keys(PARTITION, blob_key(at.blob))
        if not at.left:
            if self.store:
                await self.store.delete(at.blob)
            if at.has_row:
                await self.tables.submit(TABLE, [Write(Verb.DELETE, row, "*")])
            return
        await self.tables.create(TABLE)
        next_at = at.next_at.isoformat() if at.next_at else ""
        columns: dict[str, Value] = {"tries": at.tries, "next_at": next_at, "done": ",".join(map(str, sorted(at.done)))}
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, {**row, **columns})])

    async def _all(self) -> AsyncIterator[_Letters]:
        """Every blob with anything left, one at a time: each may hold a megabyte."""
        for blob in await self._blobs():
            if at := await self._read(blob):
                yield at

    async def _blobs(self) -> list[str]:
        return [name async for name in self.store.list("") if name.endswith(".json")] if self.store else []

    async def _read(self, blob: str, *, due: datetime | None = None) -> _Letters | None:
        """None when it is gone, or not yet due."""
        row = await self.tables.read(TABLE, PARTITION, blob_key(blob))
        next_at = str(row.entity["next_at"]) if row else ""
        if due and next_at and datetime.fromisoformat(next_at) > due:
            return None
        text = await self.store.get(blob) if self.store else None
        if text is None:
            return None
        at = _Letters(blob=blob, letters=read_dead_letters(blob, text))
        if row is None:
            return at
        return replace(
            at,
            tries=int(str(row.entity["tries"])),
            next_at=datetime.fromisoformat(next_at) if next_at else None,
            done=frozenset(int(index) for index in str(row.entity["done"]).split(",") if index),
            has_row=True,
        )

    async def _find(self, name: str) -> tuple[_Letters, int] | None:
        key, _, index = name.partition(".")
        if not index.isdecimal():
            return None
        blob = next((blob for blob in await self._blobs() if blob_key(blob) == key), None)
        at = await self._read(blob) if blob else None
        return (at, int(index)) if at and any(int(index) == known for known, _ in at.left) else None


def _shown(letter: DeadLetter, at: _Letters) -> dict[str, object]:
    return {
        "id": letter.id,
        "reason": letter.reason or "unknown",
        "type": letter.type,
        "attempts": letter.attempts,
        "dead_since": letter.dead_since or None,
        "tries": at.tries,
    }


def _replayed(letter: DeadLetter, fault: str) -> Replayed:
    return Replayed(id=letter.id, done=not fault, reason="fault" if fault else "", detail=fault)


def _name(fault: BaseException) -> str:
    """By type, the innermost: what faults say may hold what no answer should."""
    while isinstance(fault, ExceptionGroup):
        fault = fault.exceptions[0]
    return type(fault).__name__
