"""Whether msgraph-sdk's models understand an answer: no property unknown to them, none of another type."""

import json
from typing import Any

from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter


def assert_known(entity: Any) -> None:
    """Everything that arrived has a place in the model; in what it holds, too."""
    unknown = [name for name in entity.additional_data if "@" not in name]
    assert unknown == [], f"{type(entity).__name__} does not know {unknown}"
    for _, value in entity.backing_store.enumerate_():
        for inner in value if isinstance(value, list) else [value]:
            if hasattr(inner, "backing_store"):
                assert_known(inner)


def assert_fits(answer: dict[str, Any], model: type) -> None:
    """Read into the model and written again, every property is there and of the same JSON type."""
    node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(answer).encode())
    entity = node.get_object_value(model)
    assert_known(entity)
    writer = JsonSerializationWriter()
    writer.write_object_value(None, entity)
    _compare(answer, json.loads(writer.get_serialized_content()), at=model.__name__)


def _compare(given: Any, back: Any, *, at: str) -> None:
    if given is None or given == {}:
        return
    if isinstance(given, list):
        assert isinstance(back, list), at
        assert len(back) == len(given), at
        for number, (one, other) in enumerate(zip(given, back, strict=True)):
            _compare(one, other, at=f"{at}[{number}]")
    elif isinstance(given, dict):
        assert isinstance(back, dict), at
        for name, value in given.items():
            if "@" not in name:
                _compare(value, back.get(name), at=f"{at}.{name}")
    else:
        assert type(back) is type(given), f"{at}: {given!r} became {back!r}"
