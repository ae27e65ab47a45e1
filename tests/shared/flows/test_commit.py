"""Each event once in the journal, whatever storage answers, in as few transactions as can be."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, RING, TENANT, mail_event
from faulty_tables import (
    Fate,
    FaultyTables,
    HeldTables,
    InterleavedTables,
    OvertakenTables,
    SilentTables,
    rows_of,
)
from house import DAY, House, all_pages
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.virtual_time import run_virtually
from shared.domain.events.client_state import prove, subject_of_person
from shared.domain.events.notifications import Reading, read
from shared.domain.journal.log_layout import MAX_BODY, Entry, entry_of
from shared.flows.journal.commit import Acceptance
from shared.ports import Stale, StorageFault, Unanswered, Verb, Write

TABLE = f"log{DAY}"
MINE = subject_of_person(ADA)


def entry(number: int = 1, *, change: str = "created", version: int = 1, recovered: bool = False, **kwargs) -> Entry:
    reading = read(mail_event(number=number, change=change, version=version))[0]
    assert isinstance(reading, Reading)
    proof = prove(RING, reading.client_state, tenant_id=TENANT)
    assert proof is not None
    return entry_of(reading.notification, proof, now=NOW, recovered=recovered, **kwargs)


async def opened(tables: FaultyTables, **kwargs) -> House:
    """A process whose day is open, with the counters at zero."""
    house = House(tables=tables, **kwargs)
    await house.days.open(DAY)
    tables.submits = tables.reads = tables.inner.transactions = 0
    tables.sizes.clear()
    return house


async def held() -> tuple[HeldTables, House]:
    """Tables that hold the next transaction until they are told to release it, and a process whose day is open."""
    tables = HeldTables()
    tables.release.set()
    house = await opened(tables)
    tables.release.clear()
    tables.arrived.clear()
    return tables, house


async def accept_all(house: House, entries: Iterable[Entry]) -> list[Acceptance | BaseException]:
    return await asyncio.gather(*(house.committer.accept(one) for one in entries), return_exceptions=True)


def news(outcomes: Sequence[object]) -> list[bool]:
    return [outcome.is_new for outcome in outcomes if isinstance(outcome, Acceptance)]


async def test_a_lone_event_costs_one_transaction():
    tables = FaultyTables()
    house = await opened(tables)

    acceptance = await house.committer.accept(entry())

    assert acceptance.is_new
    assert tables.inner.transactions == 1
    assert tables.sizes == [3]  # the writer's place, the claim, the row


async def test_49_events_at_once_cost_one_transaction():
    tables = FaultyTables()
    house = await opened(tables)

    outcomes = await accept_all(house, (entry(number) for number in range(49)))

    assert news(outcomes) == [True] * 49
    assert tables.inner.transactions == 1
    assert tables.sizes == [100]  # and what tells of the group


async def test_events_with_handlers_fill_a_transaction_at_32():
    tables = FaultyTables()
    house = await opened(tables)

    await accept_all(house, (entry(number, wants_handling=True) for number in range(33)))

    assert tables.sizes == [98, 4]


async def test_what_arrives_during_a_commit_shares_the_next():
    tables, house = await held()

    first = asyncio.create_task(house.committer.accept(entry(0)))
    await tables.arrived.wait()
    later = asyncio.gather(*(house.committer.accept(entry(number)) for number in range(1, 41)))
    await asyncio.sleep(0)
    tables.release.set()
    outcomes = [await first, *await later]

    assert news(outcomes) == [True] * 41
    assert tables.sizes == [3, 82]


async def test_duplicates_at_once_are_journaled_once_in_one_transaction():
    tables = FaultyTables()
    house = await opened(tables)

    outcomes = await accept_all(house, [entry(1), entry(1), entry(2), entry(1), entry(2)])

    assert news(outcomes) == [True, False, True, False, False]
    assert len(rows_of(tables.inner, TABLE)) == 2
    assert tables.inner.transactions == 1


async def test_a_duplicate_that_this_process_remembers_costs_nothing():
    tables = FaultyTables()
    house = await opened(tables)
    await house.committer.accept(entry())
    tables.inner.transactions = 0

    assert not (await house.committer.accept(entry())).is_new
    assert tables.inner.transactions == 0


async def test_one_known_event_in_a_group_of_49_costs_one_refusal_and_the_reading_of_its_claim():
    tables = FaultyTables()
    house = await opened(tables)
    await house.beside().committer.accept(entry(7))
    tables.submits = tables.reads = tables.inner.transactions = 0

    outcomes = await accept_all(house, (entry(number) for number in range(49)))

    assert [number for number, is_new in enumerate(news(outcomes)) if not is_new] == [7]
    assert len(rows_of(tables.inner, TABLE)) == 49
    assert (tables.submits, tables.reads) == (2, 1)
    assert tables.inner.transactions == 4  # and the question who was taken in beside it: nobody


async def test_known_events_point_to_the_row_that_is_there():
    tables = FaultyTables()
    house = await opened(tables)
    first = await house.beside().committer.accept(entry())

    second = await house.committer.accept(entry())

    assert not second.is_new
    assert second.claim.row == first.claim.row
    assert second.claim.owner == "w2"


@pytest.mark.parametrize("fate", [Fate.ANSWER_LOST, Fate.TIMED_OUT])
async def test_a_commit_whose_answer_is_lost_is_found_and_not_written_again(fate):
    tables = FaultyTables()
    house = await opened(tables)
    tables.fates.append(fate)

    outcomes = await accept_all(house, (entry(number) for number in range(3)))

    assert news(outcomes) == [True] * 3
    assert len(rows_of(tables.inner, TABLE)) == 3
    assert tables.submits == 1


async def test_after_a_lost_answer_the_claims_can_still_be_moved_on():
    tables = FaultyTables()
    house = await opened(tables)
    tables.fates.append(Fate.ANSWER_LOST)
    acceptance = await house.committer.accept(entry(wants_handling=True))

    done = await house.committer.update(acceptance, replace(acceptance.claim, is_done=True, lease_until=None))

    assert done.claim.is_done
    assert rows_of(tables.inner, TABLE, "p|") == []


async def overtaken() -> tuple[House, OvertakenTables, House]:
    """A process, its tables, and another process that is at the same ones."""
    tables = OvertakenTables()
    house = await opened(tables)
    return house, tables, house.beside(tables=tables.inner)


async def moved_on(house: House, acceptance: Acceptance, **changes: object) -> Acceptance:
    return await house.committer.update(acceptance, replace(acceptance.claim, owner=house.committer.writer, **changes))


@pytest.mark.parametrize("is_done", [False, True])
async def test_after_a_lost_answer_a_claim_that_was_taken_over_meanwhile_is_the_others(is_done):
    """Its lease had run out by the other's clock. Were it taken for ours, a done event would be opened again."""
    house, tables, other = await overtaken()

    async def take_over() -> None:
        taken = await moved_on(other, await other.committer.accept(entry(wants_handling=True)))
        if is_done:
            await moved_on(other, taken, is_done=True, lease_until=None)

    tables.fates.append(Fate.ANSWER_LOST)
    tables.meanwhile = take_over
    acceptance = await house.committer.accept(entry(wants_handling=True))

    assert not acceptance.is_new
    assert acceptance.claim.owner == other.committer.writer
    assert acceptance.claim.is_done == is_done
    assert len(rows_of(tables.inner, TABLE)) == 1


async def test_after_a_lost_answer_an_update_that_was_overtaken_meanwhile_is_stale():
    house, tables, other = await overtaken()
    mine = await house.committer.accept(entry(wants_handling=True))
    tables.fates.append(Fate.ANSWER_LOST)

    async def take_over() -> None:
        await moved_on(other, await other.committer.accept(entry(wants_handling=True)), is_done=True, lease_until=None)

    tables.meanwhile = take_over
    with pytest.raises(Stale):
        await moved_on(house, mine, attempts=1)

    assert (await other.committer.accept(entry(wants_handling=True))).claim.is_done


async def test_after_a_lost_answer_a_claim_that_is_gone_is_stale():
    """Somebody purged the person it tells of."""
    house, tables, _ = await overtaken()

    async def purge() -> None:
        for row in rows_of(tables.inner, TABLE, "c|"):
            await tables.inner.submit(TABLE, [Write(Verb.DELETE, row.entity, "*")])

    tables.fates.append(Fate.ANSWER_LOST)
    tables.meanwhile = purge
    with pytest.raises(Stale):
        await house.committer.accept(entry(wants_handling=True))


async def test_a_commit_that_never_arrived_is_sent_once_more():
    tables = FaultyTables()
    house = await opened(tables)
    tables.fates.append(Fate.NEVER_ARRIVED)

    assert (await house.committer.accept(entry())).is_new
    assert tables.submits == 2


async def test_two_silences_raise_for_every_delivery_of_the_group_and_the_lane_goes_on():
    tables = FaultyTables()
    house = await opened(tables)
    tables.fates += [Fate.NEVER_ARRIVED, Fate.NEVER_ARRIVED]

    outcomes = await accept_all(house, (entry(number) for number in range(3)))
    again = await accept_all(house, (entry(number) for number in range(3)))

    assert [type(outcome) for outcome in outcomes] == [Unanswered] * 3
    assert news(again) == [True] * 3


def test_a_storage_that_never_answers_is_not_waited_for_longer_than_a_delivery_has():
    run_virtually(_silence())


async def _silence() -> None:
    tables = SilentTables()
    house = await opened(tables)
    tables.fates.append(Fate.NEVER_ARRIVED)
    tables.is_silent = True
    began = asyncio.get_running_loop().time()

    outcomes = await accept_all(house, (entry(number) for number in range(3)))
    took = asyncio.get_running_loop().time() - began
    tables.is_silent = False
    again = await accept_all(house, (entry(number) for number in range(3)))

    assert [type(outcome) for outcome in outcomes] == [Unanswered] * 3
    assert took <= 15  # of a delivery's 30 s; handlers have the rest
    assert news(again) == [True] * 3


async def test_a_refusal_raises_for_every_delivery_of_the_group_and_the_lane_goes_on():
    tables = FaultyTables()
    house = await opened(tables)
    tables.fates.append(Fate.REFUSED)

    outcomes = await accept_all(house, (entry(number) for number in range(3)))
    again = await accept_all(house, (entry(number) for number in range(3)))

    assert [type(outcome) for outcome in outcomes] == [StorageFault] * 3
    assert news(again) == [True] * 3


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_commit_that_lands_between_its_two_tries_is_not_written_twice(is_first):
    tables = FaultyTables()
    house = await opened(tables)
    if not is_first:
        await house.committer.accept(entry(99))
    before = len(rows_of(tables.inner, TABLE))
    tables.fates += [Fate.LATE, Fate.AFTER_LATE]

    outcomes = await accept_all(house, [entry(1), entry(2)])

    assert news(outcomes) == [True, True]
    assert len(rows_of(tables.inner, TABLE)) == before + 2


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_commit_that_lands_after_it_was_given_up_is_found_by_the_redelivery(is_first):
    tables = FaultyTables()
    house = await opened(tables)
    if not is_first:
        await house.committer.accept(entry(99))
    tables.fates += [Fate.LATE, Fate.NEVER_ARRIVED]
    outcomes = await accept_all(house, [entry(1), entry(2)])
    assert await tables.land()

    again = await accept_all(house, [entry(1), entry(2), entry(3)])

    assert [type(outcome) for outcome in outcomes] == [Unanswered] * 2
    assert news(again) == [False, False, True]
    assert len(rows_of(tables.inner, TABLE)) == 3 + (not is_first)


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_commit_that_lands_after_a_later_one_is_refused(is_first):
    tables = FaultyTables()
    house = await opened(tables)
    if not is_first:
        await house.committer.accept(entry(99))
    tables.fates += [Fate.LATE, Fate.NEVER_ARRIVED]
    await accept_all(house, [entry(1)])
    await house.committer.accept(entry(2))

    assert not await tables.land()
    assert (await house.committer.accept(entry(1))).is_new


async def test_a_reader_misses_nothing_of_a_commit_that_lands_late():
    tables = FaultyTables()
    house = await opened(tables)
    await house.committer.accept(entry(0))
    tables.fates += [Fate.LATE, Fate.NEVER_ARRIVED]
    await accept_all(house, [entry(1)])
    page = await house.journal.page((MINE,), None, limit=10)
    assert await tables.land()
    await house.committer.accept(entry(2))

    later = await house.journal.page((MINE,), page.cursor, limit=10)

    assert [row.entity["resource"][-4:-1] for row in page.rows] == ["000"]
    assert [row.entity["resource"][-4:-1] for row in later.rows] == ["001", "002"]


async def test_when_the_leader_is_stopped_at_its_commit_the_others_are_told_and_the_lane_goes_on():
    tables, house = await held()

    tasks = [asyncio.create_task(house.committer.accept(entry(number))) for number in range(3)]
    await tables.arrived.wait()
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    tables.release.set()
    again = await accept_all(house, (entry(number) for number in range(3)))

    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, Unanswered, Unanswered]
    assert news(again) == [True] * 3


async def test_a_leader_that_is_stopped_while_it_gathers_hands_over():
    house = await opened(FaultyTables())

    leader = asyncio.create_task(house.committer.accept(entry(0)))
    await asyncio.sleep(0)
    leader.cancel()
    await asyncio.wait([leader])

    async with asyncio.timeout(2):
        assert (await house.committer.accept(entry(1))).is_new


async def test_an_heir_that_is_stopped_before_it_leads_hands_over():
    tables, house = await held()
    leader = asyncio.create_task(house.committer.accept(entry(0)))
    await tables.arrived.wait()
    heir = asyncio.create_task(house.committer.accept(entry(1)))
    other = asyncio.create_task(house.committer.accept(entry(2)))
    await asyncio.sleep(0)

    leader.cancel()  # its finally makes the heir the leader, in the turn in which the heir is stopped too
    await asyncio.sleep(0)
    heir.cancel()
    tables.release.set()

    async with asyncio.timeout(2):
        await asyncio.wait([leader, heir])
        assert (await other).is_new


async def test_a_delivery_that_is_stopped_while_it_waits_is_accepted_all_the_same_or_again():
    tables, house = await held()
    leader = asyncio.create_task(house.committer.accept(entry(0)))
    await tables.arrived.wait()
    waiting = asyncio.create_task(house.committer.accept(entry(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    tables.release.set()
    await asyncio.wait([leader, waiting])

    await house.committer.accept(entry(1))

    assert len(rows_of(tables.inner, TABLE)) == 2


async def test_a_delivery_that_is_stopped_at_the_commit_takes_nobody_along_and_its_duplicate_is_refused():
    tables, house = await held()
    leader, follower = (asyncio.create_task(house.committer.accept(entry(number))) for number in (0, 1))
    await tables.arrived.wait()
    duplicate = asyncio.create_task(house.committer.accept(entry(1)))
    await asyncio.sleep(0)

    follower.cancel()
    tables.release.set()
    outcomes = await asyncio.gather(leader, follower, duplicate, return_exceptions=True)

    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert news([outcomes[0], outcomes[2]]) == [True, False]
    assert len(rows_of(tables.inner, TABLE)) == 2


async def test_an_update_that_somebody_else_overtook_fails_alone():
    tables = FaultyTables()
    house = await opened(tables)
    mine = await house.committer.accept(entry(1, wants_handling=True))
    await house.beside().committer.update(mine, replace(mine.claim, attempts=1))

    stale, fresh = await asyncio.gather(
        house.committer.update(mine, replace(mine.claim, attempts=2)),
        house.committer.accept(entry(2)),
        return_exceptions=True,
    )

    assert isinstance(stale, Stale)
    assert isinstance(fresh, Acceptance)
    assert fresh.is_new


async def test_a_large_body_goes_to_a_blob_first():
    tables = FaultyTables()
    house = await opened(tables)
    small = entry(1)
    large = replace(small, notification=replace(small.notification, body="x" * (MAX_BODY + 1)))

    acceptance = await house.committer.accept(large)

    (row,) = rows_of(tables.inner, TABLE)
    assert row.entity["body"] == ""
    assert len(house.blobs.blobs[str(row.entity["blob"])]) == MAX_BODY + 1
    found = await house.journal.event(f"{DAY}.{acceptance.lane}.{acceptance.claim.key}")
    assert found is not None
    assert len(found[1]) == MAX_BODY + 1


async def test_49_events_with_the_largest_bodies_of_a_row_fit_into_one_transaction():
    tables = FaultyTables()
    house = await opened(tables)
    entries = [entry(number) for number in range(49)]

    large = [replace(one, notification=replace(one.notification, body="x" * MAX_BODY)) for one in entries]
    await accept_all(house, large)

    assert tables.sizes == [100]


async def test_a_recovered_change_is_refused_when_it_was_announced():
    house = await opened(FaultyTables())
    await house.committer.accept(entry(change="created"))

    assert not (await house.beside().committer.accept(entry(change="updated", recovered=True))).is_new


@pytest.mark.parametrize("change", ["created", "updated"])
async def test_a_change_that_was_recovered_is_refused_when_it_is_announced_late(change):
    house = await opened(FaultyTables())
    await house.committer.accept(entry(change="updated", recovered=True))

    late = await house.beside().committer.accept(entry(change=change))

    assert not late.is_new
    assert late.claim.is_done


async def test_a_late_announcement_sees_how_far_the_recovered_change_is_handled():
    house = await opened(FaultyTables())
    first = await house.committer.accept(entry(change="updated", recovered=True, wants_handling=True))
    await house.committer.update(first, replace(first.claim, is_done=True, lease_until=None, handled=("a.b",)))

    late = await house.beside().committer.accept(entry(change="created", wants_handling=True))

    assert late.claim.is_done


async def test_a_recovered_change_that_was_announced_as_updated_does_not_hide_its_creation():
    house = await opened(FaultyTables())
    await house.beside().committer.accept(entry(change="updated"))
    await house.committer.accept(entry(change="updated", recovered=True))

    assert (await house.committer.accept(entry(change="created"))).is_new


async def test_a_claim_whose_second_version_is_another_event():
    house = await opened(FaultyTables())

    outcomes = await accept_all(house, [entry(1), entry(1, version=2), entry(1, change="deleted")])

    assert news(outcomes) == [True] * 3


class Plan:
    """What hypothesis draws: who accepts what when and is stopped after how many turns; how long storage takes."""

    stops = st.none() | st.integers(0, 30)
    events = st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 11), st.integers(0, 12), stops), min_size=1, max_size=24
    )
    turns = st.lists(st.integers(0, 6), max_size=120)


@settings(max_examples=150, deadline=None)
@given(
    events=Plan.events,
    turns=Plan.turns,
    fates=st.lists(st.sampled_from(list(Fate)), max_size=6),
    limit=st.integers(1, 9),
)
def test_a_reader_sees_every_event_once_however_writers_interleave(events, turns, fates, limit):
    asyncio.run(interleave(events, turns, fates, limit))


async def interleave(events, turns, fates, limit) -> None:
    faulty = FaultyTables()
    tables = InterleavedTables(faulty, iter(turns))
    houses = [House(tables=tables, writer=f"w{number}", lanes=2) for number in range(3)]
    reader = houses[0].beside(writer="reader")
    for house in houses:
        await house.days.open(DAY)
    faulty.fates.extend(fates)

    async def deliver(writer: int, number: int, delay: int, stop: int | None) -> None:
        await turns_pass(delay)
        while True:  # as Event Grid does: again, until it is acknowledged
            what = entry(number, change="updated" if number % 2 else "created")
            attempt = asyncio.create_task(houses[writer].committer.accept(what))
            was_stopped = stop is not None and await stopped(attempt, after=stop)
            stop = None
            try:
                await attempt
            except (StorageFault, Unanswered):
                await faulty.land()
            except asyncio.CancelledError:
                assert was_stopped, "somebody else was"
            else:
                return

    work = asyncio.gather(*(deliver(*event) for event in events))
    seen, cursor = [], None
    while not work.done():
        page = await reader.journal.page((MINE,), cursor, limit=limit)
        seen, cursor = seen + list(page.rows), page.cursor
        await asyncio.sleep(0)
    await work
    await faulty.land()
    seen += await all_pages(reader, (MINE,), cursor, limit=limit)

    resources = [str(row.entity["resource"]) for row in seen]
    assert sorted(resources) == sorted(set(resources))
    assert len(resources) == len({number for _, number, _, _ in events})
    by_writer = [(str(row.entity["RowKey"])) for row in seen]
    for house in houses:
        mine = [key for key in by_writer if key.split("|")[2] == house.writer]
        assert mine == sorted(mine)


async def turns_pass(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def stopped(attempt: "asyncio.Task[Acceptance]", *, after: int) -> bool:
    """As when the host ends an invocation. False when the attempt was quicker."""
    await turns_pass(after)
    return attempt.cancel()


async def test_a_day_is_opened_once_for_all_events_of_it():
    tables = FaultyTables()
    house = House(tables=tables)

    await accept_all(house, (entry(number) for number in range(20)))
    tables.inner.transactions = 0
    await house.committer.accept(replace(entry(30), day=DAY))

    assert tables.inner.transactions == 1


async def test_events_of_two_days_lie_in_two_tables():
    tables = FaultyTables()
    house = House(tables=tables)
    next_day = (NOW + timedelta(days=1)).strftime("%Y%m%d")

    await accept_all(house, [entry(1), replace(entry(2), day=next_day)])

    assert len(rows_of(tables.inner, TABLE)) == len(rows_of(tables.inner, f"log{next_day}")) == 1


async def test_a_known_event_that_is_still_worked_on_is_told_with_its_lease_and_not_as_done():
    tables = FaultyTables()
    house = await opened(tables)
    await accept_all(house.beside(), [entry(number, wants_handling=True) for number in range(15)])
    tables.reads = 0

    outcomes = await accept_all(house, [entry(number, wants_handling=True) for number in range(30)])

    known = [one.claim for one in outcomes if isinstance(one, Acceptance) and not one.is_new]
    assert [(claim.is_done, claim.owner) for claim in known] == [(False, "w2")] * 15
    assert all(claim.lease_until for claim in known)
    assert tables.reads == 15


async def test_what_was_learned_while_events_wait_settles_them_without_a_transaction():
    tables = FaultyTables()
    house = await opened(tables)
    await accept_all(house.beside(), [entry(number) for number in range(90)])
    tables.inner.transactions = 0

    outcomes = await accept_all(house, [entry(number) for number in range(90)])

    assert news(outcomes) == [False] * 90
    assert tables.inner.transactions == 4
