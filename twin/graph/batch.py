"""`$batch`: up to 20 calls in one. https://learn.microsoft.com/graph/json-batching.

Items without dependsOn run in any order, and answers come in any order; each is throttled alone, with its own headers.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from twin.graph.calls import Answer, Call
from twin.graph.errors import GraphError, bad_request
from twin.graph.watched import segments_of

MOST_ITEMS = 20

Item = Mapping[str, Any]


async def run_batch(
    outer: Call,
    *,
    perform: Callable[[Call], Awaitable[Answer]],
    refusal: Callable[[GraphError], Answer],
    order: random.Random,
) -> Answer:
    """The outer answer. `perform` never raises; `refusal` makes the error body of an item that is not performed."""
    waiting = _read(outer.json())
    done: dict[str, Answer] = {}
    while waiting:
        ready = [item for item in waiting.values() if set(_parents(item)) <= done.keys()]
        if not ready:
            raise bad_request("dependsOn: requests depend on each other in a circle.")
        item = order.choice(ready)
        key = item["id"].lower()
        failed = any(done[parent].status >= 400 for parent in _parents(item))
        done[key] = refusal(_dependency_failed()) if failed else await _perform(outer, item, perform, refusal)
        del waiting[key]
    answers = [_as_json(item["id"], done[item["id"].lower()]) for item in outer.json()["requests"]]
    order.shuffle(answers)
    return Answer(200, {"responses": answers})


def _read(body: Mapping[str, Any]) -> dict[str, Item]:
    """By id in lower case. GraphError 400 for the whole batch where its shape is wrong."""
    items = body.get("requests")
    if not isinstance(items, list) or not items:
        raise bad_request("Invalid batch payload format.")
    if len(items) > MOST_ITEMS:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST_ITEMS}.")
    if any(not _well_formed(item) for item in items):
        raise bad_request("Each request needs id, method and url.")
    by_id = {item["id"].lower(): item for item in items}
    if len(by_id) < len(items):
        raise bad_request("Request ids must be unique, ignoring case.")
    if any(parent not in by_id for item in items for parent in _parents(item)):
        raise bad_request("dependsOn names a request that is not in the batch.")
    return by_id


def _well_formed(item: Any) -> bool:
    return isinstance(item, dict) and all(isinstance(item.get(name), str) for name in ("id", "method", "url"))


def _parents(item: Item) -> list[str]:
    return [str(parent).lower() for parent in item.get("dependsOn") or ()]


async def _perform(
    outer: Call, item: Item, perform: Callable[[Call], Awaitable[Answer]], refusal: Callable[[GraphError], Answer]
) -> Answer:
    try:
        return await perform(_call(outer, item))
    except GraphError as error:
        return refusal(error)


def _call(outer: Call, item: Item) -> Call:
    path, _, query = item["url"].partition("?")
    headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    if "://" in path:  # msgraph-core 1.5 sends such: microsoftgraph/msgraph-sdk-python#1015 has the answer
        raise bad_request(f"Resource not found for the segment '{path.partition('/')[0]}'.")
    if item.get("body") is not None and "content-type" not in headers:
        raise bad_request("A request with a body needs a Content-Type header.")
    return Call(
        method=item["method"].upper(),
        path="/".join(segments_of(unquote(path))),
        base=outer.base,
        caller=outer.caller,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=item.get("body"),
    )


def _dependency_failed() -> GraphError:
    return GraphError(424, "FailedDependency", "A request that this one depends on has failed.")


def _as_json(item_id: str, answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": item_id, "status": answer.status, "headers": dict(answer.headers)}
    if answer.body is None:
        return shown
    return shown | {"headers": {**answer.headers, "Content-Type": "application/json"}, "body": answer.body}
