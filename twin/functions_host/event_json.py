"""Cuts a delivery into its events without re-writing them: the app gets the very text that was sent. No I/O.

The .NET host parses with Newtonsoft, which takes NaN and long numbers; so does this.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
# Numbers stay text: int() refuses more than 4,300 digits, and only the end of a value matters here.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    text: str  # JSON, as it came
    data: str | None = None  # its member `data`, as it came


def split_events(body: str) -> list[RawEvent]:
    """The one event or the events of the array. Raises ValueError for anything else."""
    start = _space(body, 0)
    try:
        match body[start]:
            case "[":
                events, end = _array(body, start)
            case "{":
                event, end = _element(body, start)
                events = [event]
            case _:
                raise ValueError("want a JSON object or array")
    except (IndexError, RecursionError) as fault:
        raise ValueError("the JSON does not end") from fault
    if _space(body, end) != len(body):
        raise ValueError("text after the JSON")
    return events


def validation_code(body: str) -> str:
    """Of a SubscriptionValidation request: an array in the Event Grid schema, or one CloudEvent. Raises ValueError."""
    try:
        content = json.loads(body)
        data = content[0]["data"] if isinstance(content, list) else content["data"]
        return str((json.loads(data) if isinstance(data, str) else data)["validationCode"])
    except (LookupError, TypeError, RecursionError) as fault:
        raise ValueError("no validationCode") from fault


def _array(body: str, start: int) -> tuple[list[RawEvent], int]:
    events: list[RawEvent] = []
    position = _space(body, start + 1)
    if body[position] == "]":
        return events, position + 1
    while True:
        event, position = _element(body, position)
        events.append(event)
        position = _space(body, position)
        if body[position] == "]":
            return events, position + 1
        position = _space(body, _after(body, position, ","))


def _element(body: str, start: int) -> tuple[RawEvent, int]:
    if body[start] != "{":
        _, end = _value(body, start)
        return RawEvent(text=body[start:end]), end
    data, end = _object(body, start)
    return RawEvent(text=body[start:end], data=data), end


def _object(body: str, start: int) -> tuple[str | None, int]:
    """The text of the member `data`, the last one if it comes twice, and where the object ends."""
    data = None
    position = _space(body, start + 1)
    if body[position] == "}":
        return None, position + 1
    while True:
        _after(body, position, '"')
        name, position = _value(body, position)
        value = _space(body, _after(body, _space(body, position), ":"))
        _, end = _value(body, value)
        data = body[value:end] if name == "data" else data
        position = _space(body, end)
        if body[position] == "}":
            return data, position + 1
        position = _space(body, _after(body, position, ","))


def _value(body: str, start: int) -> tuple[Any, int]:
    return _DECODER.raw_decode(body, start)


def _after(body: str, position: int, character: str) -> int:
    if body[position] != character:
        raise ValueError(f"want {character} at character {position}")
    return position + 1


def _space(body: str, position: int) -> int:
    match = _SPACE.match(body, position)
    return match.end() if match else position
