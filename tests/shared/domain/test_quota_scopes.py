"""What is counted together, and what for itself."""

import pytest

from shared.domain.watching.quotas import passed
from shared.domain.watching.resources import resource_of
from shared.domain.watching.watch import SubscriptionSpec

USUAL = {"subject": "x" * 16, "change_types": ("updated",), "delta": ""}


def named(*resources: str) -> dict[str, str]:
    """By resource, what is said of it."""
    specs = {}
    for number, resource in enumerate(resources):
        known = resource_of(resource)
        assert known is not None, resource
        spec = SubscriptionSpec(entry=f"e{number}", resource=resource, lifetime=known.lifetime, **USUAL)
        specs[spec.key] = spec
    return {specs[key].resource: said for key, said in passed(specs).items()}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("teams/t/channels/c/messages", "Teams/T/Channels/C/messages", "1 subscriptions of one app to one channel"),
        ("chats/c/messages", "chats/C/messages", "1 subscriptions of one app to one chat"),
        (
            "copilot/interactionHistory/getAllEnterpriseInteractions",
            "copilot/users/x/interactionHistory/getAllEnterpriseInteractions",
            "1 subscriptions of one app in one tenant",
        ),
    ],
)
def test_a_second_one_of_what_may_be_once_is_named_with_the_first(first, second, said):
    assert named(first, second) == dict.fromkeys((first, second), f"2 are wanted, and Graph allows {said}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("chats/c/messages", "chats/d/messages"),
        # one of each in a tenant: two resources, each counted for itself
        ("solutions/approval/approvalItems", "copilot/interactionHistory/getAllEnterpriseInteractions"),
        ("communications/presences/a", "communications/presences/b"),  # counted by users and by who is signed in
    ],
)
def test_what_is_counted_for_itself_passes_nothing(first, second):
    assert named(first, second) == {}


def test_chats_of_one_user_are_counted_by_user_and_by_path():
    mine = ["users/u/onlineMeetings/getAllRecordings" for _ in range(10)]

    assert named(*mine, "users/v/onlineMeetings/getAllRecordings") == {}
    said = named(*mine, "Users/U/onlineMeetings/getAllTranscripts")
    assert {*said.values()} == {"11 are wanted, and Graph allows 10 subscriptions of one user"}
    assert "Users/U/onlineMeetings/getAllTranscripts" in said


def test_a_resource_that_graph_does_not_know_passes_nothing():
    specs = {
        str(number): SubscriptionSpec(entry=str(number), resource="x", lifetime=resource_of("users").lifetime, **USUAL)
        for number in range(200)
    }

    assert passed(specs) == {}
