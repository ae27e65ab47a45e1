"""What kill9 and the soak count as violations, and what they send."""

import random
from collections import Counter

from lab.kill9 import SHORT, _counted, _payloads, _share
from lab.soak import Soak


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


def test_memory_that_grows_after_warming_up_shows():
    flat = Soak(None, random.Random(1), memory=[50.0] * 30 + [100.0] * 90)
    leaking = Soak(None, random.Random(1), memory=[float(second) + 50 for second in range(120)])

    assert flat.growth() == 1.0
    assert leaking.growth() > 1.15
