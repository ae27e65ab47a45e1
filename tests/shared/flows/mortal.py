"""A process that can die, be late or be cut off at any call that it makes to storage or to Graph."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fakes import FakeGraph

from shared.ports import GraphFault, Row, StorageFault, Tables, Unanswered, Write


class Crash(BaseException):
    """The process is gone, and with it all that it remembered: nothing that catches exceptions may catch it."""


class Blow(Enum):
    """What becomes of one call."""

    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"
    NEVER_ARRIVES = "never arrives"
    ANSWER_LOST = "answer lost"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"  # it stands still before the call, and `meanwhile` happens


@dataclass(slots=True)
class Fate:
    """`blow` strikes at call number `at` of this process, counted down over storage and Graph alike."""

    at: int = -1
    blow: Blow = Blow.DIES_BEFORE
    is_dead: bool = False
    is_cut_off: bool = False  # from Graph
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def strike(self) -> Blow | None:
        if self.is_dead:
            raise Crash
        self.at -= 1
        if self.at != 0:
            return None
        if self.blow is Blow.OVERTAKEN and self.meanwhile:
            await self.meanwhile()
        if self.blow is Blow.DIES_BEFORE:
            self.die()
        return self.blow

    def die(self) -> None:
        self.is_dead = True
        raise Crash


@dataclass(slots=True)
class MortalTables:
    inner: Tables
    fate: Fate

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        blow = await self.fate.strike()
        if blow is Blow.REFUSED:
            raise StorageFault("503 ServerBusy")
        if blow is Blow.NEVER_ARRIVES:
            raise Unanswered("no answer")
        etags = await self.inner.submit(table, writes)
        if blow is Blow.DIES_AFTER:
            self.fate.die()
        if blow is Blow.ANSWER_LOST:
            raise Unanswered("no answer")
        return etags

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        return await self.inner.read(table, partition, row)

    def scan(self, table: str, partition: str, first: str, last: str, limit: int | None = None) -> AsyncIterator[Row]:
        return self.inner.scan(table, partition, first, last, limit)

    async def create(self, table: str) -> None:
        await self.inner.create(table)

    async def drop(self, table: str) -> None:
        await self.inner.drop(table)


class MortalGraph:
    def __init__(self, inner: FakeGraph, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in CALLS:
            return method

        async def call(*args: Any) -> Any:
            blow = await self._fate.strike()
            if blow is Blow.REFUSED:
                raise GraphFault(429, "TooManyRequests", "slow down", 30)
            if blow is Blow.NEVER_ARRIVES or self._fate.is_cut_off:
                raise GraphFault(0, "ConnectError", "nobody answers")
            answer = await method(*args)
            if blow is Blow.DIES_AFTER:
                self._fate.die()
            if blow is Blow.ANSWER_LOST:
                raise GraphFault(0, "ReadTimeout", "no answer")
            return answer

        return call


CALLS = {"create_subscriptions", "renew_subscriptions", "delete_subscriptions", "list_subscriptions"}
CALLS |= {"get_subscription", "reauthorize_subscription", "collection_ids", "delta", "exists", "group_members"}
