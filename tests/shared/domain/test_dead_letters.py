"""Event Grid's dead letters: what a blob holds, and when it is tried again."""

import json
from datetime import timedelta

import pytest
from builders import NOW, mail_event

from shared.domain.journal.dead_letters import TRIES, next_try, read_dead_letters

ADDED = {
    "deadletterreason": "MaxDeliveryAttemptsExceeded",
    "deliveryattempts": 30,
    "lastdeliveryoutcome": "TimedOut",
    "publishtime": "2026-06-15T12:00:00Z",
    "lastdeliveryattempttime": "2026-06-16T11:00:00Z",
}


def test_an_event_is_read_as_it_was_before_event_grid_gave_up_on_it():
    event = json.loads(mail_event())

    (letter,) = read_dead_letters("a.json", json.dumps([event | ADDED]))

    assert json.loads(letter.event) == event
    assert (letter.reason, letter.outcome, letter.attempts) == ("MaxDeliveryAttemptsExceeded", "TimedOut", 30)
    assert (letter.type, letter.dead_since) == ("Microsoft.Graph.MessageCreated", "2026-06-16T11:00:00Z")


def test_each_event_of_a_blob_has_an_id_of_its_own():
    letters = read_dead_letters("a.json", json.dumps([{}, {}])) + read_dead_letters("b.json", "[{}]")

    assert len({letter.id for letter in letters}) == 3


@pytest.mark.parametrize("text", ["", "{", "7", "null", '"x"', "[" * 5_000, '[7, null, "x", []]', '[{"type": 5}]'])
def test_whatever_a_blob_holds_is_kept_as_events(text):
    for letter in read_dead_letters("a.json", text):
        assert isinstance(letter.event, str)


def test_an_empty_blob_holds_nothing():
    assert read_dead_letters("a.json", "[]") == []


def test_the_client_state_within_shows_in_no_repr():
    (letter,) = read_dead_letters("a.json", json.dumps([json.loads(mail_event())]))

    assert "clientState" not in repr(letter)


def test_tries_are_further_and_further_apart_and_end():
    pauses = [found - NOW for tries in range(1, TRIES) if (found := next_try(tries, NOW))]

    assert pauses == [timedelta(minutes=15) * 2**number for number in range(TRIES - 1)]
    assert next_try(TRIES, NOW) is None
