"""AUTH-01 … AUTH-14: what holds for both kinds of sign-in."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from roadbed.verify.actors import Actor, login, refresh_with
from roadbed.verify.check import check
from roadbed.verify.checks.compare import same_answer
from roadbed.verify.checks.operations import examples, unknown_id
from roadbed.verify.client import Cookie, Response
from roadbed.verify.target import Client, Target
from roadbed.verify.tokens import claims, mint

# An expired token must be refused while it is still in its table, not because it was purged.
UNPURGED = {"PURGE_INTERVAL": "3600"}


def dead(t: Target, actor: Actor, what: str, *, client: Client | None = None) -> None:
    """The credential of this sign-in opens nothing any more."""
    t.step(f"{what}; GET /v1/users/me")
    actor.get("/v1/users/me", client=client).require(401, code="unauthenticated")


def alive(t: Target, actor: Actor, what: str, *, client: Client | None = None) -> None:
    t.step(f"{what}; GET /v1/users/me")
    actor.get("/v1/users/me", client=client).require(200)


def refresh_dead(t: Target, actor: Actor, what: str, *, client: Client | None = None) -> None:
    """jwt: the refresh token of this sign-in is worth nothing. sess: nothing to ask."""
    if t.project.auth == "jwt":
        t.step(f"{what}; POST /v1/auth/refresh")
        refresh_with(client or t.api, actor.refresh_token).require(401, code="refresh_invalid")


def challenge(t: Target, answer: Response, *, token_sent: bool) -> None:
    """A 401 of a protected operation tells how to sign in."""
    value = answer.header("www-authenticate") or ""
    if t.project.auth == "jwt":
        wanted = 'Bearer realm="api"'
        good = value.startswith(wanted) and ('error="invalid_token"' in value) == token_sent
        wanted += ', error="invalid_token"' if token_sent else ""
    else:
        wanted = 'Session realm="api"'
        good = value == wanted
    t.expect(good and "basic" not in value.lower(), expected=wanted, saw=value)


@check("AUTH-01", "protected operations want a usable credential in its place")
def protected(t: Target) -> None:
    rows = [row for row in examples(t) if not row.public and not row.cookies]
    for row in rows:
        options: dict[str, Any] = {} if row.body is None else {"json": row.body}
        where = f"{row.method} {row.template}"
        t.step(f"{where} without a credential")
        answer = t.api.request(row.method, row.path, **options).require(401, code="unauthenticated")
        challenge(t, answer, token_sent=False)
        t.step(f"{where} with a garbage token")
        answer = t.api.request(row.method, row.path, token="garbage", **options)
        answer.require(401, code="unauthenticated")
        challenge(t, answer, token_sent=True)
        assert row.actor is not None
        credential = row.actor.access_token or row.actor.session
        t.step(f"{where} with a good credential in the query string")
        path = f"{row.path}?access_token={credential}&token={credential}"
        t.api.request(row.method, path, **options).require(401, code="unauthenticated")
        if row.body is not None:
            t.step(f"{where} with a good credential in the body")
            body = {**row.body, "access_token": credential}
            t.api.request(row.method, row.path, json=body).require(401, code="unauthenticated")


@check("AUTH-01", "an expired token is 401", variants=("jwt",))
def expired(t: Target) -> None:
    user = t.user()
    past = int(time.time()) - 3600
    payload = claims(
        issuer=t.env["JWT_ISSUER"],
        audience=t.env["JWT_AUDIENCE"],
        subject=user.id,
        version=_version(t, user),
        iat=past,
        exp=past + 900,
    )
    stale = mint(payload, t.env["JWT_SECRET"])
    t.step("GET /v1/users/me with an access token that expired")
    answer = t.api.get("/v1/users/me", token=stale).require(401, code="unauthenticated")
    challenge(t, answer, token_sent=True)


def _version(t: Target, user: Actor) -> int:
    return int(t.sql.value("SELECT token_version FROM users WHERE id = %s", user.id))


@check("AUTH-01", "other schemes are no credential")
def other_schemes(t: Target) -> None:
    user = t.user()
    secret = user.access_token or user.session
    for value in ("Basic dXNlcjpwYXNz", f"Token {secret}", secret, "Bearer", "Bearer ", "Digest x"):
        t.step(f"GET /v1/users/me with Authorization: {value[:12]}…")
        headers = {"Authorization": value}
        t.api.get("/v1/users/me", headers=headers).require(401, code="unauthenticated")


@check("AUTH-01", "public operations ignore credentials")
def public(t: Target) -> None:
    user = t.user()
    post = user.write_post()
    paths = ("/v1/posts", f"/v1/posts/{post['id']}", f"/v1/users/{user.id}", "/healthz", "/readyz")
    gone = t.user()
    gone.delete("/v1/users/me").require(204)
    for path in paths:
        for what, actor_options in (
            ("no credential", {}),
            ("a garbage token", {"token": "garbage"}),
            ("a garbage cookie", {"cookies": {"__Host-session": "x", "__Host-refresh_token": "y"}}),
            ("Basic", {"headers": {"Authorization": "Basic eDp5"}}),
        ):
            t.step(f"GET {path} with {what}")
            t.api.get(path, **actor_options).require(200)
        t.step(f"GET {path} with the credential of a deleted user")
        gone.get(path).require(200)


@check("AUTH-02", "wrong password and unknown email get the same answer, byte for byte")
def same_refusal(t: Target) -> None:
    user = t.user()
    passwordless = t.user()
    t.sql.execute("UPDATE users SET password_hash = NULL WHERE id = %s", passwordless.id)
    t.step("login with a wrong password")
    wrong = login(t.api, user.email, t.password()).require(401, code="invalid_credentials")
    t.step("login with an unknown email")
    unknown = login(t.api, t.email(), t.password()).require(401, code="invalid_credentials")
    same_answer(t, wrong, unknown)
    t.step("login with a password to an account that has none (third-party login only)")
    none = login(t.api, passwordless.email, passwordless.password)
    none.require(401, code="invalid_credentials")
    same_answer(t, wrong, none)


@check("AUTH-03", "unknown email and wrong password take the same time", alone=True)
def same_time(t: Target) -> None:
    user, bare = t.user(), t.user()
    t.sql.execute("UPDATE users SET password_hash = NULL WHERE id = %s", bare.id)
    times: dict[str, list[float]] = {"wrong": [], "unknown": [], "passwordless": []}
    t.step("30 interleaved logins of each kind")
    for _ in range(30):
        times["wrong"].append(login(t.api, user.email, t.password()).elapsed)
        times["unknown"].append(login(t.api, t.email(), t.password()).elapsed)
        times["passwordless"].append(login(t.api, bare.email, t.password()).elapsed)
    for kind in ("unknown", "passwordless"):
        ratio = median(times[kind]) / median(times["wrong"])
        t.within(ratio, 0.5, 2, did=f"compared the medians of {kind} and wrong password")


@check("AUTH-04", "nobody touches what is somebody else's")
def object_level(t: Target) -> None:
    owner, other = t.user(), t.user()
    post = owner.write_post("Owner's", "text")
    job = owner.post("/v1/exports").require(202).json
    path = f"/v1/posts/{post['id']}"
    before = t.sql.one("SELECT * FROM posts WHERE id = %s", post["id"])
    for client in (t.api, t.api2):
        t.step(f"PATCH and DELETE {path} by another user")
        other.patch(path, json={"title": "taken"}, client=client).require(403, code="forbidden")
        other.delete(path, client=client).require(403, code="forbidden")
        etag = {"If-Match": "*"}
        other.patch(path, json={"title": "x"}, headers=etag, client=client).require(403)
        other.delete(path, headers=etag, client=client).require(403)
        t.step("GET somebody else's job")
        other.get(f"/v1/jobs/{job['id']}", client=client).require(404, code="not_found")
    t.step("an unknown post, by a signed-in user")
    other.patch(f"/v1/posts/{unknown_id()}", json={"title": "x"}).require(404, code="not_found")
    other.delete(f"/v1/posts/{unknown_id()}").require(404, code="not_found")
    after = t.sql.one("SELECT * FROM posts WHERE id = %s", post["id"])
    t.equal(after, before, did="compared the post's row before and after")
    t.step("GET by the other user: reading is public")
    t.equal(other.get(path).require(200).json, post)
    owner.get(f"/v1/jobs/{job['id']}").require(200)


def _identity(cookie: Cookie | None) -> dict[str, Any] | None:
    """What makes a cookie the same cookie for a browser, and how it is guarded."""
    if cookie is None:
        return None
    guards = {k: v.lower() for k, v in cookie.attributes.items() if k not in ("max-age", "expires")}
    return {"name": cookie.name, **guards}


@check("AUTH-11", "logout is always 204, clears the cookie and ends the session")
def logout(t: Target) -> None:
    user = t.user()
    other = t.again(user)
    answer = login(t.api, user.email, user.password).require(200, 204)
    (name,) = (cookie.name for cookie in answer.cookies)
    given = answer.cookie(name)
    assert given is not None
    t.step("logout with a live cookie")
    gone = t.api.post("/v1/auth/logout", cookies={name: given.value}).require(204)
    cleared = gone.cookie(name)
    t.equal(_identity(cleared), _identity(given))
    assert cleared is not None
    t.equal((cleared.value, cleared.attributes.get("max-age")), ("", "0"))
    t.step("replayed the old cookie")
    _replay(t, name, given.value).require(401)
    for what, options in (
        ("no credential", {}),
        ("a dead cookie", {"cookies": {name: given.value}}),
        ("a garbage cookie", {"cookies": {name: "garbage"}}),
        ("a garbage token", {"token": "garbage"}),
    ):
        t.step(f"logout with {what}")
        t.api.post("/v1/auth/logout", **options).require(204)
    alive(t, other, "another session of the user, after the logout")
    if t.project.auth == "jwt":
        t.step("another family of the user, after the logout")
        other.refresh().require(200)


def _replay(t: Target, name: str, value: str) -> Response:
    if t.project.auth == "jwt":
        return t.api2.post("/v1/auth/refresh", cookies={name: value})
    return t.api2.get("/v1/users/me", cookies={name: value})


@check("AUTH-12", "logout-all ends every credential at once on both instances")
def logout_all(t: Target) -> None:
    user, bystander = t.user(), t.user()
    sessions = [user, t.again(user), t.again(user, client=t.api2)]
    for session in sessions:
        for client in (t.api, t.api2):
            alive(t, session, "before logout-all", client=client)
    t.step("logout-all")
    user.post("/v1/auth/logout-all").require(204)
    for number, session in enumerate(sessions):
        for client in (t.api2, t.api):
            dead(t, session, f"after logout-all, sign-in {number}", client=client)
        refresh_dead(t, session, f"after logout-all, sign-in {number}", client=t.api2)
    alive(t, bystander, "another user, after logout-all")
    t.step("logout-all without a credential")
    t.api.post("/v1/auth/logout-all").require(401, code="unauthenticated")
    t.step("signed in again")
    alive(t, t.again(user), "after logout-all and a new login")


@check("AUTH-13", "a deleted user's credentials open nothing")
def deleted_user(t: Target) -> None:
    user = t.user()
    other = t.again(user)
    post = user.write_post()
    job = user.post("/v1/exports").require(202).json
    t.step("DELETE /v1/users/me")
    user.delete("/v1/users/me").require(204)
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/v1/users/me", {}),
        ("DELETE", "/v1/users/me", {}),
        ("PUT", "/v1/users/me/password",
         {"json": {"current_password": user.password, "new_password": t.password()}}),
        ("POST", "/v1/auth/logout-all", {}),
        ("POST", "/v1/posts", {"json": {"title": "t", "body": "b"}}),
        ("PATCH", f"/v1/posts/{post['id']}", {"json": {"title": "t"}}),
        ("DELETE", f"/v1/posts/{post['id']}", {}),
        ("POST", "/v1/exports", {}),
        ("GET", f"/v1/jobs/{job['id']}", {}),
    ]  # fmt: skip
    for session in (user, other):
        for method, path, options in calls:
            for client in (t.api, t.api2):
                t.step(f"deleted the user; {method} {path} with a credential from before")
                answer = session.request(method, path, client=client, **options)
                answer.require(401, code="unauthenticated")
        refresh_dead(t, session, "deleted the user")
    t.step("deleted the user; login")
    login(t.api, user.email, user.password).require(401, code="invalid_credentials")


@check("AUTH-14", "changing the password needs the old one and ends the other sessions")
def change_password(t: Target) -> None:
    user = t.user()
    others = [t.again(user), t.again(user, client=t.api2)]
    new = t.password()
    path = "/v1/users/me/password"
    t.step("PUT with a wrong current password")
    body = {"current_password": t.password(), "new_password": new}
    user.put(path, json=body).require(401, code="invalid_credentials")
    alive(t, user, "after the refused change")
    t.step("PUT with a weak new password")
    body = {"current_password": user.password, "new_password": "short"}
    user.put(path, json=body).require(422, code="validation_failed")
    t.step("PUT with a listed new password")
    body = {"current_password": user.password, "new_password": user.email}
    user.put(path, json=body).require(422, code="validation_failed")
    t.step("PUT with the right current password")
    body = {"current_password": user.password, "new_password": new}
    answer = user.put(path, json=body, cookies=dict(user.cookies)).require(204)
    for number, session in enumerate(others):
        dead(t, session, f"after the change, session {number}", client=t.api2)
        refresh_dead(t, session, f"after the change, session {number}")
    _own_lives_on(t, user, answer)
    t.step("login with the old, then with the new password")
    login(t.api, user.email, user.password).require(401, code="invalid_credentials")
    login(t.api, user.email, new).require(200, 204)


def _own_lives_on(t: Target, user: Actor, answer: Response) -> None:
    """jwt: a new refresh cookie, the old access token is dead. sess: a fresh cookie."""
    t.equal(len(answer.cookies), 1, did="changed the password; counted the cookies set")
    cookie = answer.cookies[0]
    before = user.refresh_token or user.session
    t.expect(cookie.value not in ("", before), expected="a new value", saw=cookie.line[:60])
    if t.project.auth == "jwt":
        dead(t, user, "the access token from before the change")
        t.step("refresh with the cookie from before the change")
        refresh_with(t.api, before).require(401, code="refresh_invalid")
        t.step("refresh with the cookie of the change")
        fresh = refresh_with(t.api2, cookie.value).require(200)
        t.api.get("/v1/users/me", token=fresh.json["access_token"]).require(200)
    else:
        for client in (t.api, t.api2):
            client.get("/v1/users/me", cookies={cookie.name: cookie.value}).require(200)


@check(
    "AUTH-14",
    "wrong current passwords count as failed logins",
    env={"RATE_LIMIT_LOGIN": "5/900"},
    services=("api",),
)
def guesses_count(t: Target) -> None:
    user = t.user()
    body = {"current_password": t.password(), "new_password": t.password()}
    for number in range(5):
        t.step(f"RATE_LIMIT_LOGIN=5/900; wrong current password, try {number + 1}")
        user.put("/v1/users/me/password", json=body).require(401, code="invalid_credentials")
    t.step("login with the right password after 5 wrong current passwords")
    login(t.api, user.email, user.password).require(429, code="rate_limited")
