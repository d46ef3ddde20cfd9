"""How an update begins anew when others write too."""

from __future__ import annotations

import random

MAX_UPDATES = 10


def conflict_wait(attempt: int) -> float:
    """How many seconds to wait after the nth conflict: a few milliseconds, doubling, each a little different."""
    wait = 0.01 * (1 << min(attempt - 1, 6))
    return wait * (1 + random.random())
