"""What can be watched, and for how long, against a small table of the tests' own (the documented caps)."""

from datetime import timedelta

import pytest

from shared.domain.resources import RESOURCES, resource_of

CAPS = {  # minutes; Outlook: 10,080 documented, 10,070 seen live
    "users": 41_760,
    "users/{user}": 41_760,
    "groups/G/members": 41_760,
    "users/{user}/messages": 10_070,
    "users/{user}/mailFolders('Inbox')/messages": 10_070,
    "users/{user}/mailFolders/inbox/messages": 10_070,
    "users/{user}/events": 10_070,
    "users/{user}/contacts": 10_070,
    "users/{user}/contactFolders/F/contacts": 10_070,
    "teams/getAllMessages": 4_320,
    "teams/T/channels/C/messages": 4_320,
    "chats/getAllMessages": 4_320,
    "chats/C/messages": 4_320,
    "users/{user}/chats/getAllMessages": 4_320,
    "communications/callRecords": 4_230,
    "drives/D/root": 42_300,
    "users/{user}/drive/root": 42_300,
    "sites/S/lists/L": 42_300,
    "users/{user}/todo/lists/L/tasks": 4_230,
    "security/alerts?$filter=status eq 'new'": 43_200,
    "print/printers/P/jobs": 4_230,
    "print/taskDefinitions/D/tasks": 4_230,
    "groups/G/conversations": 4_230,
    "communications/presences/P": 60,
}


@pytest.mark.parametrize("path", CAPS)
def test_less_is_asked_for_than_the_documented_cap(path):
    known = resource_of(f"/{path.upper()}/" if "'" not in path else path)

    assert known is not None
    assert timedelta(minutes=45) <= known.lifetime < timedelta(minutes=CAPS[path])
    assert known.max_minutes <= CAPS[path]


def test_the_table_above_holds_every_row():
    assert {id(resource_of(path)) for path in CAPS} == {id(known) for known in RESOURCES}


@pytest.mark.parametrize("path", ["users", "groups", "drives/D/root", "sites/S/lists/L"])
def test_what_graph_never_announces_as_created_cannot_be_asked_for(path):
    assert "created" not in resource_of(path).change_types


def test_what_only_delegated_permissions_watch_is_told_apart():
    assert [known.path for known in RESOURCES if not known.permission] == [
        resource_of("groups/G/conversations").path,
        resource_of("communications/presences/P").path,
    ]


@pytest.mark.parametrize("path", ["", "/", "me/messages", "users/A/messages/M", "users/A/B/messages", "usersx"])
def test_what_event_grid_does_not_have_is_not_found(path):
    assert resource_of(path) is None
