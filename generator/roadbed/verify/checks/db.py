"""DB: migrations that two may run, a schema that defends itself, and no query that hangs."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import Counter
from typing import Any

import psycopg

from roadbed.verify.check import check
from roadbed.verify.checks.schema import TABLES, catalogue, describe, expected_catalogue
from roadbed.verify.checks.tools import background, side_by_side
from roadbed.verify.client import Response
from roadbed.verify.control import Outcome
from roadbed.verify.database import Sql
from roadbed.verify.target import Actor, Target


def migrate(t: Target, sql: Sql) -> Outcome:
    return t.ctl.run("migrate", {"DATABASE_URL": sql.dsn}, timeout=90)


def migrated(t: Target, sql: Sql, did: str) -> None:
    outcome = migrate(t, sql)
    t.equal(outcome.code, 0, did=f"{did}\n{outcome.text}")


@check("DB-01", "migrate: empty to head, again, and two at once")
def migrate_is_idempotent(t: Target) -> None:
    with t.fresh_database() as sql:
        migrated(t, sql, "make migrate on an empty database")
        first = describe(sql)
        t.expect(
            set(TABLES)
            <= {name for name, *_ in first.columns} | {"refresh_tokens", "oauth_identities"},
            did="make migrate on an empty database; listed tables",
            expected=TABLES,
            saw=sorted({name for name, *_ in first.columns}),
        )
        bookkeeping = sql.dump()
        migrated(t, sql, "make migrate again")
        t.equal(describe(sql), first, did="make migrate again; compared the catalogue")
        t.equal(sql.dump(), bookkeeping, did="make migrate again; compared all rows")
    with t.fresh_database() as sql:
        outcomes = side_by_side(*(lambda: migrate(t, sql) for _ in range(2)))
        codes = [outcome.code for outcome in outcomes]
        t.equal(codes, [0, 0], did="\n".join(["two make migrate at once", *map(str, outcomes)]))
        t.equal(describe(sql), first, did="two make migrate at once; compared the catalogue")


@check("DB-02", "api and worker never create or alter the schema")
def services_leave_the_schema(t: Target) -> None:
    with t.fresh_database() as sql:
        with (
            t.extra_api(False, DATABASE_URL=sql.dsn) as api,
            t.extra_worker(False, DATABASE_URL=sql.dsn),
        ):
            client = t.of(api, observed=False)

            def answers() -> bool:
                return client.get("/healthz").status == 200 or not api.running

            t.eventually(answers, timeout=30, expected="it booted or exited", did="booted api")
            body = {"email": t.email(), "name": "X", "password": t.password()}
            if api.running:
                client.get("/v1/posts")
                client.post("/v1/users", json=body)
            time.sleep(3)
        objects = sql.query(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
        )
        t.equal(objects, [], did="api and worker on an empty database; listed relations")


# -- DB-03 ------------------------------------------------------------------------------------


@check("DB-03", "columns, keys and indexes are the contract's")
def schema_by_definition(t: Target) -> None:
    with t.fresh_database() as sql:
        wanted = expected_catalogue(sql, t.project.variants)
    found = catalogue(t.sql, t.project.variants)
    for what in ("columns", "keys", "indexes"):
        have, want = getattr(found, what), getattr(wanted, what)
        t.equal(sorted(want - have), [], did=f"compared {what} with the contract's schema: missing")
    surplus = sorted(found.columns - wanted.columns)
    t.equal(surplus, [], did="compared columns with the contract's schema: surplus")
    feed = {
        re.sub(r" (ASC|DESC)\b", "", definition)
        for _, definition in found.indexes
        if "posts" in definition and "WHERE" not in definition
    }
    for columns in ("(created_at, id)", "(author_id, created_at, id)"):
        t.expect(
            any(definition.endswith(columns) for definition in feed),
            did="looked for the feed's indexes",
            expected=f"an index on posts {columns}, newest first",
            saw=sorted(feed),
        )
    invalid = t.sql.query("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    t.equal(invalid, [], did="listed invalid indexes")


@check("DB-03", "the database refuses what the API refuses")
def database_refuses(t: Target) -> None:
    author = t.user("author").id
    key, post = (
        uuid.uuid4(),
        "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, %s, %s)",
    )
    user = "INSERT INTO users (id, email, name) VALUES (%s, %s, %s)"
    job = (
        "INSERT INTO jobs (id, type, status, max_attempts, dedupe_key, run_at, locked_until)"
        " VALUES (%s, 'x', %s, 1, %s, now() + interval '1 hour', now() + interval '1 hour')"
    )
    token = (
        "INSERT INTO email_tokens (token_hash, user_id, purpose, expires_at)"
        " VALUES (%s, %s, %s, now())"
    )
    taken = t.token()
    t.sql.execute(job, uuid.uuid4(), "queued", taken)
    bad: dict[str, tuple[str, tuple[object, ...]]] = {
        "a title of 201 characters": (post, (key, author, "x" * 201, "b")),
        "an empty title": (post, (key, author, "", "b")),
        "a body of 10001 characters": (post, (key, author, "t", "x" * 10001)),
        "an empty body": (post, (key, author, "t", "")),
        "a post of nobody": (post, (key, uuid.uuid4(), "t", "b")),
        "an upper-case email": (user, (key, "Upper@example.com", "n")),
        "an email of 255 characters": (user, (key, "x" * 243 + "@example.com", "n")),
        "an email of 2 characters": (user, (key, "a@", "n")),
        "an empty name": (user, (key, f"{t.token()}@example.com", "")),
        "a name of 101 characters": (user, (key, f"{t.token()}@example.com", "x" * 101)),
        "a job of an unknown status": (job, (key, "paused", None)),
        "a second active job of a dedupe_key": (job, (key, "running", taken)),
        "a token of an unknown purpose": (token, (b"x", author, "other")),
        "a token of nobody": (token, (b"x", uuid.uuid4(), "verify_email")),
    }
    for what, (statement, values) in bad.items():
        t.expect(violates(t.sql, statement, values), did=f"INSERT by SQL: {what}",
                 expected="an integrity error", saw="a row")  # fmt: skip
    t.sql.execute("UPDATE jobs SET status = 'dead' WHERE dedupe_key = %s", taken)
    good: dict[str, tuple[str, tuple[object, ...]]] = {
        "200 and 10000 times 😀": (post, (key, author, "😀" * 200, "😀" * 10000)),
        "a dedupe_key whose job is dead": (job, (uuid.uuid4(), "dead", taken)),
    }
    for what, (statement, values) in good.items():
        t.expect(not violates(t.sql, statement, values), did=f"INSERT by SQL: {what}",
                 expected="a row", saw="an integrity error")  # fmt: skip


def violates(sql: Sql, statement: str, values: tuple[object, ...]) -> bool:
    try:
        sql.execute(statement, *values)
    except (psycopg.IntegrityError, psycopg.DataError):
        return True
    return False


# -- DB-05, -06, -07 --------------------------------------------------------------------------


@check("DB-05", "a locked table: 503 in time", faults=["PG"])
def locked_table(t: Target) -> None:
    user = t.user("locked")
    post = user.write_post()["id"]
    t.forget_cache()
    with t.extra_api(DB_STATEMENT_TIMEOUT="2") as service:
        client = t.of(service)
        with t.sql.connect() as lock:
            lock.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
            answers = t.race(
                [
                    lambda: client.get("/v1/posts"),
                    lambda: client.get(f"/v1/posts/{post}"),
                    lambda: client.get(f"/v1/posts?author_id={user.id}"),
                    lambda: user.post("/v1/posts", client=client, json={"title": "t", "body": "b"}),
                ]
            )
            timely_503(t, answers, 3.0, "`posts` locked, DB_STATEMENT_TIMEOUT=2")
            answer = t.api.get("/v1/posts")
            timely_503(t, [answer], 6.0, "`posts` locked, DB_STATEMENT_TIMEOUT 5 by default")
        t.equal(client.get("/v1/posts").status, 200, did="released the lock; read again")


@check("DB-05", "a hung PostgreSQL: 503 in time", faults=["PG"])
def hung_postgres(t: Target) -> None:
    user = t.user("hung")
    post = user.write_post()["id"]
    t.forget_cache()
    t.ctl.pause("postgres")
    body = {"email": t.email(), "name": "X", "password": t.password()}
    answers = t.race(
        [
            lambda: t.api.get("/v1/posts", timeout=15),
            lambda: t.api.get(f"/v1/posts/{post}", timeout=15),
            lambda: user.get("/v1/users/me", timeout=15),
            lambda: t.api.post("/v1/users", json=body, timeout=15),
            lambda: t.api.get("/v1/posts", timeout=15),
        ]
    )
    timely_503(t, answers, 6.0, "PostgreSQL paused")
    t.ctl.unpause("postgres")
    t.eventually(
        lambda: t.api.get("/v1/posts").status == 200,
        timeout=10,
        expected="reads work again within 10 s",
        did="PostgreSQL unpaused",
    )


def timely_503(t: Target, answers: list[Response], within: float, did: str) -> None:
    for answer in answers:
        where = f"{did}; {answer.request}"
        t.equal((answer.status, answer.code), (503, "service_unavailable"), did=where)
        t.within(answer.elapsed, 0, within, did=f"{where}, in s")
        t.expect(answer.header("retry-after"), did=where, expected="Retry-After", saw="none")


@check("DB-06", "never more than DB_POOL_MAX connections, the rest is told in time", faults=["PG"])
def pool_is_bounded(t: Target) -> None:
    size, patience, flood = 5, 1.0, 300
    name = f"pool-{t.token(4)}"
    env = {
        "SERVICE_NAME": name,
        "DB_POOL_MAX": f"{size}",
        "DB_POOL_TIMEOUT": f"{patience:g}",
        "DB_STATEMENT_TIMEOUT": "20",
    }
    most = 0

    def watch(stop: threading.Event) -> None:
        nonlocal most
        with t.sql.connect(autocommit=True) as connection:
            while not stop.wait(0.02):
                row = connection.execute(
                    "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE %s",
                    (f"{name}%",),
                ).fetchone()
                most = max(most, row["n"] if row else 0)

    answered: list[int] = []

    def read() -> Response:
        answer = client.get("/v1/posts", timeout=30)
        answered.append(answer.status)
        return answer

    def open_lock(lock: psycopg.Connection[Any]) -> None:
        """Once everybody else has been told; however long the flood takes to arrive."""
        limit = time.monotonic() + 15
        while len(answered) < flood - size and time.monotonic() < limit:
            time.sleep(0.1)
        lock.rollback()

    with t.extra_api(**env) as service:
        client = t.of(service)
        with t.sql.connect() as lock:
            lock.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
            with background(watch):
                release = threading.Thread(target=open_lock, args=(lock,))
                release.start()
                answers = t.race([read] * flood)
                release.join()
        did = f"{flood} parallel reads of a locked table, DB_POOL_MAX={size}, DB_POOL_TIMEOUT=1"
        statuses = Counter(answer.status for answer in answers)
        t.equal(set(statuses) - {200, 503}, set(), did=f"{did}: {dict(statuses)}")
        t.within(most, 1, size, did=f"{did}; counted connections by application_name")
        t.within(statuses[200], 1, size, did=f"{did}; counted those that got a connection")
        waits = [answer.elapsed for answer in answers if answer.status == 503]
        t.within(min(waits), 0.5 * patience, 7, did=f"{did}; the shortest wait for a 503, in s")
        t.within(max(waits), 0, 7, did=f"{did}; the longest wait for a 503, in s")
        t.equal(client.get("/v1/posts").status, 200, did=f"{did}; released it and read again")


@check("DB-07", "PostgreSQL restarted under load: 503s, no loss, all well soon", faults=["PG"])
def restart_under_load(t: Target) -> None:
    user = t.user("steadfast")
    pids = [t.ctl.pid(name) for name in ("api", "api2", "worker")]
    seen: Counter[str] = Counter()
    acknowledged: list[str] = []
    guard = threading.Lock()

    def load(stop: threading.Event) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            what, post = one_step(t, user, turn)
            with guard:
                seen[what] += 1
                acknowledged.extend(post)
            time.sleep(0.01)

    with background(load), background(load), background(load), background(load):
        time.sleep(0.7)
        t.ctl.stop("postgres")
        time.sleep(1.5)
        t.ctl.start("postgres")
        back = time.monotonic()
        did = "PostgreSQL stopped and started under load"
        t.eventually(
            lambda: all(each.get("/v1/posts").status == 200 for each in (t.api, t.api2) * 5),
            timeout=10,
            expected="all well within 10 s",
            did=did,
        )
        t.within(time.monotonic() - back, 0, 10, did=f"{did}; timed the recovery, in s")
        with guard:
            seen_before_calm = Counter(seen)
            seen.clear()
        time.sleep(1)
    t.equal(set(seen), {"200", "201"}, did=f"{did}; read the statuses after the recovery")
    allowed = {"200", "201", "503"}
    t.equal(set(seen_before_calm) - allowed, set(), did=f"{did}: {dict(seen_before_calm)}")
    t.expect(seen_before_calm["503"], did=did, expected="some 503s", saw=dict(seen_before_calm))
    rows = t.sql.query("SELECT id::text AS id FROM posts WHERE author_id = %s::uuid", user.id)
    lost = set(acknowledged) - {row["id"] for row in rows}
    t.equal(lost, set(), did=f"{did}; {len(acknowledged)} posts answered 201, looked for each")
    now = [t.ctl.pid(name) for name in ("api", "api2", "worker")]
    t.equal(now, pids, did=f"{did}; compared process ids")


def one_step(t: Target, user: Actor, turn: int) -> tuple[str, list[str]]:
    """A write or a read on either instance: its status, and the post if one was acknowledged."""
    client = (t.api, t.api2)[turn % 2]
    try:
        if turn % 4 < 2:
            body = {"title": f"{turn}", "body": "b"}
            answer = user.post("/v1/posts", client=client, json=body)
            return str(answer.status), [answer.json["id"]] if answer.status == 201 else []
        return str(client.get("/v1/posts?limit=3").status), []
    except OSError as error:
        return f"{type(error).__name__}: {error}", []
