"""What Graph answers, as the values of our ports: entities of the SDK, items of a batch, errors."""

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shared.ports import GraphFault, GraphSubscription

if TYPE_CHECKING:
    from msgraph.generated.models.subscription import Subscription as SdkSubscription

type Answer = GraphSubscription | GraphFault


async def call[Answer](call: Awaitable[Answer]) -> Answer:
    import httpx
    from azure.core.exceptions import ClientAuthenticationError
    from kiota_abstractions.api_error import APIError

    try:
        return await call
    except APIError as error:
        raise _fault(error) from error
    except ClientAuthenticationError as error:
        raise GraphFault(401, "no_token", str(error).splitlines()[0]) from error
    except httpx.HTTPError as error:
        raise GraphFault(0, type(error).__name__, str(error)) from error
    except Exception as error:  # kiota raises bare ones for what it can't parse: a gateway's page of HTML
        raise GraphFault(0, "unreadable", str(error)) from error


def _fault(error: Any) -> GraphFault:
    main = getattr(error, "error", None)
    headers = {name.lower(): value for name, value in (error.response_headers or {}).items()}
    return GraphFault(
        error.response_status_code or 0,
        (main.code if main else "") or "",
        (main.message if main else str(error.message)) or "",
        seconds(headers.get("retry-after")),
    )


def answer_of(item: Mapping[str, Any]) -> Answer:
    """One item of a batch's answers."""
    body = item.get("body") or {}
    if item.get("status") not in (200, 201):
        return fault_of(item)
    return GraphSubscription(
        id=body["id"],
        resource=body["resource"],
        change_types=tuple(body["changeType"].split(",")),
        expires_at=datetime.fromisoformat(body["expirationDateTime"]).astimezone(UTC),
        url=body["notificationUrl"],
        lifecycle_url=body.get("lifecycleNotificationUrl"),
    )


def fault_of(item: Mapping[str, Any]) -> GraphFault:
    error = (item.get("body") or {}).get("error", {})
    headers = {name.lower(): value for name, value in (item.get("headers") or {}).items()}
    message = error.get("message", "no answer in the batch")
    return GraphFault(item.get("status", 0), error.get("code", ""), message, seconds(headers.get("retry-after")))


def subscription_of(answer: "SdkSubscription | None") -> GraphSubscription:
    if answer is None or not (answer.id and answer.expiration_date_time and answer.notification_url):
        raise GraphFault(0, "incomplete", "Graph's answer lacks id, expirationDateTime or notificationUrl")
    return GraphSubscription(
        id=answer.id,
        resource=answer.resource or "",
        change_types=tuple((answer.change_type or "").split(",")),
        expires_at=answer.expiration_date_time.astimezone(UTC),
        url=answer.notification_url,
        lifecycle_url=answer.lifecycle_notification_url,
    )


def seconds(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None
