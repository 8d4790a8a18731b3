"""A real PostgreSQL for a while."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from roadbed.services import embedded
from roadbed.services.cachedir import cache_folder
from roadbed.services.server import Server, server_group, server_user
from roadbed.services.service import ServiceError

VARIABLE = "ROADBED_POSTGRES_URL"
USER = "roadbed"
DATABASE = "app"

# Data is thrown away: durability would only cost time. mmap leaves nothing in /dev/shm.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_wal_size": "256MB",
}


class Postgres(Server):
    """One PostgreSQL server with a superuser of ours and an empty database."""

    name = "postgres"
    variable = VARIABLE
    stop_signals: ClassVar[dict[str, signal.Signals]] = {
        "fast": signal.SIGINT,
        "immediate": signal.SIGQUIT,
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._bin = find_binaries()
        self.data = folder / "data"
        self.password = ""

    @property
    def dsn(self) -> str:
        return self.url(DATABASE)

    def url(self, database: str) -> str:
        """DSN of another database of this server."""
        return f"postgresql://{USER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        cluster = _prepared_cluster(self._bin)
        # -p keeps owner and mode; a copy takes a tenth of the second that initdb needs.
        subprocess.run(["cp", "-Rp", str(cluster / "data"), str(self.data)], check=True)
        self.password = (cluster / "password").read_text("utf-8")

    def _command(self) -> list[str]:
        settings = {**_SETTINGS, "port": str(self.port)}
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.data), *given]

    def _answers(self) -> bool:
        """Ask for a session: while it recovers the server accepts connections and refuses us."""
        body = struct.pack("!i", 196608) + f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
        ):
            link.sendall(struct.pack("!i", len(body) + 4) + body)
            return link.recv(1) == b"R"
        return False


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: PATH, Debian's place, else an embedded package."""
    on_path = shutil.which("initdb")
    if on_path:
        folder = Path(on_path).resolve().parent
        if (folder / "postgres").exists():
            return folder
    installed = local_binaries()
    return installed or embedded.binary(embedded.POSTGRES, "postgres").parent


def local_binaries() -> Path | None:
    """The newest version that Debian or Ubuntu installed, which is not on PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parts[-2]), default=None)


def _prepared_cluster(binaries: Path) -> Path:
    """A data folder fresh out of initdb, with our database in it; made once per version."""
    version = _run([str(binaries / "postgres"), "--version"]).split()[2]
    cluster = cache_folder() / f"postgres-{version}-{server_user() or os.geteuid()}"
    if not (cluster / "password").exists():
        _make_cluster(binaries, cluster)
    return cluster


def _make_cluster(binaries: Path, cluster: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="roadbed-initdb-") as name:
        scratch = Path(name)
        password = secrets.token_urlsafe(18)
        (scratch / "password").write_text(password, "utf-8")
        user = server_user()
        if user is not None:
            for path in (scratch, scratch / "password"):
                shutil.chown(path, user, server_group())
        data = scratch / "data"
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", USER, "-E", "UTF8", "-N"]
        initdb += ["-A", "scram-sha-256", f"--pwfile={scratch / 'password'}"]
        try:
            _run([*initdb, "--locale=C.UTF-8"], as_server=True)
        except ServiceError:  # macOS and musl know no C.UTF-8
            shutil.rmtree(data, ignore_errors=True)
            _run([*initdb, "--no-locale"], as_server=True)
        _run(
            [str(binaries / "postgres"), "--single", "-D", str(data), "postgres"],
            as_server=True,
            given=f"CREATE DATABASE {DATABASE};\n",
        )
        with contextlib.suppress(OSError):  # somebody else was faster: theirs is as good
            staged = Path(tempfile.mkdtemp(dir=cluster.parent))
            subprocess.run(["cp", "-Rp", str(data), str(staged / "data")], check=True)
            shutil.copy(scratch / "password", staged / "password")
            os.rename(staged, cluster)


def _run(command: list[str], *, as_server: bool = False, given: str | None = None) -> str:
    user = server_user() if as_server else None
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        user=user,
        group=server_group() if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ServiceError(f"{Path(command[0]).name} failed: {lines[-1] if lines else 'no output'}")
    return done.stdout
