"""Requests that the SDK does not write by itself: our bodies, our preferences, items of a batch."""

import json
from typing import TYPE_CHECKING, Any

from shared.ports import NewSubscription

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.generated.models.subscription import Subscription as SdkSubscription

IMMUTABLE = 'IdType="ImmutableId"'  # ids stay the same when a message moves to another folder


def body_of(wanted: NewSubscription) -> "SdkSubscription":
    from msgraph.generated.models.subscription import Subscription

    return Subscription(
        change_type=",".join(wanted.change_types),
        notification_url=wanted.url,
        lifecycle_notification_url=wanted.url,
        resource=wanted.resource,
        expiration_date_time=wanted.expires_at,
        client_state=wanted.client_state,
    )


def batch_item(number: int, request: "RequestInformation", root: str) -> dict[str, Any]:
    """A request of the SDK's as an item of a batch, its URL relative to Graph's root."""
    item = {
        "id": str(number),
        "method": request.http_method.name if request.http_method else "GET",
        "url": request.url.removeprefix(root).removeprefix("{+baseurl}"),
    }
    if not request.content:
        return item
    headers = {name: ", ".join(values) for name, values in request.headers.get_all().items()}
    headers = {"content-type": "application/json"} | headers
    return item | {"headers": headers, "body": json.loads(request.content)}


def post_request(url: str, body: object) -> "RequestInformation":
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation

    request = RequestInformation()
    request.http_method = Method.POST
    request.url = url
    request.set_stream_content(json.dumps(body).encode(), "application/json")
    return request


def preferring_immutable_ids() -> Any:
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    request: RequestConfiguration[Any] = RequestConfiguration()
    request.headers.add("Prefer", IMMUTABLE)
    return request
