"""What is kept: days, allowances, lateness, dead letters."""

import json
from datetime import timedelta

import pytest
from builders import NOW

from shared.domain.events.allowance import MINUTE, Allowance
from shared.domain.events.latency import LEAST, lateness
from shared.domain.journal.dead_letters import blob_key, read_dead_letters
from shared.domain.journal.retention import FOLDERS, days_before

MICRO = timedelta(microseconds=1)


def test_the_days_of_a_month_before_today_are_looked_at_newest_first():
    days = days_before(NOW)

    assert (days[0], days[1], days[-1], len(days)) == ("20260615", "20260614", "20260517", 30)
    assert max(FOLDERS.values()) < len(days)


def test_an_allowance_is_for_a_minute_from_its_first_use():
    some = Allowance(per_minute=2)

    at_once = [some.spend(NOW) for _ in range(4)]
    assert (at_once, some.refused) == ([True, True, False, False], 2)
    assert (some.spend(NOW + MINUTE - MICRO), some.refused) == (False, 3)
    assert (some.spend(NOW + MINUTE), some.refused) == (True, 0)
    assert (some.spend(NOW + MINUTE - MICRO), some.refused) == (True, 0)  # the clock went back: a new minute


@pytest.mark.parametrize(
    ("resource", "most"),
    [
        ("users/x/messages/y", 3),
        ("chats/x/messages/y", 1),
        ("/drives/x/root/", 360),
        ("users/x/messages/X", 3),
        ("Communications/callRecords/x", 150),
    ],
)
def test_only_what_came_later_than_documented_is_late(resource, most):
    allowed = timedelta(minutes=most)

    assert lateness(resource, NOW, NOW + allowed) is None
    assert lateness(resource, NOW, NOW + allowed + MICRO) == (allowed + MICRO, allowed)


def test_what_has_no_time_or_no_promise_is_never_late():
    assert lateness("chats/x", None, NOW) is None
    assert lateness("users/x", NOW, NOW + timedelta(days=9)) is None
    assert LEAST == MINUTE


def letter_of(event: object):
    (letter,) = read_dead_letters("a.json", json.dumps([event]))
    return letter


def test_a_dead_letter_without_what_event_grid_adds_says_so_with_nothing():
    letter = letter_of({"id": "1"})

    assert (letter.type, letter.reason, letter.outcome, letter.attempts, letter.dead_since) == ("", "", "", 0, "")
    assert letter_of({"deliveryAttempts": "7", "publishTime": 7}).attempts == 0
    assert letter_of({"deliveryAttempts": "7", "publishTime": 7}).dead_since == ""


def test_what_event_grid_added_is_read_and_taken_away_whatever_its_letters():
    letter = letter_of(
        {
            "type": "t" * 201,
            "deadLetterReason": "r",
            "DeliveryAttempts": 7,
            "lastDeliveryOutcome": "o",
            "PublishTime": "p",
            "lastDeliveryAttemptTime": "",
            "id": "1",
        }
    )

    assert json.loads(letter.event) == {"type": "t" * 201, "id": "1"}
    assert (letter.type, letter.reason, letter.outcome, letter.attempts, letter.dead_since) == (
        "t" * 200,
        "r",
        "o",
        7,
        "p",
    )


@pytest.mark.parametrize(
    ("text", "event"),
    [("{", "{"), ("7", "7"), ('"x"', '"x"'), ("[" * 5_000, "[" * 5_000), ("[[1]]", "[1]"), ('["é"]', '"\\u00e9"')],
)
def test_what_is_no_event_is_kept_as_its_text(text, event):
    (letter,) = read_dead_letters("a.json", text)

    assert (letter.event, letter.type, letter.reason, letter.outcome) == (event, "", "", "")
    assert (letter.attempts, letter.dead_since) == (0, "")


def test_an_event_that_lies_alone_in_its_blob_is_read_as_one_of_several():
    event = {"id": "1", "type": "t", "deadLetterReason": "r"}

    assert read_dead_letters("a.json", json.dumps(event)) == [letter_of(event)]


def test_a_letter_is_named_by_its_blob_and_its_place_in_it():
    names = [letter.id for letter in read_dead_letters("a.json", "[{}, 7, {}]")]

    assert names == [f"{blob_key('a.json')}.{place}" for place in range(3)]
    assert [letter.id for letter in read_dead_letters("a.json", "{}")] == names[:1]
    assert [letter.id for letter in read_dead_letters("a.json", "no JSON")] == names[:1]
    assert blob_key("a.json") == "6025a12236ee54ba"
