"""USERS-01 … USERS-06: sign-up rules, views, races, deletion."""

from __future__ import annotations

from functools import partial
from typing import Any

from roadbed.verify.actors import login, new_password, sign_in, sign_up
from roadbed.verify.check import check
from roadbed.verify.checks.err import details
from roadbed.verify.checks.operations import sign_up_body, unknown_id
from roadbed.verify.client import Client, Response
from roadbed.verify.target import Target


def _try(t: Target, **changed: Any) -> Response:
    return t.api.post("/v1/users", json={**sign_up_body(t), **changed})


@check("USERS-01", "sign-up answers with the private view and does not sign in")
def sign_up_answer(t: Target) -> None:
    body = sign_up_body(t)
    t.step("POST /v1/users")
    made = t.api.post("/v1/users", json=body).require(201)
    t.equal(set(made.json), {"id", "email", "name", "email_verified", "created_at"})
    told = {key: made.json[key] for key in ("email", "name", "email_verified")}
    t.equal(told, {"email": body["email"], "name": body["name"], "email_verified": False})
    t.equal(made.header("location"), f"/v1/users/{made.json['id']}")
    t.equal(made.all("set-cookie"), [])
    t.expect(body["password"] not in made.text, expected="no password", saw="the password")


@check("USERS-02", "email rules")
def email_rules(t: Target) -> None:
    mark = t.token(4)
    longest = f"{mark}{'a' * (254 - len(mark) - len('@example.com'))}@example.com"
    good = [f"a.b+c_d-{mark}@example.com", f"x{mark}@sub.example.co.uk", f"1{mark}@e.com", longest]
    for email in good:
        t.step(f"sign-up with {email[:60]} ({len(email)} characters)")
        t.equal(_try(t, email=email).require(201).json["email"], email)
    bad = {
        "no @": f"{mark}.example.com",
        "two @": f"{mark}@b@example.com",
        "a space inside": f"{mark} b@example.com",
        "a space around": f" {mark}@example.com",
        "a trailing space": f"{mark}@example.com ",
        "a line break": f"{mark}\n@example.com",
        "a tab": f"{mark}\t@example.com",
        "nothing before @": "@example.com",
        "nothing after @": f"{mark}@",
        "255 characters": f"a{longest}",
        "nothing": "",
        "a NUL": f"{mark}\0@example.com",
    }
    for what, email in bad.items():
        t.step(f"sign-up with an email with {what}")
        answer = _try(t, email=email).require(422, code="validation_failed")
        t.equal(set(details(answer)), {"email"})


@check("USERS-02", "emails are lower-cased and compared without case everywhere")
def email_case(t: Target) -> None:
    lower = t.email("Mixed").lower()
    upper = lower.upper()
    body = {"email": upper, "name": "n", "password": t.password()}
    t.step(f"sign-up as {upper}")
    made = t.api.post("/v1/users", json=body).require(201)
    t.equal(made.json["email"], lower)
    t.equal(t.sql.value("SELECT email FROM users WHERE id = %s", made.json["id"]), lower)
    for email in (lower, upper, lower.title()):
        t.step(f"login as {email}")
        login(t.api, email, body["password"]).require(200, 204)
    t.step("sign-up with the lower-case address")
    again = t.api.post("/v1/users", json={**body, "email": lower})
    again.require(409, code="email_taken")
    t.smtp.wait(lower, timeout=10)
    t.step("forgot for the upper-case address")
    t.api.post("/v1/auth/password/forgot", json={"email": upper}).require(202)
    t.equal(len(t.smtp.wait(lower, count=2, timeout=10)), 2, did="counted the mails")


@check("USERS-02", "name rules")
def name_rules(t: Target) -> None:
    for name in ("x", "n" * 100, "😀" * 100, "Zoë O'Neil-Müller", " padded ", "名前"):
        t.step(f"sign-up with a name of {len(name)} code points: {name[:20]!r}")
        t.equal(_try(t, name=name).require(201).json["name"], name)
    for name in ("", "n" * 101, "😀" * 101, " ", "\t\n ", "\u2003\u00a0", "a\0b"):
        t.step(f"sign-up with a name of {len(name)} code points: {name[:20]!r}")
        answer = _try(t, name=name).require(422, code="validation_failed")
        t.equal(set(details(answer)), {"name"})


@check("USERS-03", "password rules")
def password_rules(t: Target) -> None:
    word = t.token(32)
    shortest = int(t.setting("PASSWORD_MIN_LENGTH"))
    good = {
        f"{shortest} code points": word[:shortest],
        "64": word,
        "128": (word * 2)[:128],
        "spaces": "four words and some spaces",
        f"{shortest} emoji": "🐎🔋📎🌂🎲🧊🪁🛶🎻🧭🪐🥁🧵🏺🪴"[:shortest],
        "128 emoji": "🐎🔋📎🌂🎲🧊🪁🛶" * 16,
        "no digit, no capital": "plain words without anything",
        "around white space": f"  {word[:20]}  ",
    }
    for what, password in good.items():
        t.secret(password)
        email = t.email()
        t.step(f"sign-up and login with a password of {what}")
        _try(t, email=email, password=password).require(201)
        login(t.api, email, password).require(200, 204)
    own = t.email("somebody-with-a-long-address")
    bad: dict[str, tuple[dict[str, str], str]] = {
        f"{shortest - 1} code points": ({"password": word[: shortest - 1]}, "min_length"),
        f"{shortest - 1} emoji": ({"password": "🐎" * (shortest - 1)}, "min_length"),
        "129 code points": ({"password": (word * 3)[:129]}, "max_length"),
        "nothing": ({"password": ""}, "min_length"),
        "the email": ({"password": own, "email": own}, ""),
        "the email in capitals": ({"password": own.upper(), "email": own}, ""),
    }
    for what, (changed, rule) in bad.items():
        t.step(f"sign-up with a password of {what}")
        answer = _try(t, **changed).require(422, code="validation_failed")
        found = details(answer)
        t.equal(set(found), {"password"})
        t.expect(rule in ("", *found["password"]), expected=rule, saw=found)


# Long and on every list of leaked passwords; any of them being listed proves that a list is read.
_COMMON = (
    "passwordpassword", "qwertyuiopasdfgh", "1234567890123456", "123456789012345",
    "qwertyuiop123456", "aaaaaaaaaaaaaaaa", "1q2w3e4r5t6y7u8i", "q1w2e3r4t5y6u7i8",
    "iloveyouiloveyou", "abcdefghijklmnop", "passwordpassword1", "correcthorsebatterystaple",
    "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv", "123456789123456789",
    "administrator123", "thisismypassword", "letmeinletmein12",
)  # fmt: skip


@check("USERS-03", "listed passwords are refused as too common")
def common_passwords(t: Target) -> None:
    refused = []
    for password in _COMMON:
        t.step(f"sign-up with the password {password}")
        answer = _try(t, password=password)
        if answer.status == 422:
            t.equal(details(answer), {"password": {"too_common"}})
            refused.append(password)
        else:
            answer.require(201)
    t.expect(
        len(refused) >= 3,
        did=f"sign-up with {len(_COMMON)} well-known long passwords",
        expected="the shipped list refuses them (at least 3)",
        saw=refused,
    )


@check("USERS-03", "the length floor follows PASSWORD_MIN_LENGTH")
def configured_length(t: Target) -> None:
    with t.extra_api(PASSWORD_MIN_LENGTH="8") as service:
        client = t.of(service)
        for length, status in ((7, 422), (8, 201)):
            t.step(f"PASSWORD_MIN_LENGTH=8; sign-up with {length} characters")
            body = {**sign_up_body(t), "password": t.token(8)[:length]}
            client.post("/v1/users", json=body).require(status)


def _race_one(client: Client, email: str) -> Response:
    body = {"email": email, "name": "n", "password": new_password()}
    return client.post("/v1/users", json=body, timeout=30)


@check("USERS-04", "twenty parallel sign-ups make one user and one mail")
def sign_up_race(t: Target) -> None:
    for number in range(5):
        email = t.email("race")
        spellings = [email, email.upper(), email.title(), email] * 5
        calls = [
            partial(_race_one, client, spelling)
            for client, spelling in zip([t.api, t.api2] * 10, spellings, strict=True)
        ]
        t.step(f"20 parallel sign-ups with one address in any case, round {number + 1} of 5")
        statuses = sorted(answer.status for answer in t.race(calls))
        t.equal(statuses, [201] + [409] * 19)
        rows = t.sql.value("SELECT count(*) FROM users WHERE lower(email) = %s", email)
        t.equal(rows, 1, did="counted the rows")
        t.smtp.wait(email, timeout=10)
    t.never(
        lambda: len(t.smtp.mails(email)) > 1, seconds=1, did="counted mails", expected="one mail"
    )


@check("USERS-04", "a taken email is 409")
def taken(t: Target) -> None:
    user = t.user()
    for email in (user.email, user.email.upper()):
        t.step(f"sign-up as {email}, which is taken")
        _try(t, email=email).require(409, code="email_taken")
    t.equal(len(t.smtp.wait(user.email, count=2, timeout=1.5)), 1, did="counted the mails")


@check("USERS-05", "the private and the public view")
def views(t: Target) -> None:
    user, other = t.user(), t.user()
    t.step("GET /v1/users/me")
    own = user.get("/v1/users/me").require(200).json
    t.equal(own, {**(user.signed_up.json if user.signed_up else {})})
    for what, answer in (
        ("anonymous", t.api.get(f"/v1/users/{user.id}")),
        ("another user", other.get(f"/v1/users/{user.id}")),
        ("the user itself", user.get(f"/v1/users/{user.id}")),
    ):
        t.step(f"GET /v1/users/{{id}} by {what}")
        public = answer.require(200).json
        t.equal(public, {key: own[key] for key in ("id", "name", "created_at")})
    t.step("GET an unknown user")
    t.api.get(f"/v1/users/{unknown_id()}").require(404, code="not_found")


@check("USERS-06", "deleting oneself removes everything, at once, on both instances")
def deletion(t: Target) -> None:
    user = t.user()
    posts = [user.write_post(f"post {number}") for number in range(3)]
    t.smtp.wait(user.email, timeout=10)
    user.post("/v1/exports").require(202)
    for post in posts:
        for client in (t.api, t.api2):
            client.get(f"/v1/posts/{post['id']}").require(200)
    t.step("DELETE /v1/users/me, after its posts were cached")
    user.delete("/v1/users/me").require(204)
    for post in posts:
        for name, client in (("api2", t.api2), ("api", t.api)):
            t.step(f"GET a post of the deleted user on {name}")
            client.get(f"/v1/posts/{post['id']}").require(404, code="not_found")
    t.step("GET the deleted user and a list of its posts")
    t.api.get(f"/v1/users/{user.id}").require(404, code="not_found")
    t.equal(t.api.get(f"/v1/posts?author_id={user.id}").require(200).json["data"], [])
    tables = ["posts:author_id", "jobs:user_id", "email_tokens:user_id", "users:id"]
    tables += ["refresh_tokens:user_id"] if t.project.auth == "jwt" else []
    for entry in tables:
        table, column = entry.split(":")
        left = t.sql.value(f"SELECT count(*) FROM {table} WHERE {column} = %s", user.id)
        t.equal(left, 0, did=f"counted {table} of the deleted user")
    t.step("signed up again with the same email")
    again = sign_up(t.api, email=user.email, password=t.password(), auth=t.project.auth)
    sign_in(again)
    t.expect(again.id != user.id, expected="a new id", saw=again.id)
    t.equal(again.get("/v1/posts?author_id=" + again.id).require(200).json["data"], [])
