"""How late a notification may be by Graph's own documentation. Pure.

https://learn.microsoft.com/graph/api/resources/change-notifications-api-overview (2026-09-17), the column of maxima.
Users and groups have none documented.
"""

import re
from datetime import datetime, timedelta

ID = r"[^/]+"
MINUTES = (  # over a notification's resource, which names the entity; letters' case ignored; no groups but (?:…)
    (rf"users/{ID}/(?:mailfolders/{ID}/)?messages/{ID}", 3),
    (rf"users/{ID}/events/{ID}", 3),
    (rf"users/{ID}/(?:contactfolders/{ID}/)?contacts/{ID}", 3),
    (rf"teams/.+|chats/.+|users/{ID}/chats/.+", 1),
    (rf"communications/callrecords/{ID}", 150),
    (r"(?:drives|sites)/.+|users/[^/]+/drive/.+", 360),
    (rf"users/{ID}/todo/lists/{ID}/tasks/{ID}", 15),
    (r"security/alerts.*", 5),
    (r"print/.+", 5),
    (r"communications/presences.*", 1),
)
ANY = "|".join(f"({pattern})" for pattern, _ in MINUTES)  # one match for all, as what comes late comes in floods
LEAST = timedelta(minutes=min(most for _, most in MINUTES))


def most_lag(resource: str) -> timedelta | None:
    """None where Graph promises nothing."""
    found = re.fullmatch(ANY, resource.strip("/").lower())
    return timedelta(minutes=MINUTES[found.lastindex - 1][1]) if found and found.lastindex else None


def lateness(resource: str, happened: datetime | None, now: datetime) -> tuple[timedelta, timedelta] | None:
    """(lag, documented maximum) of a notification that came later than documented; None when it did not."""
    if happened is None or now - happened <= LEAST:  # nearly all: no resource is looked up for them
        return None
    most = most_lag(resource)
    if most is None or now - happened <= most:
        return None
    return now - happened, most
