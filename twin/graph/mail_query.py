"""Which messages a list shows, and in which order: https://learn.microsoft.com/graph/api/user-list-messages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from twin.graph.calls import Call
from twin.graph.errors import GraphError, bad_request
from twin.graph.extended_properties import filter_clause
from twin.graph.mail import Message
from twin.graph.odata_filter import Clause, Field, clauses

RANGE = ("eq", "ne", "ge", "gt", "le", "lt")


def _sender(message: Message) -> str:
    return str(((message.content.get("from") or {}).get("emailAddress") or {}).get("address") or "")


FIELDS = {
    "conversationid": Field(str, lambda message: message.conversation_id),
    "from/emailaddress/address": Field(str, _sender, ("eq", "ne", "startswith")),
    "internetmessageid": Field(str, lambda message: message.internet_message_id),
    "isdraft": Field(bool, lambda message: message.is_draft),
    "isread": Field(bool, lambda message: bool(message.content.get("isRead"))),
    "lastmodifieddatetime": Field(datetime, lambda message: message.changed_at, RANGE),
    "receiveddatetime": Field(datetime, lambda message: message.received_at, RANGE),
    "sentdatetime": Field(datetime, lambda message: message.received_at, RANGE),
    "subject": Field(str, lambda message: str(message.content.get("subject", "")), ("eq", "ne", "startswith")),
}


def asked_for(call: Call, messages: Iterable[Message]) -> list[Message]:
    """$filter and $orderby; without $orderby newest first. GraphError 400 for what is not served."""
    wanted = clauses(call.query["$filter"], FIELDS, filter_clause) if "$filter" in call.query else []
    order = _order(call.query.get("$orderby", ""))
    if wanted and order:
        _check_order(wanted, [name for name, _ in order])
    rows = [message for message in messages if all(clause.test(message) for clause in wanted)]
    for name, descending in reversed(order or [("receiveddatetime", True)]):
        rows.sort(key=lambda message: _rank(message, name), reverse=descending)
    return rows


def _rank(message: Message, name: str) -> tuple[Any, int]:
    value = FIELDS[name].get(message)
    return (value.lower() if isinstance(value, str) else value, message.version)


def _order(text: str) -> list[tuple[str, bool]]:
    """receivedDateTime desc,subject → [(receiveddatetime, True), (subject, False)]."""
    words = [part.split() for part in text.lower().split(",") if part.strip()]
    for part in words:
        if part[0] not in FIELDS or part[1:] not in ([], ["asc"], ["desc"]):
            raise bad_request(f"$orderby: {' '.join(part)} is not supported.")
    return [(part[0], part[1:] == ["desc"]) for part in words]


def _check_order(wanted: list[Clause], order: list[str]) -> None:
    """What is sorted by must be filtered by as well, in the same order and before all others."""
    if [clause.name for clause in wanted][: len(order)] != order:
        message = "The restriction or sort order is too complex for this operation."
        raise GraphError(400, "InefficientFilter", message)
