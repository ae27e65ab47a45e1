"""Route templates of HTTP triggers, matched as ASP.NET Core does: literals ignore case, the most specific route wins.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates. Constraints that are not in CONSTRAINTS
are accepted and not checked, nor are those of a catch-all or of a segment with text around its parameter. No I/O.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from twin.functions_host.metadata import Function

CONSTRAINTS = {
    "int": "-?[0-9]+",
    "long": "-?[0-9]+",
    "bool": "(?i:true|false)",
    "guid": "[{(]?[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}[)}]?",
    "alpha": "[a-zA-Z]*",
    "decimal": r"-?[0-9]+(?:\.[0-9]+)?",
    "double": r"-?[0-9]+(?:\.[0-9]+)?",
    "float": r"-?[0-9]+(?:\.[0-9]+)?",
    "minlength": "[^/]{%s,}",
    "maxlength": "[^/]{0,%s}",
    "length": "[^/]{%s}",
}
_PARAMETER = re.compile(
    r"\{(?P<stars>\*{0,2})(?P<name>[^:=?*{}]+)(?P<constraints>(?::\w+(?:\([^)]*\))?)*)(?:=(?P<default>[^?}]*))?(?P<optional>\??)\}"
)
_CONSTRAINT = re.compile(r":(\w+)(?:\(([^)]*)\))?")
_SEGMENT = re.compile(r"(?:[^/{}]|\{[^{}]*\})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]  # of the pattern's groups
    defaults: Mapping[str, str]
    precedence: tuple[int, ...]  # lower wins

    def match(self, path: str) -> dict[str, str] | None:
        """The route parameters, or None if `path` is not of this route."""
        if not (found := self.pattern.fullmatch(path.strip("/"))):
            return None
        given = {name: value for name, value in zip(self.names, found.groups(), strict=True) if value}
        return {**self.defaults, **given}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    route: Route
    methods: frozenset[str]  # empty: all
    function: Function


class RouteTable:
    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._endpoints = sorted(endpoints, key=lambda endpoint: endpoint.route.precedence)

    def find(self, method: str, path: str) -> tuple[Function, dict[str, str]] | None:
        """The function and its route parameters. A method that the function does not take is not found either."""
        for endpoint in self._endpoints:
            if endpoint.methods and method not in endpoint.methods:
                continue
            if (parameters := endpoint.route.match(path)) is not None:
                return endpoint.function, parameters
        return None


def endpoint_of(function: Function, *, prefix: str) -> Endpoint:
    """The endpoint of an HTTP trigger; without a route, the function's name is one. Raises ValueError."""
    template = str(function.trigger.get("route") or function.name)
    methods = frozenset(str(method).upper() for method in function.trigger.get("methods") or ())
    return Endpoint(route=parse_route(f"{prefix}/{template.strip('/')}"), methods=methods, function=function)


def parse_route(template: str) -> Route:
    """Raises ValueError."""
    segments = _SEGMENT.findall(template)
    if "/".join(segments) != template.strip("/"):
        raise ValueError(f"'{template}' is no route template")
    parameters = [list(_PARAMETER.finditer(segment)) for segment in segments]
    if any("{" in _PARAMETER.sub("", segment) for segment in segments):
        raise ValueError(f"'{template}' is no route template")
    if any(found and found[0]["stars"] for found, _ in pairwise(parameters)):
        raise ValueError(f"'{template}': a catch-all must be the last")
    texts = [
        _segment(segment, found, first=index == 0)
        for index, (segment, found) in enumerate(zip(segments, parameters, strict=True))
    ]
    every = [parameter for found in parameters for parameter in found]
    return Route(
        template=template,
        pattern=re.compile("".join(texts), re.DOTALL),
        names=tuple(parameter["name"] for parameter in every),
        defaults={parameter["name"]: parameter["default"] for parameter in every if parameter["default"] is not None},
        precedence=tuple(_precedence(segment, found) for segment, found in zip(segments, parameters, strict=True)),
    )


def _segment(segment: str, parameters: list[re.Match[str]], *, first: bool) -> str:
    slash = "" if first else "/"
    whole = parameters[0] if parameters and parameters[0][0] == segment else None
    if whole is None:
        return slash + _mixed(segment, parameters)
    if whole["stars"]:
        return f"(?:{slash}(.*))?"
    text = f"{slash}{_checks(whole['constraints'])}([^/]+)"
    return f"(?:{text})?" if whole["optional"] or whole["default"] is not None else text


def _mixed(segment: str, parameters: list[re.Match[str]]) -> str:
    text, position = "", 0
    for parameter in parameters:
        text += _literal(segment[position : parameter.start()]) + "([^/]+?)"
        position = parameter.end()
    return text + _literal(segment[position:])


def _literal(text: str) -> str:
    return f"(?i:{re.escape(text)})" if text else ""


def _checks(constraints: str) -> str:
    known = [
        (CONSTRAINTS[name], argument) for name, argument in _CONSTRAINT.findall(constraints) if name in CONSTRAINTS
    ]
    patterns = [pattern % argument.replace(" ", "") if "%s" in pattern else pattern for pattern, argument in known]
    return "".join(f"(?=(?:{pattern})(?:/|$))" for pattern in patterns)


def _precedence(segment: str, parameters: list[re.Match[str]]) -> int:
    """RoutePrecedence.ComputeInbound of ASP.NET Core."""
    if not parameters:
        return 1
    whole = parameters[0][0] == segment
    plain = whole and not parameters[0]["constraints"]
    return (3 if plain else 2) + (2 if parameters[0]["stars"] else 0)
