"""SEC-01 … SEC-07: headers, CORS, CSRF, mass assignment, enumeration, hostile input."""

from __future__ import annotations

from typing import Any

from roadbed.verify.actors import REFRESH_COOKIE, Actor, login
from roadbed.verify.check import check
from roadbed.verify.checks.compare import same_answer
from roadbed.verify.checks.err import every_error
from roadbed.verify.checks.operations import examples, sign_up_body, unknown_id
from roadbed.verify.client import Response
from roadbed.verify.profiles import ALLOWED_ORIGINS
from roadbed.verify.target import Target

_EXPOSED = {"etag", "location", "retry-after", "x-request-id"}
_REQUESTABLE = {"authorization", "content-type", "if-match", "if-none-match", "traceparent"}
KIND = {"Content-Type": "application/json"}
SLOW = 2.0


@check("SEC-01", "security headers on every kind of answer")
def security_headers(t: Target) -> None:
    answers = [row.send(t) for row in examples(t)] + every_error(t)
    post = t.user().write_post()
    path = f"/v1/posts/{post['id']}"
    answers.append(t.api.get(path, headers={"If-None-Match": '"1"'}))
    wanted = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
    }
    for answer in answers:
        t.step(f"{answer.request} → {answer.status}")
        for name, value in wanted.items():
            t.equal(answer.all(name), [value], did=f"{answer.request} → {answer.status}; {name}")
        t.equal(answer.all("x-powered-by"), [])
        server = answer.header("server") or ""
        versionless = not any(char.isdigit() for char in server)
        t.expect(versionless, expected="Server absent or without a version", saw=server)


@check("SEC-01", "no HSTS when COOKIE_SECURE is off")
def no_hsts(t: Target) -> None:
    with t.extra_api(APP_ENV="development", COOKIE_SECURE="false") as service:
        t.step("APP_ENV=development, COOKIE_SECURE=false; GET /healthz")
        answer = t.of(service, observed=False).get("/healthz").require(200)
        t.equal(answer.all("strict-transport-security"), [])
        t.equal(answer.all("x-content-type-options"), ["nosniff"])


def _names(value: str | None) -> set[str]:
    return {name.strip().lower() for name in (value or "").split(",") if name.strip()}


def _require_cors(t: Target, answer: Response, origin: str) -> None:
    t.equal(answer.all("access-control-allow-origin"), [origin])
    t.equal(answer.all("access-control-allow-credentials"), ["true"])
    vary = set().union(*(_names(value) for value in answer.all("vary")))
    t.expect("origin" in vary, expected="Vary: Origin", saw=answer.all("vary"))


@check("SEC-02", "preflights of listed origins")
def preflights(t: Target) -> None:
    for origin in ALLOWED_ORIGINS:
        for path, method in (
            ("/v1/posts", "POST"),
            (f"/v1/posts/{unknown_id()}", "PATCH"),
            (f"/v1/posts/{unknown_id()}", "DELETE"),
            ("/v1/users/me/password", "PUT"),
            ("/v1/auth/login", "POST"),
        ):
            headers = {
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": ", ".join(sorted(_REQUESTABLE)),
            }
            t.step(f"preflight of {method} {path} from {origin}")
            answer = t.api.request("OPTIONS", path, headers=headers).require(204)
            _require_cors(t, answer, origin)
            methods = {
                name.upper() for name in _names(answer.header("access-control-allow-methods"))
            }
            t.expect(method in methods, expected=f"{method} allowed", saw=methods)
            allowed = _names(answer.header("access-control-allow-headers"))
            t.expect(allowed >= _REQUESTABLE, expected=sorted(_REQUESTABLE), saw=sorted(allowed))


@check("SEC-02", "real requests of listed origins, also when they fail")
def cors_answers(t: Target) -> None:
    user = t.user()
    origin = ALLOWED_ORIGINS[0]
    headers = {"Origin": origin}
    with t.extra_api(RATE_LIMIT_IP="1/60") as service:
        limited = t.of(service)
        limited.get("/v1/posts", headers=headers)
        answers = {
            200: user.get("/v1/users/me", headers=headers),
            201: user.post("/v1/posts", json={"title": "t", "body": "b"}, headers=headers),
            400: t.api.get("/v1/posts?limit=0", headers=headers),
            401: t.api.get("/v1/users/me", headers=headers),
            404: t.api.get("/v1/nope", headers=headers),
            405: t.api.put("/v1/posts", json={}, headers=headers),
            415: user.post("/v1/posts", body=b"x", headers={**headers, "Content-Type": "a/b"}),
            422: user.post("/v1/posts", json={}, headers=headers),
            429: limited.get("/v1/posts", headers=headers),
        }
    for status, answer in answers.items():
        t.step(f"{answer.request} → {answer.status} with Origin: {origin}")
        answer.require(status)
        _require_cors(t, answer, origin)
        exposed = _names(answer.header("access-control-expose-headers"))
        t.expect(exposed >= _EXPOSED, expected=sorted(_EXPOSED), saw=sorted(exposed))
    t.step("a request without Origin: caches must know that the answer depends on it")
    answer = t.api.get("/v1/posts")
    t.equal(answer.all("access-control-allow-origin"), [])


@check("SEC-03", "no CORS for anybody else")
def foreign_origins(t: Target) -> None:
    foreign = (
        "https://evil.test",
        "null",
        "https://app.example.com.evil.test",
        "https://evilapp.example.com",
        "https://sub.app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://admin.example.com",
        "https://app.example.co",
        "https://app.example.com/",
        "https://APP.example.com.evil.test",
        "https://app_example.com",
        "app.example.com",
        "*",
        "",
    )
    for origin in foreign:
        headers = {"Origin": origin}
        ask = {**headers, "Access-Control-Request-Method": "GET"}
        for what, answer in (
            ("GET /v1/posts", t.api.get("/v1/posts", headers=headers)),
            ("GET /v1/nope", t.api.get("/v1/nope", headers=headers)),
            ("GET /v1/users/me", t.api.get("/v1/users/me", headers=headers)),
            ("preflight of /v1/posts", t.api.request("OPTIONS", "/v1/posts", headers=ask)),
        ):
            t.step(f"{what} with Origin: {origin}")
            given = [
                f"{k}: {v}"
                for k, v in answer.headers
                if k.lower().startswith("access-control-allow")
            ]
            t.equal(given, [])


def _truth_table(host: str) -> list[tuple[str, dict[str, str], bool]]:
    """(what is sent, its headers, whether it may pass) for a request without Authorization."""
    listed, foreign = ALLOWED_ORIGINS[0], "https://evil.test"
    return [
        ("nothing", {}, True),
        ("a listed Origin", {"Origin": listed}, True),
        ("a listed Origin, cross-site", {"Origin": listed, "Sec-Fetch-Site": "cross-site"}, True),
        ("same-origin", {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}, True),
        ("none (typed in)", {"Sec-Fetch-Site": "none"}, True),
        ("an Origin that equals Host", {"Origin": f"http://{host}"}, True),
        ("an Origin that equals Host, https", {"Origin": f"https://{host}"}, True),
        ("cross-site", {"Sec-Fetch-Site": "cross-site"}, False),
        ("cross-site, foreign", {"Sec-Fetch-Site": "cross-site", "Origin": foreign}, False),
        ("same-site", {"Sec-Fetch-Site": "same-site"}, False),
        (
            "same-site, sibling",
            {"Sec-Fetch-Site": "same-site", "Origin": "https://x.example.com"},
            False,
        ),
        ("a foreign Origin", {"Origin": foreign}, False),
        ("Origin: null", {"Origin": "null"}, False),
        ("Origin: null, cross-site", {"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ("Host with another port", {"Origin": f"http://{host.split(':')[0]}:1"}, False),
        ("a longer host", {"Origin": f"http://{host}.evil.test"}, False),
        ("a listed Origin with a suffix", {"Origin": f"{listed}.evil.test"}, False),
        ("an unknown Sec-Fetch-Site", {"Sec-Fetch-Site": "sideways"}, False),
        ("an Origin of rubbish", {"Origin": "rubbish"}, False),
    ]


@check("SEC-04", "the truth table on login, refresh, logout and sign-up")
def csrf(t: Target) -> None:
    user = t.user()
    host = f"{t.api.host}:{t.api.port}"
    for what, headers, passes in _truth_table(host):
        session = t.again(user)
        refused = (403,)
        body = {"email": user.email, "password": user.password}
        t.step(f"login with {what}")
        answer = t.api.post("/v1/auth/login", json=body, headers=headers)
        answer.require(*((200, 204) if passes else refused))
        if not passes:
            t.equal((answer.code, answer.cookies), ("csrf_rejected", []))
        t.step(f"logout with {what}")
        answer = t.api.post("/v1/auth/logout", cookies=session.cookies, headers=headers)
        answer.require(*((204,) if passes else refused))
        t.step(f"logout with {what}: is the session ended?")
        _session_lives(t, session, not passes)
        if t.project.auth == "jwt":
            session = t.again(user)
            t.step(f"refresh with {what}")
            cookies = {REFRESH_COOKIE: session.refresh_token}
            answer = t.api.post("/v1/auth/refresh", cookies=cookies, headers=headers)
            answer.require(*((200,) if passes else refused))
            if not passes:
                t.step(f"refresh with {what}: the refused token is still unused")
                session.refresh().require(200)
        else:
            session = t.again(user)
            before = t.sql.value("SELECT count(*) FROM posts WHERE author_id = %s", user.id)
            t.step(f"POST /v1/posts with {what}")
            answer = session.post("/v1/posts", json={"title": "t", "body": "b"}, headers=headers)
            answer.require(*((201,) if passes else refused))
            after = t.sql.value("SELECT count(*) FROM posts WHERE author_id = %s", user.id)
            t.equal(after - before, 1 if passes else 0)
        new = sign_up_body(t)
        t.step(f"sign-up with {what}")
        answer = t.api.post("/v1/users", json=new, headers=headers)
        answer.require(*((201,) if passes else refused))
        rows = t.sql.value("SELECT count(*) FROM users WHERE email = %s", new["email"])
        t.equal(rows, 1 if passes else 0)


def _session_lives(t: Target, session: Actor, wanted: bool) -> None:
    if t.project.auth == "jwt":
        t.equal(session.refresh().status, 200 if wanted else 401)
    else:
        t.equal(session.get("/v1/users/me").status, 200 if wanted else 401)


@check("SEC-04", "safe requests and requests with Authorization pass", variants=("jwt",))
def csrf_exempt(t: Target) -> None:
    user = t.user()
    headers = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    t.step("cross-site GET")
    t.api.get("/v1/posts", headers=headers).require(200)
    t.step("cross-site POST with Authorization")
    body = {"title": "t", "body": "b"}
    user.post("/v1/posts", json=body, headers=headers).require(201)


_FOREIGN_MEMBERS: dict[str, Any] = {
    "id": "01900000-0000-7000-8000-000000000000",
    "author_id": "01900000-0000-7000-8000-000000000001",
    "user_id": "01900000-0000-7000-8000-000000000002",
    "role": "admin",
    "is_admin": True,
    "email_verified": True,
    "email_verified_at": "2020-01-01T00:00:00Z",
    "token_version": 99,
    "created_at": "2001-01-01T00:00:00Z",
    "password_hash": "x",
    "version": 99,
    "__proto__": {"admin": True},
    "constructor": {"prototype": {"admin": True}},
}


@check("SEC-05", "unknown members change nothing on any write")
def mass_assignment(t: Target) -> None:
    body = {**_FOREIGN_MEMBERS, **sign_up_body(t)}
    t.step("sign-up with members that are not the client's")
    made = t.api.post("/v1/users", json=body).require(201).json
    row = t.sql.one("SELECT * FROM users WHERE id = %s", made["id"])
    told = (row["email_verified_at"], row["token_version"], row["created_at"].year > 2001)
    t.equal(told, (None, 1, True))
    t.expect(row["password_hash"] != "x", expected="a hash of the server's", saw="x")
    user = t.user()
    before = t.sql.one("SELECT * FROM users WHERE id = %s", user.id)
    t.step("POST, then PATCH a post with members that are not the client's")
    body = {**_FOREIGN_MEMBERS, "title": "t", "body": "b"}
    post = user.post("/v1/posts", json=body).require(201).json
    row = t.sql.one("SELECT * FROM posts WHERE id = %s", post["id"])
    t.equal(
        (str(row["author_id"]), row["version"], row["created_at"].year > 2001), (user.id, 1, True)
    )
    path = f"/v1/posts/{post['id']}"
    user.patch(path, json={**_FOREIGN_MEMBERS, "title": "new"}).require(200)
    after = t.sql.one("SELECT * FROM posts WHERE id = %s", post["id"])
    changed = {name for name in row if row[name] != after[name]}
    t.equal(changed, {"title", "version", "updated_at"})
    t.equal(after["version"], 2)
    t.step("login, forgot, change of password with members that are not the client's")
    body = {**_FOREIGN_MEMBERS, "email": user.email, "password": user.password}
    t.api.post("/v1/auth/login", json=body).require(200, 204)
    body = {**_FOREIGN_MEMBERS, "email": user.email}
    t.api.post("/v1/auth/password/forgot", json=body).require(202)
    t.equal(t.sql.one("SELECT * FROM users WHERE id = %s", user.id), before)
    new = t.password()
    body = {**_FOREIGN_MEMBERS, "current_password": user.password, "new_password": new}
    user.put("/v1/users/me/password", json=body).require(204)
    row = t.sql.one("SELECT * FROM users WHERE id = %s", user.id)
    changed = {name for name in row if row[name] != before[name]}
    t.equal(changed, {"password_hash", "token_version", "updated_at"})
    t.equal(row["token_version"], before["token_version"] + 1)


@check("SEC-06", "nothing but sign-up tells whether an email is registered")
def enumeration(t: Target) -> None:
    user, stranger = t.user(), t.email("stranger")
    t.step("login with a known and an unknown email")
    same_answer(t, login(t.api, user.email, t.password()), login(t.api, stranger, t.password()))
    t.step("forgot with a known and an unknown email")
    forgot = "/v1/auth/password/forgot"
    known = t.api.post(forgot, json={"email": user.email})
    same_answer(t, known.require(202), t.api.post(forgot, json={"email": stranger}).require(202))
    t.step("reset and verify with tokens that exist for nobody")
    for path, body in (
        ("/v1/auth/password/reset", {"new_password": t.password()}),
        ("/v1/auth/verify-email", {}),
    ):
        first = t.api.post(path, json={**body, "token": "A" * 43})
        second = t.api.post(path, json={**body, "token": "B" * 43})
        same_answer(t, first.require(400), second.require(400))
    t.step("sign-up with a taken email and a bad password says nothing about the email")
    bad = {"name": "n", "password": "short"}
    taken = t.api.post("/v1/users", json={**bad, "email": user.email}).require(422)
    free = t.api.post("/v1/users", json={**bad, "email": stranger}).require(422)
    same_answer(t, taken, free)


@check("SEC-06", "429s do not tell either", env={"RATE_LIMIT_LOGIN": "3/900"}, services=("api",))
def enumeration_by_limit(t: Target) -> None:
    user, stranger = t.user(), t.email("stranger")
    for number in range(5):
        t.step(f"RATE_LIMIT_LOGIN=3/900; failed login {number + 1}, known and unknown email")
        known = login(t.api, user.email, "wrong password here")
        unknown = login(t.api, stranger, "wrong password here")
        t.equal(known.status, 401 if number < 3 else 429)
        same_answer(t, known, unknown)
