"""(e) Jobs over each queue: from sign-up to handled, and what a request pays to enqueue one.

Every queue runs its own service with its own servers, all at the same time, and they take turns.
"""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg

from bench.faults import BenchError
from bench.process import Server, run_to_end
from bench.report import Row, Table
from bench.stand import environment, generate
from roadbed.questions import load_questions
from roadbed.services import Postgres, Redis
from roadbed.services.broker import start_broker
from roadbed.services.ports import free_port
from roadbed.source import find_source
from roadbed.verify.fakes.smtp import SmtpSink

# PostgreSQL alone is what a broker has to be worth its trouble against.
PLAIN = "postgres"
JOBS = 500
SIGN_UPS = 5
REQUESTS = 15
HANDLED_WITHIN = 120.0
PASSWORD = "correct horse battery staple"

_COPIES = """
INSERT INTO jobs (id, type, payload, user_id, max_attempts)
SELECT gen_random_uuid(), type, payload, user_id, max_attempts
  FROM jobs, generate_series(1, %s) WHERE user_id = %s
"""
_LEFT = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')"
_DEAD = "SELECT count(*) FROM jobs WHERE status = 'dead'"
_TOOK = "SELECT extract(epoch FROM finished_at - created_at) FROM jobs WHERE user_id = %s"

Figures = dict[str, list[float]]


@dataclass
class Jobs:
    """A service with its worker, and a user of it."""

    api: Server
    database: psycopg.Connection
    token: str = ""

    def sign_up(self) -> uuid.UUID:
        """Somebody new; the job of the mail that this owes them may still be on its way."""
        email = f"{uuid.uuid4()}@bench.test"
        user = {"email": email, "name": "Ada", "password": PASSWORD}
        created = self.post("/v1/users", user, expected=201)
        if not self.token:
            login = {"email": email, "password": PASSWORD}
            self.token = self.post("/v1/auth/login", login, expected=200)["access_token"]
        return uuid.UUID(created["id"])

    def post(self, path: str, body: Any = None, *, expected: int) -> Any:
        """The answer's JSON. Raises BenchError for another status."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        link = HTTPConnection("127.0.0.1", self.api.port, timeout=30)
        link.request("POST", path, json.dumps(body) if body is not None else None, headers)
        answer = link.getresponse()
        said = answer.read()
        link.close()
        if answer.status != expected:
            raise BenchError(f"{self.api.name}: POST {path} answered {answer.status}")
        return json.loads(said)

    def until_idle(self) -> None:
        """Raises BenchError when a job died, or when they take too long."""
        ends = time.perf_counter() + HANDLED_WITHIN
        while self._count(_LEFT):
            if time.perf_counter() > ends:
                raise BenchError(f"{self.api.name}: jobs were left after {HANDLED_WITHIN:g} s")
            time.sleep(0.01)
        if self._count(_DEAD):
            raise BenchError(f"{self.api.name}: jobs died")

    def _count(self, query: str) -> int:
        row = self.database.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0

    # -- what is measured ---------------------------------------------------------------------

    def rate(self) -> float:
        """Jobs a second, of many that are there at once: each the job of a real sign-up."""
        user = self.sign_up()
        self.until_idle()
        started = time.perf_counter()
        self.database.execute(_COPIES, (JOBS, user))
        self.until_idle()
        return JOBS / (time.perf_counter() - started)

    def delays(self) -> list[float]:
        """Milliseconds from a sign-up's commit to the end of its job, one after the other."""
        found = []
        for _ in range(SIGN_UPS):
            user = self.sign_up()
            self.until_idle()
            row = self.database.execute(_TOOK, (user,)).fetchone()
            if row is None:
                raise BenchError(f"{self.api.name}: a sign-up left no job")
            found.append(float(row[0]) * 1000)
        return found

    def requests(self, path: str, body: Any, expected: int) -> list[float]:
        """Milliseconds a request, one after the other on new connections."""
        found = []
        for _ in range(REQUESTS):
            started = time.perf_counter()
            self.post(path, body, expected=expected)
            found.append((time.perf_counter() - started) * 1000)
            # Else the next request would be answered with this one's job.
            self.until_idle()
        return found


def measure(rounds: int, say: Callable[[str], None]) -> list[Table]:
    """Tables of throughput, of delay, and of the time that enqueueing takes in a request."""
    queues = load_questions(find_source().questions_file)["queue"].values
    rate: Figures = defaultdict(list)
    delay: Figures = defaultdict(list)
    enqueue: Figures = defaultdict(list)
    insert: Figures = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="roadbed-bench-") as name, ExitStack() as stack:
        top = Path(name)
        top.chmod(0o755)  # PostgreSQL runs as another user when we are root
        opened = {}
        for queue in queues:
            say(f"queue {queue}: generating, installing, starting")
            opened[queue] = stack.enter_context(open_jobs(queue, top))
        for turn in range(rounds):
            for queue, jobs in opened.items():
                say(f"queue {queue}, round {turn + 1} of {rounds}")
                rate[queue].append(jobs.rate())
                delay[queue] += jobs.delays()
                enqueue[queue] += jobs.requests("/v1/exports", None, 202)
                insert[queue] += jobs.requests("/v1/posts", {"title": "a", "body": "b"}, 201)
    return [
        _beside_plain("jobs", f"jobs a second, {JOBS} jobs of sign-ups at once", rate),
        _beside_plain("delay", "milliseconds from a sign-up's commit to its job's end", delay),
        Table(
            "enqueue",
            "milliseconds of a request that enqueues a job  against  one that inserts a row",
            ("POST /v1/exports", "POST /v1/posts"),
            [Row.ratio(f"queue {queue}", enqueue[queue], insert[queue]) for queue in queues],
        ),
    ]


def _beside_plain(name: str, title: str, figures: Figures) -> Table:
    rows = [Row.ratio(f"queue {queue}", found, figures[PLAIN]) for queue, found in figures.items()]
    return Table(name, title, ("this queue", "queue postgres"), rows)


@contextmanager
def open_jobs(queue: str, top: Path) -> Iterator[Jobs]:
    """A service with this queue, its worker and all its servers."""
    folder = top / queue
    folder.mkdir(mode=0o755)
    project = folder / "service"
    generate(project, queue=queue)
    with ExitStack() as stack:
        postgres = stack.enter_context(Postgres.start(folder))
        redis = stack.enter_context(Redis.start(folder))
        mails = stack.enter_context(SmtpSink())
        env = environment(postgres.dsn, redis.dsn) | {"SMTP_URL": mails.url}
        broker = start_broker(queue)
        if broker is not None:
            env["BROKER_URL"] = stack.enter_context(broker).dsn
        run_to_end(["make", "-s", "migrate"], project, env)
        for name in ("api", "worker"):
            ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
            port = int(ports["PORT" if name == "api" else "ADMIN_PORT"])
            command = [str(project / ".venv/bin/python"), "-m", f"app.{name}"]
            server = Server(name, command, project, {**env, **ports}, port)
            stack.enter_context(server)
            if name == "api":
                api = server
        database = stack.enter_context(psycopg.connect(postgres.dsn, autocommit=True))
        yield Jobs(api, database)
