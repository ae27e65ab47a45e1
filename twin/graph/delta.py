"""Delta queries: rounds of pages under opaque tokens, for the messages of a folder and for users.

https://learn.microsoft.com/graph/delta-query-overview. A round is fixed when it begins: what changes meanwhile comes
with the next one. Pages can be empty and still have a nextLink; a page has a nextLink or a deltaLink, never both.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Row = Callable[[], dict[str, Any]]  # rendered when its page is read, so that it shows the newest state


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a reader stands. `scope` names what it reads; this round has `rows`, those before `start` are read.

    `until` is the version with which the round ends. Without rows the round is over, and the next begins there.
    """

    scope: str
    until: int
    rows: tuple[Row, ...] = ()
    start: int = 0
    select: tuple[str, ...] = ()
    change_types: tuple[str, ...] = ()
    page_size: int = 0
    window: tuple[str, str] | None = None  # of a calendar view: its start and end
    only: tuple[str, ...] = ()  # ids; empty: all


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[dict[str, Any]]
    token: str
    is_last: bool  # `token` belongs into a deltaLink, not a nextLink


class DeltaTokens:
    """Every third page of a round is empty where `empty_pages` says so: PageIterators stop there (msgraph-core 1.5)."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._served = 0

    def place(self, token: str, scope: str) -> Place | None:
        """None where the token is unknown, expired, or belongs to another query."""
        place = self._places.get(token)
        return place if place and place.scope == scope else None

    def expire_all(self) -> None:
        """From now on every link that was handed out is refused."""
        self._places.clear()

    def page(self, place: Place, *, size: int, empty_pages: bool) -> Page:
        self._served += 1
        is_empty = empty_pages and bool(place.rows) and self._served % 3 == 0
        end = place.start + (0 if is_empty else size)
        is_last = end >= len(place.rows)
        rest = replace(place, rows=() if is_last else place.rows, start=0 if is_last else end, page_size=size)
        return Page([row() for row in place.rows[place.start : end]], self._keep(rest), is_last)

    def end(self, place: Place) -> Page:
        """An empty round: `$deltatoken=latest`."""
        return Page([], self._keep(place), is_last=True)

    def _keep(self, place: Place) -> str:
        token = secrets.token_urlsafe(48)
        self._places[token] = place
        return token


def chosen(row: dict[str, Any], select: Sequence[str]) -> dict[str, Any]:
    """$select: the id and the annotations always come along."""
    if not select:
        return row
    return {name: value for name, value in row.items() if name in select or name == "id" or name.startswith("@")}
