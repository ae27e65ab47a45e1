"""Ports for what a test starts: blocks below those that the system hands out to connections by itself."""

import os
import random

from pulse.demo.ports import OFFSETS, is_free

_rng = random.Random(os.getpid())


def free_base() -> int:
    """The base of a block whose ports, counted as twin.addresses does, are free now."""
    for _ in range(200):
        base = _rng.randrange(11_000, 31_000, 20)
        if all(is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError("no free ports")
