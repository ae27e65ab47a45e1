"""What is kept of an event: its JSON without what is secret. Pure.

Event Grid's text is kept as it came, but for the one clientState that is cut out of it, wherever it is certain that
writing it anew would say nothing else. All other texts are written anew.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

SECRETS = ("clientstate", "validationtokens")  # members that go no further, wherever they stand
SHORTEST = min(map(len, SECRETS))
NOT_PLAIN = -(10**9)  # more members than a text has
STATE = '"clientState":"'


def body_of(event: object, text: str = "") -> str:
    """The event as JSON text. `text` is what it was read from, if that was one event alone.

    Raises ValueError for a number without an end, RecursionError for what is nested too deeply.
    """
    if text and isinstance(event, dict) and _is_plain(text) and _members(event) == text.count('":'):
        return _cut(text) or _encode(_without_secrets(event))
    return _encode(_without_secrets(event))


def redacted(text: str) -> str:
    """`text` with every clientState and signed token blanked, whatever its letters' case; for text that is no JSON."""
    state = r'(client_?state(\\*)"\s*:\s*\2")(?:(?!\2")(?:\\.|.))*'  # within JSON that is quoted in JSON too
    blanked = re.sub(state, r"\1", text, flags=re.IGNORECASE | re.DOTALL)
    ours = re.sub(r"v\d{1,6}\.[a-z0-9-]{1,32}~[\w-]{16,22}\.[\w-]{43}", "", blanked)  # wherever it stands
    return re.sub(r"(?<![\w.-])[\w.-]*?eyJ[\w.-]*+", "", ours)  # signed tokens, cut off perhaps


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _is_plain(text: str) -> bool:
    """Letters stand for themselves, and nothing stands between a key and its colon.

    A space within a value would do no harm, but Graph sends none.
    """
    has_blanks = " " in text or "\n" in text or "\r" in text or "\t" in text
    return not has_blanks and text.isascii() and "\\u" not in text


def _members(value: Mapping[str, Any] | Sequence[Any]) -> int:
    """How many members objects have in all: if a key came twice, fewer than the text has colons after quotation marks.

    NOT_PLAIN for a number with a fraction, which JSON writes in many ways, or without an end.
    """
    found, within = (len(value), value.values()) if isinstance(value, dict) else (0, value)
    for inner in within:
        if isinstance(inner, str):
            continue
        if isinstance(inner, dict | list):
            found += _members(inner)
        elif isinstance(inner, float):
            return NOT_PLAIN
    return found


def _cut(text: str) -> str:
    """Plain text without its clientState; empty if a secret is left, or the clientState is all that its object has."""
    before, found, after = text.partition(STATE)
    state, _, rest = after.partition('"')
    if found and ("\\" in state or before[-1] not in "{," or (before[-1] + rest[0]) == "{}"):
        return ""
    kept = (before + rest[1:] if rest[0] == "," else before[:-1] + rest) if found else text
    letters = kept.lower()
    letters = letters.replace("_", "") if "_" in letters else letters
    return "" if SECRETS[0] in letters or SECRETS[1] in letters else kept


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_secrets(item) if isinstance(item, dict | list) else item
            for key, item in value.items()
            if not _is_secret(key)
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def _is_secret(key: str) -> bool:
    return len(key) >= SHORTEST and key.lower().replace("_", "") in SECRETS
