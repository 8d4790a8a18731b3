"""A real Redis (or Valkey, which speaks the same protocol) for a while."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
from pathlib import Path

from roadbed.services import embedded
from roadbed.services.server import Server

VARIABLE = "ROADBED_REDIS_URL"


class Redis(Server):
    """One Redis server with a password, an append-only file and no eviction."""

    name = "redis"
    variable = VARIABLE

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binary = find_binary()
        self.password = secrets.token_urlsafe(18)
        self.data = folder / "data"

    @property
    def dsn(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self.data.mkdir()
        shutil.copystat(self.folder, self.data)
        owner = self.folder.stat()
        os.chown(self.data, owner.st_uid, owner.st_gid)
        # A file, not the command line: the password is nobody else's to see in `ps`.
        config = self.folder / "redis.conf"
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir {self.data}\nappendonly yes\nsave ""\nmaxmemory-policy noeviction\n',
            "utf-8",
        )
        config.chmod(0o600)
        os.chown(config, owner.st_uid, owner.st_gid)

    def _command(self) -> list[str]:
        return [str(self._binary), str(self.folder / "redis.conf")]

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
        ):
            link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answers = link.makefile("rb")
            return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        return False


def find_binary() -> Path:
    """`redis-server` or `valkey-server` of this machine, else an embedded one."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    return embedded.binary(embedded.REDIS, "valkey-server")
