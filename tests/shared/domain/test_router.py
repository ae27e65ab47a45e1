"""Notification → handlers."""

import pytest
from builders import lifecycle_event, mail_event, reading_of

from shared.domain.events.router import Router


async def greet(notification, context): ...


async def record(notification, context): ...


def names_for(router: Router, text: str) -> list[str]:
    return [route.name for route in router.matching(reading_of(text).notification)]


@pytest.mark.parametrize(
    ("glob", "matches"),
    [
        ("Microsoft.Graph.MessageCreated", True),
        ("microsoft.graph.messagecreated", True),
        ("MICROSOFT.*created", True),
        ("*", True),
        ("Microsoft.Graph.Message", False),
        ("Microsoft.Graph.User*", False),
    ],
)
def test_globs_match_the_whole_type_and_ignore_case(glob, matches):
    router = Router()
    router.on(glob)(greet)

    assert names_for(router, mail_event(change="created")) == (["test_router.greet"] if matches else [])


@pytest.mark.parametrize(("wanted", "matches"), [([], True), (["Updated"], True), (["created", "deleted"], False)])
def test_change_types_narrow_the_choice(wanted, matches):
    router = Router()
    router.on("*", change_types=wanted)(greet)

    assert bool(names_for(router, mail_event(change="updated"))) is matches


def test_one_of_several_types_is_enough_and_a_handler_is_named_once():
    router = Router()
    router.on("*.UserUpdated", "*.Message*", "*Created")(greet)

    assert names_for(router, mail_event()) == ["test_router.greet"]


@pytest.mark.parametrize("event_type", ["Microsoft.Graph.Missed", "Microsoft.Graph.Whatever"])
def test_a_lifecycle_event_is_routed_by_what_it_says_whatever_its_type(event_type):
    router = Router()
    router.on("*missed")(greet)
    router.on("*subscriptionRemoved")(record)

    text = lifecycle_event("missed").replace("Microsoft.Graph.Missed", event_type)

    assert names_for(router, text) == ["test_router.greet"]


def test_handlers_keep_the_order_in_which_they_are_registered():
    first, second = Router(), Router()
    second.on("*")(greet)
    first.on("*")(record)

    first.include(second)

    assert names_for(first, mail_event()) == ["test_router.record", "test_router.greet"]


def test_two_handlers_of_one_name_are_refused():
    router = Router()
    router.on("a")(greet)

    with pytest.raises(ValueError, match=r"test_router\.greet"):
        router.on("b")(greet)


def test_a_handler_can_still_be_called_as_the_function_it_is():
    assert Router().on("*")(greet) is greet
