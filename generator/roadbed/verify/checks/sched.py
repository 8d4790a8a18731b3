"""SCHED: the purge runs once a tick, catches up once, and deletes only what is over."""

from __future__ import annotations

import hashlib
import time
import uuid

from roadbed.verify.check import check
from roadbed.verify.target import Target

INTERVAL = 2.0
RETENTION = 600
TICKS = {"PURGE_INTERVAL": f"{INTERVAL:.0f}", "JOB_RETENTION": f"{RETENTION}"}
PURGE = "purge_expired"


def purge_times(t: Target, since: float) -> list[float]:
    """When the purge jobs since then were put in (epoch seconds), in order."""
    rows = t.sql.query(
        "SELECT extract(epoch FROM created_at)::float8 AS at FROM jobs"
        " WHERE type = %s AND created_at >= to_timestamp(%s) ORDER BY created_at",
        PURGE,
        since,
    )
    return [row["at"] for row in rows]


@check("SCHED-01", "the purge deletes what is over, and nothing else", env=TICKS)
def purge_deletes_what_is_over(t: Target) -> None:
    user = t.user("purged")
    gone, kept = email_tokens(t, user.id)
    dead, alive = jobs(t)
    gone, kept = gone | dead, kept | alive
    if "jwt" in t.project.variants:
        expired, live = refresh_tokens(t, user.id)
        gone, kept = gone | expired, kept | live
    t.eventually(
        lambda: not any(is_there(t, *where) for where in gone.values()),
        timeout=3 * INTERVAL + 5,
        expected="every row that is over deleted",
        did=f"put in rows by SQL, PURGE_INTERVAL={INTERVAL:g}",
        saw=lambda: [what for what, where in gone.items() if is_there(t, *where)],
    )
    time.sleep(INTERVAL + 1)  # another purge
    lost = [what for what, where in kept.items() if not is_there(t, *where)]
    t.equal(lost, [], did="looked for rows that must stay after another purge")


Rows = dict[str, tuple[str, str, object]]


def is_there(t: Target, table: str, column: str, key: object) -> bool:
    return bool(t.sql.value(f"SELECT count(*) FROM {table} WHERE {column} = %s", key))


def email_tokens(t: Target, user_id: str) -> tuple[Rows, Rows]:
    gone: Rows = {}
    kept: Rows = {}
    for purpose in ("verify_email", "reset_password"):
        for word, offset, rows in (("expired", "-1 minute", gone), ("live", "1 hour", kept)):
            digest = hashlib.sha256(t.token().encode()).digest()
            t.sql.execute(
                "INSERT INTO email_tokens (token_hash, user_id, purpose, expires_at)"
                " VALUES (%s, %s::uuid, %s, now() + %s::interval)",
                digest,
                user_id,
                purpose,
                offset,
            )
            rows[f"{word} {purpose} token"] = ("email_tokens", "token_hash", digest)
    return gone, kept


def refresh_tokens(t: Target, user_id: str) -> tuple[Rows, Rows]:
    gone: Rows = {}
    kept: Rows = {}
    for what, offset, used, rows in (
        ("expired refresh token", "-1 minute", False, gone),
        ("expired used refresh token", "-1 minute", True, gone),
        ("live refresh token", "1 hour", False, kept),
        ("live used refresh token (reuse must be noticed)", "1 hour", True, kept),
    ):
        key = uuid.uuid4()
        t.sql.execute(
            "INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at, used_at)"
            " VALUES (%s, %s, %s::uuid, %s, now() + %s::interval, CASE WHEN %s THEN now() END)",
            key,
            uuid.uuid4(),
            user_id,
            hashlib.sha256(key.bytes).digest(),
            offset,
            used,
        )
        rows[what] = ("refresh_tokens", "id", key)
    return gone, kept


def jobs(t: Target) -> tuple[Rows, Rows]:
    gone: Rows = {}
    kept: Rows = {}
    long_ago, recent = RETENTION + 60, RETENTION - 120
    for what, status, age, rows in (
        ("succeeded job older than JOB_RETENTION", "succeeded", long_ago, gone),
        ("succeeded job younger than JOB_RETENTION", "succeeded", recent, kept),
        ("old dead job", "dead", long_ago * 100, kept),
        ("old job still queued", "queued", long_ago, kept),
    ):
        key = uuid.uuid4()
        t.sql.execute(
            "INSERT INTO jobs (id, type, status, max_attempts, run_at, created_at, finished_at)"
            " VALUES (%s, 'kept_for_the_suite', %s, 3, now() + interval '1 hour',"
            " now() - make_interval(secs => %s),"
            " CASE WHEN %s <> 'queued' THEN now() - make_interval(secs => %s) END)",
            key,
            status,
            age,
            status,
            age,
        )
        rows[what] = ("jobs", "id", key)
    return gone, kept


@check("SCHED-02", "two workers run each tick once", env=TICKS,
       services=("api", "worker", "worker2"))  # fmt: skip
def each_tick_once(t: Target) -> None:
    ticks = 10
    start = (time.time() // INTERVAL + 1) * INTERVAL
    time.sleep(start + ticks * INTERVAL + 0.1 - time.time())
    moments = [moment for moment in purge_times(t, start) if moment < start + ticks * INTERVAL]
    by_tick = [int(moment // INTERVAL) for moment in moments]
    did = f"two workers, {ticks} ticks of {INTERVAL:g} s; counted the purge jobs"
    t.within(len(by_tick), ticks - 1, ticks, did=did)
    t.equal(len(set(by_tick)), len(by_tick), did=f"{did} of each tick: {moments}")


@check("SCHED-03", "missed ticks are caught up by one run", env=TICKS, services=("api",),
       faults=["WORKER"])  # fmt: skip
def one_run_after_downtime(t: Target) -> None:
    t.ctl.start("worker")
    t.eventually(
        lambda: purge_times(t, time.time() - 60),
        timeout=10,
        expected="a first purge",
        did="started the worker",
    )
    t.ctl.stop("worker")
    stopped = time.time()
    time.sleep(5 * INTERVAL)
    t.equal(purge_times(t, stopped + 1), [], did="no worker for 5 ticks; looked for purge jobs")
    # Hours of downtime differ from 5 ticks only in the row they leave.
    t.sql.execute("UPDATE schedules SET last_tick = last_tick - interval '6 hours'")
    restarted = time.time()
    t.ctl.start("worker")
    t.eventually(
        lambda: purge_times(t, restarted),
        timeout=10,
        expected="one purge soon after the start",
        did="started the worker after 5 missed ticks",
    )
    time.sleep(2 * INTERVAL)
    moments = purge_times(t, restarted)
    by_tick = [int(moment // INTERVAL) for moment in moments]
    t.equal(
        len(set(by_tick)),
        len(by_tick),
        did=f"no worker for 5 ticks (by last_tick: 6 h), then two ticks more; ran at {moments}",
    )
