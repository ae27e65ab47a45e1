"""Inputs that nobody would send: known events with parts changed, JSON of no sense in known keys, and broken bytes."""

import copy
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

KEYS = (
    *("id", "source", "type", "subject", "time", "data", "specversion", "value", "validationTokens", "clientState"),
    *("changeType", "ChangeType", "resource", "Resource", "resourceData", "@odata.type", "@odata.id", "@odata.etag"),
    *("lifecycleEvent", "tenantId", "organizationId", "subscriptionId", "sequenceNumber", "encryptedContent"),
    *("eventTime", "encryptionCertificateId", "dataKey", "dataSignature", "verifiedcontent", "", "x", "\0", "é"),
)
TEXTS = (
    *("", "\0", "\ud800", "é\U0001f600", "x" * 5_000, "<script>", "'; DROP TABLE", "../../etc", "NaN", "null", "true"),
    *(
        "Users('a@b')/Messages('c')",
        "Users/",
        "users",
        "/" * 900,
        "(" * 500,
        "https://x/api/v1.0/users('",
        "|",
        "~",
        "\\",
    ),
    *(
        "Microsoft.Graph.UserUpdated",
        "microsoft.graph.missed",
        "Microsoft.Graph.",
        ".",
        "updated",
        "DELETED",
        "created",
    ),
    *("2026-06-16T12:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z"),
    *("v1.mail~xxxxxxxxxxxxxxxx.", "eyJhbGciOiJub25lIn0.e30.", "\r\n", "\u2028", "\U0001d7d9", "\u0663"),
)
NUMBERS = (0, -1, 2**31, 2**53 + 1, 2**64, -(10**400), 0.1, 1e308, -0.0, 5e-324)
BYTES = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"9" * 5_000,
)


def changed_events(random: Random, events: Sequence[dict[str, Any]]) -> str:
    """A known event with one to four members replaced, renamed, left out, doubled or put elsewhere."""
    event = copy.deepcopy(random.choice(events))
    for _ in range(random.randint(1, 4)):
        _change(random, random.choice(_places(event)))
    text = json.dumps(event)
    if random.random() < 0.1:
        text = text.replace('"data"', f'"{random.choice(KEYS[:8])}": {json.dumps(_text(random))}, "data"', 1)
    return text


def shapes(random: Random, events: Sequence[dict[str, Any]]) -> str:
    """JSON of any shape, with keys that mean something; now and then nested as deep as a parser bears, or deeper."""
    if random.random() < 0.002:
        depth = random.choice((50, 900, 5_000, 100_000))
        opening, closing = random.choice((("[", "]"), ('{"data":', "}"), ('{"value":[', "]}")))
        return opening * depth + "1" + closing * random.choice((0, depth))
    if random.random() < 0.5:
        return json.dumps({"value": [_value(random, 4) for _ in range(random.randint(0, 4))], **_object(random, 2)})
    return json.dumps(
        {**random.choice(events), "data": _value(random, 5)} if random.random() < 0.7 else _value(random, 5)
    )


def broken_bytes(random: Random, events: Sequence[dict[str, Any]]) -> str:
    """A known event's bytes, cut, flipped, doubled, or with others put in between; read as the doors read them."""
    data = bytearray(
        json.dumps(random.choice(events), ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    )
    for _ in range(random.randint(1, 6)):
        at, until = sorted((random.randrange(len(data) + 1), random.randrange(len(data) + 1)))
        match random.randrange(4):
            case 0:
                data[at:at] = random.choice(BYTES)
            case 1:
                del data[at : min(until, at + 40)]
            case 2 if at < len(data):
                data[at] ^= 1 << random.randrange(8)
            case _:
                data[at:at] = data[at : min(until, at + 40)]
    return bytes(data).decode("utf-8", "replace")


GENERATORS: dict[str, Callable[[Random, Sequence[dict[str, Any]]], str]] = {
    "changed events": changed_events,
    "shapes": shapes,
    "broken bytes": broken_bytes,
}


def _places(value: object) -> list[Any]:
    """Every object and list within."""
    found: list[Any] = [value] if isinstance(value, dict | list) else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [place for one in inner for place in _places(one)]


def _change(random: Random, place: Any) -> None:
    if isinstance(place, list):
        place.insert(random.randint(0, len(place)), _value(random, 3))
        return
    key = random.choice(list(place)) if place else "x"
    match random.randrange(5):
        case 0:
            place.pop(key, None)
        case 1:
            place[random.choice((key.upper(), key.lower(), key.title(), f"{key} ", f"od@ata.{key}"))] = place.pop(
                key, None
            )
        case 2:
            place[random.choice(KEYS)] = _value(random, 3)
        case _:
            place[key] = _value(random, 3)


def _value(random: Random, depth: int) -> Any:
    match random.randrange(9 if depth else 5):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return random.choice(NUMBERS)
        case 2 | 3 | 4:
            return _text(random)
        case 5 | 6:
            return [_value(random, depth - 1) for _ in range(random.randint(0, 3))]
        case _:
            return _object(random, depth - 1)


def _object(random: Random, depth: int) -> dict[str, Any]:
    return {random.choice(KEYS): _value(random, depth) for _ in range(random.randint(0, 5))}


def _text(random: Random) -> str:
    return random.choice(TEXTS) if random.random() < 0.8 else "".join(chr(random.randrange(0x3000)) for _ in range(9))
