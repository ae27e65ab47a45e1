"""Filters. Source: learn.microsoft.com/azure/event-grid/event-filtering, subscription-creation-schema."""

from typing import Any

import pytest
from receiver import event

from twin.event_grid.filters import read_filter
from twin.event_grid.refusal import Refused


def lets_through(body: dict[str, Any] | None, **changes: Any) -> bool:
    return read_filter(body).lets_through(event(**changes))


def condition(operator: str, key: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"advancedFilters": [{"operatorType": operator, "key": key, "values": list(values), **more}]}


def test_no_filter_lets_everything_through() -> None:
    assert lets_through(None)
    assert lets_through({"includedEventTypes": None, "subjectBeginsWith": "", "advancedFilters": None})


def test_included_event_types_match_exactly() -> None:
    body = {"includedEventTypes": ["Microsoft.Graph.UserUpdated"]}

    assert lets_through(body)
    assert not lets_through(body, type="microsoft.graph.userUpdated")


def test_subjects_ignore_case_unless_told() -> None:
    body = {"subjectBeginsWith": "users/", "subjectEndsWith": "/1"}

    assert lets_through(body)
    assert not lets_through(body | {"isSubjectCaseSensitive": True})
    assert not lets_through(body, subject="Groups/1")


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringIn", "data.changeType", ["CREATED", "UPDATED"], True),
        ("StringIn", "Data.changeType", ["created"], False),
        ("StringNotIn", "data.changeType", ["created"], True),
        ("StringIn", "data.absent", ["created"], False),
        ("StringNotIn", "data.absent", ["created"], True),
        ("StringBeginsWith", "Subject", ["users"], True),
        ("StringNotBeginsWith", "subject", ["users"], False),
        ("StringEndsWith", "type", ["updated"], True),
        ("StringContains", "data.resource", ["x", "ERS/"], True),
        ("StringNotContains", "data.resource", ["groups"], True),
        ("IsNotNull", "data.changeType", [], True),
        ("IsNullOrUndefined", "data.nothing.deeper", [], True),
        ("NumberIn", "data.size", [1, 7], True),
        ("NumberNotIn", "data.size", [1], True),
    ],
)
def test_advanced_filters(operator: str, key: str, values: list[Any], expected: bool) -> None:
    data = {"changeType": "updated", "resource": "Users/1", "size": 7}

    assert lets_through(condition(operator, key, *values), data=data) is expected


def test_numbers_and_booleans_take_one_value() -> None:
    data = {"size": 7, "rich": False}
    more = {"operatorType": "NumberGreaterThan", "key": "data.size", "value": 6.5}
    flag = {"operatorType": "BoolEquals", "key": "data.rich", "value": False}

    assert lets_through({"advancedFilters": [more, flag]}, data=data)
    assert not lets_through({"advancedFilters": [more, flag | {"value": True}]}, data=data)


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(Refused):
        read_filter(condition("StringSoundsLike", "subject", "users"))
