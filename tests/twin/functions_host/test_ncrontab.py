"""When a timer is due."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.functions_host.ncrontab import parse_schedule

EXAMPLES = [
    # expression, instant, next occurrence
    ("0 */5 * * * *", "2026-11-21T10:00:00", "2026-11-21T10:05:00"),
    ("0 */5 * * * *", "2026-11-21T10:04:59", "2026-11-21T10:05:00"),
    ("*/5 * * * *", "2026-11-21T10:01:00", "2026-11-21T10:05:00"),
    ("* * * * * *", "2026-11-21T10:00:00", "2026-11-21T10:00:01"),
    ("30 0,15,45 * * * *", "2026-11-21T10:15:30", "2026-11-21T10:45:30"),
    ("0 0 9-17 * * Mon-Fri", "2026-11-20T17:00:00", "2026-11-23T09:00:00"),
    ("0 30 9 * Jan Mon", "2026-11-21T10:00:00", "2027-01-04T09:30:00"),
    ("0 0 0 1 january *", "2026-11-21T10:00:00", "2027-01-01T00:00:00"),
    ("0 5/20 * * * *", "2026-11-21T10:06:00", "2026-11-21T10:25:00"),
    ("0 10-30/10 * * * *", "2026-11-21T10:30:00", "2026-11-21T11:10:00"),
    ("0 0 0 29 2 *", "2026-11-21T10:00:00", "2028-02-29T00:00:00"),
    ("59 59 23 31 12 *", "2026-12-31T23:59:59", "2027-12-31T23:59:59"),
    ("0 0 0 13 * 5", "2026-11-21T10:00:00", "2027-08-13T00:00:00"),  # a 13th that is a Friday: both must fit
]


@pytest.mark.parametrize(("expression", "instant", "following"), EXAMPLES)
def test_the_next_occurrence_is_the_first_later_instant_that_fits(expression, instant, following):
    assert parse_schedule(expression).next_after(_utc(instant)) == _utc(following)


def test_schedules_are_in_utc_whatever_the_offset_of_the_instant():
    instant = datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert parse_schedule("0 0 0 * * *").next_after(instant) == _utc("2026-11-21T00:00:00")


@pytest.mark.parametrize(
    "expression",
    [
        *("", "* * * *", "* * * * * * *", "60 * * * * *", "0 0 0 0 * *", "0 0 0 * * 7", "0 */0 * * * *"),
        *("0 30-10 * * * *", "0 0 0 30 2 *", "0 0 0 * foo *", "0 0 0 * * mon-*", "00:05:00", "a * * * * *"),
        *("*-5 * * * * *", "0 ٣ * * * *", "0 * * * foo-bar *"),
    ],
)
def test_what_is_no_schedule_is_refused(expression):
    with pytest.raises(ValueError, match=r"."):
        parse_schedule(expression)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(1, 59))  # noqa: DTZ001 - made aware below
def test_an_occurrence_fits_and_lies_within_its_step(naive, step):
    instant = naive.replace(tzinfo=UTC)

    following = parse_schedule(f"0 */{step} * * * *").next_after(instant)

    assert instant < following <= instant + timedelta(minutes=step)
    assert following.minute % step == 0
    assert (following.second, following.microsecond) == (0, 0)


def _utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
