"""Mail goes out once: whatever was tried twice, crashed between two steps, or lost its answer."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from builders import FixedClock
from fake_mailbox import FakeMailbox, a_head
from mortal import Blow, Crash, Fate, MortalTables

from shared.adapters.memory import MemoryTables
from shared.domain.outbox import CLAIM, Kind, OutboxItem
from shared.flows.mail import Outbox, Sending
from shared.ports import GraphFault, StorageFault, Unanswered

ME = "subject"
BLOWS = (Blow.DIES_BEFORE, Blow.DIES_AFTER, Blow.NEVER_ARRIVES, Blow.ANSWER_LOST, Blow.REFUSED)
CALLS = 9  # to storage and to Graph for one item: more than there are


def an_item(kind: Kind = Kind.NEW) -> OutboxItem:
    is_new = kind is Kind.NEW
    return OutboxItem(
        id=str(uuid.UUID(int=7)),
        kind=kind,
        message_id="" if is_new else "m1",
        to=("grace@example.test",) if is_new else (),
        subject="Lunch?" if is_new else "",
        text="At noon.",
    )


async def test_sent_once_however_often_it_is_asked():
    mailbox, outbox = FakeMailbox(), Outbox(MemoryTables(), FixedClock())

    first, second = [await outbox.send(ME, an_item(), mailbox) for _ in range(2)]

    assert first == second
    assert mailbox.sent == [an_item().id]
    assert mailbox.calls == {"find": 1, "draft": 1, "send": 1, "head": 1}


async def test_a_reply_is_a_draft_of_graphs_first():
    mailbox = FakeMailbox(heads={"m1": a_head()})

    sent = await Outbox(MemoryTables(), FixedClock()).send(ME, an_item(Kind.REPLY), mailbox)

    assert mailbox.heads[sent].subject == "RE: Lunch"


async def test_two_tabs_at_once_send_one():
    tables, clock, mailbox = MemoryTables(), FixedClock(), FakeMailbox()

    class Meanwhile(FakeMailbox):
        async def find(self, outbox_id: str) -> Any:
            with pytest.raises(Sending):
                await Outbox(tables, clock).send(ME, an_item(), mailbox)
            return None

    slow = Meanwhile()
    await Outbox(tables, clock).send(ME, an_item(), slow)

    assert (slow.sent, mailbox.sent) == ([an_item().id], [])


async def test_after_a_refusal_the_next_try_may_begin_at_once():
    class Full(FakeMailbox):
        async def send(self, id: str) -> None:  # noqa: A002
            raise GraphFault(429, "ApplicationThrottled", "", 10)

    tables, clock = MemoryTables(), FixedClock()
    full = Full()
    with pytest.raises(GraphFault):
        await Outbox(tables, clock).send(ME, an_item(), full)
    mailbox = FakeMailbox(heads=full.heads, marks=full.marks)

    await Outbox(tables, clock).send(ME, an_item(), mailbox)

    assert mailbox.sent == [an_item().id]
    assert mailbox.calls["draft"] == 0


async def test_another_persons_item_of_the_same_id_is_another():
    tables, clock, mine, yours = MemoryTables(), FixedClock(), FakeMailbox(), FakeMailbox()

    await Outbox(tables, clock).send(ME, an_item(), mine)
    await Outbox(tables, clock).send("you", an_item(), yours)

    assert len(mine.sent) == len(yours.sent) == 1


@pytest.mark.parametrize("kind", [Kind.NEW, Kind.REPLY])
@pytest.mark.parametrize("blow", BLOWS)
@pytest.mark.parametrize("at", range(1, CALLS))
async def test_a_fault_at_any_call_sends_nothing_twice_and_loses_nothing(at: int, blow: Blow, kind: Kind):
    tables, clock, mailbox = MemoryTables(), FixedClock(), FakeMailbox(heads={"m1": a_head()})

    await _tried(MortalTables(tables, fate := Fate(at, blow)), clock, _Mortal(mailbox, fate), an_item(kind))
    clock.advance(CLAIM)
    await _tried(tables, clock, mailbox, an_item(kind))

    assert mailbox.sent == [an_item().id]


async def test_the_fault_test_reaches_past_the_last_call():
    fate = Fate(CALLS, Blow.DIES_BEFORE)

    await _tried(MortalTables(MemoryTables(), fate), FixedClock(), _Mortal(FakeMailbox(), fate), an_item())

    assert not fate.is_dead


async def _tried(tables: Any, clock: FixedClock, mailbox: Any, item: OutboxItem) -> None:
    try:
        await Outbox(tables, clock).send(ME, item, mailbox)
    except (Crash, GraphFault, StorageFault, Unanswered):
        return


@dataclass(slots=True)
class _Mortal:
    """A mailbox behind a fate that it shares with the tables."""

    inner: FakeMailbox
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        async def called(*args: Any, **kwargs: Any) -> Any:
            blow = await self.fate.strike()
            if blow in (Blow.NEVER_ARRIVES, Blow.REFUSED):
                raise GraphFault(0 if blow is Blow.NEVER_ARRIVES else 503, "", "")
            answer = await getattr(self.inner, name)(*args, **kwargs)
            if blow is Blow.DIES_AFTER:
                self.fate.die()
            if blow is Blow.ANSWER_LOST:
                raise GraphFault(0, "ReadTimeout", "")
            return answer

        return called
