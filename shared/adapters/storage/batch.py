"""A transaction of Table Storage as the text of one `$batch` request, and what the answer says of it.

The SDK's submit_transaction takes each row four times through `email.message`: half a millisecond of CPU a row, most of
what an event cost under load. Here the documented text is written plainly.
Source: learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from shared.ports import Entity, Value, Verb, Write

HEADERS = {
    "Content-Type": "multipart/mixed; boundary=batch_of_rows",
    "Accept": "application/json",
    "DataServiceVersion": "3.0",
    "MaxDataServiceVersion": "3.0;NetFx",
}
HEAD = "--batch_of_rows\r\nContent-Type: multipart/mixed; boundary=changeset_of_rows\r\n\r\n"
PART = "--changeset_of_rows\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
END = "--changeset_of_rows--\r\n--batch_of_rows--\r\n"  # nothing else begins a line so: JSON is one line
ODATA = "Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\n"
BODY = f"Content-Type: application/json\r\n{ODATA}Prefer: return-no-content\r\n"
STATUS = re.compile(r"^HTTP/1\.1 (?=\d{3})", re.MULTILINE)
ETAG = re.compile(r"^ETag: *(.*?)\r?$", re.MULTILINE | re.IGNORECASE)
ERROR = re.compile(r"^\{.*\}", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing was written. `index` is the write that is to blame, 0 if the service names none."""

    status: int
    code: str
    message: str
    index: int


def batch_of(endpoint: str, table: str, writes: Sequence[Write]) -> bytes:
    """`endpoint` without a slash at its end. All writes are of one partition, a row once."""
    url = f"{endpoint}/{table}"
    return f"{HEAD}{''.join([f'{PART}{_request(url, write)}\r\n' for write in writes])}{END}".encode()


def etags_of(answer: str) -> list[str] | Refusal:
    """Of each write its new ETag, empty text for a deletion; or why all were refused."""
    parts = STATUS.split(answer)[1:]
    refused = next((part for part in parts if not part.startswith("2")), None)
    if refused:
        return refusal_of(int(refused[:3]), refused)
    return [found[1] if (found := ETAG.search(part)) else "" for part in parts]


def refusal_of(status: int, text: str) -> Refusal:
    """Out of OData's error in an answer; its message begins with the number of the write."""
    try:
        error = json.loads(found[0] if (found := ERROR.search(text)) else "{}")["odata.error"]
        code, message = str(error["code"]), str(error["message"]["value"])
    except (ValueError, KeyError, TypeError):
        code, message = "", text[:200]
    number, colon, _ = message.partition(":")
    return Refusal(status=status, code=code, message=message, index=int(number) if colon and number.isdecimal() else 0)


def _request(url: str, write: Write) -> str:
    if write.verb is Verb.INSERT:
        return f"POST {url} HTTP/1.1\r\n{BODY}\r\n{_json(write.entity)}"
    row = f"{url}(PartitionKey='{_key(write.entity['PartitionKey'])}',RowKey='{_key(write.entity['RowKey'])}')"
    match write.verb:
        case Verb.DELETE:
            return f"DELETE {row} HTTP/1.1\r\n{ODATA}If-Match: {write.etag}\r\n\r\n"
        case Verb.REPLACE:
            return f"PUT {row} HTTP/1.1\r\n{BODY}If-Match: {write.etag}\r\n\r\n{_json(write.entity)}"
        case _:  # an upsert takes any
            return f"PUT {row} HTTP/1.1\r\n{BODY}\r\n{_json(write.entity)}"


def _key(value: Value) -> str:
    return quote(str(value).replace("'", "''"), safe="")


def _json(entity: Entity) -> str:
    """A time wants its type beside it; text, numbers of 32 bits and truth values speak for themselves."""
    values: dict[str, object] = dict(entity)
    for name, value in entity.items():
        if isinstance(value, datetime):
            values[name] = value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
            values[f"{name}@odata.type"] = "Edm.DateTime"
    return json.dumps(values, separators=(",", ":"))
