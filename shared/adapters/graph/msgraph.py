"""The Graph port on msgraph-sdk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.graph.answers import Answer, answer_of, call, delta_item, fault_of, subscription_of
from shared.adapters.graph.client import open_client
from shared.adapters.graph.requests import batch_item, body_of, post_request, preferring_immutable_ids
from shared.ports import DeltaPage, GraphFault, GraphSubscription, NewSubscription

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation
    from msgraph import GraphServiceClient

GONE = (200, 202, 204, 404)


@dataclass(slots=True)
class MsGraph:
    """`url` is Graph's root, https://graph.microsoft.com; delta links are followed nowhere else."""

    credential: AsyncTokenCredential
    url: str
    _client: "GraphServiceClient | None" = None

    async def create_subscriptions(self, wanted: Sequence[NewSubscription]) -> Sequence[Answer]:
        builder = self._sdk().subscriptions
        items = [builder.to_post_request_information(body_of(one), preferring_immutable_ids()) for one in wanted]
        return [answer_of(answer) for answer in await self._batch(items)]

    async def renew_subscriptions(self, expiries: Mapping[str, datetime]) -> Mapping[str, Answer]:
        from msgraph.generated.models.subscription import Subscription

        items = [
            self._one(id_).to_patch_request_information(Subscription(expiration_date_time=expires_at))
            for id_, expires_at in expiries.items()
        ]
        return dict(zip(expiries, map(answer_of, await self._batch(items)), strict=True))

    async def delete_subscriptions(self, ids: Sequence[str]) -> Mapping[str, GraphFault | None]:
        answers = await self._batch([self._one(id_).to_delete_request_information() for id_ in ids])
        return {
            id_: None if item.get("status") in GONE else fault_of(item) for id_, item in zip(ids, answers, strict=True)
        }

    async def get_subscription(self, id: str) -> GraphSubscription:  # noqa: A002
        return subscription_of(await call(self._one(id).get()))

    async def list_subscriptions(self) -> Sequence[GraphSubscription]:
        return [subscription_of(one) for one in await self._all_of(self._sdk().subscriptions)]

    async def reauthorize_subscription(self, id: str) -> None:  # noqa: A002
        await call(self._one(id).reauthorize.post())

    async def group_members(self, group_id: str) -> Sequence[str]:
        members = self._sdk().groups.by_group_id(group_id).transitive_members.graph_user
        return [str(one.id) for one in await self._all_of(members)]

    async def mail_folders(self, user_id: str) -> Sequence[str]:
        return [str(one.id) for one in await self._all_of(self._sdk().users.by_user_id(user_id).mail_folders)]

    async def message_delta(self, user_id: str, folder_id: str, link: str | None) -> DeltaPage:
        from msgraph.generated.users.item.mail_folders.item.messages.delta.delta_request_builder import (
            DeltaRequestBuilder as Delta,
        )

        delta = self._sdk().users.by_user_id(user_id).mail_folders.by_mail_folder_id(folder_id).messages.delta
        request = preferring_immutable_ids()
        if link:
            delta = delta.with_url(self._pinned(link))
        else:
            fields = ["id", "createdDateTime", "lastModifiedDateTime"]
            request.query_parameters = Delta.DeltaRequestBuilderGetQueryParameters(select=fields)
        page: Any = await call(delta.get(request))
        onward = page.odata_next_link or page.odata_delta_link
        return DeltaPage(
            items=tuple(delta_item(item) for item in page.value or ()), link=onward, is_last=not page.odata_next_link
        )

    async def message_exists(self, user_id: str, message_id: str) -> bool:
        message = self._sdk().users.by_user_id(user_id).messages.by_message_id(message_id)
        try:
            await call(message.get(preferring_immutable_ids()))
        except GraphFault as fault:
            if fault.status == 404:
                return False
            raise
        return True

    async def _all_of(self, builder: Any) -> list[Any]:
        """Every page of a collection."""
        page = await call(builder.get())
        found = list(page.value or ())
        while link := page.odata_next_link:
            page = await call(builder.with_url(self._pinned(link)).get())
            found += page.value or ()
        return found

    async def _batch(self, requests: "Sequence[RequestInformation]") -> list[Mapping[str, Any]]:
        """One `$batch` of the SDK's own requests, written out here, because msgraph-core 1.5.2 can't.

        It drops the bodies of the answers, and writes absolute URLs into the items once the client was used
        (msgraph-sdk-python-core issue 1116). An item without an answer comes back empty.
        """
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        root = f"{self.url}/v1.0"
        items = [batch_item(number, request, root) for number, request in enumerate(requests)]
        adapter: Any = self._sdk().request_adapter
        post = post_request(f"{root}/$batch", {"requests": items})
        answer = await call(adapter.send_primitive_async(post, "bytes", {"XXX": ODataError}))
        try:
            by_number = {item["id"]: item for item in json.loads(answer or b"{}").get("responses", [])}
        except ValueError as error:
            raise GraphFault(0, "unreadable", "the batch's answer is no JSON") from error
        return [by_number.get(str(number), {}) for number in range(len(items))]

    def _one(self, id_: str) -> Any:
        return self._sdk().subscriptions.by_subscription_id(id_)

    def _pinned(self, link: str) -> str:
        """A link out of an answer is followed to Graph's own host only: our token goes along with it."""
        asked, ours = httpx.URL(link), httpx.URL(self.url)
        if (asked.scheme, asked.host, asked.port) != (ours.scheme, ours.host, ours.port):
            raise GraphFault(0, "foreign_link", f"a delta link leads to {asked.scheme}://{asked.host}")
        return link

    def _sdk(self) -> "GraphServiceClient":
        if self._client is None:
            self._client = open_client(self.credential, self.url)
        return self._client
