"""When each subscription was last heard of, and what that costs."""

from datetime import timedelta

from builders import GRACE, NOW, lifecycle_event, mail_event, mail_spec
from faulty_tables import Fate, FaultyTables
from house import House

from shared.domain.journal.log_layout import MAX_WRITES
from shared.flows.keep_alive.heard import HOURLY, OFTEN, Heard
from shared.handlers import find_handlers


async def house_with_tables() -> tuple[House, FaultyTables]:
    tables = FaultyTables()
    house = House(tables=tables, router=find_handlers())
    await house.keep_alive.tick()
    return house, tables


async def test_an_event_is_remembered_and_the_timer_writes_it():
    house, _ = await house_with_tables()

    await house.receive(mail_event())
    assert await house.heard.all() == {}
    await house.heard.write()

    assert await house.heard.all() == {mail_spec(): house.clock.now()}


async def test_without_the_timer_a_later_delivery_writes_it():
    house, _ = await house_with_tables()

    await house.receive(mail_event(number=1))
    house.clock.advance(OFTEN)
    await house.receive(mail_event(number=2, person=GRACE))

    assert set(await house.heard.all()) == {mail_spec(), mail_spec(GRACE)}


async def test_a_thousand_events_of_one_subscription_in_an_hour_cost_one_transaction():
    tables = FaultyTables()
    heard = Heard(tables, House().clock)
    await tables.create("subscriptions")

    for _ in range(1_000):
        heard.note("mail~x")
        heard.clock.advance(HOURLY / 1_001)
        await heard.write_in_time()

    assert tables.submits == 1


async def test_a_hundred_subscriptions_share_a_transaction_at_once():
    tables = FaultyTables()
    heard = Heard(tables, House().clock)
    await tables.create("subscriptions")

    for number in range(MAX_WRITES + 50):
        heard.note(f"mail~{number}")
        await heard.write_in_time()

    assert tables.sizes == [MAX_WRITES]
    await heard.write()
    assert len(await heard.all()) == MAX_WRITES + 50


async def test_what_storage_refuses_is_written_later_and_no_event_comes_again():
    house, tables = await house_with_tables()
    await house.receive(mail_event())
    tables.fates.append(Fate.REFUSED)

    await house.heard.write()
    assert await house.heard.all() == {}
    house.clock.advance(OFTEN)
    await house.heard.write_in_time()

    assert set(await house.heard.all()) == {mail_spec()}


async def test_lifecycle_events_and_recovered_changes_are_not_what_a_subscription_is_heard_by():
    house, _ = await house_with_tables()
    known = await house.fleet.get(mail_spec())
    house.graph.put_message(mail_owner(), "recovered")

    await house.receive(lifecycle_event("missed", subscription=known.id))
    await house.heard.write()

    assert len(await house.rows(mail_spec().partition("~")[2])) == 1
    assert await house.heard.all() == {}
    assert house.clock.now() - NOW < timedelta(minutes=1)


def mail_owner() -> str:
    return House().watch.specs[mail_spec()].resource.split("/")[1]
