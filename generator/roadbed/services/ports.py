"""Free loopback ports that stay free."""

from __future__ import annotations

import random
import socket
import threading

# Below the ephemeral range of every common kernel: while a server is stopped on purpose, no
# outgoing connection of another process can be given its port.
_RANGE = range(18000, 32000)
_given: set[int] = set()
_lock = threading.Lock()


def free_port() -> int:
    """A port nobody listens on, never given out twice by this process."""
    with _lock:
        for _ in range(500):
            port = random.choice(_RANGE)
            if port not in _given and _is_free(port):
                _given.add(port)
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
