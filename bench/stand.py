"""Both services on the same servers and the same rows, checked before they are measured."""

from __future__ import annotations

import json
import os
import secrets
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg

from bench.faults import BenchError
from bench.load import Headers
from bench.process import Server, run_to_end
from roadbed.services import Postgres, Redis
from roadbed.services.ports import free_port
from roadbed.verify.tokens import claims, mint

POSTS = 200
TOKENS = 10_000  # more than a service remembers
ISSUER, AUDIENCE = "https://bench.test", "bench"
BARE = {
    path.stem.removeprefix("bare_"): path for path in sorted(Path(__file__).parent.glob("bare_*"))
}
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Language:
    """How programs of a project run."""

    own_interpreter: str  # a pattern in the project
    api: tuple[str, ...]
    script: str  # the one that counts requests in Redis

    def interpreter(self, project: Path) -> str:
        """The project's own, else the machine's: both sides have the same."""
        return str(next(project.glob(self.own_interpreter), Path(self.own_interpreter).name))


# By what the bare app's file ends with.
LANGUAGES = {
    ".py": Language(".venv/bin/python", ("-m", "app.api"), "src/app/ratelimit.lua"),
    ".ts": Language(
        ".tools/node_modules/node-*/bin/node", ("src/api.ts",), "resources/ratelimit.lua"
    ),
}


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    callers: Sequence[Headers]
    least: float | None = None  # goal: our requests per second to the bare app's


@dataclass(frozen=True)
class Stand:
    """What one measurement needs to start either service and to ask it."""

    framework: str
    project: Path
    env: Mapping[str, str]
    routes: tuple[Route, ...]

    @property
    def sides(self) -> tuple[str, str]:
        return "generated", f"bare {self.framework}"

    def generated(self) -> Server:
        # `make api` runs the same command; make's own start is not the service's.
        return self._start("generated", self._generated)

    def traced(self) -> Server:
        """The generated service with OpenTelemetry on, and nobody there to collect its spans."""
        nowhere = f"http://127.0.0.1:{free_port()}"
        return self._start("traced", self._generated, OTEL_EXPORTER_OTLP_ENDPOINT=nowhere)

    def bare(self) -> Server:
        # The project's own interpreter: the same versions of every library on both sides.
        script = str(self.project / self._language.script)
        return self._start("bare", [self._interpreter, str(BARE[self.framework]), script])

    @property
    def _generated(self) -> list[str]:
        built = Path("dist/api.js")  # what a project runs that has a build
        api = (str(built),) if (self.project / built).exists() else self._language.api
        return [self._interpreter, *api]

    @property
    def _language(self) -> Language:
        return LANGUAGES[BARE[self.framework].suffix]

    @property
    def _interpreter(self) -> str:
        return self._language.interpreter(self.project)

    def _start(self, name: str, command: list[str], **more: str) -> Server:
        ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
        env = {**self.env, **more, **ports}
        return Server(name, command, self.project, env, int(ports["PORT"]))

    def check(self, server: Server) -> dict[str, Any]:
        """Every route once. Raises BenchError unless each answers 200 with the right body."""
        answers = {route.name: self._ask(server, route) for route in self.routes}
        for route in self.routes:
            fault = _fault(route, answers[route.name])
            if fault:
                raise BenchError(f"{server.name}: {route.path} {fault}")
        return answers

    def _ask(self, server: Server, route: Route) -> Any:
        link = HTTPConnection("127.0.0.1", server.port, timeout=10)
        link.request("GET", route.path, headers=dict(route.callers[0]))
        answer = link.getresponse()
        body = answer.read()
        link.close()
        if answer.status != 200:
            raise BenchError(f"{server.name}: {route.path} answered {answer.status}")
        return json.loads(body)


def _fault(route: Route, body: Any) -> str:
    if route.name == "health":
        return "" if body.get("status") == "ok" else f"said {body}"
    if route.name == "list of 20":
        return "" if len(body["data"]) == 20 else f"listed {len(body['data'])} posts"
    return "" if route.path.endswith(body["id"]) and body["body"] else "is another post"


@contextmanager
def open_stand(scratch: Path, framework: str) -> Iterator[Stand]:
    """Generate and install the service, start PostgreSQL and Redis, write the rows."""
    project = scratch / "service"
    generate(project, framework=framework)
    with Postgres.start(scratch) as postgres, Redis.start(scratch) as redis:
        env = environment(postgres.dsn, redis.dsn)
        run_to_end(["make", "-s", "migrate"], project, env)
        user_id, post_id = _seed(postgres.dsn)
        callers = [_caller(user_id, env["JWT_SECRET"]) for _ in range(TOKENS)]
        post, one = f"/v1/posts/{post_id}", callers[:1]
        routes = (
            Route("post by id", post, one, least=0.7),
            Route("post by id, another token each time", post, callers),
            Route("list of 20", "/v1/posts?limit=20", one),
            Route("health", "/healthz", one),
        )
        yield Stand(framework, project, env, routes)


def _caller(user_id: uuid.UUID, secret: str) -> Headers:
    payload = claims(issuer=ISSUER, audience=AUDIENCE, subject=str(user_id), ttl=86_400)
    return {"Authorization": f"Bearer {mint(payload, secret)}"}


def generate(project: Path, **choices: str) -> None:
    """A project with these choices and else the defaults, installed. Raises BenchError."""
    scratch, env = project.parent, dict(os.environ)
    roadbed = str(Path(sys.executable).with_name("roadbed"))
    chosen = [word for key, value in choices.items() for word in ("--set", f"{key}={value}")]
    command = [roadbed, "new", "--defaults", *chosen, "--no-git", str(project)]
    run_to_end(command, scratch, env)
    run_to_end(["make", "-s", "setup"], project, env)


def environment(database: str, redis: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {
        "APP_ENV": "production",
        "HOST": "127.0.0.1",
        "SERVICE_NAME": "bench",
        "PUBLIC_APP_URL": "https://bench.test",
        "DATABASE_URL": database,
        "DB_POOL_MAX": "10",
        "REDIS_URL": redis,
        "REDIS_TIMEOUT_MS": "2000",
        "JWT_SECRET": secrets.token_urlsafe(48),
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
        "SMTP_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "bench@bench.test",
        # High enough that nothing is refused, on both sides.
        "RATE_LIMIT_IP": "1000000/1",
        "RATE_LIMIT_USER": "1000000/1",
        "RATE_LIMIT_SIGNUP": "1000000/1",
    }


def _seed(dsn: str) -> tuple[uuid.UUID, uuid.UUID]:
    """One user and their posts; returns the user's id and a post's."""
    user_id = uuid.uuid4()
    posts = [(uuid.uuid4(), user_id, f"Post {n}", "Lorem ipsum. " * 40) for n in range(POSTS)]
    with psycopg.connect(dsn) as conn, conn.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (id, email, name) VALUES (%s, 'a@bench.test', 'Ada')", (user_id,)
        )
        cursor.executemany(
            "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, %s, %s)", posts
        )
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("ANALYZE")
    return user_id, posts[0][0]
