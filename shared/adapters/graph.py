"""Microsoft Graph by msgraph-sdk, as the app's own identity.

The first entity that the SDK parses costs a second, because `Entity.get_field_deserializers` imports every model there
is (msgraph-sdk 1.65, 2026-11). `_parse_only_base_fields` puts the two fields in its place that it would return; a test
compares them with the original's. SDK retries are off: the flows keep their own pace, and know their own time limit.
"""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from azure.core.credentials_async import AsyncTokenCredential

from shared.domain.watch import SubscriptionSpec
from shared.ports import DeltaItem, DeltaPage, GraphFault, GraphSubscription

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph import GraphServiceClient
    from msgraph.generated.models.subscription import Subscription as SdkSubscription

type Renewals = Mapping[str, GraphSubscription | GraphFault]

TIMEOUT_S = 30.0
IMMUTABLE = 'IdType="ImmutableId"'  # ids stay the same when a message moves to another folder


@dataclass(slots=True)
class MsGraph:
    """`url` is Graph's root, https://graph.microsoft.com; delta links are followed nowhere else."""

    credential: AsyncTokenCredential
    url: str
    _client: "GraphServiceClient | None" = None

    async def create_subscription(
        self, spec: SubscriptionSpec, *, url: str, client_state: str, expires_at: datetime
    ) -> GraphSubscription:
        from msgraph.generated.models.subscription import Subscription

        body = Subscription(
            change_type=",".join(spec.change_types),
            notification_url=url,
            lifecycle_notification_url=url,
            resource=spec.resource,
            expiration_date_time=expires_at,
            client_state=client_state,
        )
        return _subscription(await _call(self._sdk().subscriptions.post(body, _preferring_immutable_ids())))

    async def get_subscription(self, id: str) -> GraphSubscription:  # noqa: A002
        return _subscription(await _call(self._sdk().subscriptions.by_subscription_id(id).get()))

    async def renew_subscriptions(self, expiries: Mapping[str, datetime]) -> Renewals:
        """One `$batch`, written out here, because msgraph-core 1.5.2 can't.

        It drops the bodies of the answers, and the expiry with them, and writes absolute URLs into the items once the
        client was used (msgraph-sdk-python-core issue 1116).
        """
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        patches = [_patch(number, id_, expires_at) for number, (id_, expires_at) in enumerate(expiries.items())]
        request = _post(f"{self.url}/v1.0/$batch", {"requests": patches})
        adapter: Any = self._sdk().request_adapter
        answer = await _call(adapter.send_primitive_async(request, "bytes", {"XXX": ODataError}))
        try:
            by_number = {item["id"]: item for item in json.loads(answer or b"{}").get("responses", [])}
        except ValueError as error:
            raise GraphFault(0, "unreadable", "the batch's answer is no JSON") from error
        return {id_: _batch_item(by_number.get(str(number), {})) for number, id_ in enumerate(expiries)}

    async def delete_subscription(self, id: str) -> None:  # noqa: A002
        try:
            await _call(self._sdk().subscriptions.by_subscription_id(id).delete())
        except GraphFault as fault:
            if fault.status != 404:
                raise

    async def mail_folders(self, user_id: str) -> Sequence[str]:
        folders = self._sdk().users.by_user_id(user_id).mail_folders
        ids: list[str] = []
        link: str | None = None
        while True:
            page: Any = await _call((folders.with_url(self._pinned(link)) if link else folders).get())
            ids += [folder.id for folder in page.value]
            link = page.odata_next_link
            if not link:
                return ids

    async def message_delta(self, user_id: str, folder_id: str, link: str | None) -> DeltaPage:
        from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import (
            DeltaRequestBuilder as Delta,
        )

        delta = self._sdk().users.by_user_id(user_id).mail_folders.by_mail_folder_id(folder_id).messages.delta
        request = _preferring_immutable_ids()
        if link:
            delta = delta.with_url(self._pinned(link))
        else:
            fields = ["id", "createdDateTime", "lastModifiedDateTime"]
            request.query_parameters = Delta.DeltaRequestBuilderGetQueryParameters(select=fields)
        page: Any = await _call(delta.get(request))
        onward = page.odata_next_link or page.odata_delta_link
        return DeltaPage(
            items=tuple(_delta_item(item) for item in page.value or ()), link=onward, is_last=not page.odata_next_link
        )

    async def message_exists(self, user_id: str, message_id: str) -> bool:
        message = self._sdk().users.by_user_id(user_id).messages.by_message_id(message_id)
        try:
            await _call(message.get(_preferring_immutable_ids()))
        except GraphFault as fault:
            if fault.status == 404:
                return False
            raise
        return True

    def _pinned(self, link: str) -> str:
        """A link out of an answer is followed to Graph's own host only: our token goes along with it."""
        asked, ours = httpx.URL(link), httpx.URL(self.url)
        if (asked.scheme, asked.host, asked.port) != (ours.scheme, ours.host, ours.port):
            raise GraphFault(0, "foreign_link", f"a delta link leads to {asked.scheme}://{asked.host}")
        return link

    def _sdk(self) -> "GraphServiceClient":
        if self._client is None:
            self._client = _open(self.credential, self.url)
        return self._client


def base_fields(entity: Any) -> dict[str, Any]:
    """What Entity.get_field_deserializers returns, without importing 1,200 models to say so."""
    return {
        "id": lambda node: setattr(entity, "id", node.get_str_value()),
        "@odata.type": lambda node: setattr(entity, "odata_type", node.get_str_value()),
    }


def _open(credential: AsyncTokenCredential, url: str) -> "GraphServiceClient":
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.entity import Entity
    from msgraph_core import GraphClientFactory

    Entity.get_field_deserializers = base_fields  # type: ignore[method-assign,assignment]
    retries = RetryHandlerOption(max_retries=0, should_retry=False)
    options: Any = {RetryHandlerOption.get_key(): retries}
    client = GraphClientFactory.create_with_default_middleware(options=options)
    client.timeout = httpx.Timeout(TIMEOUT_S)
    host = str(httpx.URL(url).host)
    # the credential caches its tokens and lives as long as the process; the SDK would close it after each call
    unclosed: Any = _Unclosed(credential)
    provider = AzureIdentityAuthenticationProvider(unclosed, scopes=[_scope(host)], allowed_hosts=[host])
    adapter = GraphRequestAdapter(provider, client)
    adapter.base_url = f"{url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def _scope(host: str) -> str:
    """A national cloud's Graph wants a token of its own; the twin's is the worldwide one's double."""
    return f"https://{'graph.microsoft.com' if host == 'localhost' else host}/.default"


@dataclass(slots=True)
class _Unclosed:
    credential: AsyncTokenCredential

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        return await self.credential.get_token(*scopes, **options)

    async def close(self) -> None:
        return None


async def _call[Answer](call: Awaitable[Answer]) -> Answer:
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
        _seconds(headers.get("retry-after")),
    )


def _patch(number: int, id_: str, expires_at: datetime) -> dict[str, Any]:
    return {
        "id": str(number),
        "method": "PATCH",
        "url": f"/subscriptions/{id_}",
        "headers": {"Content-Type": "application/json"},
        "body": {"expirationDateTime": expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z")},
    }


def _post(url: str, body: object) -> "RequestInformation":
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation

    request = RequestInformation()
    request.http_method = Method.POST
    request.url = url
    request.set_stream_content(json.dumps(body).encode(), "application/json")
    return request


def _batch_item(item: Mapping[str, Any]) -> GraphSubscription | GraphFault:
    """One answer of a batch; an empty one where Graph gave none."""
    status, body = item.get("status", 0), item.get("body") or {}
    if status == 200:
        return GraphSubscription(
            id=body["id"],
            resource=body["resource"],
            change_types=tuple(body["changeType"].split(",")),
            expires_at=datetime.fromisoformat(body["expirationDateTime"]).astimezone(UTC),
            url=body["notificationUrl"],
            lifecycle_url=body.get("lifecycleNotificationUrl"),
        )
    error = body.get("error", {})
    headers = {name.lower(): value for name, value in (item.get("headers") or {}).items()}
    message = error.get("message", "no answer in the batch")
    return GraphFault(status, error.get("code", ""), message, _seconds(headers.get("retry-after")))


def _subscription(answer: "SdkSubscription | None") -> GraphSubscription:
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


def _delta_item(item: Any) -> DeltaItem:
    return DeltaItem(
        id=item.id,
        etag=str(item.additional_data.get("@odata.etag") or ""),
        created_at=item.created_date_time,
        changed_at=item.last_modified_date_time,
        removed="@removed" in item.additional_data,
    )


def _preferring_immutable_ids() -> Any:
    from kiota_abstractions.base_request_configuration import RequestConfiguration

    request: RequestConfiguration[Any] = RequestConfiguration()
    request.headers.add("Prefer", IMMUTABLE)
    return request


def _seconds(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None
