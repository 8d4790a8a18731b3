"""A real Kafka for a while: one node that is broker and controller."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from roadbed.services.broker import VARIABLE
from roadbed.services.cachedir import cache_folder
from roadbed.services.ports import free_port
from roadbed.services.server import Server
from roadbed.services.service import NotInstalled, ServiceError

VERSION = "4.4.0"
_CLUSTER = "cm9hZGJlZC10ZXN0cyEhIQ"
_JVM = ("-Xms96m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

# The server from Maven Central: its jars, and one that prints what it has to say.
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""


class Kafka(Server):
    """One KRaft node. Topics are not made by themselves: that is the service's to do."""

    name = "broker"
    kind = "kafka"
    variable = VARIABLE
    ready_within = 120.0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._home = find_server()
        self._controller_port = free_port()
        self.data = folder / "data"

    @property
    def dsn(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        config = self.folder / "server.properties"
        config.write_text(_properties(self.data, self.port, self._controller_port), "utf-8")
        shutil.copytree(self._home / "formatted", self.data)
        owner = self.folder.stat()
        for path in (config, self.data, *self.data.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)

    def _command(self) -> list[str]:
        return _java(self._home, "kafka.Kafka", str(self.folder / "server.properties"))

    def _answers(self) -> bool:
        """Ask which requests it knows: the listener opens before the broker can serve."""
        body = struct.pack("!hhih", 18, 0, 1, -1)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as link,
        ):
            link.sendall(struct.pack("!i", len(body)) + body)
            answer = link.recv(10)
            return len(answer) == 10 and answer[4:] == b"\x00\x00\x00\x01\x00\x00"
        return False


def find_server() -> Path:
    """The folder with the server's jars and a formatted data folder, made on first use."""
    folder = cache_folder() / f"kafka-{VERSION}"
    if not folder.exists():
        if shutil.which("java") is None:
            raise NotInstalled("Kafka needs Java 17: apt-get install openjdk-17-jre-headless")
        if shutil.which("mvn") is None:
            raise NotInstalled("Kafka comes from Maven Central: apt-get install maven")
        _make(folder)
    return folder


def _make(folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        (scratch / "pom.xml").write_text(_POM, "utf-8")
        made = scratch / "kafka"
        made.mkdir(mode=0o755)
        _run(
            ["mvn", "-q", "-B", f"-Dmaven.repo.local={scratch / 'repository'}",
             "-f", str(scratch / "pom.xml"), "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={made / 'jars'}"]
        )  # fmt: skip
        config = scratch / "server.properties"
        config.write_text(_properties(made / "formatted", 9092, 9093), "utf-8")
        format_it = ("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", str(config))
        _run(_java(made, *format_it))
        # Two runs at once may both get here; whoever renames first has won.
        with contextlib.suppress(OSError):
            os.rename(made, folder)


def _java(home: Path, *arguments: str) -> list[str]:
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return ["java", *_JVM, quiet, "-cp", str(home / "jars" / "*"), *arguments]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).strip().splitlines()
        raise ServiceError(f"{command[0]} failed: {lines[-1] if lines else 'no output'}")


def _properties(data: Path, port: int, controller_port: int) -> str:
    return f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""
