from datetime import timedelta

import pytest
from builders import NOW

from shared.domain.events.latency import lateness, most_lag


@pytest.mark.parametrize(
    ("resource", "minutes"),
    [
        ("Users/a/Messages/m", 3),
        ("users/a/mailFolders/f/messages/m", 3),
        ("communications/callRecords/c", 150),
        ("drives/d/root", 360),
        ("chats/c/messages/m", 1),
        ("Users/a", None),
        ("Groups/g", None),
    ],
)
def test_the_documented_maximum_depends_on_the_resource(resource: str, minutes: int | None) -> None:
    assert most_lag(resource) == (timedelta(minutes=minutes) if minutes else None)


def test_only_what_came_later_than_documented_is_late() -> None:
    lag = timedelta(minutes=3)

    assert lateness("Users/a/Messages/m", NOW - lag, NOW) is None
    assert lateness("Users/a/Messages/m", NOW - 2 * lag, NOW) == (2 * lag, lag)
    assert lateness("Users/a/Messages/m", None, NOW) is None
    assert lateness("Users/a", NOW - timedelta(days=1), NOW) is None
