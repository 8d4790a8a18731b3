"""How long a failed job rests before it is tried again."""

from __future__ import annotations

import random

MAX_DOUBLINGS = 62


def retry_delay(attempts: int, base: float, longest: float) -> float:
    """Seconds until the next try after `attempts` failures: doubling, bounded, with jitter.

    The jitter (half to one and a half times) keeps jobs that failed together from coming back
    together.
    """
    delay = min(base * 2.0 ** min(attempts - 1, MAX_DOUBLINGS), longest)
    return delay * random.uniform(0.5, 1.5)  # noqa: S311
