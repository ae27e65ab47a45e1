"""Their fault is quarantined and acknowledged, ours is raised; one bad event never spoils the others."""

import asyncio
import json
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, TENANT, lifecycle_event, mail_event, state_of
from faulty_tables import Fate, FaultyTables
from house import DAY, House

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import subject_of_person
from shared.domain.events.router import Router
from shared.domain.journal.log_layout import OPERATORS, day_of
from shared.ports import StorageFault, Unanswered

MINE = subject_of_person(ADA)
STATE = state_of("mail~" + MINE)
WRONG = STATE[:-1] + ("A" if STATE[-1] != "A" else "B")
CANARY = STATE.rpartition(".")[2]


def array(*events: str) -> str:
    return "[" + ",".join(events) + "]"


def changed(text: str, **members: object) -> str:
    event = json.loads(text)
    event["data"] |= members
    return json.dumps(event)


async def reasons(house: House) -> list[object]:
    return [row["reason"] for row in await house.quarantine.list(DAY)]


async def test_a_genuine_event_is_journaled():
    house = House()

    await house.receive(mail_event())

    (row,) = await house.rows(MINE)
    assert row.as_json()["resource"] == f"users/{ADA}/messages/AAMk000001="
    assert await reasons(house) == []


async def test_a_redelivered_event_is_journaled_once():
    house, event = House(), mail_event()

    await house.receive(event)
    await house.receive(event)
    await house.beside().receive(array(event, event))

    assert len(await house.rows(MINE)) == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (mail_event(state=""), "client_state"),
        (mail_event(state=WRONG), "client_state"),
        (mail_event(state=state_of("mail~" + MINE, tenant_id="another")), "client_state"),
        (mail_event(state="é" * 40), "client_state"),
        (mail_event(state=state_of("gone~" + MINE)), "not_wanted"),
        (mail_event(person=GRACE, state=STATE), "foreign_resource"),
        (changed(mail_event(), tenantId="8b1c0a52-3d84-4b6e-9a17-c05e2b9d6f31"), "foreign_tenant"),
        (mail_event(time=NOW - timedelta(days=8, seconds=1)), "too_old"),
        (mail_event(time=NOW + timedelta(days=1, seconds=1)), "from_the_future"),
        (lifecycle_event("missed", state="forged"), "client_state"),
        ("{", "unreadable"),
        ("", "unreadable"),
        ("null", "unreadable"),
        ('"text"', "unreadable"),
        ("[" * 100_000, "unreadable"),
        ('{"id": NaN}', "unreadable"),
        ('{"id": "\\ud800", "source": "s", "type": "t", "data": 1}', "unreadable"),
    ],
)
async def test_what_is_not_believed_or_not_readable_is_quarantined_with_its_reason_and_acknowledged(event, reason):
    house = House()

    await house.receive(event)
    await house.receive(event)

    assert await reasons(house) == [reason]
    assert await house.rows(OPERATORS, MINE) == []


async def test_a_quarantined_event_can_be_shown():
    house = House()
    await house.receive(mail_event(state="", event_id="e-1"))
    (listed,) = await house.quarantine.list(DAY)

    shown = await house.quarantine.show(str(listed["id"]))

    assert shown is not None
    assert json.loads(str(shown["body"]))["id"] == "e-1"
    assert await house.quarantine.show(f"{DAY}.nothing") is None
    assert await house.quarantine.show("../etc") is None


async def test_the_quarantine_says_which_spec_an_unproven_event_claims():
    house = House()
    await house.receive(mail_event(state=WRONG))
    (listed,) = await house.quarantine.list(DAY)

    shown = await house.quarantine.show(str(listed["id"]))

    assert shown is not None
    assert shown["claimed_spec"] == "mail~" + MINE


async def test_a_large_unreadable_text_is_kept_in_a_blob():
    house = House()
    await house.receive("x" * 100_000)
    (listed,) = await house.quarantine.list(DAY)

    shown = await house.quarantine.show(str(listed["id"]))

    assert shown is not None
    assert shown["body"] == "x" * 100_000


async def test_unreadable_text_without_a_utf8_form_is_kept_too():
    house = House()

    await house.receive("\ud800 {")
    await house.receive("\ud83d" * 40_000)

    assert len(await reasons(house)) == 2


async def test_bad_events_in_a_batch_spoil_none_of_the_others():
    house = House()
    bad = [mail_event(number=90, state="forged"), "null", "7", "{}", json.dumps({"id": 1, "data": []})]

    await house.receive(array(mail_event(number=1), *bad, mail_event(number=2)))

    assert len(await house.rows(MINE)) == 2
    assert len(await reasons(house)) == 5


async def test_a_batch_shares_a_transaction():
    tables = FaultyTables()
    house = House(tables=tables)
    await house.days.open(DAY)
    await house.keep_alive.if_late()  # one read in five minutes
    await house.denied.read()  # another one
    tables.inner.transactions = 0

    await house.receive(array(*(mail_event(number=number) for number in range(49))))

    assert tables.inner.transactions == 1


@pytest.mark.parametrize("fates", [[Fate.REFUSED], [Fate.NEVER_ARRIVED, Fate.NEVER_ARRIVED]])
async def test_a_fault_of_storage_is_raised_so_that_the_event_comes_again(fates):
    tables = FaultyTables()
    house = House(tables=tables)
    await house.days.open(DAY)
    tables.fates.extend(fates)

    with pytest.raises(ExceptionGroup) as raised:
        await house.receive(mail_event())
    await house.receive(mail_event())

    assert isinstance(raised.value.exceptions[0], StorageFault | Unanswered)
    assert len(await house.rows(MINE)) == 1


async def test_a_quarantine_that_cannot_be_written_is_our_fault():
    tables = FaultyTables()
    house = House(tables=tables)
    tables.fates.append(Fate.REFUSED)

    with pytest.raises(ExceptionGroup):
        await house.receive(mail_event(state="forged"))


async def test_a_fault_for_one_event_leaves_the_others_accepted():
    tables = FaultyTables()
    house = House(tables=tables)
    await house.days.open(DAY)
    yesterday = NOW - timedelta(days=1)
    await house.days.open(day_of(yesterday))
    tables.fates.append(Fate.REFUSED)

    with pytest.raises(ExceptionGroup) as raised:
        await house.receive(array(mail_event(number=1), mail_event(number=2, time=yesterday)))

    assert len(raised.value.exceptions) == 1
    assert len(await house.rows(MINE)) == 1


async def test_an_event_without_a_time_is_journaled_once_though_midnight_lies_between():
    first = House()
    timeless = json.dumps({name: value for name, value in json.loads(mail_event()).items() if name != "time"})
    await first.receive(timeless)
    first.clock.advance(timedelta(hours=20))
    other = House(tables=first.tables, blobs=first.blobs, clock=first.clock, writer="w2")
    await other.days.open(day_of(first.clock.now()))

    await other.receive(timeless)

    assert day_of(first.clock.now()) != DAY
    assert len(await other.rows(MINE)) == 1


def everything(house: House) -> str:
    tables = house.tables
    assert isinstance(tables, MemoryTables)
    return repr(tables.tables) + repr(house.blobs.blobs)


@pytest.mark.parametrize(
    "event",
    [
        mail_event(state=STATE),
        lifecycle_event("missed", state=STATE),
        mail_event(state=STATE, time=NOW - timedelta(days=9)),
        mail_event(state=STATE[:2] + "9" + STATE[2:]),
        changed(mail_event(state=STATE), CLIENTSTATE=STATE, ClientState=STATE, client_state=STATE),
        changed(mail_event(state=STATE), resourceData={"nested": [{"clientstate": STATE}]}),
        json.dumps({"clientState": STATE, "data": {"clientState": [STATE]}}),
        '{"clientState": "' + STATE + '", ',
        '{"CLIENTSTATE" : "' + STATE,
        mail_event(state=STATE) + "}",
        '{"data": "{\\"clientState\\": \\"' + STATE + '\\"}"}',
        '{"client\\u0053tate": "' + STATE + '", ',
        "{'clientState': '" + STATE + "'}",
    ],
)
async def test_no_client_state_reaches_a_table_or_a_blob(event):
    house = House()

    await house.receive(event)

    assert everything(house).count("log" + DAY) or await reasons(house)
    assert CANARY not in everything(house)


async def test_nor_a_log_line(caplog):
    caplog.set_level(0)
    house = House()

    await house.receive(array(mail_event(state=STATE), lifecycle_event("missed", state=STATE), mail_event(state="x")))

    assert CANARY not in caplog.text


async def test_a_stranger_to_the_tables_in_an_event_does_not_spoil_its_group():
    """Control characters, noncharacters and quotes are text like any other to a column, and never part of a key."""
    house = House()
    odd = json.loads(mail_event(number=3))
    odd["subject"] = "\u0001\u001f\uffff/\\#?'\""
    odd["data"]["ResourceData"]["@odata.etag"] = "\u0000/\\#?" * 400

    await house.receive(array(mail_event(number=1), json.dumps(odd)))

    assert len(await house.rows(MINE)) == 2


async def test_a_recovered_change_whose_handler_fails_is_accepted_and_left_to_the_sweep():
    router, runs = Router(), []

    @router.on("*")
    async def handle(notification, context):
        runs.append(notification.version)
        if len(runs) == 1:
            raise ValueError

    house = House(router=router)
    notification, proof = recovered()

    assert await house.receive.accept(notification, proof, recovered=True)
    assert await house.handling.sweep() == 1
    assert len(runs) == 2
    assert runs[0] == runs[1] != ""


async def test_a_recovered_change_that_somebody_is_handling_is_left_to_them():
    router = Router()
    started, go_on = asyncio.Event(), asyncio.Event()

    @router.on("*")
    async def handle(notification, context):
        started.set()
        await go_on.wait()

    house = House(router=router)
    notification, proof = recovered()
    delivery = asyncio.create_task(house.receive(mail_event(change="created")))
    await started.wait()

    assert not await house.beside().receive.accept(notification, proof, recovered=True)
    go_on.set()
    await delivery


def recovered():
    from shared.domain.catch_up.delta import DELTAS
    from shared.domain.catch_up.recovered import recovered_notification
    from shared.domain.events.client_state import Proof

    found = recovered_notification(
        DELTAS["messages"],
        resource=f"users/{ADA}/messages/AAMk000001=",
        etag='W/"1-1"',
        change_type="updated",
        time=NOW,
        tenant_id=TENANT,
        found_by="link",
    )
    return found, Proof(1, "mail", MINE)
