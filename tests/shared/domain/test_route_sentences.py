"""Every sentence with which routes.toml is refused, with its line."""

import pytest

from shared.domain.events.routes import InvalidRoutes, RouteRule, parse_routes

NAME = "name: want 1 to 32 of a-z, 0-9 and -"
TYPES = 'types: want globs, as ["Microsoft.Graph.Message*"]'
CHANGES = 'change_types: want a list, as ["created"]'
ENABLED = "enabled: want true or false"
TOPIC = "to: want topic:https://… without a key or a query"
QUEUE = "to: want queue: and 3 to 63 of a-z, 0-9 and single -, none that the app itself reads"
DESTINATION = "to: want topic:<endpoint>, queue:<name> or event-subscription:<resource id>"


def faults_of(text: str) -> list[str]:
    with pytest.raises(InvalidRoutes) as refused:
        parse_routes(text)
    assert str(refused.value) == "routes.toml: " + "; ".join(refused.value.faults)
    return list(refused.value.faults)


def route(**members: str) -> str:
    usual = {"name": '"a"', "types": '["*"]', "to": '"queue:abc"'}
    return "\n\n[[route]]\n" + "".join(f"{key} = {value}\n" for key, value in (usual | members).items() if value)


def test_what_is_left_out_of_a_route_means_any():
    rule = RouteRule(name="a", types=("*",), change_types=(), resource="", to="queue:abc", is_enabled=True)

    assert parse_routes(route()) == (rule,)


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"nane": "1"}, "unknown key nane"),
        ({"name": ""}, NAME),
        ({"name": '""'}, NAME),
        ({"name": f'"{"x" * 33}"'}, NAME),
        ({"types": ""}, TYPES),
        ({"types": "[]"}, TYPES),
        ({"types": '[""]'}, TYPES),
        ({"types": '"*"'}, TYPES),
        ({"change_types": '"created"'}, CHANGES),
        ({"change_types": "[1]"}, CHANGES),
        ({"resource": "1"}, "resource: want a glob, as users/*/messages/*"),
        ({"enabled": '"true"'}, ENABLED),
        ({"to": '"topic:http://plain"'}, TOPIC),
        ({"to": '"topic:https://x/?key=1"'}, TOPIC),
        ({"to": '"topic:https://x/#f"'}, TOPIC),
        ({"to": '"queue:no"'}, QUEUE),
        ({"to": '"queue:a--b"'}, QUEUE),
        ({"to": '"queue:webjobs-x"'}, QUEUE),
        ({"to": f'"queue:{"x" * 64}"'}, QUEUE),
        ({"to": '"event-subscription:x"'}, DESTINATION),
        ({"to": '"nowhere"'}, DESTINATION),
        ({"to": '":"'}, DESTINATION),
        ({"to": '"Topic:https://x"'}, DESTINATION),
        ({"to": "7"}, DESTINATION),
        ({"to": ""}, DESTINATION),
    ],
)
def test_each_fault_of_a_route_has_its_own_sentence_and_the_line_of_its_header(members, fault):
    assert faults_of(route(**members)) == [f"line 3: {fault}"]


@pytest.mark.parametrize(
    "members",
    [
        {"name": f'"{"x" * 32}"'},
        {"change_types": "[]"},
        {"to": '"topic:https://x"'},
        {"to": '"topic:https://x/api/events"'},
        {"to": '"queue:a-b"'},
        {"to": f'"queue:{"x" * 63}"'},
        {"to": '"event-subscription:/subscriptions/x"'},
    ],
)
def test_what_just_fits_is_taken(members):
    assert len(parse_routes(route(**members))) == 1


def test_a_name_that_stands_twice_is_told_at_both():
    assert faults_of(route() + route(name='"b"') + route()) == [
        "line 3: name a stands twice",
        "line 15: name a stands twice",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('route = "x"', "write each route as [[route]]"),
        ("route = [1]", "write each route as [[route]]"),
        ("route = {}", "write each route as [[route]]"),
        ("[routes]", "unknown table routes"),
        ("[route", "Expected ']' at the end of a table declaration (at end of document)"),
    ],
)
def test_a_file_of_another_form_is_told_so(text, fault):
    assert faults_of(text) == [fault]


def test_routes_written_where_no_line_can_be_told_are_told_as_line_0():
    inline = 'route = [{ name = "A", types = ["*"], to = "queue:abc" }]'

    assert faults_of(inline) == [f"line 0: {NAME}"]
