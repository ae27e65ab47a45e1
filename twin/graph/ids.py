"""Identifiers and times in the shapes that Graph gives them.

Ids are truly random, not seeded: storage outlives the twin's process, and an id that came back after a restart would
be refused by the app as already seen.
"""

import base64
import os
import uuid
from datetime import UTC, datetime, timedelta, timezone

TICKS_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
MAILBOX_ZONE = timezone(timedelta(hours=1))


def guid() -> str:
    return str(uuid.uuid4())


def message_id() -> str:
    """152 characters of URL-safe base64, from `AAMk` to `AAA=`."""
    return _outlook_id(113)


def folder_id() -> str:
    return _outlook_id(89)


def change_key() -> str:
    """40 characters of base64; another one for each version of an item."""
    return base64.b64encode(bytes.fromhex("09000000160000") + os.urandom(23)).decode()


def etag(key: str) -> str:
    return f'W/"{key}"'


def ticks(at: datetime) -> int:
    """Hundreds of nanoseconds since year 1: past 2^53, as the sequence numbers of the directory are."""
    return (at - TICKS_EPOCH) // timedelta(microseconds=1) * 10


def seven_digits(at: datetime, zone: str = "Z") -> str:
    """2026-07-14T21:40:12.4817306Z, or with +00:00. Python knows microseconds, so the last digit is 0."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0{zone}"


def whole_seconds(at: datetime) -> str:
    """2026-06-16T08:15:20Z, as Outlook writes the times of its items."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def milliseconds(at: datetime) -> str:
    """2026-06-16T08:15:20.123Z, as Teams and drives write times."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def millisecond_id() -> str:
    """As chat messages have them: thirteen digits, made of nothing but chance here."""
    return str(1_600_000_000_000 + int.from_bytes(os.urandom(6)) % 300_000_000_000)


def mailbox_offset(at: datetime) -> str:
    """2026-06-19T15:30:00+01:00: Outlook's events were seen with a local offset."""
    return at.astimezone(MAILBOX_ZONE).isoformat(timespec="seconds")


def _outlook_id(size: int) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex("000324") + os.urandom(size - 5) + b"\0\0").decode()
