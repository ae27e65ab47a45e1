"""From the queue into the journal: once, with content for handlers alone, and nothing lost on the way."""

import json
from collections.abc import Mapping

import pytest
from builders import ADA, NOW, mail_event, mail_spec, state_of, watch_of
from house import House
from webhook_house import CONTENT, GRAPHS, WebhookHouse, lifecycle, message, rich_message

from shared.domain.events.client_state import KeyRing, subject_of_person
from shared.domain.events.rich import Unopened
from shared.domain.watching.watch import parse_watch
from shared.flows.upkeep.replay import Replay
from shared.ports import HandlerContext, StorageFault

READER = subject_of_person(ADA)


@pytest.fixture
def door() -> WebhookHouse:
    return WebhookHouse()


def opening(house: House) -> list[Mapping[str, object] | None]:
    """A handler that opens the content of every message; what it saw."""
    seen: list[Mapping[str, object] | None] = []

    @house.router.on("Microsoft.Graph.Message*")
    async def look(_: object, context: HandlerContext) -> None:
        seen.append(await context.content())

    return seen


async def test_what_was_posted_is_in_the_journal_once_however_often_it_comes(door):
    await door.post(message(1), message(2))
    await door.post(message(1))
    (first, _) = door.waiting

    await door.work_all()
    await door.work(first)

    rows = await door.house.rows(READER)
    assert sorted(str(row.entity["resource"]) for row in rows) == [
        f"users/{ADA}/messages/AAMk000001=",
        f"users/{ADA}/messages/AAMk000002=",
    ]


async def test_a_change_announced_both_ways_is_one_row(door):
    event = json.loads(mail_event(number=1, time=NOW))
    item = message(1)
    item["resourceData"]["@odata.etag"] = event["data"]["ResourceData"]["@odata.etag"]

    await door.house.receive(json.dumps(event))
    await door.post(item)
    await door.work_all()

    assert len(await door.house.rows(READER)) == 1


async def test_lifecycle_items_reach_their_handlers(door):
    seen = []

    @door.house.router.on("*")
    async def look(notification: object, _: HandlerContext) -> None:
        seen.append(notification.lifecycle)

    await door.post(*(lifecycle(kind) for kind in ("reauthorizationRequired", "subscriptionRemoved", "missed")))
    await door.work_all()

    assert sorted(seen) == ["missed", "reauthorizationRequired", "subscriptionRemoved"]


async def test_handlers_get_the_content_and_the_journal_only_what_was_encrypted(door):
    seen = opening(door.house)

    await door.post(rich_message(), validationTokens=[GRAPHS])
    await door.work_all()

    assert seen == [CONTENT]
    (row,) = await door.house.rows(READER)
    kept = str(door.house.tables.tables) + str(door.house.blobs.blobs) + str(row.as_json())
    assert "encryptedContent" in kept
    assert CONTENT["receivedDateTime"] not in kept


async def test_a_handler_that_fails_has_the_content_again(door):
    seen = opening(door.house)

    @door.house.router.on("*")
    async def fail_once(_: object, context: HandlerContext) -> None:
        seen.append(await context.content())
        if len(seen) < 3:
            raise RuntimeError

    await door.post(rich_message(), validationTokens=[GRAPHS])
    with pytest.raises(ExceptionGroup):
        await door.work_all()
    await door.work_all()

    assert seen == [CONTENT] * 3
    assert door.waiting == []


async def test_a_plain_notification_has_no_content(door):
    seen = opening(door.house)

    await door.post(message())
    await door.work_all()

    assert seen == [None]


async def test_content_that_came_by_event_grid_is_nobody_s_word(door):
    """Anybody can encrypt for a public certificate: without validationTokens content proves nothing."""
    seen = opening(door.house)
    event = json.loads(mail_event())
    event["data"]["encryptedContent"] = rich_message()["encryptedContent"]

    await door.house.receive(json.dumps(event))

    assert seen == [None]


@pytest.mark.parametrize(
    "change",
    [
        {"data": "AAAA"},
        {"dataSignature": "AAAA"},
        {"dataKey": "AAAA"},
        {"data": None},
        {"encryptionCertificateId": "gone"},
        {"encryptionCertificateId": None},
    ],
)
async def test_content_that_does_not_open_is_quarantined(door, change):
    seen = opening(door.house)

    await door.post(rich_message(**change), message(2), validationTokens=[GRAPHS])
    await door.work_all()

    assert await door.reasons() == ["content"]
    assert seen == [None]


async def test_without_certificates_rich_content_is_quarantined_with_the_setting_s_name():
    door = WebhookHouse(certificates=None)

    await door.post(rich_message(), validationTokens=[GRAPHS])
    await door.work_all()

    (row,) = await door.quarantined()
    assert "ENCRYPTION_CERTIFICATES" in str(row["detail"])


async def test_what_did_not_open_is_replayed_once_the_certificate_is_there():
    door = WebhookHouse(certificates=None)
    await door.post(rich_message(), validationTokens=[GRAPHS])
    await door.work_all()
    (row,) = await door.quarantined()
    mended = WebhookHouse(house=door.house)
    seen = opening(mended.house)

    house = mended.house
    replayed = await Replay(house.receive, house.quarantine, house.journal, house.handling).rejection(str(row["id"]))

    assert replayed.done
    assert seen == [CONTENT]


async def test_a_handler_whose_certificate_is_gone_since_is_told(door):
    @door.house.router.on("*")
    async def look(_: object, context: HandlerContext) -> None:
        await context.content()

    door.house.handling.certificates = None
    await door.post(rich_message(), validationTokens=[GRAPHS])

    with pytest.raises(ExceptionGroup) as caught:
        await door.work_all()

    assert caught.group_contains(Unopened)


async def test_what_is_not_wanted_any_more_is_quarantined_and_can_be_proven_by_its_imprint(door):
    await door.post(message())
    people_only = parse_watch(watch_of('name = "people"\nresource = "users"\nchange_types = ["updated"]'), {})
    unwanted = WebhookHouse(house=door.house.beside(watch=people_only), queues=door.queues)
    await unwanted.work_all()
    (row,) = await door.quarantined()

    house = door.house
    replayed = await Replay(house.receive, house.quarantine, house.journal, house.handling).rejection(str(row["id"]))

    assert row["reason"] == "not_wanted"
    assert replayed.done


async def test_a_proof_of_a_key_that_is_gone_is_still_quarantined_when_it_must_be(door):
    await door.post(message(1, resource="Users/00000000-0000-0000-0000-000000000001/Messages/x"))
    other = WebhookHouse(house=door.house.beside(ring=KeyRing({2: bytes(32)})), queues=door.queues)

    await other.work_all()

    assert await door.reasons() == ["foreign_resource"]


async def test_long_work_is_taken_out_of_its_blob_and_the_blob_goes(door):
    await door.post(*(message(number, padding="x" * 1_000) for number in range(60)))
    (text,) = door.waiting

    await door.work_all()
    await door.work(text)

    assert len(await door.house.rows(READER)) == 60
    assert [name for name in door.house.blobs.blobs if name.startswith("work/")] == []


class BrokenOnce:
    """Storage that fails for one thing, once."""

    def __init__(self, inner: object) -> None:
        self.inner, self.broken = inner, True

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def submit(self, table: str, writes: object) -> object:
        if self.broken and table.startswith("log"):
            self.broken = False
            raise StorageFault("x")
        return await self.inner.submit(table, writes)


async def test_a_fault_of_storage_leaves_all_in_the_queue_and_the_blob_where_it_is():
    house = House()
    await house.days.open(NOW.strftime("%Y%m%d"))
    door = WebhookHouse(house=house.beside(tables=BrokenOnce(house.tables)))
    await door.post(*(message(number, padding="x" * 1_000) for number in range(60)))

    with pytest.raises(ExceptionGroup):
        await door.work_all()
    assert len(door.waiting) == 1
    await door.work_all()

    assert len(await door.house.rows(READER)) == 60


async def test_what_failed_too_often_is_quarantined_item_by_item_and_can_be_replayed(door):
    await door.post(message(1), message(2))

    await door.work.give_up(door.waiting[0])

    rows = await door.quarantined()
    assert [row["reason"] for row in rows] == ["given_up"] * 2
    assert state_of(mail_spec()) not in str(door.house.tables.tables)
    house = door.house
    replay = Replay(house.receive, house.quarantine, house.journal, house.handling)
    assert [one.done for one in await replay.rejections([NOW.strftime("%Y%m%d")])] == [True, True]
    assert len(await house.rows(READER)) == 2


@pytest.mark.parametrize("text", ["", "x", "{}", '{"format": 1, "items": [7]}'])
async def test_a_message_that_is_not_ours_is_quarantined_and_gone(door, text):
    await door.work(text)
    await door.work.give_up(text)

    assert await door.reasons() == ["unreadable"]
