"""JWT-01 … JWT-09: access tokens, refresh cookies, rotation, reuse."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from roadbed.verify.actors import REFRESH_COOKIE, Actor, login, refresh_with
from roadbed.verify.check import check
from roadbed.verify.client import Response
from roadbed.verify.target import Target
from roadbed.verify.tokens import (
    claims,
    mint,
    read,
    wrong_claims,
    wrong_signatures,
)

_THIRTY_DAYS = 2_592_000
_LEEWAY = 60  # seconds after its expiry for which a token may still be taken


def _require_cookie(t: Target, answer: Response, *, max_age: int, tolerance: int = 0) -> str:
    """Exactly one cookie, the hardened refresh cookie; returns its value."""
    t.equal(len(answer.cookies), 1)
    cookie = answer.cookies[0]
    t.equal(cookie.name, REFRESH_COOKIE)
    attributes = {key: value.lower() for key, value in cookie.attributes.items()}
    attributes.pop("expires", None)  # says the same as Max-Age, for very old browsers
    age = int(attributes.pop("max-age", "-1"))
    wanted = {"path": "/", "secure": "", "httponly": "", "samesite": "strict"}
    t.equal(attributes, wanted)
    t.within(age, max_age - tolerance, max_age)
    t.expect(cookie.value not in answer.text, expected="not in the body", saw="the refresh token")
    return cookie.value


def _require_tokens(t: Target, answer: Response) -> None:
    body = answer.require(200).json
    t.equal(set(body), {"access_token", "token_type", "expires_in"})
    wanted = ("Bearer", int(t.setting("ACCESS_TOKEN_TTL")))
    t.equal((body["token_type"], body["expires_in"]), wanted)


@check("JWT-01", "login gives an access token and one hardened cookie")
def login_answer(t: Target) -> None:
    user = t.user()
    t.step("login with the default token lives")
    answer = login(t.api, user.email, user.password)
    _require_tokens(t, answer)
    _require_cookie(t, answer, max_age=_THIRTY_DAYS)


@check("JWT-02", "the access token's header and claims")
def token_shape(t: Target) -> None:
    user = t.user()
    secret = t.env["JWT_SECRET"]
    t.step("decoded a new access token")
    header, payload = read(user.access_token)
    t.equal(header, {"alg": "HS256", "typ": "at+jwt"})
    t.equal(mint(payload, secret, header).count("."), 2)
    signed, _, signature = user.access_token.rpartition(".")
    t.expect(_signature_holds(signed, signature, secret), expected="HS256 of JWT_SECRET", saw="not")
    t.equal(set(payload), {"iss", "aud", "sub", "iat", "exp", "jti", "ver"})
    t.equal(payload["iss"], t.env["JWT_ISSUER"])
    audience = payload["aud"] if isinstance(payload["aud"], list) else [payload["aud"]]
    t.equal(audience, [t.env["JWT_AUDIENCE"]])
    t.equal(payload["sub"], user.id)
    t.equal(payload["exp"] - payload["iat"], int(t.setting("ACCESS_TOKEN_TTL")))
    t.within(payload["iat"], time.time() - 30, time.time() + 5)
    row = t.sql.one("SELECT token_version FROM users WHERE id = %s", user.id)
    t.equal(payload["ver"], row["token_version"])
    other = read(t.again(user).access_token)[1]
    t.expect(other["jti"] != payload["jti"], expected="a new jti each time", saw=payload["jti"])
    t.step("minted the same claims with JWT_SECRET (the suite's mint is right)")
    t.api.get("/v1/users/me", token=mint(_good(t, user), secret)).require(200)


def _signature_holds(signed: str, signature: str, secret: str) -> bool:
    import base64
    import hashlib
    import hmac

    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature


def _good(t: Target, user: Actor, **changed: Any) -> dict[str, Any]:
    return claims(
        issuer=t.env["JWT_ISSUER"],
        audience=t.env["JWT_AUDIENCE"],
        subject=user.id,
        version=t.sql.value("SELECT token_version FROM users WHERE id = %s", user.id),
        **changed,
    )


@check("JWT-03", "forged signatures and algorithms are refused")
def forged_signatures(t: Target) -> None:
    user = t.user()
    forgeries = wrong_signatures(user.access_token, t.env["JWT_SECRET"])
    t.expect(len(forgeries) >= 12, did="minted", expected="12 forgeries", saw=len(forgeries))
    for forgery in forgeries:
        t.step(f"GET /v1/users/me with a token: {forgery.name}")
        t.api.get("/v1/users/me", token=forgery.token).require(401, code="unauthenticated")
    t.step("the genuine token still works")
    user.get("/v1/users/me").require(200)


@check("JWT-04", "wrong and missing claims are refused")
def wrong_claim_sets(t: Target) -> None:
    user = t.user()
    # A version of 2 leaves room for an older one that was once right.
    t.sql.execute("UPDATE users SET token_version = 2 WHERE id = %s", user.id)
    forgeries = wrong_claims(
        t.env["JWT_SECRET"],
        issuer=t.env["JWT_ISSUER"],
        audience=t.env["JWT_AUDIENCE"],
        subject=user.id,
        version=2,
    )
    for forgery in forgeries:
        t.step(f"GET /v1/users/me with a token signed with the right key: {forgery.name}")
        t.api.get("/v1/users/me", token=forgery.token).require(401, code="unauthenticated")
    t.step("the same claims unspoilt")
    good = mint(_good(t, user), t.env["JWT_SECRET"])
    t.api.get("/v1/users/me", token=good).require(200)


@check("JWT-04", "a token that was good is refused once its time is over")
def good_until_it_expires(t: Target) -> None:
    user = t.user()

    def answer(token: str) -> int:
        return t.api.get("/v1/users/me", token=token).status

    # Nearly through whatever grace there is, else with a few seconds of its own.
    for expires_in in (4 - _LEEWAY, 4):
        token = mint(_good(t, user, exp=int(time.time()) + expires_in), t.env["JWT_SECRET"])
        t.step(f"GET /v1/users/me with a token that expires in {expires_in} s")
        if answer(token) == 200:
            break
    else:
        t.equal(answer(token), 200)
    t.step("the same token again, until it has been expired for more than a minute")
    t.eventually(
        lambda: answer(token) == 401,
        timeout=expires_in + _LEEWAY + 2,
        expected=401,
        interval=0.5,
        saw=lambda: answer(token),
    )


@check("JWT-04", "refresh and access tokens are not interchangeable")
def token_mix_up(t: Target) -> None:
    user = t.user()
    t.step("a refresh token as Bearer")
    answer = t.api.get("/v1/users/me", token=user.refresh_token)
    answer.require(401, code="unauthenticated")
    t.step("an access token in the refresh cookie")
    refresh_with(t.api, user.access_token).require(401, code="refresh_invalid")
    t.step("an access token in the cookie of a protected operation")
    cookies = {REFRESH_COOKIE: user.refresh_token, "access_token": user.access_token}
    t.api.get("/v1/users/me", cookies=cookies).require(401, code="unauthenticated")


def _expiries(t: Target, user: Actor) -> list[dict[str, Any]]:
    return t.sql.query(
        "SELECT family_id, expires_at FROM refresh_tokens WHERE user_id = %s", user.id
    )


@check("JWT-05", "five rotations inherit the family's expiry")
def rotation(t: Target) -> None:
    user = t.user()
    family = _expiries(t, user)
    t.equal(len(family), 1, did="signed in once; counted refresh_tokens")
    began = time.monotonic()
    for number in range(5):
        old = user.refresh_token
        client = t.api2 if number % 2 else t.api
        t.step(f"refresh {number + 1}")
        answer = user.refresh(client=client)
        _require_tokens(t, answer)
        passed = int(time.monotonic() - began) + 3
        value = _require_cookie(t, answer, max_age=_THIRTY_DAYS, tolerance=passed)
        t.expect(value != old, expected="a new refresh token", saw="the old one")
        user.get("/v1/users/me", client=client).require(200)
    rows = _expiries(t, user)
    t.step("rotated five times; compared refresh_tokens")
    t.equal({row["family_id"] for row in rows}, {family[0]["family_id"]})
    t.equal({row["expires_at"] for row in rows}, {family[0]["expires_at"]})


@check("JWT-05", "Max-Age is what is left of the family's life")
def max_age_left(t: Target) -> None:
    user = t.user()
    t.sql.execute(
        "UPDATE refresh_tokens SET expires_at = now() + interval '1000 s' WHERE user_id = %s",
        user.id,
    )
    t.step("set the family's expiry to 1000 s from now by SQL; refresh")
    _require_cookie(t, user.refresh().require(200), max_age=1000, tolerance=20)


@check("JWT-05", "rotation does not outlive the login", profile="fast", services=("api",))
def absolute_expiry(t: Target) -> None:
    life = float(t.setting("REFRESH_TOKEN_TTL"))
    user = t.user()
    began = time.monotonic()
    t.step(f"REFRESH_TOKEN_TTL={life:g}; rotated every {life / 4:g} s")
    while time.monotonic() - began < life * 0.6:
        time.sleep(life / 4)
        user.refresh().require(200)
    time.sleep(max(0.0, began + life + 1 - time.monotonic()))
    t.step(f"REFRESH_TOKEN_TTL={life:g}; refresh {life + 1:g} s after the login")
    refused = user.refresh().require(401, code="refresh_invalid")
    _require_cleared(t, refused)


@check("JWT-06", "reuse kills the family, both ways, and only that family")
def reuse(t: Target) -> None:
    user = t.user()
    for what in ("the thief refreshes first", "the victim refreshes first"):
        family, other = t.again(user), t.again(user)
        stolen = family.refresh_token
        began = time.time()
        t.step(f"{what}: first use of the token")
        first = refresh_with(t.api, stolen).require(200)
        newest = first.cookies[0].value
        t.step(f"{what}: second use of the same token")
        refused = refresh_with(t.api2, stolen).require(401, code="refresh_invalid")
        _require_cleared(t, refused)
        t.step(f"{what}: the newest token of the family, after the reuse")
        refresh_with(t.api, newest).require(401, code="refresh_invalid")
        t.step(f"{what}: another family of the same user")
        other.refresh().require(200)
        t.eventually(
            lambda since=began: _reuse_logged(t, user, since),  # type: ignore[misc]
            timeout=5,
            did=f"{what}: read the log",
            expected="one line refresh_token_reuse with the user's id",
        )


def _reuse_logged(t: Target, user: Actor, since: float) -> bool:
    lines = [*t.logs("api", since), *t.logs("api2", since)]
    return any(
        line.record is not None
        and line.record.get("message") == "refresh_token_reuse"
        and line.record.get("user_id") == user.id
        for line in lines
    )


@check("JWT-06", "reuse of a token three rotations old kills the newest")
def old_reuse(t: Target) -> None:
    user = t.user()
    oldest = user.refresh_token
    for _ in range(3):
        user.refresh().require(200)
    t.step("presented a token that was rotated three times")
    refresh_with(t.api, oldest).require(401, code="refresh_invalid")
    user.refresh().require(401, code="refresh_invalid")


@check("JWT-07", "of ten parallel refreshes over two instances at most one wins")
def refresh_race(t: Target) -> None:
    user = t.user()
    wins = 0
    for number in range(20):
        session = t.again(user)
        clients = [t.api, t.api2] * 5
        calls = [lambda c=client, s=session: refresh_with(c, s.refresh_token) for client in clients]
        t.step(f"10 parallel refreshes with one token, round {number + 1} of 20")
        statuses = sorted(answer.status for answer in t.race(calls))
        won = statuses.count(200)
        t.expect(
            won <= 1 and statuses.count(401) == 10 - won,
            expected="at most one 200, the rest 401",
            saw=statuses,
        )
        wins += won
    t.expect(wins >= 15, did="20 rounds", expected="nearly every round has a winner", saw=wins)


def _require_cleared(t: Target, answer: Response) -> None:
    cookie = answer.cookie(REFRESH_COOKIE)
    t.expect(
        cookie is not None and cookie.value == "" and cookie.attributes.get("max-age") == "0",
        expected=f"{REFRESH_COOKIE} cleared with Max-Age=0",
        saw=answer.all("set-cookie"),
    )
    assert cookie is not None
    guards = {k: v.lower() for k, v in cookie.attributes.items() if k not in ("max-age", "expires")}
    t.equal(guards, {"path": "/", "secure": "", "httponly": "", "samesite": "strict"})


@check("JWT-08", "a bad refresh cookie is 401 and cleared")
def bad_cookies(t: Target) -> None:
    expired, revoked = t.user(), t.user()
    t.sql.execute(
        "UPDATE refresh_tokens SET expires_at = now() - interval '1 s' WHERE user_id = %s",
        expired.id,
    )
    revoked.post("/v1/auth/logout-all").require(204)
    tokens = {
        "no cookie": None,
        "an empty cookie": "",
        "garbage": "garbage",
        "a well-formed unknown token": re.sub("-", "A", uuid.uuid4().hex + uuid.uuid4().hex[:11]),
        "8 KB minus headers": "A" * 4000,
        "bytes that are no ASCII": "\xff\xfe\xfd",
        "an expired token": expired.refresh_token,
        "a revoked token": revoked.refresh_token,
    }
    for what, token in tokens.items():
        t.step(f"refresh with {what}")
        _require_cleared(t, refresh_with(t.api, token).require(401, code="refresh_invalid"))
    t.step("refresh with a good access token and no cookie")
    user = t.user()
    answer = t.api.post("/v1/auth/refresh", token=user.access_token)
    answer.require(401, code="refresh_invalid")


@check("JWT-09", "the whole flow works without Redis", faults=("REDIS",))
def without_redis(t: Target) -> None:
    known = t.user()
    for fault in ("stop", "pause"):
        t.keep().callback(t.ctl.unpause, "redis")
        (t.ctl.stop if fault == "stop" else t.ctl.pause)("redis")
        where = "Redis stopped" if fault == "stop" else "Redis frozen"
        answers: list[tuple[str, Response, int]] = []
        signed_in = login(t.api, known.email, known.password)
        answers.append(("login", signed_in, 200))
        t.step(f"{where}; login")
        signed_in.require(200)
        token, cookie = signed_in.json["access_token"], signed_in.cookies[0].value
        answers.append(("me", t.api.get("/v1/users/me", token=token), 200))
        body = {"title": "t", "body": "b"}
        answers.append(("post", t.api.post("/v1/posts", json=body, token=token), 201))
        refreshed = refresh_with(t.api, cookie)
        answers.append(("refresh", refreshed, 200))
        t.step(f"{where}; refresh")
        newest = {REFRESH_COOKIE: refreshed.require(200).cookies[0].value}
        answers.append(("logout", t.api.post("/v1/auth/logout", cookies=newest), 204))
        replay = t.api.post("/v1/auth/refresh", cookies=newest)
        answers.append(("refresh after logout", replay, 401))
        for name, answer, status in answers:
            t.step(f"{where}; {name}")
            answer.require(status)
            t.within(answer.elapsed, 0, 2)
        (t.ctl.start if fault == "stop" else t.ctl.unpause)("redis")
