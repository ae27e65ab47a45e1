"""Whether the ports of a demo are free, asked before anything starts."""

import os
import socket

from pulse.errors import PulseError
from twin.addresses import Addresses

OFFSETS = (*range(8), *range(10, 16))  # as twin.addresses counts them from the base


def require_free(addresses: Addresses) -> None:
    """PulseError names every port that is taken."""
    taken = [str(addresses.base + offset) for offset in OFFSETS if not is_free(addresses.base + offset)]
    if taken:
        raise PulseError(
            f"Taken: port {', '.join(taken)}. Another demo may be running: end it with Ctrl-C, or choose others:"
            f" pulse demo --port-base {addresses.base + 100}"
        )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # there it would mean: share the port with whoever has it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
