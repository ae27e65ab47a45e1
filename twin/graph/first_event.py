"""A change that reaches the subscriber before the answer to its own POST /subscriptions does.

The order of the two is promised nowhere: https://learn.microsoft.com/graph/change-notifications-overview.
"""

import contextlib
from typing import TYPE_CHECKING

from twin.graph.fixtures import fixture_event
from twin.graph.subscriptions import Subscription

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

PATIENCE_S = 5  # for the delivery; the answer goes out in any case


async def announce_before_the_answer(graph: "Graph", row: Subscription) -> None:
    """By the switch `event_before_create_answer`: one event, delivered to its end."""
    if not graph.world.switches.event_before_create_answer:
        return
    change_type = sorted(row.change_types)[-1]  # updated before deleted before created
    if not _change_for_real(graph, row, change_type):
        graph.publisher.change(row, fixture_event(graph.world, row, change_type))
    with contextlib.suppress(TimeoutError):
        await graph.world.event_grid.settled(PATIENCE_S)
        await graph.webhooks.settled(PATIENCE_S)


def _change_for_real(graph: "Graph", row: Subscription, change_type: str) -> bool:
    """So that the ledger knows it, where the twin keeps such entities."""
    kind, user = row.watched.kind.name, row.watched.user
    if kind not in ("Message", "User") or (kind == "Message" and user is None):
        return False
    graph.trigger(f"{kind.lower()}.{change_type}", user=user)
    return True
