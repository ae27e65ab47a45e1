"""Which events an event subscription wants. Rules only, over parsed CloudEvents.

Source: learn.microsoft.com/azure/event-grid/event-filtering and subscription-creation-schema. All conditions must
hold; of the values of one condition any. Event types match exactly, letters' case included (which is how a filter loses
lifecycle events); subjects ignore case unless `isSubjectCaseSensitive`; strings of advanced filters always do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.event_grid.refusal import Refused

TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringIn": str.__eq__,
    "StringBeginsWith": str.startswith,
    "StringEndsWith": str.endswith,
    "StringContains": str.__contains__,
}
NUMBER_TESTS: dict[str, Callable[[float, float], bool]] = {
    "NumberIn": float.__eq__,
    "NumberGreaterThan": float.__gt__,
    "NumberGreaterThanOrEquals": float.__ge__,
    "NumberLessThan": float.__lt__,
    "NumberLessThanOrEquals": float.__le__,
}
NEGATED = {f"{name[:6]}Not{name[6:]}": name for name in (*TEXT_TESTS, "NumberIn")}
OTHERS = ("BoolEquals", "IsNullOrUndefined", "IsNotNull")
OPERATORS = frozenset({*TEXT_TESTS, *NUMBER_TESTS, *NEGATED, *OTHERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """`properties.filter` of an event subscription. `included_event_types` None: every type."""

    included_event_types: frozenset[str] | None = None
    subject_begins_with: str = ""
    subject_ends_with: str = ""
    subject_case_sensitive: bool = False
    advanced: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    def lets_through(self, event: Mapping[str, Any]) -> bool:
        return (
            (self.included_event_types is None or event.get("type") in self.included_event_types)
            and self._subject_fits(event.get("subject") or "")
            and all(_holds(condition, event) for condition in self.advanced)
        )

    def _subject_fits(self, subject: str) -> bool:
        begin, end = self.subject_begins_with, self.subject_ends_with
        if not self.subject_case_sensitive:
            subject, begin, end = subject.lower(), begin.lower(), end.lower()
        return subject.startswith(begin) and subject.endswith(end)


def read_filter(body: Mapping[str, Any] | None) -> Filter:
    """From ARM's JSON. Refused(400) for an operator that is not built here."""
    body = body or {}
    types = body.get("includedEventTypes")
    advanced = tuple(body.get("advancedFilters") or ())
    for condition in advanced:
        if condition.get("operatorType") not in OPERATORS or not condition.get("key"):
            raise Refused(400, "InvalidRequest", f"Advanced filter not supported: {condition!r}.")
    return Filter(
        included_event_types=frozenset(types) if types and types != ["All"] else None,
        subject_begins_with=body.get("subjectBeginsWith") or "",
        subject_ends_with=body.get("subjectEndsWith") or "",
        subject_case_sensitive=bool(body.get("isSubjectCaseSensitive")),
        advanced=advanced,
    )


def _holds(condition: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    operator, found = condition["operatorType"], _value(event, condition["key"])
    match operator:
        case "IsNullOrUndefined":
            return found is None
        case "IsNotNull":
            return found is not None
        case "BoolEquals":
            return isinstance(found, bool) and found == condition.get("value")
    if operator in NEGATED:  # a key that is not there is in no list, so the negation holds
        return not _any_value(NEGATED[operator], condition, found)
    return _any_value(operator, condition, found)


def _any_value(operator: str, condition: Mapping[str, Any], found: Any) -> bool:
    wanted = condition.get("values") or [condition.get("value")]
    if operator in TEXT_TESTS:
        test = TEXT_TESTS[operator]
        return isinstance(found, str) and any(test(found.lower(), str(value).lower()) for value in wanted)
    compare = NUMBER_TESTS[operator]
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    return number and any(compare(float(found), float(value)) for value in wanted)


def _value(event: Mapping[str, Any], key: str) -> Any:
    """`data.resource` or `Subject`: the first part ignores case, as the documentation's samples do."""
    first, *rest = key.split(".")
    found: Any = event.get(first.lower())
    for part in rest:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
