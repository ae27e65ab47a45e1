"""What did not come to its end is a fault, whatever ended it: taken for done, an event would be lost."""

import asyncio
import json

import pytest
from builders import ADA, mail_event, mail_spec, state_of
from faulty_tables import FaultyTables
from house import House
from webhook_house import GRAPHS, WebhookHouse, message, rich_message

from shared.adapters.memory import MemoryBlobs, MemoryTables
from shared.domain.events.client_state import KeyRing, subject_of_person
from shared.domain.events.work import LaterWork
from shared.flows.receive.arrivals import LIKELY, NotTaken
from shared.flows.upkeep.quarantine import Quarantine
from shared.ports import HandlerContext, Stale, StorageFault

MINE = subject_of_person(ADA)
LARGE = '"data": {"filling": "' + "x" * 40_000 + '", '


class Cancelling(MemoryBlobs):
    """A library that answers with a cancellation of its own, as closing HTTP sessions do."""

    async def put(self, name: str, text: str) -> None:
        raise asyncio.CancelledError


async def test_an_event_that_a_library_s_cancellation_ended_is_delivered_again():
    house = House(blobs=Cancelling())

    with pytest.raises(ExceptionGroup):
        await house.receive(mail_event().replace('"data": {', LARGE, 1))

    assert await house.rows(MINE) == []


async def test_queued_work_that_a_cancellation_ended_stays_in_its_blob():
    door = WebhookHouse()
    await door.post(*(message(number, padding="x" * 40_000) for number in range(2)))
    kept = dict(door.house.blobs.blobs)
    door.house.committer.blobs = Cancelling()

    with pytest.raises(ExceptionGroup):
        await door.work_all()

    assert door.house.blobs.blobs == kept


async def test_a_handler_that_cancels_itself_is_not_done():
    house, runs = House(), []

    @house.router.on("*")
    async def give_up_once(_: object, context: HandlerContext) -> None:
        runs.append(context.idempotency_key)
        task = asyncio.current_task()
        if len(runs) == 1 and task:
            task.cancel()
            await asyncio.sleep(0)

    with pytest.raises(ExceptionGroup):
        await house.receive(mail_event())
    await house.receive(mail_event())

    assert len(runs) == 2


async def test_what_may_be_ours_is_never_dropped_but_sent_again():
    """A mistyped key must lose nothing, however much comes in that minute."""
    door = WebhookHouse()
    wrong = state_of(mail_spec(), ring=KeyRing({1: bytes(32)}))

    with pytest.raises(NotTaken):
        await door.post(message(0), *(message(number, state=wrong) for number in range(1, LIKELY + 2)))

    assert len(await door.quarantined()) == LIKELY
    assert len(door.waiting) == 1


async def test_a_post_is_over_only_when_all_of_its_parts_are():
    class BrokenQuarantine(Quarantine):
        async def put(self, *_: object) -> None:
            raise StorageFault("down")

    door = WebhookHouse()
    slow = asyncio.Event()

    class SlowBlobs(MemoryBlobs):
        async def put(self, name: str, text: str) -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            slow.set()
            await MemoryBlobs.put(self, name, text)

    door.arrivals.blobs = SlowBlobs()
    door.arrivals.quarantine = BrokenQuarantine(MemoryTables(), MemoryBlobs(), door.house.clock, door.house.telemetry)

    with pytest.raises(NotTaken):
        await door.post(message(1, padding="x" * 60_000), message(2, state="x"))

    assert slow.is_set()
    assert len(door.waiting) == 1


async def test_content_that_says_of_itself_that_it_is_verified_is_not_opened():
    """Only our own way in, after validationTokens, may say so: anybody can encrypt for a public certificate."""
    door, seen = WebhookHouse(), []

    @door.house.router.on("*")
    async def look(_: object, context: HandlerContext) -> None:
        seen.append(await context.content())

    event = json.loads(mail_event()) | {"verifiedcontent": True}
    event["data"]["encryptedContent"] = rich_message()["encryptedContent"]
    await door.house.receive(json.dumps(event))
    await door.post(rich_message(2), validationTokens=[GRAPHS])
    await door.work_all()

    assert [content is not None for content in seen] == [False, True]


async def test_a_replay_of_what_somebody_else_just_took_up_says_busy():
    class Moving(FaultyTables):
        is_moving = False

        async def submit(self, table: str, writes: object) -> list[str]:
            if self.is_moving:
                raise Stale(1)
            return await FaultyTables.submit(self, table, writes)

    tables = Moving()
    house = House(tables=tables)
    await house.receive(mail_event())
    (row,) = await house.rows(MINE)
    tables.is_moving = True

    outcome = await house.replay.event(row.id)

    assert outcome is not None
    assert (outcome.done, outcome.reason) == (False, "busy")


async def test_work_of_a_later_version_of_the_app_waits_for_it():
    door = WebhookHouse()

    with pytest.raises(LaterWork):
        await door.work('{"format": 2, "items": []}')

    assert await door.quarantined() == []
