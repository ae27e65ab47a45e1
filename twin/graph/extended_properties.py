"""Single-value extended properties of messages: written with drafts, found by $filter, shown by $expand only.

https://learn.microsoft.com/graph/api/resources/singlevaluelegacyextendedproperty
"""

import re
from typing import Any

from twin.graph.errors import GraphError, bad_request
from twin.graph.odata_filter import Clause, text_of

NAME = "singleValueExtendedProperties"
QUOTED = r"'(?:[^']|'')*'"
ID = re.compile(
    r"(String|Integer|Long|Boolean|SystemTime|Double|Binary|CLSID) "
    r"(\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\} (Name .+|Id 0x[0-9a-f]+)|0x[0-9a-f]+)",
    re.IGNORECASE,
)
ANY = re.compile(rf"{NAME}/any\(\s*(\w+)\s*:\s*\1/id eq ({QUOTED}) and \1/value eq ({QUOTED})\s*\)", re.IGNORECASE)
EXPAND = re.compile(rf"{NAME}\(\$filter=(id eq {QUOTED}(?: or id eq {QUOTED})*)\)", re.IGNORECASE)

Extended = dict[str, dict[str, str]]  # by id in lower case: {"id": …, "value": …}


def read_properties(value: Any) -> Extended:
    """From a body's list. GraphError 400 for another shape, or an id that names no property."""
    rows = value if isinstance(value, list) else [value]
    return {_key(row["id"]): {"id": row["id"], "value": row["value"]} for row in map(_checked, rows)}


def filter_clause(part: str) -> Clause | None:
    """`singleValueExtendedProperties/any(ep: ep/id eq '…' and ep/value eq '…')`; None where it is another one."""
    match = ANY.fullmatch(part)
    if match is None:
        return None
    key, wanted = _key(text_of(match[2])), text_of(match[3])
    return Clause(NAME.lower(), lambda message: message.extended.get(key, {}).get("value") == wanted)


def expanded(expand: str) -> tuple[str, ...]:
    """The keys that $expand asks for. GraphError 400 without the $filter that its page always has."""
    if not expand:
        return ()
    match = EXPAND.fullmatch(expand.strip())
    if match is None:
        raise bad_request(f"$expand: want {NAME}($filter=id eq '…').")
    return tuple(_key(text_of(quoted)) for quoted in re.findall(QUOTED, match[1]))


def _checked(row: Any) -> dict[str, str]:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("id", "value")):
        raise bad_request(f"{NAME}: want a list of id and value.")
    return row


def _key(name: Any) -> str:
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise _invalid(name)
    return name.lower()


def _invalid(name: Any) -> GraphError:
    return bad_request(f"The property ID '{name}' is invalid.", "ErrorInvalidProperty")
