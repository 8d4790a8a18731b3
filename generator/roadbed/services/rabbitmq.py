"""A real RabbitMQ for a while."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
from pathlib import Path

from roadbed.services import processes
from roadbed.services.broker import VARIABLE
from roadbed.services.ports import free_port
from roadbed.services.server import Server
from roadbed.services.service import NotInstalled

USER = "roadbed"

_PLACES = ("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin")


class RabbitMQ(Server):
    """One node with a user of ours and no plugins. Erlang's own traffic stays on loopback."""

    name = "broker"
    kind = "rabbitmq"
    variable = VARIABLE
    ready_within = 120.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binary = find_binary()
        self._dist_port, self._mapper_port = free_port(), free_port()
        self.password = secrets.token_hex(18)
        self.data = folder / "data"

    @property
    def dsn(self) -> str:
        return f"amqp://{USER}:{self.password}@127.0.0.1:{self.port}//"

    def _prepare(self) -> None:
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_user = {USER}\ndefault_pass = {self.password}\n"
            "log.console = true\nlog.console.level = warning\nlog.file = false\n"
            # The disk is whatever the machine has left; one test run needs next to none of it.
            "disk_free_limit.absolute = 10MB\n",
            "utf-8",
        )
        config.chmod(0o600)
        plugins = self.folder / "enabled_plugins"
        plugins.write_text("[].\n", "utf-8")
        self.data.mkdir()
        owner = self.folder.stat()
        for path in (config, plugins, self.data):
            os.chown(path, owner.st_uid, owner.st_gid)

    def _command(self) -> list[str]:
        # Left alone, Erlang starts its port mapper as a daemon that outlives everything.
        mapper = f"epmd -address 127.0.0.1 -port {self._mapper_port}"
        return ["/bin/sh", "-c", f'{mapper} & exec "$0"', str(self._binary)]

    def _environment(self) -> dict[str, str]:
        return {
            **super()._environment(),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "RABBITMQ_NODENAME": f"roadbed-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-such-file"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.data),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
            # Two schedulers that sleep when idle: several nodes share this machine with others.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none "
            "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._mapper_port),
        }

    def _answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
        ):
            link.sendall(b"AMQP\x00\x00\x09\x01")
            return link.recv(1) == b"\x01"  # a method frame: connection.start
        return False

    def _end(self, number: signal.Signals) -> None:
        beside = self.pids[1:]
        super()._end(number)
        processes.send(beside, signal.SIGKILL)


def find_binary() -> Path:
    """`rabbitmq-server`, and of Debian's not the wrapper that wants to be root."""
    for place in _PLACES:
        found = Path(place, "rabbitmq-server")
        if found.exists():
            return found
    on_path = shutil.which("rabbitmq-server")
    if on_path:
        return Path(on_path)
    raise NotInstalled("there is no RabbitMQ on this machine: apt-get install rabbitmq-server")
