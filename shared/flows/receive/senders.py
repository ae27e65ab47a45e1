"""Who stands at the door: Event Grid by its Entra token, Graph by the validationTokens of a rich notification."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.events.senders import CHANGE_TRACKING, app_of, audiences_of, bearer_of
from shared.ports import Tokens


@dataclass(slots=True)
class Senders:
    """`client_id`: who we are to Graph, whose tokens name it. `audience_id`: the registration at our own door.

    `delivering`: apps that may deliver events, by their ids in lower case; only Event Grid unless set otherwise.
    """

    tokens: Tokens
    client_id: str
    audience_id: str
    delivering: frozenset[str]

    async def may_deliver(self, authorization: str) -> bool:
        """Is this Authorization header that of an app that may deliver events? Raises KeysMissing."""
        claims = await self.tokens.claims(bearer_of(authorization), audiences=audiences_of(self.audience_id))
        return claims is not None and app_of(claims) in self.delivering

    async def are_graphs(self, tokens: Sequence[str]) -> bool:
        """Every token must be Graph's own, made out to us; none is not enough. Raises KeysMissing."""
        return bool(tokens) and all(await asyncio.gather(*map(self._is_graphs, tokens)))

    async def _is_graphs(self, token: str) -> bool:
        claims = await self.tokens.claims(token, audiences=audiences_of(self.client_id))
        return claims is not None and app_of(claims) == CHANGE_TRACKING
