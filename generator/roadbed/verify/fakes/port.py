"""A port of this machine that stays ours while nobody listens on it."""

from __future__ import annotations

import socket


class HeldPort:
    """Reserves one port on an address of this machine, so that a fake can go down and come back.

    A bound socket that never listens refuses connections and keeps every other process
    off the port; listeners share it through SO_REUSEPORT.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self._holder = _reusable_socket()
        self._holder.bind((address, 0))
        self.number: int = self._holder.getsockname()[1]

    def listener(self, backlog: int = 128) -> socket.socket:
        """A fresh listening socket on the held port; the caller closes it."""
        sock = _reusable_socket()
        sock.bind((self.address, self.number))
        sock.listen(backlog)
        return sock

    def release(self) -> None:
        self._holder.close()


def _reusable_socket() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return sock
