"""Describers and limits of the router, and what a long event goes out as."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, mail_event, reading_of

from shared.domain.events.claim_check import check_in
from shared.domain.events.router import LIMIT_S, Route, Router

MAIL = reading_of(mail_event()).notification


async def describe(notification, reads): ...


async def of_messages(notification, reads): ...


async def record(notification, context): ...


def test_of_several_describers_the_one_with_the_longest_glob_is_asked():
    router = Router()
    router.describes("MICROSOFT.graph.message*")(of_messages)
    assert router.describes("*", "Microsoft.Graph.Event*")(describe) is describe

    assert router.describing(MAIL) is of_messages
    assert router.describing(replace(MAIL, type="Contoso.Whatever")) is describe
    assert Router().describing(MAIL) is None


def test_an_included_router_s_describers_come_along():
    first, second = Router(), Router()
    first.describes("*")(describe)
    second.describes("*Created")(of_messages)

    first.include(second)

    assert first.describing(MAIL) is of_messages
    assert first.describing(replace(MAIL, type="x")) is describe


@pytest.mark.parametrize(("longest", "limit"), [(1.0, 1.0), (99.0, LIMIT_S), (None, LIMIT_S)])
def test_a_run_takes_no_longer_than_its_own_limit_nor_than_somebody_waits(longest, limit):
    router = Router()
    router.on("*")(record)

    (route,) = router.routes
    assert route.limit(longest) == limit


def test_a_route_holds_what_it_was_registered_with():
    router = Router()
    router.on("Microsoft.Graph.*", change_types=["Created"], limit_s=2.5)(record)

    name = "test_routing_and_claim_checks.record"
    assert router.routes == [Route(name, ("microsoft.graph.*",), frozenset({"created"}), record, 2.5)]
    with pytest.raises(
        ValueError, match=f"^two handlers are named {name}: completion is kept by name, so names are un"
    ):
        router.add(replace(router.routes[0], types=()))


def test_a_handler_is_named_by_the_last_part_of_its_module():
    async def greet(notification, context): ...

    greet.__module__ = "shared.handlers.people"
    router = Router()
    router.on("*")(greet)

    assert [route.name for route in router.routes] == ["people.greet"]


@pytest.mark.parametrize(("glob", "matches"), [("USERS/*/Messages/*", True), ("users/*/events/*", False), ("", True)])
def test_a_route_may_be_for_some_resources_only(glob, matches):
    route = Route("x", ("*",), frozenset(), record, resource=glob)

    assert route.matches(MAIL) is matches
    assert route.matches(replace(MAIL, resource=MAIL.resource.upper())) is matches


LONG = {"id": "1", "source": "s", "type": "t", "data": {"a": [1, "é"]}}


def test_a_long_event_goes_out_with_the_address_of_its_data():
    found = check_in(json.dumps(LONG), container="https://b/c", now=NOW)

    assert found is not None
    assert found.data == '{"a":[1,"\\u00e9"]}'
    assert found.event == f'{{"id":"1","source":"s","type":"t","dataref":"https://b/c/{found.name}"}}'
    assert found.name == "routes/20260616/71d256607481df12d5f8e48c7a1ba666.json"


def test_an_event_sent_again_has_the_same_name_all_day_and_another_has_another():
    def name_of(**members: object) -> str:
        return check_in(json.dumps(LONG | members), container="c", now=NOW).name

    assert name_of() == name_of(data=2, type="u")
    assert len({name_of(), name_of(id="2"), name_of(source="2")}) == 3
    assert check_in(json.dumps(LONG), container="c", now=NOW + timedelta(days=1)).name != name_of()


@pytest.mark.parametrize("text", ["", "{", "7", '["data"]', '{"id": "1"}', "[" * 100_000])
def test_what_has_no_data_is_not_checked_in(text):
    assert check_in(text, container="c", now=NOW) is None


def test_data_that_is_null_is_data():
    assert check_in(json.dumps(LONG | {"data": None}), container="c", now=NOW).data == "null"
