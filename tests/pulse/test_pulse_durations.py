from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse.durations import in_words, parse_duration, parse_instant


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("1.5D", timedelta(hours=36)),
        ("1w", timedelta(days=7)),
    ],
)
def test_a_span_is_numbers_with_units(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "5", "5 minutes", "m5", "-5m", "5m!"])
def test_other_text_is_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="is no span of time"):
        parse_duration(text)


@given(st.integers(0, 10**6))
def test_seconds_are_read_back(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == timedelta(seconds=seconds)


def test_an_instant_without_a_zone_is_in_utc() -> None:
    assert parse_instant("2026-12-01T08:00") == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert parse_instant("2026-12-01T08:00+02:00") == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_a_span_in_words_has_its_two_largest_units() -> None:
    words = [in_words(timedelta(seconds=seconds)) for seconds in (-1, 59, 3_700, 600_000)]

    assert words == ["over", "0 m 59 s", "1 h 1 m", "6 d 22 h"]
