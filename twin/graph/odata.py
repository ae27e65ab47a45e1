"""Collections as Graph answers them: contexts, $select, $top and links to the next page."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from twin.graph.calls import Answer, Call
from twin.graph.delta import DeltaTokens, Page, Place, chosen
from twin.graph.errors import bad_request

MOST_DELTA_ROWS = 1000


def select(call: Call) -> tuple[str, ...]:
    """The names of $select, with what $expand adds to them; empty: all."""
    names = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    expanded = call.query.get("$expand", "").partition("(")[0].strip()
    return tuple([*names, expanded] if names and expanded else names)


def entity(call: Call, path: str, row: Mapping[str, Any], *, status: int = 200) -> Answer:
    context = {"@odata.context": f"{call.base}/$metadata#{path}/$entity"}
    return Answer(status, context | dict(row), preference_applied(call))


def collection(
    call: Call, path: str, rows: Sequence[Any], *, render: Any, default: int, most: int, skip: str = "$skip"
) -> Answer:
    """One page of `rows`, each shown by `render`. The link repeats the query, with `skip` as the place."""
    start, size = _number(call, skip, 0, low=0, high=10**9), _number(call, "$top", default, low=1, high=most)
    body: dict[str, Any] = {
        "@odata.context": f"{call.base}/$metadata#{path}",
        "value": [chosen(render(row), select(call)) for row in rows[start : start + size]],
    }
    if call.query.get("$count", "").lower() == "true":
        body["@odata.count"] = len(rows)
    if start + size < len(rows):
        body["@odata.nextLink"] = link(call, {**call.query, skip: str(start + size)})
    return Answer(200, body, preference_applied(call))


def delta_answer(
    call: Call, path: str, page: Page, *, next_key: str = "$skiptoken", delta_key: str = "$deltatoken"
) -> Answer:
    name, key = ("@odata.deltaLink", delta_key) if page.is_last else ("@odata.nextLink", next_key)
    body = {
        "@odata.context": f"{call.base}/$metadata#{path}",
        name: link(call, {key: page.token}),
        "value": page.rows,
    }
    return Answer(200, body, preference_applied(call))


def delta_page(tokens: DeltaTokens, call: Call, place: Place, *, default: int, empty_pages: bool) -> Page:
    preferred = call.preferences.get("odata.maxpagesize", "")
    wanted = int(preferred) if preferred.isdigit() else place.page_size or default
    return tokens.page(place, size=max(1, min(wanted, MOST_DELTA_ROWS)), empty_pages=empty_pages)


def refuse_options(call: Call, allowed: tuple[str, ...]) -> None:
    """GraphError 400 for a query option that this collection does not take."""
    refused = [name for name in call.query if name.startswith("$") and name not in allowed]
    if refused:
        raise bad_request(f"Query option {', '.join(map(repr, refused))} is not supported.")


def link(call: Call, query: Mapping[str, str]) -> str:
    return f"{call.base}/{call.path.strip('/')}?{urlencode(query, safe='$,')}"


def preference_applied(call: Call) -> dict[str, str]:
    """What of the Prefer header was honoured."""
    written = {
        "idtype": 'IdType="{}"',
        "odata.maxpagesize": "odata.maxpagesize={}",
        "outlook.body-content-type": 'outlook.body-content-type="{}"',
    }
    applied = [written[name].format(value) for name, value in call.preferences.items() if name in written]
    return {"Preference-Applied": ", ".join(applied)} if applied else {}


def _number(call: Call, name: str, default: int, *, low: int, high: int) -> int:
    text = call.query.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise bad_request(f"Invalid value '{text}' for {name}: {low} to {high}.")
    return int(text)
