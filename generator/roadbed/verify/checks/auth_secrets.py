"""AUTH-05, -06, -07: passwords, and that no secret lies anywhere."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable

from roadbed.verify.actors import login
from roadbed.verify.check import check
from roadbed.verify.target import Target

_BASE64URL = re.compile(r"[A-Za-z0-9_-]{22,}\Z")


@check("AUTH-05", "passwords count to the last byte")
def exact_passwords(t: Target) -> None:
    stem = "Kö" * 24  # 72 bytes in UTF-8
    cases = {
        "two that share their first 72 bytes": (f"{stem}-first ending", f"{stem}-other ending"),
        "a longer one of the same beginning": (f"{stem}x", f"{stem}"),
        "letter case": ("Correct Horse Battery", "correct horse battery"),
        "a trailing space": ("trailing space here ", "trailing space here"),
        "a leading space": (" leading space here", "leading space here"),
        "doubled inner space": ("inner  space  doubled", "inner space doubled"),
        "an emoji": ("open sesame 🔑🚪 now", "open sesame 🔑🚪 noW"),
    }
    for what, (right, wrong) in cases.items():
        email = t.email()
        body = {"email": email, "name": "n", "password": t.secret(right)}
        t.step(f"sign-up with a password that tests {what}")
        t.api.post("/v1/users", json=body).require(201)
        t.step(f"{what}: login with the right one")
        login(t.api, email, right).require(200, 204)
        t.step(f"{what}: login with the other one")
        login(t.api, email, wrong).require(401, code="invalid_credentials")


@check("AUTH-06", "hashes are Argon2id of full strength and salted")
def hashes(t: Target) -> None:
    password = t.password()
    found = []
    for _ in range(2):
        email = t.email()
        body = {"email": email, "name": "n", "password": password}
        t.api.post("/v1/users", json=body).require(201)
        found.append(t.sql.value("SELECT password_hash FROM users WHERE email = %s", email))
    t.step("signed two users up with one password and read users.password_hash")
    form = re.compile(
        r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{22,}\Z"
    )
    for phc in found:
        match = form.match(phc)
        t.expect(match, expected="an Argon2id PHC string", saw=phc[:40])
        assert match is not None
        memory, passes, lanes = (int(part) for part in match.groups())
        strong = (memory >= 19456 and passes >= 2) or (memory >= 47104 and passes >= 1)
        t.expect(
            strong and lanes >= 1,
            expected="m ≥ 19456, t ≥ 2 (or m ≥ 47104, t ≥ 1)",
            saw=match.groups(),
        )
    t.expect(found[0] != found[1], expected="different salts", saw="equal hashes")


@check("AUTH-07", "no issued secret lies anywhere, and all are random")
def nothing_at_rest(t: Target) -> None:
    issued: dict[str, list[str]] = {"mail token": [], "session": []}
    users = [t.user("rest") for _ in range(20)]
    for user in users:
        issued["session"].append(user.refresh_token or user.session)
        issued["mail token"] += [mail.token for mail in t.smtp.wait(user.email, timeout=15)]
    for user in users[:3]:
        t.api.post("/v1/auth/password/forgot", json={"email": user.email}).require(202)
        reset = t.smtp.wait(user.email, count=2, timeout=15)
        issued["mail token"].append(reset[-1].token)
        if user.refresh_token:
            user.refresh().require(200)
            issued["session"].append(user.refresh_token)
    t.step("issued 20 sign-ins and mails, and 3 resets")
    for kind, values in issued.items():
        t.expect(len(values) >= 20, expected=f"20 {kind}s", saw=len(values))
        t.equal(len(set(values)), len(values), did=f"compared {len(values)} {kind}s (distinct)")
        for value in values:
            random_enough = _BASE64URL.match(value) is not None
            t.expect(random_enough, expected="≥ 22 base64url characters", saw=value)
    database, cache = t.sql.dump(), _redis_dump(t)
    for kind, values in issued.items():
        for value in values:
            t.step(f"searched every table and every Redis key and value for a {kind}")
            for spelling in _spellings(value):
                t.expect(spelling not in database, expected="nowhere usable", saw="in a table")
                t.expect(spelling not in cache, expected="nowhere usable", saw="in Redis")
    for user in users[:3]:
        t.step("searched every table for a password")
        for spelling in _spellings(user.password):
            t.expect(spelling not in database, expected="nowhere in clear", saw="in a table")


def _spellings(secret: str) -> set[str]:
    """How a secret shows in a dump: as text, as bytes (hex or base64), as what it encodes."""
    found = {secret, secret.encode().hex(), base64.b64encode(secret.encode()).decode()}
    with contextlib.suppress(ValueError):
        decoded = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        found |= {decoded.hex(), base64.b64encode(decoded).decode()}
    return found


def _redis_dump(t: Target) -> str:
    parts = []
    readers: dict[str, Callable[[str], object]] = {
        "string": t.redis.get,
        "hash": t.redis.hgetall,
        "set": t.redis.smembers,
        "list": lambda name: t.redis.lrange(name, 0, -1),
        "zset": lambda name: t.redis.zrange(name, 0, -1),
        "stream": t.redis.xrange,
    }
    for key in t.redis.scan_iter(count=1000):
        parts.append(f"{key} = {readers[str(t.redis.type(key))](key)!r}")
    return "\n".join(parts)
