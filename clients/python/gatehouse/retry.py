"""The backoff of updates after conflicts."""

from __future__ import annotations

import random

MAX_UPDATES = 10


def conflict_wait(attempt: int) -> float:
    """Seconds to wait after the nth conflict: from 10 ms, doubling, with jitter."""
    wait = 0.01 * (1 << min(attempt - 1, 6))
    return wait * (1 + random.random())
