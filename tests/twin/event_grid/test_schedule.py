"""Retries. Source: learn.microsoft.com/azure/event-grid/delivery-and-retry (2026)."""

from datetime import timedelta

import pytest

from twin.event_grid.schedule import ATTEMPTS_EXCEEDED, UNDELIVERABLE, Delivered, GiveUp, Retry, decide, wait_after


def after(status: int | None, *, attempts: int = 1, webhook: bool = False) -> Delivered | Retry | GiveUp:
    return decide(status=status, attempts=attempts, max_attempts=30, webhook=webhook)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204])
def test_success_is_200_to_204(status: int) -> None:
    assert after(status) == Delivered()


@pytest.mark.parametrize("status", [None, 100, 205, 206, 301, 404, 409, 429, 500, 502, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert isinstance(after(status), Retry)


@pytest.mark.parametrize("status", [400, 403, 413])
def test_what_says_that_it_can_never_work_is_given_up_at_once(status: int) -> None:
    assert after(status) == GiveUp(UNDELIVERABLE)


def test_401_is_final_at_a_webhook_only() -> None:
    assert after(401, webhook=True) == GiveUp(UNDELIVERABLE)
    assert after(401) == Retry(timedelta(minutes=5))


def test_the_schedule_is_the_documented_one() -> None:
    waits = [wait_after(attempt) for attempt in range(1, 13)]

    seconds = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 43_200, 43_200]
    assert waits == [timedelta(seconds=wait) for wait in seconds]


@pytest.mark.parametrize(("status", "seconds"), [(404, 300), (401, 300), (408, 120), (503, 30), (500, 10), (None, 10)])
def test_a_status_can_make_the_first_wait_longer(status: int | None, seconds: int) -> None:
    assert wait_after(1, status) == timedelta(seconds=seconds)


def test_a_status_never_makes_a_wait_shorter() -> None:
    assert wait_after(6, 503) == timedelta(minutes=30)


def test_attempts_are_limited() -> None:
    assert isinstance(after(500, attempts=29), Retry)
    assert after(500, attempts=30) == GiveUp(ATTEMPTS_EXCEEDED)
    assert after(200, attempts=30) == Delivered()
