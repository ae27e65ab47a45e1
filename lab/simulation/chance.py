"""Entropy of a seed: within `seeded`, who asks the operating system for random bytes gets the same in every run."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """A generator for the caller; uuid, secrets and os.urandom draw from one of their own."""
    source: Any = random
    real, real_of_random = os.urandom, source._urandom
    os.urandom = source._urandom = random.Random(f"entropy {seed}").randbytes
    try:
        yield random.Random(seed)
    finally:
        os.urandom, source._urandom = real, real_of_random
