"""Which messages are done with, so that no commit passes one that is not."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field


@dataclass
class _Partition:
    begun: deque[int] = field(default_factory=deque)
    done: set[int] = field(default_factory=set)


class Offsets:
    """Messages end in any order; a partition's offset moves on in its own. Thread-safe."""

    def __init__(self) -> None:
        self._partitions: dict[int, _Partition] = {}
        self._lock = threading.Lock()

    def begin(self, partition: int, offset: int) -> None:
        with self._lock:
            self._partitions.setdefault(partition, _Partition()).begun.append(offset)

    def end(self, partition: int, offset: int) -> None:
        with self._lock:
            known = self._partitions.get(partition)
            if known is not None:
                known.done.add(offset)

    def take(self) -> dict[int, int]:
        """By partition the offset to commit, the next one to read; only where it has moved on."""
        with self._lock:
            moved = {}
            for number, partition in self._partitions.items():
                while partition.begun and partition.begun[0] in partition.done:
                    offset = partition.begun.popleft()
                    partition.done.discard(offset)
                    moved[number] = offset + 1
            return moved

    def forget(self, partition: int) -> None:
        """The partition is somebody else's."""
        with self._lock:
            self._partitions.pop(partition, None)
