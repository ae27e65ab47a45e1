"""The feeds of several people as one: each is pulled from its own cursor, and a row is shown once."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pulse.app_client import AppClient
from pulse.errors import RefusedError
from pulse.output import say

REMEMBERED = 20_000  # rows, to refuse one that comes twice


@dataclass(slots=True)
class Feed:
    """One person's feed and how far it was read."""

    app: AppClient
    cursor: str | None = None

    async def pull(self) -> list[dict[str, Any]]:
        """All rows since the last pull."""
        rows: list[dict[str, Any]] = []
        more = True
        while more:
            page = await self._page()
            rows += page["rows"]
            more, self.cursor = bool(page.get("more")), page["cursor"]
        return rows

    async def _page(self) -> dict[str, Any]:
        try:
            return await self.app.feed(self.cursor)
        except RefusedError as refusal:
            if refusal.status != 410 or self.cursor is None:
                raise
            say("The journal no longer holds what came right after that cursor; going on with the oldest it has.")
            return await self.app.feed(None)


class MergedFeed:
    """Several feeds, in the order in which their rows were accepted. At least one.

    Each row is given a `cursor` from which to resume: rows may come again after it, none is left out. A cursor belongs
    to a place in the journal and to no reader, so that of the feed that is read first holds for those read after it.
    """

    def __init__(self, apps: Iterable[AppClient], since: str | None = None) -> None:
        self.feeds = [Feed(app, since) for app in apps]
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def pull(self) -> list[dict[str, Any]]:
        first, *others = self.feeds
        before = first.cursor
        pulled = [await first.pull()]
        pulled += await asyncio.gather(*(feed.pull() for feed in others))
        rows = [{**row, "cursor": before} for feed in pulled for row in feed if self._is_new(row)]
        rows.sort(key=lambda row: str(row["accepted_at"]))
        if rows:
            rows[-1]["cursor"] = first.cursor
        return rows

    def _is_new(self, row: dict[str, Any]) -> bool:
        key = (str(row["reader"]), str(row["id"]))
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


async def find_event(apps: Sequence[AppClient], event_id: str) -> dict[str, Any]:
    """The event of whoever may see it. Raises the last refusal when nobody does."""
    for number, app in enumerate(apps, 1):
        try:
            return await app.event(event_id)
        except RefusedError as refusal:
            if refusal.status not in (403, 404) or number == len(apps):
                raise
    raise RefusedError(404, "notFound", f"No event {event_id}")
