"""What Table Storage refuses and Azurite takes, and which partition a request is about. Rules only.

Source: learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities ("no more than 15 discrete
comparisons are permitted within a $filter string") and performing-entity-group-transactions ("at most 4 MiB").
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

MOST_COMPARISONS = 15
MOST_TRANSACTION_BYTES = 4 * 1024 * 1024
QUOTED = re.compile(r"'(?:[^']|'')*'")
COMPARISON = re.compile(r"\b(?:eq|ne|gt|ge|lt|le)\b")
IN_PATH = re.compile(r"PartitionKey='((?:[^']|'')*)'")
IN_FILTER = re.compile(r"PartitionKey\s+eq\s+'((?:[^']|'')*)'")
IN_BODY = re.compile(rb'"PartitionKey"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """As Table Storage words it; which code it gives for too many comparisons is not documented."""

    status: int
    code: str
    message: str


def refusal(method: str, path: str, query: str, body: bytes) -> Refusal | None:
    """`path` and `query` as they came, percent-encoded."""
    if method == "POST" and path.endswith("/$batch") and len(body) > MOST_TRANSACTION_BYTES:
        too_large = "The request body is too large and exceeds the maximum permissible limit."
        return Refusal(status=413, code="RequestBodyTooLarge", message=too_large)
    if comparisons(_filter(query)) > MOST_COMPARISONS:
        return Refusal(status=400, code="InvalidInput", message="One of the request inputs is not valid.")
    return None


def comparisons(text: str) -> int:
    """In a $filter; what stands in quotes does not count."""
    return len(COMPARISON.findall(QUOTED.sub("''", text)))


def partition(path: str, query: str, body: bytes) -> str:
    """The first one named; empty where none is."""
    path = unquote(path)
    if found := IN_PATH.search(path) or IN_FILTER.search(_filter(query)):
        return found[1].replace("''", "'")
    in_body = IN_PATH.search(unquote(body.decode(errors="replace"))) if path.endswith("/$batch") else None
    if in_body:
        return in_body[1].replace("''", "'")
    written = IN_BODY.search(body)
    return written[1].decode(errors="replace") if written else ""


def _filter(query: str) -> str:
    return (parse_qs(query).get("$filter") or [""])[0]
