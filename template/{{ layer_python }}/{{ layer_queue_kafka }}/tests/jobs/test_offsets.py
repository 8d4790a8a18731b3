from __future__ import annotations

from app.jobs.offsets import Offsets


def test_no_commit_passes_a_message_that_is_not_done() -> None:
    offsets = Offsets()
    for offset in (5, 6, 7):
        offsets.begin(0, offset)
    offsets.end(0, 7)
    offsets.end(0, 6)
    assert offsets.take() == {}

    offsets.end(0, 5)
    assert offsets.take() == {0: 8}
    assert offsets.take() == {}


def test_partitions_move_on_by_themselves() -> None:
    offsets = Offsets()
    offsets.begin(0, 1)
    offsets.begin(1, 1)
    offsets.end(1, 1)

    assert offsets.take() == {1: 2}


def test_what_ends_after_its_partition_was_taken_away_commits_nothing() -> None:
    offsets = Offsets()
    offsets.begin(0, 1)
    offsets.forget(0)
    offsets.end(0, 1)

    assert offsets.take() == {}
