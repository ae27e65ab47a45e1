"""Binding expressions: `%SETTING%`, `{headers.x-ms-client-principal-id}`, `{query.name}`, `{route parameter}`. No I/O.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns. Not here: `{sys.…}`,
`{rand-guid}`, `{DateTime}`, and members of a JSON body.
"""

import re
from collections.abc import Mapping
from typing import Any

from twin.functions_host.metadata import resolved

_EXPRESSION = re.compile(r"\{([^{}]+)\}")


class UnresolvedExpressionError(ValueError):
    """What an expression names is not there. The host fails such an invocation and never starts the function."""


def evaluated(text: str, settings: Mapping[str, str], binding_data: Mapping[str, Any]) -> str:
    """`text` with its expressions replaced. Raises UnresolvedExpressionError or UnknownSettingError."""
    return _EXPRESSION.sub(lambda found: _value(found[1], binding_data), resolved(text, settings))


def _value(path: str, binding_data: Mapping[str, Any]) -> str:
    """A dot leads into what the name before it stands for; names ignore case."""
    value: Any = binding_data
    for name in path.split("."):
        members = {key.lower(): member for key, member in value.items()} if isinstance(value, Mapping) else {}
        if (value := members.get(name.lower())) is None:
            raise UnresolvedExpressionError(f"Error while accessing '{name}': property doesn't exist.")
    return str(value)
