"""Free loopback ports that stay free."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import threading

from roadbed.services.cachedir import cache_folder

# Below the ephemeral range of every common kernel: while a server is stopped on purpose, no
# outgoing connection of another process can be given its port.
_RANGE = range(18000, 32000)
# Ports this process has given out, each with the open file whose lock keeps it ours.
_given: dict[int, int] = {}
_lock = threading.Lock()


def free_port() -> int:
    """A port nobody listens on, never given out twice by this process nor by another of ours."""
    with _lock:
        for _ in range(500):
            port = random.choice(_RANGE)
            if port not in _given and _is_free(port) and _reserve(port):
                return port
    raise OSError("no free port between 18000 and 32000 on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Whether no other process of this user's has it; the lock goes when this process does."""
    folder = cache_folder() / "ports"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    _given[port] = descriptor
    return True
