"""Which path is which documented one, and which was meant."""

import pytest

from shared.domain.watching.resources import RESOURCES, resource_of, similar_path


def of(path: str):
    (found,) = [known for known in RESOURCES if path in known.paths]
    return found


@pytest.mark.parametrize(
    ("path", "documented"),
    [
        ("teams/getAllChannels", "teams/getAllChannels"),  # a name is no id
        ("teams/x", "teams/{team}"),
        ("security/alerts?$FILTER=a eq 'b/c'", "security/alerts?$filter"),
        ("security/alerts", "security/alerts"),
        ("users('x')/mailFolders('a/b')/messages", None),
        (
            "communications/onlineMeetings(joinWebUrl='https://t/x')/meetingCallEvents",
            "communications/onlineMeetings(joinWebUrl='…')/meetingCallEvents",
        ),
        ("communications/onlineMeetings(joinWebUrl='')/meetingCallEvents", None),
        ("communications/onlineMeetings/meetingCallEvents", None),
        ("teams//channels/x/messages", None),
        ("users?$filter=x", None),
        ("security/alerts?", None),
        ("security/alerts?$filter", None),
        ("usersx", None),
        ("xusers", None),
    ],
)
def test_a_path_is_a_documented_one_or_none(path, documented):
    assert resource_of(path) is (of(documented) if documented else None)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("user?$filter=x", "users"),
        ("security/alert", "security/alerts"),
        ("communications/presence?$filter=id in ('a')", "communications/presences?$filter=id in ('a')"),
        ("groups/x/versati", "groups/x/conversations"),  # seven letters of ten, counted in both words
        ("groups/x/versat", None),
        ("groups/x/conversations/y", None),
        ("teams/x/schedule/openShiftChangeRequest", "teams/x/schedule/openShiftChangeRequests"),
        ("teams/x/schedule/swapShiftChangeRequests", "teams/x/schedule/swapShiftsChangeRequests"),
        ("USERS/x/MESSAGES", "users/x/messages"),
        ("users('x')/mesages", "users/x/messages"),
    ],
)
def test_the_path_that_was_probably_meant_keeps_what_was_written_as_an_id(written, meant):
    assert similar_path(written) == meant


def test_paths_stand_once():
    paths = [path for known in RESOURCES for path in known.paths]

    assert len(paths) == len({path.lower() for path in paths})
