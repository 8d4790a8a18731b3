from __future__ import annotations

from app.jobs.backoff import retry_delay


def test_delays_double_up_to_the_longest_with_jitter() -> None:
    for attempts, middle in ((1, 5), (2, 10), (4, 40), (30, 3600), (2_000, 3600)):
        delays = [retry_delay(attempts, 5, 3600) for _ in range(200)]

        assert middle * 0.5 <= min(delays) <= max(delays) <= middle * 1.5
        assert max(delays) - min(delays) > middle * 0.5
