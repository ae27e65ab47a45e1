"""What kill9 and the soak count as violations, and what they send."""

import random
from collections import Counter

from lab.kill9 import SHORT, _counted, _payloads, _share
from lab.soak import Soak, _row


def test_lost_twice_and_repeated_are_told_apart():
    found = _counted(["a", "b", "c"], ["b", "c", "c"], ["b", "c"], ["c.1", "c.2"])

    assert found == Counter(lost=1, twice=1, effects_lost=1, repeated=1)


def test_an_effect_that_came_twice_under_one_key_is_no_violation():
    assert not _counted(["a"], ["a"], ["a"], ["a", "a"])


def test_three_in_ten_events_go_out_twice_and_none_is_left_out():
    events = [str(number) for number in range(1_000)]

    payloads = _payloads(events, 50, random.Random(1))

    sent = Counter(event for payload in payloads for event in payload)
    assert set(sent) == set(events)
    assert 250 < sum(count - 1 for count in sent.values()) < 350
    assert max(map(len, payloads)) == 50


def test_the_settings_share_all_events():
    assert 5_000 <= sum(_share(5_000, setting, SHORT) for setting in SHORT) <= 5_000 + len(SHORT)


def soak_of(memory):
    return Soak(None, random.Random(1), memory=memory, made=6_000, seconds=120.0)


def violations(soak, *, lost=0, again=0):
    return _row(soak, lost=lost, again=again, how="", seed=1)["value"]


FLAT = [50.0] * 30 + [100.0] * 90


def test_memory_that_grows_after_warming_up_is_a_violation():
    leaking = soak_of([50 + second / 2 for second in range(120)])

    assert violations(soak_of(FLAT)) == 0
    assert violations(leaking) == 1


def test_neither_a_moment_of_load_nor_a_few_mebibytes_are_a_leak():
    busy = soak_of([*FLAT[:70], *[180.0] * 10, *FLAT[80:]])
    small = soak_of([20.0] * 60 + [34.0] * 60)

    assert not busy.leaks
    assert not small.leaks


def test_what_a_soak_lost_or_has_twice_is_a_violation():
    assert violations(soak_of(FLAT), lost=2, again=1) == 3
