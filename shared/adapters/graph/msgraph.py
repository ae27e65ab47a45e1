"""The Graph port on msgraph-sdk."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.graph.answers import Answer, answer_of, call, fault_of, subscription_of
from shared.adapters.graph.client import open_client, pinned
from shared.adapters.graph.heads import head_answer, head_request
from shared.adapters.graph.reading import body_from, delta_page, get_request
from shared.adapters.graph.requests import batch_item, body_of, post_request, preferring_immutable_ids
from shared.ports import DeltaPage, GraphFault, GraphSubscription, Head, NewSubscription

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

    async def collection_ids(self, path: str) -> Sequence[str]:
        found: list[str] = []
        waiting = [f"{self.url}/v1.0/{path}?$top=100"]
        while waiting:
            body = await self._get(waiting.pop())
            rows = body.get("value") or ()
            found += [str(row["id"]) for row in rows]
            parents = [row["id"] for row in rows if row.get("childFolderCount")]
            waiting += [f"{self.url}/v1.0/{path}/{quote(id_, safe='=-_')}/childFolders?$top=100" for id_ in parents]
            if onward := body.get("@odata.nextLink"):
                waiting.append(pinned(onward, self.url))
        return found

    async def delta(self, path: str, link: str | None) -> DeltaPage:
        return delta_page(await self._get(pinned(link, self.url) if link else f"{self.url}/v1.0/{path}"))

    async def exists(self, path: str) -> bool:
        try:
            await self._get(f"{self.url}/v1.0/{path}?$select=id")
        except GraphFault as fault:
            if fault.status == 404:
                return False
            raise
        return True

    async def heads(self, resources: Sequence[str]) -> Sequence[Head | GraphFault]:
        await asyncio.to_thread(self._sdk)  # its import takes a while, and events wait meanwhile
        asked = [head_request(number, resource) for number, resource in enumerate(resources)]
        items = [item for item in asked if item]
        answers = await self._post_batch(items) if items else {}
        nameless = GraphFault(0, "nameless", "such a resource has no name to show")
        return [head_answer(answers.get(item["id"], {})) if item else nameless for item in asked]

    async def _get(self, url: str) -> dict[str, Any]:
        """What lies at a URL of Graph's, with ids that stay the same when a thing moves."""
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        adapter: Any = self._sdk().request_adapter
        return body_from(await call(adapter.send_primitive_async(get_request(url), "bytes", {"XXX": ODataError})))

    async def _all_of(self, builder: Any) -> list[Any]:
        """Every page of a collection."""
        page = await call(builder.get())
        found = list(page.value or ())
        while link := page.odata_next_link:
            page = await call(builder.with_url(pinned(link, self.url)).get())
            found += page.value or ()
        return found

    async def _batch(self, requests: "Sequence[RequestInformation]") -> list[Mapping[str, Any]]:
        """One `$batch` of the SDK's own requests, written out here, because msgraph-core 1.5.2 can't.

        It drops the bodies of the answers, and writes absolute URLs into the items once the client was used
        (msgraph-sdk-python-core issue 1116). An item without an answer comes back empty.
        """
        items = [batch_item(number, request, f"{self.url}/v1.0") for number, request in enumerate(requests)]
        by_number = await self._post_batch(items)
        return [by_number.get(str(number), {}) for number in range(len(items))]

    async def _post_batch(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """The answers by the items' ids."""
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError

        adapter: Any = self._sdk().request_adapter
        post = post_request(f"{self.url}/v1.0/$batch", {"requests": items})
        answer = await call(adapter.send_primitive_async(post, "bytes", {"XXX": ODataError}))
        try:
            return {item["id"]: item for item in json.loads(answer or b"{}").get("responses", [])}
        except ValueError as error:
            raise GraphFault(0, "unreadable", "the batch's answer is no JSON") from error

    def _one(self, id_: str) -> Any:
        return self._sdk().subscriptions.by_subscription_id(id_)

    def _sdk(self) -> "GraphServiceClient":
        if self._client is None:
            self._client = open_client(self.credential, self.url)
        return self._client
