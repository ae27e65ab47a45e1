"""What Graph lets an app watch: every documented resource, one row each. Pure.

Lifetimes: https://learn.microsoft.com/graph/api/resources/subscription (2026-09-17). Permissions:
https://learn.microsoft.com/graph/api/subscription-post-subscriptions (2026-05-05). Quotas and paths:
https://learn.microsoft.com/graph/change-notifications-overview. Event Grid:
https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events (2024-05-22). What delta reads of each:
`domain.catch_up.delta`.
"""

import difflib
import re
from dataclasses import dataclass
from functools import cache

from shared.domain.watching.resource import Resource
from shared.domain.watching.resource_table import RESOURCES

ALIKE = 0.7  # of the letters: below that a name is another word, not a misspelt one


@dataclass(frozen=True, slots=True)
class _Path:
    """One documented path: its segments, and whether a `?$filter=…` stands behind it."""

    segments: tuple[str, ...]
    has_filter: bool
    resource: Resource


def resource_of(path: str) -> Resource | None:
    """The row for a resource as subscriptions.toml writes it, None when Graph documents no such thing to watch."""
    segments, query = _split(path)
    return next((known.resource for known in _PATHS if _fits(known, segments, query)), None)


def similar_path(path: str) -> str | None:
    """The documented path that somebody who wrote `path` most likely meant, with the ids that they wrote."""
    segments, query = _split(path)
    alike = [(score, known) for known in _PATHS if (score := _likeness(known.segments, segments)) >= ALIKE]
    if not alike:
        return None
    # more names in common say more than names that are more alike
    _, best = max(alike, key=lambda one: (_names(one[1]), one[1].has_filter == bool(query), one[0]))
    named = [have if _is_key(want) else want for want, have in zip(best.segments, segments, strict=True)]
    return "/".join(named) + (query if best.has_filter else "")


def _split(path: str) -> tuple[list[str], str]:
    """Segments without the parentheses of `mailFolders('inbox')`, and the query with its question mark."""
    plain, mark, query = path.partition("?")
    keyed = re.sub(r"\('([^']*)'\)", r"/\1", plain)
    return re.split(r"/(?=(?:[^']*'[^']*')*[^']*$)", keyed.strip("/")), mark + query  # not within quotation marks


def _fits(known: _Path, segments: list[str], query: str) -> bool:
    if len(segments) != len(known.segments) or bool(query) != known.has_filter:
        return False
    if query and not query.lower().startswith("?$filter="):
        return False
    return all(
        have != "" if _is_key(want) else _pattern(want).fullmatch(have)
        for want, have in zip(known.segments, segments, strict=True)
    )


def _likeness(known: tuple[str, ...], segments: list[str]) -> float:
    """0 to 1: the least alike of the names counts; ids may be anything."""
    if len(known) != len(segments):
        return 0
    pairs = [(want, have) for want, have in zip(known, segments, strict=True) if not _is_key(want)]
    return min(difflib.SequenceMatcher(None, want.lower(), have.lower()).ratio() for want, have in pairs)


def _names(path: _Path) -> int:
    return sum(not _is_key(segment) for segment in path.segments)


def _is_key(segment: str) -> bool:
    return segment.startswith("{")


@cache
def _pattern(segment: str) -> re.Pattern[str]:
    """`onlineMeetings(joinWebUrl='…')`: the only function call among them."""
    return re.compile(re.escape(segment).replace("…", "[^']+"), re.IGNORECASE)


def _paths_of(resource: Resource) -> list[_Path]:
    parts = [text.partition("?") for text in resource.paths]
    return [_Path(tuple(plain.split("/")), bool(mark), resource) for plain, mark, _ in parts]


# teams/getAllChannels before teams/{team}: a name is no id
_PATHS = sorted((path for resource in RESOURCES for path in _paths_of(resource)), key=_names, reverse=True)
