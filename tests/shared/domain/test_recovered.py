"""A change that delta found looks like the notification that should have come."""

from dataclasses import replace

import pytest
from builders import ADA, NOW, TENANT, mail_event, reading_of

from shared.domain.catch_up.delta import DELTAS
from shared.domain.catch_up.recovered import recovered_notification


def found(**other):
    resource = f"users/{ADA}/messages/AAMk000001="
    usual = {"resource": resource, "etag": 'W/"1-1"', "change_type": "created", "time": NOW, "found_by": "reading"}
    return recovered_notification(DELTAS["messages"], **{**usual, "tenant_id": TENANT, **other})


def test_it_is_read_from_its_body_as_it_was():
    assert reading_of(found().body).notification == found()


def test_it_says_what_the_announcement_would_have_said():
    announced, recovered = reading_of(mail_event()).notification, found()

    same = ("type", "time", "tenant_id", "resource", "change_type", "version", "lifecycle", "noun")
    assert [getattr(recovered, name) for name in same] == [getattr(announced, name) for name in same]


def test_a_page_read_again_in_one_reading_gives_the_same_event():
    assert found() == found()


@pytest.mark.parametrize("other", [{"resource": "users/u/messages/B"}, {"etag": "B"}, {"found_by": "B"}])
def test_another_change_or_another_reading_gives_another_event(other):
    assert found(**other).event_id != found().event_id


def test_a_removal_has_no_version():
    removed = found(change_type="deleted", etag="")

    assert (removed.type, removed.version) == ("Microsoft.Graph.MessageDeleted", "")
    assert reading_of(removed.body).notification == replace(removed)
