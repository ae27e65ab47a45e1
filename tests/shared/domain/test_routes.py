"""routes.toml: what it says, or every fault at once with its line."""

import pytest
from builders import lifecycle_event, mail_event, reading_of

from shared.domain.events.router import Router
from shared.domain.events.routes import InvalidRoutes, RouteRule, parse_routes
from shared.flows.receive.routes import routes_of

GOOD = """
[[route]]
name = "new-mail"
types = ["Microsoft.Graph.Message*"]
change_types = ["created"]
resource = "users/*/messages/*"
to = "topic:https://t.westeurope-1.eventgrid.azure.net/api/events"

[[route]]
name = "all"
types = ["*"]
to = "queue:everything"
enabled = false

[[route]]
name = "native"
types = ["*"]
to = "event-subscription:/subscriptions/x/resourceGroups/y"
"""


def test_a_file_says_which_events_go_where():
    first, second, third = parse_routes(GOOD)

    assert first == RouteRule(
        name="new-mail",
        types=("Microsoft.Graph.Message*",),
        change_types=("created",),
        resource="users/*/messages/*",
        to="topic:https://t.westeurope-1.eventgrid.azure.net/api/events",
        is_enabled=True,
    )
    assert (second.kind, second.is_enabled) == ("queue", False)
    assert third.kind == "event-subscription"


def test_an_empty_file_has_no_routes():
    assert parse_routes("# none yet\n") == ()


def test_every_fault_is_named_at_once_with_the_line_of_its_route():
    with pytest.raises(InvalidRoutes) as raised:
        parse_routes('[[route]]\nname = "Bad Name"\ntypes = []\nto = "ftp:x"\n\n[[route]]\nnane = 1\nenabled = 3\n')

    faults = "\n".join(raised.value.faults)
    assert len(raised.value.faults) == 8
    assert "line 1: name" in faults
    assert "line 6: unknown key nane" in faults
    assert "line 6: enabled" in faults


@pytest.mark.parametrize(
    "text",
    [
        "[[route",
        'route = "x"',
        '[routes]\nx = 1\n[[route]]\nname = "a"\ntypes = ["*"]\nto = "queue:abc"',
        *(
            f'[[route]]\nname = "a"\ntypes = ["*"]\nto = "{to}"'
            for to in (
                "topic:http://plain/api/events",
                "topic:https://x/api/events?aeg-sas-key=secret",
                "topic:https://user@x/api/events",
                "queue:Upper",
                "queue:no",
                "queue:notifications",
                "event-subscription:x",
                "nowhere",
            )
        ),
        2 * '[[route]]\nname = "a"\ntypes = ["*"]\nto = "queue:abc"\n',
        '[[route]]\nname = "a"\ntypes = "*"\nto = "queue:abc"',
        '[[route]]\nname = "a"\ntypes = [1]\nto = "queue:abc"',
        '[[route]]\nname = "a"\ntypes = ["*"]\nresource = 1\nto = "queue:abc"',
    ],
)
def test_what_is_wrong_is_refused(text):
    with pytest.raises(InvalidRoutes):
        parse_routes(text)


def test_what_the_app_carries_out_itself_are_handlers_by_type_change_and_resource():
    router = Router()
    for route in routes_of(parse_routes(GOOD)):
        router.add(route)

    def names(text: str) -> list[str]:
        return [route.name for route in router.matching(reading_of(text).notification)]

    assert names(mail_event()) == ["routes.new-mail"]
    assert names(mail_event(change="updated")) == []
    assert names(lifecycle_event("missed")) == []


def test_a_route_can_be_for_some_resources_only():
    rule = '[[route]]\nname = "a"\ntypes = ["*"]\nresource = "Users/*/Messages/*"\nto = "queue:abc"\n'
    (fitting,) = routes_of(parse_routes(rule))
    (other,) = routes_of(parse_routes(rule.replace("Users/", "Groups/")))
    notification = reading_of(mail_event()).notification

    assert (fitting.matches(notification), other.matches(notification)) == (True, False)
