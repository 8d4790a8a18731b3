from __future__ import annotations

import time

from app.watchdog import Watchdog


def test_what_takes_too_long_is_ended_and_what_ends_in_time_is_not() -> None:
    ended: list[str] = []
    watchdog = Watchdog(0.2, ended.append)

    with watchdog.watch("quick"):
        pass
    with watchdog.watch("slow"), watchdog.watch("slow too"):
        time.sleep(0.5)
    with watchdog.watch("quick again"):
        time.sleep(0.05)
    time.sleep(0.3)

    assert ended == ["slow", "slow too"]


def test_one_that_cannot_be_ended_does_not_spare_the_next() -> None:
    ended: list[str] = []

    def end(name: str) -> None:
        if name == "stubborn":
            raise OSError
        ended.append(name)

    watchdog = Watchdog(0.1, end)
    with watchdog.watch("stubborn"), watchdog.watch("next"):
        time.sleep(0.3)

    assert ended == ["next"]
