"""What Event Grid gave up on is taken in after all; a blob goes only after all of its events are in."""

import json
from datetime import timedelta

import pytest
from builders import ADA, NOW, mail_event, mail_spec, state_of
from faulty_tables import FaultyTables
from house import DAY, House

from shared.adapters.memory import MemoryBlobs
from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.dead_letters import TRIES
from shared.domain.journal.log_layout import day_of
from shared.ports import StorageFault, Unanswered

MINE = subject_of_person(ADA)
BLOB = "TOPIC/SUBSCRIPTION/2026/6/16/12/6f1c.json"


def dead(*events: str) -> str:
    added = {"deadletterreason": "MaxDeliveryAttemptsExceeded", "deliveryattempts": 30, "publishtime": "2026-06-16T11Z"}
    return json.dumps([json.loads(event) | added for event in events])


def stocked(*events: str, **ports: object) -> House:
    return House(letters=MemoryBlobs({BLOB: dead(*events)}), **ports)


class Dying(MemoryBlobs):
    """The process dies at a deletion, before or after it is done."""

    def __init__(self, blobs: dict[str, str], *, is_done: bool) -> None:
        super().__init__(blobs)
        self.is_done = is_done

    async def delete(self, name: str) -> None:
        if self.is_done:
            await MemoryBlobs.delete(self, name)
        raise KeyboardInterrupt


async def test_dead_letters_are_taken_in_and_their_blob_goes():
    house = stocked(*(mail_event(number=number) for number in range(60)))

    assert await house.dead_letters.redrive() == 60

    assert len(await house.rows(MINE)) == 60
    assert house.letters.blobs == {}
    assert await house.dead_letters.listed() == []


async def test_what_was_delivered_all_the_same_is_refused_as_a_duplicate():
    event = mail_event()
    house = stocked(event)
    await house.receive(event)

    await house.dead_letters.redrive()

    assert len(await house.rows(MINE)) == 1
    assert house.letters.blobs == {}


async def test_they_are_listed_and_shown_without_their_client_state():
    house = stocked(mail_event(event_id="e-1"))

    (listed,) = await house.dead_letters.listed()
    shown = await house.dead_letters.show(str(listed["id"]))

    assert (listed["reason"], listed["attempts"]) == ("MaxDeliveryAttemptsExceeded", 30)
    assert listed["dead_since"] == "2026-06-16T11Z"
    assert shown is not None
    assert json.loads(str(shown["body"]))["id"] == "e-1"
    assert state_of(mail_spec()).rpartition(".")[2] not in str(shown)


@pytest.mark.parametrize("name", ["", ".", "x.0", "x", "../etc", "0000000000000000.0"])
async def test_what_is_not_there_is_not_found(name):
    house = stocked(mail_event())

    assert await house.dead_letters.show(name) is None
    assert await house.dead_letters.replay(name) is None


async def test_one_of_several_is_replayed_alone_and_the_blob_stays_for_the_others():
    house = stocked(mail_event(number=1), mail_event(number=2))
    first, second = await house.dead_letters.listed()

    outcome = await house.dead_letters.replay(str(second["id"]))

    assert outcome is not None
    assert outcome.done
    assert [row["id"] for row in await house.dead_letters.listed()] == [first["id"]]
    assert BLOB in house.letters.blobs
    await house.dead_letters.replay(str(first["id"]))
    assert house.letters.blobs == {}


async def test_a_forged_one_goes_to_quarantine_and_not_to_the_journal():
    house = stocked(mail_event(state="forged"), "{}", mail_event())

    await house.dead_letters.redrive()

    assert len(await house.quarantine.list(DAY)) == 2
    assert len(await house.rows(MINE)) == 1
    assert house.letters.blobs == {}


async def test_a_blob_that_is_no_json_goes_to_quarantine():
    house = House(letters=MemoryBlobs({BLOB: "{no json"}))

    await house.dead_letters.redrive()

    assert [row["reason"] for row in await house.quarantine.list(DAY)] == ["unreadable"]
    assert house.letters.blobs == {}


async def test_a_fault_of_ours_leaves_the_event_for_the_next_try():
    house = stocked(mail_event(number=1))
    await house.days.open(DAY)
    await fails_once(house)

    assert await house.dead_letters.redrive() == 0
    assert await house.dead_letters.redrive() == 0  # not due yet
    house.clock.advance(timedelta(minutes=15))
    assert await house.dead_letters.redrive() == 1
    assert house.letters.blobs == {}


async def fails_once(house: House) -> None:
    inner, faults = house.receive.committer.accept, [StorageFault("503")]

    async def accept(entry):
        if faults:
            raise faults.pop()
        return await inner(entry)

    house.dead_letters.receive.committer = _Accepting(house.receive.committer, accept)


class _Accepting:
    """A committer whose `accept` is another."""

    def __init__(self, inner, accept) -> None:
        self._inner, self.accept = inner, accept

    def __getattr__(self, name):
        return getattr(self._inner, name)


async def test_after_the_last_try_it_goes_to_quarantine_from_where_it_can_be_replayed():
    house = stocked(mail_event(time=NOW))
    broken = _Accepting(house.receive.committer, _refuse)
    house.receive.committer = broken

    for _ in range(TRIES):
        await house.dead_letters.redrive()
        house.clock.advance(timedelta(hours=17))  # more than the longest pause
    house.receive.committer = broken._inner

    assert house.letters.blobs == {}
    (rejection,) = await today(house)
    assert rejection["reason"] == "undelivered"
    outcome = await house.replay.rejection(str(rejection["id"]))
    assert outcome is not None
    assert outcome.done
    assert len(await house.rows(MINE)) == 1


async def _refuse(entry):
    raise Unanswered("no answer")


async def today(house: House) -> list[dict[str, object]]:
    days = [day_of(NOW + timedelta(days=age)) for age in range(8)]
    return [row for day in days for row in await house.quarantine.list(day)]


@pytest.mark.parametrize("is_done", [False, True])
async def test_a_crash_around_the_deletion_loses_nothing_and_journals_nothing_twice(is_done):
    house = House(letters=Dying({BLOB: dead(mail_event(), mail_event(number=2))}, is_done=is_done))

    with pytest.raises(KeyboardInterrupt):
        await house.dead_letters.redrive()
    survivor = house.beside(letters=MemoryBlobs(house.letters.blobs))
    await survivor.dead_letters.redrive()

    assert len(await survivor.rows(MINE)) == 2
    assert survivor.letters.blobs == {}


async def test_a_crash_at_any_write_loses_nothing():
    """Storage ends at its n-th transaction; the next process goes on."""
    events = [mail_event(number=number) for number in range(3)]
    for last in range(1, 8):
        tables = FaultyTables()
        house = stocked(*events, tables=tables)
        await house.days.open(DAY)
        await house.keep_alive.if_late()
        tables.fates.extend(_fates(last))
        await _run_to_its_end(house)
        tables.fates.clear()
        survivor = house.beside(writer="w9")
        survivor.clock.advance(timedelta(hours=1))

        await survivor.dead_letters.redrive()

        assert len(await survivor.rows(MINE)) == 3, last
        assert survivor.letters.blobs == {}


def _fates(last: int):
    from faulty_tables import Fate

    return [Fate.FINE] * (last - 1) + [Fate.ANSWER_LOST] + [Fate.REFUSED] * 20


async def _run_to_its_end(house: House) -> None:
    try:
        await house.dead_letters.redrive()
    except ExceptionGroup:
        return


async def test_one_blob_s_fault_keeps_no_other_from_its_turn():
    class Unreadable(MemoryBlobs):
        async def get(self, name: str) -> str | None:
            if name == "A.json":
                raise StorageFault("503")
            return await MemoryBlobs.get(self, name)

    house = House(letters=Unreadable({"A.json": dead(mail_event(number=1)), "B.json": dead(mail_event(number=2))}))

    with pytest.raises(ExceptionGroup):
        await house.dead_letters.redrive()

    assert list(house.letters.blobs) == ["A.json"]
    assert len(await house.rows(MINE)) == 1


async def test_without_a_container_there_are_none():
    house = House()
    house.dead_letters.store = None

    assert await house.dead_letters.redrive() == 0
    assert await house.dead_letters.listed() == []
