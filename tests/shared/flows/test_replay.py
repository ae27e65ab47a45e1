"""Rejected events go the way of any other once their cause is mended; journaled ones are handled again."""

import asyncio
import json
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, lifecycle_event, mail_event, mail_spec, state_of, watch_of
from faulty_tables import Fate, FaultyTables, rows_of
from house import DAY, House

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import KeyRing, subject_of_person
from shared.domain.events.router import Router
from shared.domain.journal.log_layout import OPERATORS
from shared.domain.watching.watch import parse_watch
from shared.ports import StorageFault

MINE = subject_of_person(ADA)
MISTYPED = KeyRing({1: b"\1" * 32})
DAYS = [DAY]


def counting() -> tuple[Router, list[str]]:
    """A router whose one handler notes its keys."""
    router, keys = Router(), []

    @router.on("*")
    async def note(notification, context):
        keys.append(context.idempotency_key)

    return router, keys


async def held(house: House) -> list[str]:
    return [str(row["id"]) for row in await house.quarantine.list(DAY)]


async def test_a_wrong_key_in_the_settings_loses_nothing():
    """An afternoon's events are rejected by a mistyped key; with the right one all of them prove themselves."""
    wrong = House(ring=MISTYPED)
    events = [mail_event(number=number) for number in range(120)] + [lifecycle_event("missed")]
    await wrong.receive("[" + ",".join(events) + "]")
    assert len(await held(wrong)) == 121
    mended = wrong.beside(ring=House().ring, writer="w3")

    outcomes = await mended.replay.rejections(DAYS, reason="client_state")

    assert [outcome.done for outcome in outcomes] == [True] * 121
    assert len(await mended.rows(MINE)) == 120
    assert len(await mended.rows(OPERATORS)) == 1
    assert await held(mended) == []


async def test_a_replay_of_many_shares_transactions():
    tables = MemoryTables()
    wrong = House(tables=tables, ring=MISTYPED)
    await wrong.receive("[" + ",".join(mail_event(number=number) for number in range(49)) + "]")
    mended = wrong.beside(ring=House().ring)
    await mended.days.open(DAY)
    tables.transactions = 0

    await mended.replay.rejections(DAYS)

    own = 1 + 49 + 1 + 49  # list, read each, one group commit, take each out
    assert tables.transactions <= own + 1  # and which states are denied


async def test_forged_events_stay_where_they_are_while_the_others_are_replayed():
    wrong = House(ring=MISTYPED)
    forged = state_of(mail_spec(), ring=KeyRing({1: b"\2" * 32}))
    await wrong.receive("[" + ",".join([mail_event(number=1), mail_event(number=2, state=forged)]) + "]")
    mended = wrong.beside(ring=House().ring)

    outcomes = await mended.replay.rejections(DAYS)

    assert sorted(outcome.reason for outcome in outcomes) == ["", "client_state"]
    assert len(await mended.rows(MINE)) == 1
    assert len(await held(mended)) == 1


async def test_an_entry_that_was_missing_is_put_back_and_its_events_are_replayed():
    watch = parse_watch(watch_of('name = "people"\nresource = "users"\nchange_types = ["updated"]'), {})
    without = House(watch=watch)
    await without.receive(mail_event())
    mended = without.beside(watch=House().watch)

    still = await without.replay.rejections(DAYS)
    outcomes = await mended.replay.rejections(DAYS)

    assert [(outcome.done, outcome.reason) for outcome in still] == [(False, "not_wanted")]
    assert [outcome.done for outcome in outcomes] == [True]


async def test_an_event_without_a_state_needs_an_operator_s_word():
    house = House()
    await house.receive(mail_event(state=""))
    (name,) = await held(house)

    unproven = await house.replay.rejection(name)
    proven = await house.replay.rejection(name, spec=mail_spec())

    assert unproven is not None
    assert unproven.reason == "client_state"
    assert proven is not None
    assert proven.done
    assert len(await house.rows(MINE)) == 1


@pytest.mark.parametrize("spec", [mail_spec(GRACE), "gone~" + MINE, "nonsense", "mail~../../x"])
async def test_an_operator_s_word_replaces_the_proof_and_nothing_else(spec):
    house = House()
    await house.receive(mail_event(state=""))
    (name,) = await held(house)

    outcome = await house.replay.rejection(name, spec=spec)

    assert outcome is not None
    assert not outcome.done
    assert await house.rows(MINE) == []


async def test_what_became_too_old_in_quarantine_stays_there():
    wrong = House(ring=MISTYPED)
    await wrong.receive(mail_event())
    wrong.clock.advance(timedelta(days=8, seconds=1))
    mended = wrong.beside(ring=House().ring)

    (outcome,) = await mended.replay.rejections(DAYS)

    assert (outcome.done, outcome.reason) == (False, "too_old")


async def test_a_replayed_event_is_handled_once_and_a_redelivery_of_it_too():
    router, runs = counting()
    wrong = House(ring=MISTYPED, router=router)
    event = mail_event()
    await wrong.receive(event)
    mended = wrong.beside(ring=House().ring)

    await mended.replay.rejections(DAYS)
    await mended.receive(event)

    assert len(runs) == 1
    assert len(await mended.rows(MINE)) == 1


async def test_an_event_whose_handler_fails_in_a_replay_is_journaled_and_left_to_the_sweep():
    router = Router()

    @router.on("*")
    async def fail(notification, context):
        raise ValueError

    wrong = House(ring=MISTYPED, router=router)
    await wrong.receive(mail_event())
    mended = wrong.beside(ring=House().ring)

    (outcome,) = await mended.replay.rejections(DAYS)

    assert outcome.done
    assert len(rows_of(mended.tables, f"log{DAY}", "p|")) == 1
    assert await held(mended) == []


async def test_a_crash_between_journal_and_quarantine_costs_a_second_replay_and_no_second_row():
    tables = FaultyTables()
    wrong = House(tables=tables, ring=MISTYPED)
    await wrong.receive(mail_event())
    mended = wrong.beside(ring=House().ring)
    await mended.days.open(DAY)
    tables.fates.extend([Fate.FINE, Fate.REFUSED])  # commit, then the release

    (failed,) = await mended.replay.rejections(DAYS)
    (again,) = await mended.beside(ring=House().ring, writer="w4").replay.rejections(DAYS)

    assert (failed.done, failed.reason, failed.detail) == (False, "fault", StorageFault.__name__)
    assert again.done
    assert len(await mended.rows(MINE)) == 1
    assert await held(mended) == []


async def test_two_replays_at_once_journal_it_once():
    wrong = House(ring=MISTYPED)
    await wrong.receive(mail_event())
    (name,) = await held(wrong)
    one, other = wrong.beside(ring=House().ring), wrong.beside(ring=House().ring, writer="w3")

    outcomes = await asyncio.gather(one.replay.rejection(name), other.replay.rejection(name))

    assert any(outcome and outcome.done for outcome in outcomes)
    assert len(await one.rows(MINE)) == 1


async def test_nothing_of_a_state_is_stored_with_a_quarantined_event():
    house = House(ring=MISTYPED)
    state = state_of(mail_spec())
    await house.receive(mail_event(state=state))

    stored = json.dumps([dict(row.entity) for row in rows_of(house.tables, "quarantine", "")], default=str)

    assert state not in stored
    assert state.rpartition(".")[2] not in stored


async def test_what_is_not_there_is_not_replayed():
    house = House()

    assert await house.replay.rejection(f"{DAY}.nothing") is None
    assert await house.replay.event(f"{DAY}.00.nothing") is None
    assert await house.replay.event("../etc") is None


async def test_a_journaled_event_is_handled_again_under_the_same_key_and_has_one_row():
    router, runs = counting()
    house = House(router=router)
    await house.receive(mail_event())
    (row,) = await house.rows(MINE)

    outcome = await house.beside().replay.event(row.id)

    assert outcome is not None
    assert outcome.done
    assert len(runs) == 2
    assert runs[0] == runs[1]
    assert len(await house.rows(MINE)) == 1
    assert rows_of(house.tables, f"log{DAY}", "p|") == []


async def test_an_event_that_somebody_handles_right_now_is_not_handled_beside_them():
    router = Router()
    started, go_on = asyncio.Event(), asyncio.Event()

    @router.on("*")
    async def wait(notification, context):
        started.set()
        await go_on.wait()

    house = House(router=router)
    delivery = asyncio.create_task(house.receive(mail_event()))
    await started.wait()
    (row,) = await house.rows(MINE)

    outcome = await house.beside().replay.event(row.id)
    go_on.set()
    await delivery

    assert outcome is not None
    assert (outcome.done, outcome.reason) == (False, "busy")


async def test_a_handler_that_fails_in_a_replay_is_swept_up_later():
    router = Router()
    faults: list[Exception] = []

    @router.on("*")
    async def handle(notification, context):
        if faults:
            raise faults.pop()

    house = House(router=router)
    await house.receive(mail_event(time=NOW))
    (row,) = await house.rows(MINE)
    faults.append(ValueError("no"))

    outcome = await house.replay.event(row.id)

    assert outcome is not None
    assert (outcome.done, outcome.reason) == (False, "handlers_failed")
    assert await house.handling.sweep() == 1
