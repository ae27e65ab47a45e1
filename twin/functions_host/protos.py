"""Stand-ins for the protobuf messages that the runtime reads and makes; it needs no more than their attributes."""

from types import SimpleNamespace
from typing import Any


class Message:
    """Any message. A field that is not set answers None, where protobuf answers the type's zero."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name[0].isupper():
            raise AttributeError(name)  # the runtime tries `.TypedData` on what may be the module or a message
        return None

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        return next((name for name, value in self.__dict__.items() if value is not None), None)


class Protos(SimpleNamespace):
    """The module of message classes: those that nobody declared are made when they are asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, _declare(name))
        return self.__dict__[name]


def _declare(name: str, **constants: Any) -> type[Message]:
    return type(name, (Message,), constants)


FAILURE, SUCCESS = 0, 1
SAME_SITE = {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3}
PROTOS = Protos(
    StatusResult=_declare("StatusResult", Failure=FAILURE, Success=SUCCESS, Cancelled=2),
    BindingInfo=_declare("BindingInfo", in_=0, out=1, inout=2, undefined=0),
    RpcHttpCookie=_declare("RpcHttpCookie", SameSite=SimpleNamespace(**SAME_SITE)),
    ParameterBinding=_declare("ParameterBinding", WhichOneof=lambda *_: "data"),
)
TypedData = PROTOS.TypedData
