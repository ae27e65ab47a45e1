"""Values that people give for parts of made-up content: `--set from.emailAddress.name=Ada`."""

from collections.abc import Mapping
from typing import Any


def merged(content: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which each dotted path has its new value: {"from.emailAddress.name": "Ada"}."""
    result = dict(content)
    for path, value in overrides.items():
        name, _, rest = path.partition(".")
        inner = result.get(name)
        result[name] = merged(inner if isinstance(inner, dict) else {}, {rest: value}) if rest else value
    return result
