"""$filter, as far as it is documented for the calls that we serve: comparisons joined by `and`.

Anything else is refused, so that a call which works here has a chance to work at Graph.
https://learn.microsoft.com/graph/filter-query-parameter
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twin.graph.calls import Call
from twin.graph.errors import GraphError, bad_request

Test = Callable[[Any], bool]

MOST_IDS = 50  # of a delta query: learn.microsoft.com/graph/api/user-delta

PIECES = re.compile(r"'(?:[^']|'')*'|\s+and\s+|[()]|[^'()\s]+|\s+", re.IGNORECASE)
COMPARISON = re.compile(r"([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+(.+)", re.IGNORECASE | re.DOTALL)
STARTS_WITH = re.compile(r"startswith\(\s*([\w/]+)\s*,\s*('(?:[^']|'')*')\s*\)", re.IGNORECASE)
OPERATORS = {name: getattr(operator, name) for name in ("eq", "ne", "ge", "gt", "le", "lt")}


@dataclass(frozen=True, slots=True)
class Field:
    """A property that can be filtered by: bool, str or datetime, how a row gives it, and what it can be asked."""

    kind: type
    get: Callable[[Any], Any]
    operators: tuple[str, ...] = ("eq", "ne")


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; `name` in lower case, as from/emailaddress/address."""

    name: str
    test: Test


Special = Callable[[str], Clause | None]


def clauses(text: str, fields: Mapping[str, Field], special: Special = lambda _: None) -> list[Clause]:
    """All must hold. `special` reads what is no plain comparison. GraphError 400 for what is not served."""
    return [special(part) or _clause(part, fields) for part in _split(text)]


def only_ids(call: Call) -> tuple[str, ...]:
    """The one $filter that delta queries of the directory take: `id eq '…' or id eq '…'`, at most fifty."""
    text = call.query.get("$filter", "")
    parts = re.split(r"\s+or\s+", text) if text else []
    found = [re.fullmatch(r"id eq ('[^']*')", part.strip()) for part in parts]
    if len(parts) > MOST_IDS or not all(found):
        raise invalid_filter(text)
    return tuple(text_of(match[1]).lower() for match in found if match)


def text_of(quoted: str) -> str:
    """'it''s' → it's. GraphError 400 where it is not quoted."""
    if not re.fullmatch(r"'(?:[^']|'')*'", quoted):
        raise invalid_filter(quoted)
    return quoted[1:-1].replace("''", "'")


def invalid_filter(part: str) -> GraphError:
    return bad_request(f"Invalid filter clause: {part}")


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for piece in PIECES.findall(text):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and piece[0].isspace() and piece.strip().lower() == "and":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]


def _clause(part: str, fields: Mapping[str, Field]) -> Clause:
    if match := STARTS_WITH.fullmatch(part):
        return _starts_with(part, match[1].lower(), text_of(match[2]).lower(), fields)
    match = COMPARISON.fullmatch(part)
    field = fields.get(match[1].lower()) if match else None
    if match is None or field is None or match[2].lower() not in field.operators:
        raise invalid_filter(part)
    compare, wanted = OPERATORS[match[2].lower()], _value(match[3].strip(), field.kind, part)

    def test(row: Any) -> bool:
        value = field.get(row)
        return bool(compare(value.lower() if isinstance(value, str) else value, wanted))

    return Clause(match[1].lower(), test)


def _starts_with(part: str, name: str, wanted: str, fields: Mapping[str, Field]) -> Clause:
    field = fields.get(name)
    if field is None or "startswith" not in field.operators:
        raise invalid_filter(part)
    return Clause(name, lambda row: str(field.get(row) or "").lower().startswith(wanted))


def _value(text: str, kind: type, part: str) -> Any:
    """Text compares ignoring case, as Exchange and the directory do."""
    if kind is str:
        return text_of(text).lower()
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind is datetime:
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise invalid_filter(part) from None
    raise invalid_filter(part)
