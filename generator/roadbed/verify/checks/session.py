"""SESS-01 … SESS-06: sign-in by a session that the server keeps in Redis."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from roadbed.verify.actors import SESSION_COOKIE, Actor, login
from roadbed.verify.check import check
from roadbed.verify.client import Client, Cookie, Response
from roadbed.verify.social import account, actor, begin, credential, succeeded
from roadbed.verify.target import Target

ME = "/v1/users/me"


def alive(t: Target, session: str, what: str, *clients: Client) -> None:
    for client in clients or (t.api, t.api2):
        t.step(f"GET {ME} with {what}")
        client.get(ME, cookies={SESSION_COOKIE: session}).require(200)


def dead(t: Target, session: str, what: str, *clients: Client) -> None:
    for client in clients or (t.api, t.api2):
        t.step(f"GET {ME} with {what}")
        answer = client.get(ME, cookies={SESSION_COOKIE: session})
        answer.require(401, code="unauthenticated")


def _works(client: Client, session: str) -> bool:
    return client.get(ME, cookies={SESSION_COOKIE: session}).status == 200


def sign_in(t: Target, user: Actor, **options: Any) -> Cookie:
    """The one cookie of a login."""
    answer = login(t.api, user.email, user.password, **options).require(204)
    t.equal(len(answer.cookies), 1, did=f"{t.current_step}; counted the cookies")
    return answer.cookies[0]


def hardened(t: Target, cookie: Cookie) -> None:
    """Name and attributes of a session's cookie."""
    t.equal(cookie.name, SESSION_COOKIE)
    lifetime = t.setting("SESSION_ABSOLUTE_TTL")
    wanted = {"path": "/", "max-age": lifetime, "secure": "", "httponly": "", "samesite": "strict"}
    saw = {name: value.lower() for name, value in cookie.attributes.items() if name != "expires"}
    t.equal(saw, wanted, did=f"{t.current_step}; attributes of the cookie")


@check("SESS-01", "login answers 204 and one hardened cookie")
def one_cookie(t: Target) -> None:
    user = t.user()
    t.step("login")
    answer = login(t.api, user.email, user.password).require(204)
    t.equal(answer.body, b"")
    t.equal(len(answer.cookies), 1)
    hardened(t, answer.cookies[0])


@check("SESS-01", "the state is in Redis under a hash of the id, and no key lasts for ever")
def state_in_redis(t: Target) -> None:
    user = t.user()
    t.step("login; looked for the session in Redis")
    digest = hashlib.sha256(user.session.encode()).hexdigest()
    keys = [str(key) for key in t.redis.scan_iter("sess:*", count=1000)]
    own = [key for key in keys if digest in key.lower()]
    t.expect(len(own) == 1, expected="one key sess:{sha256(id)}", saw=f"{len(own)} of {len(keys)}")
    idle, absolute = float(t.setting("SESSION_IDLE_TTL")), float(t.setting("SESSION_ABSOLUTE_TTL"))
    left = float(t.redis.ttl(own[0]))
    t.within(left, 1, min(idle, absolute), did="read the TTL of the session's key")
    t.step("removed the session's key from Redis")
    t.redis.delete(own[0])
    dead(t, user.session, "a session whose state is gone")
    t.step("looked for keys without a TTL, twice")
    lasting = set(_lasting(t, t.redis.scan_iter(count=1000)))
    time.sleep(0.3)  # whoever sets a TTL in a second command has done it by now
    t.equal(sorted(_lasting(t, lasting)), [])


def _lasting(t: Target, keys: Iterable[Any]) -> list[str]:
    return [str(key) for key in keys if t.redis.ttl(key) == -1]


@check("SESS-02", "an id that a client chose is never taken up")
def fixation(t: Target) -> None:
    user = t.user()
    for chosen in ("A" * 43, "attacker", user.session[:-1], f"{user.session}x", "", "%00", "a b"):
        what = f"the made-up session id {chosen[:12]!r}"
        dead(t, chosen, what, t.api)
        t.step(f"login with {what}")
        cookie = sign_in(t, user, cookies={SESSION_COOKIE: chosen})
        t.expect(cookie.value != chosen, expected="an id of the server's own", saw=cookie.line)
        dead(t, chosen, f"{what}, after a login that brought it")
        alive(t, cookie.value, "the new session")
    digest = hashlib.sha256(user.session.encode()).hexdigest()
    dead(t, digest, "the hash of a session's id")


@check("SESS-02", "a login issues a new id and ends the session that it came with")
def login_again(t: Target) -> None:
    user, other = t.user(), t.user()
    elsewhere = t.again(user)
    for who, what in ((user, "the same user"), (other, "another user")):
        before = t.again(user).session
        t.step(f"login as {what} with a live session's cookie")
        cookie = sign_in(t, who, cookies={SESSION_COOKIE: before})
        t.expect(cookie.value != before, expected="a new id", saw="the old one")
        hardened(t, cookie)
        dead(t, before, f"the session that a login as {what} came with")
        alive(t, cookie.value, "the new session")
    alive(t, elsewhere.session, "a session on another device")
    t.step("20 logins; compared their ids")
    ids = {sign_in(t, user).value for _ in range(20)}
    t.equal(len(ids), 20)


@check("SESS-02", "so does a login through a provider", variants=("oauth",))
def provider_login_again(t: Target) -> None:
    before = t.user()
    journey, who = begin(t), account(t)
    t.step("callback with a live session's cookie")
    cookies = {**journey.cookies, SESSION_COOKIE: before.session}
    answer = journey.back(journey.consent(who), cookies=cookies)
    succeeded(t, answer)
    t.expect(credential(t, answer) != before.session, expected="a new id", saw="the old one")
    dead(t, before.session, "the session that the callback came with")
    after = actor(t, who, answer)
    alive(t, after.session, "the new session")


@check("SESS-03", "a session made on one instance works on the other, and dies on both")
def both_instances(t: Target) -> None:
    for made, other in ((t.api, t.api2), (t.api2, t.api)):
        user = t.user(client=made)
        bystander = t.again(user, client=other)
        alive(t, user.session, "a session made on the other instance", other)
        t.step("wrote a post on the other instance")
        user.post("/v1/posts", json={"title": "x", "body": "y"}, client=other).require(201)
        t.step("logout on the other instance")
        answer = other.post("/v1/auth/logout", cookies=dict(user.cookies)).require(204)
        _cleared(t, answer)
        dead(t, user.session, "a session that was signed out of")
        alive(t, bystander.session, "another session of that user")


def _cleared(t: Target, answer: Response) -> None:
    cookie = answer.cookie(SESSION_COOKIE)
    gone = cookie is not None and cookie.attributes.get("max-age") == "0"
    t.expect(gone, expected=f"{SESSION_COOKIE} cleared", saw=answer.all("set-cookie"))


@check("SESS-04", "a session that is not used ends", profile="fast")
def idle(t: Target) -> None:
    limit = float(t.setting("SESSION_IDLE_TTL"))
    user = t.user()
    hardened(t, sign_in(t, user))
    for _ in range(3):
        time.sleep(limit / 2)
        alive(t, user.session, f"a session used {limit / 2:g} s before (idle limit {limit:g} s)")
    time.sleep(limit + 1.2)
    dead(t, user.session, f"a session unused for {limit + 1.2:.1f} s (idle limit {limit:g} s)")


@check("SESS-04", "a session ends at its absolute limit however much it is used", profile="fast")
def absolute(t: Target) -> None:
    limit, idle_limit = (float(t.setting(f"SESSION_{name}_TTL")) for name in ("ABSOLUTE", "IDLE"))
    user = t.user()
    began = last = time.monotonic()
    while (age := time.monotonic() - began) < limit - 1.5:
        # On a machine that stalls, the idle limit may have passed before this was asked.
        if time.monotonic() - last < idle_limit - 1:
            alive(t, user.session, f"a session {age:.1f} s old (absolute limit {limit:g} s)", t.api)
        else:
            user, began = t.again(user), time.monotonic()
        last = time.monotonic()
        time.sleep(0.5)
    t.step(f"used a session twice a second for {limit - 1.5:g} s and more")
    request = partial(t.api2.get, ME, cookies={SESSION_COOKIE: user.session})
    t.eventually(
        lambda: request().status == 401,
        timeout=4,
        interval=0.5,
        expected=f"401 within a moment of {limit:g} s",
    )
    t.within(time.monotonic() - began, limit - 1.2, limit + 2, did="measured the session's life")
    dead(t, user.session, "a session past its absolute limit")


@check("SESS-05", "Redis away is 503 for sessions, and they work again after", faults=("REDIS",))
def redis_away(t: Target) -> None:
    user = t.user()
    post = user.write_post()
    cookies = dict(user.cookies)
    for what, break_it, mend in (
        ("paused", t.ctl.pause, t.ctl.unpause),
        ("stopped", t.ctl.stop, t.ctl.start),
    ):
        break_it("redis")
        for client in (t.api, t.api2):
            _unknown(t, client, cookies, what, post["id"])
        t.step(f"login while Redis is {what}")
        refused = login(t.api, user.email, user.password).require(503, code="service_unavailable")
        t.equal(refused.cookies, [])
        t.step(f"without any cookie while Redis is {what}: nobody is signed in, that is known")
        t.api.get(ME).require(401, code="unauthenticated")
        mend("redis")
        for client in (t.api, t.api2):
            t.step(f"the same cookie after Redis was {what}")
            t.eventually(
                partial(_works, client, user.session),
                timeout=10,
                expected="200",
            )


def _unknown(t: Target, client: Client, cookies: dict[str, str], what: str, post_id: str) -> None:
    post = {"title": "x", "body": "y"}
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", ME, {}),
        ("POST", "/v1/posts", {"json": post}),
        ("PATCH", f"/v1/posts/{post_id}", {"json": {"title": "z"}}),
        ("POST", "/v1/exports", {}),
        ("POST", "/v1/auth/logout-all", {}),
        ("DELETE", ME, {}),
    )
    for method, path, options in requests:
        t.step(f"{method} {path} with a session while Redis is {what}")
        answer = client.request(method, path, cookies=cookies, **options)
        answer.require(503, code="service_unavailable")
        t.expect(not answer.cookies, expected="the cookie is left alone", saw=answer.cookies)
        t.within(answer.elapsed, 0, 6)
    for path in ("/v1/posts", f"/v1/posts/{post_id}"):
        t.step(f"GET {path} with a session and without while Redis is {what}")
        client.get(path, cookies=cookies).require(200)
        client.get(path).require(200)


@check("SESS-06", "sessions outlive a restart of Redis", faults=("REDIS",))
def restart(t: Target) -> None:
    user = t.user()
    t.step("restarted Redis (append-only file on)")
    t.ctl.restart("redis")
    for client in (t.api, t.api2):
        t.eventually(
            partial(_works, client, user.session),
            timeout=10,
            expected="200 with the session from before",
        )


@check("SESS-06", "the shipped compose file turns Redis' append-only file on")
def shipped(t: Target) -> None:
    services: dict[str, Any] = {}
    for name in ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"):
        path = t.project.root / name
        if path.is_file():
            services |= _services(path)
    t.step("read the shipped compose file")
    # A broker may be a Redis, too, and prove nothing about the one with the sessions.
    urls = [_variables(each).get("REDIS_URL", "") for each in services.values()]
    hosts = {host for url in urls if (host := urlsplit(url).hostname)}
    found = {host: _words(services.get(host, {}).get("command")) for host in hosts}
    t.expect(
        bool(found) and all("appendonly yes" in command for command in found.values()),
        expected="the service that REDIS_URL names has a command that says --appendonly yes",
        saw=found,
    )


def _services(path: Path) -> dict[str, Any]:
    """Of a compose file and of those it includes, by name."""
    composed = yaml.safe_load(path.read_text("utf-8")) or {}
    services = dict(composed.get("services") or {})
    for included in composed.get("include") or []:
        names = included if isinstance(included, str) else included["path"]
        for name in [names] if isinstance(names, str) else names:
            services |= _services(path.parent / name)
    return services


def _variables(service: dict[str, Any]) -> dict[str, str]:
    given = service.get("environment") or {}
    if isinstance(given, list):
        return dict(line.split("=", 1) for line in given if "=" in line)
    return {name: str(value) for name, value in given.items()}


def _words(command: Any) -> str:
    return " ".join(map(str, command)) if isinstance(command, list) else str(command or "")
