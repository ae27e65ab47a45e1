"""Which function answers which path."""

import pytest

from twin.functions_host.http_routes import RouteTable, endpoint_of, parse_route
from twin.functions_host.metadata import Function

MATCHES = [
    ("api/feed", "/api/feed", {}),
    ("api/feed", "/API/Feed/", {}),
    ("api/feed", "/api/feeds", None),
    ("api/feed", "/api/feed/1", None),
    ("items/{id}", "/items/a%2Fb", {"id": "a%2Fb"}),
    ("items/{id}", "/items/", None),
    ("items/{id:int?}", "/items/7", {"id": "7"}),
    ("items/{id:int?}", "/items", {}),
    ("items/{id:int?}", "/items/x", None),
    ("items/{id:int:min(5)}", "/items/7", {"id": "7"}),
    ("items/{id:madeup}", "/items/x", {"id": "x"}),
    ("items/{id=5}", "/items", {"id": "5"}),
    ("items/{id:length(2)}", "/items/ab", {"id": "ab"}),
    ("items/{id:length(2)}", "/items/abc", None),
    ("items/{id:length(2,3)}", "/items/abc", {"id": "abc"}),
    ("{root:maxlength(0)?}", "/", {}),
    ("{root:maxlength(0)?}", "/x", None),
    ("{*rest}", "/", {}),
    ("{*rest}", "/a/b.js", {"rest": "a/b.js"}),
    ("/{*route}", "/a", {"route": "a"}),
    ("files/{**rest}", "/files", {}),
    ("files/{*rest}", "/files/a/b", {"rest": "a/b"}),
    ("files/{name}.{kind}", "/files/a.b.js", {"name": "a", "kind": "b.js"}),
    ("/", "/", {}),
    ("/", "/x", None),
]


@pytest.mark.parametrize(("template", "path", "parameters"), MATCHES)
def test_a_template_gives_the_parameters_of_a_path(template, path, parameters):
    assert parse_route(template).match(path) == parameters


@pytest.mark.parametrize("template", ["a/{b", "a}/b", "a//b", "{*all}/b", "a/{}"])
def test_what_is_no_template_is_refused(template):
    with pytest.raises(ValueError, match=r"template|catch-all"):
        parse_route(template)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "page"), ("/x/y", "page"), ("/api/mail", "folder"), ("/api/7", "number"), ("/api/feed", "feed")],
)
def test_the_most_specific_route_wins(path, name):
    table = _table(page="{*path}", folder="api/{folder}", number="api/{id:int}", feed="api/feed")

    function, _ = table.find("GET", path)

    assert function.name == name


def test_a_method_that_the_function_does_not_take_is_not_found():
    table = RouteTable([endpoint_of(_function("feed", "feed", methods=["GET"]), prefix="api")])

    assert table.find("GET", "/api/feed")
    assert table.find("HEAD", "/api/feed") is None


def test_a_function_without_a_route_is_found_under_its_name():
    table = RouteTable([endpoint_of(_function("Health", None), prefix="")])

    assert table.find("POST", "/health")


def _table(**routes):
    return RouteTable([endpoint_of(_function(name, route), prefix="") for name, route in routes.items()])


def _function(name, route, **more):
    trigger = {"type": "httpTrigger", "direction": "IN", "name": "req", "route": route, **more}
    return Function(name=name, id=name, bindings=(trigger,))
