"""Keys of client_state that are believed no more, and what asking costs."""

import asyncio
from datetime import timedelta

from builders import GRACE, mail_event, mail_spec
from faulty_tables import FaultyTables
from house import DAY, House

from shared.domain.events.client_state import Proof
from shared.flows.receive.denied import REMEMBERED, Denied


def proof(version: int = 1, spec: str = mail_spec()) -> Proof:
    entry, _, subject = spec.partition("~")
    return Proof(version, entry, subject)


async def test_one_pair_of_version_and_spec_is_denied_and_no_other():
    house = House()

    await house.denied.deny([1], [mail_spec()])

    assert await house.denied.has(proof())
    assert not await house.denied.has(proof(2))
    assert not await house.denied.has(proof(spec=mail_spec(GRACE)))


async def test_every_process_hears_of_it_within_five_minutes():
    house = House()
    other = house.beside()
    assert not await other.denied.has(proof())
    await house.denied.deny([1], [mail_spec()])

    house.clock.advance(REMEMBERED - timedelta(seconds=1))
    assert not await other.denied.has(proof())
    house.clock.advance(timedelta(seconds=1))

    assert await other.denied.has(proof())


async def test_a_thousand_questions_in_five_minutes_cost_one_transaction():
    tables = FaultyTables()
    denied = Denied(tables, House().clock)

    await asyncio.gather(*(denied.has(proof(spec=f"mail~{number}")) for number in range(1_000)))

    assert tables.inner.transactions == 1


async def test_more_than_fit_in_a_transaction_are_denied_in_several():
    house = House()

    await house.denied.deny([1, 2], [f"mail~{number}" for number in range(120)])

    assert await house.denied.has(proof(2, "mail~119"))
    assert await house.denied.has(proof(1, "mail~0"))


async def test_an_event_with_a_denied_state_is_quarantined_and_not_journaled():
    house = House()
    await house.denied.deny([1], [mail_spec()])

    await house.receive(mail_event())

    assert [row["reason"] for row in await house.quarantine.list(DAY)] == ["denied"]
    assert await house.rows(mail_spec().partition("~")[2]) == []
