"""CACHE-01 … CACHE-04: cache-aside on single posts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from roadbed.verify.actors import Actor
from roadbed.verify.check import check
from roadbed.verify.checks.operations import sign_up_body
from roadbed.verify.client import Response
from roadbed.verify.target import Target

# On a busy machine Redis can miss the default 200 ms; a write then may go unnoticed by the cache,
# as in an outage. What CACHE-02 proves is the order of things, so its stand gives Redis more time.
PATIENT = {"REDIS_TIMEOUT_MS": "2000"}


def key(post_id: str) -> str:
    return f"cache:post:{post_id}"


def _warm(t: Target, user: Actor, title: str = "cached") -> tuple[str, str]:
    """A post that was read once: its id and path."""
    post = user.write_post(title)
    path = f"/v1/posts/{post['id']}"
    t.api.get(path).require(200)
    return post["id"], path


@check("CACHE-01", "a hit does not touch PostgreSQL")
def hit(t: Target) -> None:
    user = t.user()
    post_id, path = _warm(t, user, "old")
    t.step("read a post, changed its row by SQL, read it again")
    t.sql.execute("UPDATE posts SET title = 'new' WHERE id = %s", post_id)
    for client in (t.api, t.api2):
        t.equal(client.get(path).require(200).json["title"], "old")
    t.step("removed the key; read again")
    t.redis.delete(key(post_id))
    t.equal(t.api.get(path).require(200).json["title"], "new")
    t.expect(t.redis.exists(key(post_id)), expected="the miss wrote the cache", saw="no key")


@check("CACHE-01", "every key has a TTL, jittered by up to a tenth")
def ttl(t: Target) -> None:
    user = t.user()
    nominal = float(t.setting("CACHE_TTL"))
    lives = []
    for number in range(30):
        post_id, _ = _warm(t, user, f"post {number}")
        lives.append(t.redis.pttl(key(post_id)) / 1000)
    t.step(f"read 30 posts, CACHE_TTL={nominal:g}; asked Redis for their TTLs")
    for life in lives:
        t.within(life, nominal * 0.9 - 3, nominal * 1.1 + 0.001)
    spread = max(lives) - min(lives)
    t.expect(
        spread > nominal * 0.03, expected="jitter of ± 10 %", saw=f"a spread of {spread:.1f} s"
    )
    for name in t.redis.scan_iter("cache:*"):
        left = t.redis.pttl(name)
        t.expect(left != -1, did=f"asked for the TTL of {name}", expected="a TTL", saw=left)


@check("CACHE-01", "after the TTL the new row is served", profile="fast", services=("api",))
def expiry(t: Target) -> None:
    user = t.user()
    life = float(t.setting("CACHE_TTL"))
    post_id, path = _warm(t, user, "old")
    t.sql.execute("UPDATE posts SET title = 'new' WHERE id = %s", post_id)
    t.equal(t.api.get(path).require(200).json["title"], "old", did="read within the TTL")
    time.sleep(life * 1.1 + 0.3)
    t.equal(t.api.get(path).require(200).json["title"], "new", did="read after the TTL")


@check("CACHE-02", "after a write no instance serves the old post, 100 rounds", env=PATIENT)
def read_your_writes(t: Target) -> None:
    user = t.user()
    post_id = user.write_post("round 0")["id"]
    path = f"/v1/posts/{post_id}"
    pairs = ((t.api, t.api2), (t.api2, t.api))
    for number in range(1, 101):
        writer, reader = pairs[number % 2]
        for client in (writer, reader):
            client.get(path).require(200)
        title = f"round {number}"
        user.patch(path, json={"title": title}, client=writer).require(200)
        t.step(
            f"PATCH on one instance, GET on the other, round {number} of 100; REDIS_TIMEOUT_MS=2000"
        )
        t.equal(reader.get(path).require(200).json["title"], title)
        t.equal(writer.get(path).require(200).json["title"], title)


@check("CACHE-02", "after a DELETE no instance serves the post, 20 rounds", env=PATIENT)
def deleted(t: Target) -> None:
    user = t.user()
    for number in range(20):
        _, path = _warm(t, user)
        t.api2.get(path).require(200)
        writer, reader = (t.api, t.api2) if number % 2 else (t.api2, t.api)
        user.delete(path, client=writer).require(204)
        t.step(f"DELETE on one instance, GET on the other, round {number + 1} of 20")
        reader.get(path).require(404, code="not_found")
        writer.get(path).require(404, code="not_found")


@check("CACHE-02", "readers beside a writer never bring an old version back", env=PATIENT)
def concurrent_fill(t: Target) -> None:
    user = t.user()
    post_id = user.write_post("round 0")["id"]
    path = f"/v1/posts/{post_id}"
    for number in range(1, 21):
        title = f"round {number}"
        t.redis.delete(key(post_id))
        calls = [partial(client.get, path) for client in [t.api, t.api2] * 4]
        write = partial(user.patch, path, json={"title": title})
        t.race([*calls[:4], write, *calls[4:]])
        t.step(f"8 readers fill the cache while one writes, round {number} of 20; then GET")
        t.equal(t.api2.get(path).require(200).json["title"], title)
        t.equal(t.api.get(path).require(200).json["title"], title)


@check("CACHE-03", "Redis stopped: everything works in time", faults=("REDIS",))
def redis_stopped(t: Target) -> None:
    user = t.user()
    post_id, path = _warm(t, user, "before")
    t.ctl.stop("redis")
    _everything_works(t, user, path, "Redis stopped")
    t.ctl.start("redis")
    _caching_resumes(t, post_id, path, "Redis was stopped and is back")


@check("CACHE-03", "Redis frozen: everything works in time", faults=("REDIS",))
def redis_frozen(t: Target) -> None:
    user = t.user()
    post_id, path = _warm(t, user, "before")
    t.keep().callback(t.ctl.unpause, "redis")
    t.ctl.pause("redis")
    _everything_works(t, user, path, "Redis frozen")
    t.ctl.unpause("redis")
    _caching_resumes(t, post_id, path, "Redis was frozen and is back")


def _everything_works(t: Target, user: Actor, path: str, where: str) -> None:
    # Sessions live in Redis: what needs one is SESS-05's.
    if t.project.auth == "session":
        _public_works(t, path, where)
        return
    body = {"title": "t", "body": "b"}
    for _ in range(2):
        doomed = user.write_post()["id"]
        calls: dict[str, Callable[[], Response]] = {
            "GET a post": partial(t.api.get, path),
            "GET the list": partial(t.api.get, "/v1/posts"),
            "GET me": partial(user.get, "/v1/users/me"),
            "POST a post": partial(user.post, "/v1/posts", json=body),
            "PATCH": partial(user.patch, path, json={"title": "during"}),
            "GET it changed": partial(t.api2.get, path),
            "sign-up": partial(t.api.post, "/v1/users", json=sign_up_body(t)),
            "export": partial(user.post, "/v1/exports"),
            "DELETE": partial(user.delete, f"/v1/posts/{doomed}"),
        }
        for what, call in calls.items():
            t.step(f"{where}; {what}")
            t.within(call().require(200, 201, 202, 204).elapsed, 0, 1)
    t.equal(t.api2.get(path).require(200).json["title"], "during")


def _public_works(t: Target, path: str, where: str) -> None:
    for _ in range(2):
        calls: dict[str, Callable[[], Response]] = {
            "GET a post": partial(t.api.get, path),
            "GET the list": partial(t.api2.get, "/v1/posts"),
            "sign-up": partial(t.api.post, "/v1/users", json=sign_up_body(t)),
        }
        for what, call in calls.items():
            t.step(f"{where}; {what}")
            t.within(call().require(200, 201).elapsed, 0, 1)


def _caching_resumes(t: Target, post_id: str, path: str, where: str) -> None:
    t.forget_cache()
    t.step(f"{where}; caching resumes without a restart")
    t.eventually(
        lambda: t.api.get(path).status == 200 and t.redis.exists(key(post_id)),
        timeout=10,
        expected="the post is cached again",
    )


@check(
    "CACHE-03",
    "a write during an outage is stale for CACHE_TTL at most",
    profile="fast",
    services=("api", "api2"),
    faults=("REDIS",),
    # With sessions nobody can write a post while Redis is away.
    variants=("jwt",),
)
def bounded_staleness(t: Target) -> None:
    user = t.user()
    life = float(t.setting("CACHE_TTL"))
    _, path = _warm(t, user, "old")
    t.ctl.pause("redis")
    t.keep().callback(t.ctl.unpause, "redis")
    user.patch(path, json={"title": "new"}).require(200)
    t.ctl.unpause("redis")
    t.step(f"changed a cached post while Redis was frozen; GET {life * 1.1:g} s later")
    time.sleep(life * 1.1 + 0.5)
    for client in (t.api, t.api2):
        t.equal(client.get(path).require(200).json["title"], "new")


@check("CACHE-04", "an unreadable cached value is a miss")
def unreadable(t: Target) -> None:
    user = t.user()
    post_id, path = _warm(t, user, "right")
    good = t.redis.get(key(post_id))
    values = [
        "garbage", "", "{", "null", "[]", "5", "{}", '"text"', '{"id": "x"}',
        '{"v": 0, "post": {}}', '{"version": "x"}', "\x00\xff",
    ]  # fmt: skip
    for value in values:
        t.redis.set(key(post_id), value, ex=300)
        t.step(f"SET {key(post_id)} {value!r}; GET the post")
        for client in (t.api, t.api2):
            t.equal(client.get(path).require(200).json["title"], "right")
        t.equal(t.redis.get(key(post_id)), good, did=f"value {value!r} was overwritten")
    t.step("the key is a hash instead of a string; GET the post")
    t.redis.delete(key(post_id))
    # In one step with its TTL: other checks look at every key meanwhile.
    with t.redis.pipeline() as together:
        together.hset(key(post_id), "a", "b")
        together.expire(key(post_id), 300)
        together.execute()
    t.keep().callback(t.redis.delete, key(post_id))
    t.equal(t.api.get(path).require(200).json["title"], "right")
