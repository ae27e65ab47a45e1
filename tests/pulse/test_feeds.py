from typing import Any

import httpx
from small_app import row

from pulse.app_client import AppClient
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient


def app(*pages: tuple[int, dict[str, Any]], asked: list[str] | None = None) -> AppClient:
    """Answers one page after the other, then empty ones."""
    left = list(pages)

    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url.params.get("since", ""))
        status, body = left.pop(0) if left else (200, {"rows": [], "cursor": "end", "more": False})
        return httpx.Response(status, json=body)

    return AppClient(JsonClient("http://app.example", transport=httpx.MockTransport(handle)))


def page(*rows: dict[str, Any], cursor: str = "c", more: bool = False) -> tuple[int, dict[str, Any]]:
    return 200, {"rows": list(rows), "cursor": cursor, "more": more}


async def test_a_pull_reads_on_while_there_is_more_from_the_last_cursor() -> None:
    asked: list[str] = []
    feed = MergedFeed(
        [app(page(row(1, "ada"), cursor="one", more=True), page(row(2, "ada"), cursor="two"), asked=asked)]
    )

    rows = await feed.pull()
    await feed.pull()

    assert [each["id"] for each in rows] == ["event-1", "event-2"]
    assert asked == ["", "one", "two"]


async def test_a_row_that_comes_twice_is_given_once() -> None:
    feed = MergedFeed([app(page(row(1, "ada")), page(row(1, "ada"), row(2, "ada")))])

    first, second = await feed.pull(), await feed.pull()

    assert [each["id"] for each in first + second] == ["event-1", "event-2"]


async def test_after_a_trimmed_cursor_the_feed_goes_on_with_the_oldest() -> None:
    asked: list[str] = []
    gone = (410, {"error": {"code": "gone", "message": "trimmed"}})

    rows = await MergedFeed([app(gone, page(row(5, "ada")), asked=asked)], since="ancient").pull()

    assert asked == ["ancient", ""]
    assert [each["id"] for each in rows] == ["event-5"]


async def test_whoever_resumes_at_the_cursor_of_a_row_misses_nothing() -> None:
    ada = app(page(row(1, "ada"), cursor="one"), page(row(3, "ada"), row(4, "ada"), cursor="two"))
    grace = app(page(row(2, "grace"), cursor="later"))
    feed = MergedFeed([ada, grace])

    first, second = await feed.pull(), await feed.pull()

    assert [(each["id"], each["cursor"]) for each in first] == [("event-1", None), ("event-2", "one")]
    assert [(each["id"], each["cursor"]) for each in second] == [("event-3", "one"), ("event-4", "two")]
