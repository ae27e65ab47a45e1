"""Microsoft's own client for JavaScript, unmodified, in node over TLS."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from graph_builders import ALL_ROLES, TOPIC, token

from twin.azurite.node import find_node

CLIENTS = Path(__file__).parents[1] / "clients"
NODE = find_node()
pytestmark = pytest.mark.skipif(
    NODE is None or not (CLIENTS / "node_modules" / "@microsoft" / "microsoft-graph-client").is_dir(),
    reason="node or tests/twin/clients/node_modules is missing: `make setup`",
)


@pytest.fixture
async def told(world, served_graph) -> dict[str, Any]:
    """What each operation of the script gave."""
    base, ca = served_graph
    ada = world.people[0].id
    process = await asyncio.create_subprocess_exec(
        str(NODE.executable),
        "graph_client.mjs",
        *(base, token(world, roles=ALL_ROLES), ada, TOPIC),
        cwd=CLIENTS,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(ca)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, faults = await process.communicate()
    assert process.returncode == 0, faults.decode()
    return dict(json.loads(output))


async def test_every_operation_of_ours_is_understood(told, world):
    assert told["subscriptions"] == {
        "echoed": "from-javascript",
        "hidden": None,
        "listed": [True],
        "later": True,
        "gone": [404, "ResourceNotFound", True],
    }
    assert told["messages"] == {"isRead": True, "found": "from JavaScript", "gone": [404, "ErrorItemNotFound"]}
    assert told["delta"] == {"before": ["one", "three", "two"], "after": ["one again", "removed deleted"]}
    assert told["batch"] == {"statuses": [200, 404, 424], "name": "Ada Lovelace"}
    assert len(world.ledger.changes) == 8
