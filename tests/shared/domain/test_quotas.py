"""More than Graph allows is said before it refuses it."""

import pytest
from builders import watch_of

from shared.domain.watching.quotas import passed
from shared.domain.watching.resources import resource_of
from shared.domain.watching.watch import SubscriptionSpec, parse_watch


def specs_of(*resources: str) -> dict[str, SubscriptionSpec]:
    found = {}
    for number, resource in enumerate(resources):
        known = resource_of(resource)
        assert known is not None, resource
        spec = SubscriptionSpec(
            entry=f"e{number}",
            subject="x" * 16,
            resource=resource,
            change_types=known.change_types,
            lifetime=known.lifetime,
            delta="",
        )
        found[spec.key] = spec
    return found


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


@pytest.mark.parametrize(("count", "are_named"), [(100, 0), (101, 101)])
def test_users_and_groups_share_a_hundred(count, are_named):
    said = passed(specs_of(*(f"{'users' if number % 2 else 'groups'}/{guid(number)}" for number in range(count))))

    assert len(said) == are_named
    assert {*said.values()} <= {"101 are wanted, and Graph allows 100 subscriptions of one app in one tenant"}


def test_a_mailbox_is_counted_by_itself():
    folders = [f"users/{guid(1)}/mailFolders/{number}/messages" for number in range(999)]
    one_more = [f"users/{guid(1)}/events", f"users/{guid(1)}/contacts"]
    of_another = [f"users/{guid(2)}/messages"]

    assert passed(specs_of(*folders, one_more[0], *of_another)) == {}
    assert len(passed(specs_of(*folders, *one_more, *of_another))) == 1_001


def test_all_of_teams_together_has_ten_thousand():
    chats = [f"chats/{number}/messages" for number in range(6_000)]
    channels = [f"teams/{number}/channels/c/messages" for number in range(4_001)]

    assert passed(specs_of(*chats, *channels[:4_000])) == {}
    assert len(passed(specs_of(*chats, *channels))) == 10_001


def test_what_the_readme_s_kind_of_file_wants_passes_nothing():
    entry = 'name = "people"\nresource = "users"\nchange_types = ["updated"]'

    assert passed(parse_watch(watch_of(entry), {}).specs) == {}
