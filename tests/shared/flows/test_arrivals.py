"""Graph's own way in: proven, stripped, queued; the rest in quarantine, and nobody is told which."""

import asyncio
import json
import logging
from datetime import timedelta

import pytest
from builders import GRACE, mail_spec, state_of
from webhook_house import GRAPHS, FakeTokens, WebhookHouse, lifecycle, message, posted, rich_message

from shared.adapters.memory import MemoryQueues
from shared.domain.events.client_state import KeyRing
from shared.domain.events.rich import is_rich
from shared.domain.events.work import read_work
from shared.flows.receive.arrivals import LIKELY, STRANGERS, NotTaken
from shared.ports import StorageFault, Unanswered


@pytest.fixture
def door() -> WebhookHouse:
    return WebhookHouse()


async def test_what_is_proven_is_queued_with_what_proved_it_and_without_its_state(door):
    await door.post(message(1), lifecycle("missed"))

    (text,) = door.waiting
    items = read_work(text)
    assert [item.proof.spec for item in items] == [mail_spec(), mail_spec()]
    assert state_of(mail_spec()) not in text
    assert "clientstate" not in text.lower()
    assert await door.quarantined() == []


@pytest.mark.parametrize("make", [message, lambda state: lifecycle("missed", state=state)])
@pytest.mark.parametrize(
    "state",
    [
        *("", "x", "sample-client-state-not-a-secret", "é" * 20, "\ud800", "\0", "x" * 100_000),
        state_of(mail_spec())[:-1],
        state_of(mail_spec())[:-1] + "é",
        state_of(mail_spec(), ring=KeyRing({1: bytes(32)})),
        state_of(mail_spec(), tenant_id="another"),
    ],
)
async def test_what_is_not_proven_is_quarantined_and_has_no_effect(door, make, state):
    await door.post(make(state=state), message(2))

    assert await door.reasons() == ["client_state"]
    assert len(read_work(door.waiting[0])) == 1


async def test_a_missing_state_proves_nothing(door):
    await door.post({name: value for name, value in message().items() if name != "clientState"})

    assert (await door.reasons(), door.waiting) == (["client_state"], [])


async def test_one_bad_item_spoils_no_other(door):
    await door.post(7, message(1), {}, None, message(2, person=GRACE))

    assert await door.reasons() == ["unreadable"] * len({"7", "{}", "null"})
    assert len(read_work(door.waiting[0])) == 2


@pytest.mark.parametrize("text", ["", "<html>", "[]", "7", "[" * 100_000])
async def test_what_can_t_be_read_is_quarantined(door, text):
    await door.arrivals(text)

    assert (await door.reasons(), door.waiting) == (["unreadable"], [])


async def test_long_work_lies_in_a_blob(door):
    await door.post(*(message(number, padding="x" * 2_000) for number in range(100)))

    (text,) = door.waiting
    name = read_work(text)
    assert isinstance(name, str)
    assert name.startswith("work/20260616/")
    assert len(read_work(await door.house.blobs.get(name))) == 100


async def test_strangers_fill_no_table_but_genuine_events_still_pass(door, caplog):
    await door.post(*(message(number, state="x") for number in range(STRANGERS + 20)))
    await door.post(message(1, state="x"), message(2))

    assert len(await door.quarantined()) == STRANGERS
    assert len(door.waiting) == 1
    assert sum("event.refused" in record.getMessage() for record in caplog.records) == 1

    door.house.clock.advance(timedelta(minutes=1))
    await door.post(message(3, state="x"))

    assert len(await door.quarantined()) == STRANGERS + 1


async def test_what_may_be_ours_under_a_wrong_key_has_more_room_than_strangers(door):
    wrong = state_of(mail_spec(), ring=KeyRing({1: bytes(32)}))

    await door.post(*(message(number, state=wrong) for number in range(STRANGERS + 20)))

    assert STRANGERS + 20 < LIKELY
    assert len(await door.quarantined()) == STRANGERS + 20


async def test_rich_content_passes_with_tokens_of_graph_s_own_and_is_marked(door):
    await door.post(rich_message(), validationTokens=[GRAPHS, GRAPHS])

    (item,) = read_work(door.waiting[0])
    assert is_rich(item.event)
    assert json.loads(item.event)["verifiedcontent"] is True
    assert GRAPHS not in door.waiting[0]


@pytest.mark.parametrize(
    "tokens", [[], [""], ["forged"], [GRAPHS, "forged"], ["forged", GRAPHS], "x", {}, [GRAPHS] * 65, [GRAPHS, None]]
)
async def test_one_token_that_is_not_graph_s_rejects_the_whole_post(door, tokens):
    await door.post(rich_message(1), message(2), validationTokens=tokens)

    assert (await door.reasons(), door.waiting) == (["validation_tokens"] * 2, [])


@pytest.mark.parametrize("members", [{}, {"validationTokens": None}])
async def test_rich_content_without_tokens_is_rejected_and_plain_items_beside_it_pass(door, members):
    await door.post(rich_message(1), message(2), **members)

    assert await door.reasons() == ["validation_tokens"]
    assert [is_rich(item.event) for item in read_work(door.waiting[0])] == [False]


async def test_an_item_can_t_mark_itself_as_verified(door):
    await door.post(message(1, verifiedcontent=True), {**message(2), "data": {"verifiedcontent": True}})

    assert all("verifiedcontent" not in json.loads(item.event) for item in read_work(door.waiting[0]))


class BrokenQueues(MemoryQueues):
    fault: Exception

    async def put(self, queue: str, text: str) -> None:
        raise self.fault


@pytest.mark.parametrize("fault", [StorageFault("x"), Unanswered("x")])
async def test_what_can_t_be_queued_must_be_sent_again(door, fault):
    door.arrivals.queues = BrokenQueues()
    door.arrivals.queues.fault = fault

    with pytest.raises(NotTaken, match=type(fault).__name__):
        await door.post(message())


async def test_tokens_that_can_t_be_judged_now_must_be_sent_again():
    door = WebhookHouse(tokens=FakeTokens(is_down=True))

    with pytest.raises(NotTaken, match="KeysMissing"):
        await door.post(rich_message(), validationTokens=[GRAPHS])
    await door.post(message())

    assert len(door.waiting) == 1


async def test_graph_is_not_kept_waiting(door):
    class SlowQueues(MemoryQueues):
        async def put(self, queue: str, text: str) -> None:
            await asyncio.Event().wait()

    door.arrivals.queues = SlowQueues()
    door.arrivals.answer_s = 0.01

    with pytest.raises(NotTaken, match="TimeoutError"):
        await door.post(message())


async def test_no_secret_is_logged_or_stored(door, caplog):
    caplog.set_level(logging.DEBUG)
    canary = state_of(mail_spec(), ring=KeyRing({1: bytes(32)}))
    cut = posted(message(), validationTokens=["eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln"])[:-30]

    await door.post(message(1), message(2, state=canary), rich_message(3), validationTokens=["forged-canary"])
    await door.arrivals(cut)

    stored = str(door.house.tables.tables) + str(door.house.blobs.blobs) + str(door.queues.queues) + caplog.text
    for secret in (canary, state_of(mail_spec()), "forged-canary", "eyJhbGci", "eyJjYW5hcnkiOjF9"):
        assert secret not in stored
