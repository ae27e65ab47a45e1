"""The functions of an app, as the runtime indexed them, and what of them the stand-in serves. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HTTP, EVENT_GRID, TIMER, QUEUE = "httptrigger", "eventgridtrigger", "timertrigger", "queuetrigger"
SERVED = (HTTP, EVENT_GRID, TIMER, QUEUE)
SIGNALR_CONNECTION_INFO, SIGNALR = "signalrconnectioninfo", "signalr"
SERVED_INPUTS = (SIGNALR_CONNECTION_INFO,)
QUEUE_OUTPUT = "queue"
SERVED_OUTPUTS = ("http", SIGNALR, QUEUE_OUTPUT)

type Binding = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    name: str
    id: str
    bindings: tuple[Binding, ...]  # as in function.json; `%SETTING%` as written

    @property
    def trigger(self) -> Binding:
        return next(binding for binding in self.bindings if _type(binding).endswith("trigger"))

    @property
    def kind(self) -> str:
        """The trigger's type in lower case."""
        return _type(self.trigger)

    @property
    def trigger_name(self) -> str:
        """The parameter that gets what the trigger brings."""
        return str(self.trigger["name"])

    @property
    def inputs(self) -> tuple[Binding, ...]:
        """Beside the trigger."""
        return tuple(each for each in self.bindings if each is not self.trigger and not _is_output(each))

    @property
    def outputs(self) -> tuple[Binding, ...]:
        return tuple(each for each in self.bindings if _is_output(each))

    def inputs_of_type(self, kind: str) -> tuple[Binding, ...]:
        return tuple(each for each in self.inputs if _type(each) == kind)

    def outputs_of_type(self, kind: str) -> tuple[Binding, ...]:
        return tuple(each for each in self.outputs if _type(each) == kind)

    @property
    def unserved_inputs(self) -> tuple[Binding, ...]:
        return tuple(each for each in self.inputs if _type(each) not in SERVED_INPUTS)

    @property
    def unserved_outputs(self) -> tuple[Binding, ...]:
        return tuple(each for each in self.outputs if _type(each) not in SERVED_OUTPUTS)

    @property
    def http_output(self) -> str:
        """Name of the output that is the HTTP response."""
        named = (str(each["name"]) for each in self.bindings if _is_output(each) and _type(each) == "http")
        return next(named, "$return")


class UnknownSettingError(ValueError):
    """A binding says `%NAME%`, and there is no such setting."""


def resolved(text: str, settings: Mapping[str, str]) -> str:
    """`text` with each `%NAME%` replaced by the setting. Raises UnknownSettingError."""

    def setting(match: re.Match[str]) -> str:
        if (value := settings.get(match[1])) is None:
            raise UnknownSettingError(f"'%{match[1]}%' does not resolve to a value")
        return value

    return re.sub(r"%([^%]+)%", setting, text)


def _type(binding: Binding) -> str:
    return str(binding.get("type", "")).lower()


def _is_output(binding: Binding) -> bool:
    return str(binding.get("direction", "")).upper() == "OUT"
