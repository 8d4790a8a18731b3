"""AUTH-08, -09, -10: the tokens that travel by mail."""

from __future__ import annotations

import time
from statistics import median
from urllib.parse import urlsplit

from roadbed.verify.actors import Actor, login
from roadbed.verify.check import check
from roadbed.verify.checks.auth import UNPURGED, alive, dead, refresh_dead
from roadbed.verify.checks.compare import same_answer
from roadbed.verify.client import Response
from roadbed.verify.target import Client, Target


@check("AUTH-08", "forgot-password answers alike and mails only who is known")
def forgot(t: Target) -> None:
    user = t.user()
    t.smtp.wait(user.email, timeout=10)
    stranger = t.email("stranger")
    t.step("forgot for a known and an unknown email")
    known = t.api.post(
        "/v1/auth/password/forgot", json={"email": user.email}, headers={"Host": "evil.test"}
    ).require(202)
    unknown = t.api.post("/v1/auth/password/forgot", json={"email": stranger}).require(202)
    t.equal(known.json, {})
    same_answer(t, known, unknown)
    mails = t.smtp.wait(user.email, count=2, timeout=10)
    t.step("forgot with Host: evil.test; read the mail")
    t.equal(len(mails), 2)
    base = t.env["PUBLIC_APP_URL"]
    t.expect(mails[1].link.startswith(base), expected=f"a link at {base}", saw=mails[1].link)
    t.expect("evil.test" not in mails[1].text, expected="no evil.test", saw=mails[1].text)
    t.equal(urlsplit(mails[1].link).netloc, urlsplit(base).netloc)
    t.never(lambda: t.smtp.mails(stranger), seconds=2, expected="no mail to an unknown address")


@check("AUTH-08", "forgot-password takes the same time", alone=True)
def forgot_time(t: Target) -> None:
    users = [t.user() for _ in range(3)]
    known, unknown = [], []
    t.step("30 interleaved requests of each kind")
    for number in range(30):
        body = {"email": users[number % 3].email}
        known.append(t.api.post("/v1/auth/password/forgot", json=body).require(202).elapsed)
        body = {"email": t.email()}
        unknown.append(t.api.post("/v1/auth/password/forgot", json=body).require(202).elapsed)
    t.within(median(known) / median(unknown), 0.5, 2, did="compared the medians")


def reset_token(t: Target, user: Actor) -> str:
    """The token of a new reset mail."""
    before = len(t.smtp.mails(user.email))
    t.api.post("/v1/auth/password/forgot", json={"email": user.email}).require(202)
    mails = t.smtp.wait(user.email, count=before + 1, timeout=10)
    t.expect(len(mails) > before, did="forgot-password", expected="a mail", saw="none in 10 s")
    token = mails[-1].token
    t.expect(token, did="read the reset mail", expected="a link with a token", saw=mails[-1].text)
    return token


def reset(t: Target, token: str, password: str, *, client: Client | None = None) -> Response:
    body = {"token": token, "new_password": password}
    return (client or t.api).post("/v1/auth/password/reset", json=body)


@check("AUTH-09", "a reset ends three live sessions at once, everywhere")
def reset_ends_sessions(t: Target) -> None:
    user, bystander = t.user(), t.user()
    sessions = [user, t.again(user), t.again(user, client=t.api2)]
    t.smtp.wait(user.email, timeout=10)
    first, second = reset_token(t, user), reset_token(t, user)
    t.step("reset with a weak password")
    reset(t, first, "short").require(422, code="validation_failed")
    t.step("reset: the token was still usable after the 422")
    new = t.password()
    answer = reset(t, first, new).require(204)
    t.equal(answer.all("set-cookie"), [], did="reset (it does not sign in)")
    for number, session in enumerate(sessions):
        for client in (t.api, t.api2):
            dead(t, session, f"after the reset, session {number}", client=client)
        refresh_dead(t, session, f"after the reset, session {number}")
    alive(t, bystander, "another user, after the reset")
    t.step("login with the old password")
    login(t.api, user.email, user.password).require(401, code="invalid_credentials")
    t.step("login with the new password")
    login(t.api, user.email, new).require(200, 204)
    t.step("the same token again")
    reset(t, first, t.password()).require(400, code="token_invalid")
    t.step("the other token of that user")
    reset(t, second, t.password()).require(400, code="token_invalid")
    t.step("an unknown token")
    reset(t, "A" * 43, t.password()).require(400, code="token_invalid")
    t.step("a verify-email token as a reset token")
    fresh = t.user()
    verify = t.smtp.wait(fresh.email, timeout=10)[0].token
    reset(t, verify, t.password()).require(400, code="token_invalid")


@check("AUTH-09", "ten parallel uses of one token: one succeeds")
def reset_race(t: Target) -> None:
    user = t.user()
    t.smtp.wait(user.email, timeout=10)
    token = reset_token(t, user)
    clients = [t.api, t.api2] * 5
    calls = [lambda c=client: reset(t, token, t.password(), client=c) for client in clients]
    statuses = sorted(answer.status for answer in t.race(calls))
    t.equal(statuses, [204] + [400] * 9, did="10 parallel resets with one token, two instances")


@check("AUTH-09", "a reset token expires", profile="fast", env=UNPURGED, services=("api", "worker"))
def reset_expires(t: Target) -> None:
    life = float(t.setting("RESET_TOKEN_TTL"))
    user = t.user()
    t.smtp.wait(user.email, timeout=10)
    token = reset_token(t, user)
    time.sleep(life + 1)
    t.step(f"reset {life + 1:g} s after the mail, RESET_TOKEN_TTL={life:g}")
    reset(t, token, t.password()).require(400, code="token_invalid")


@check("AUTH-10", "the sign-up mail verifies the email, once")
def verify_email(t: Target) -> None:
    user = t.user()
    t.step("signed in before the email was verified; GET /v1/users/me")
    t.equal(user.get("/v1/users/me").require(200).json["email_verified"], False)
    mails = t.smtp.wait(user.email, timeout=10)
    t.equal(len(mails), 1, did="signed up; counted the mails")
    token = mails[0].token
    t.step("POST /v1/auth/verify-email with the mail's token")
    t.api.post("/v1/auth/verify-email", json={"token": token}).require(204)
    t.equal(user.get("/v1/users/me").require(200).json["email_verified"], True)
    t.step("the same token again")
    again = t.api.post("/v1/auth/verify-email", json={"token": token})
    again.require(400, code="token_invalid")
    t.step("a reset token as a verify token")
    other = t.user()
    t.smtp.wait(other.email, timeout=10)
    crossed = t.api.post("/v1/auth/verify-email", json={"token": reset_token(t, other)})
    crossed.require(400, code="token_invalid")
    t.equal(other.get("/v1/users/me").require(200).json["email_verified"], False)


@check(
    "AUTH-10", "a verify token expires", profile="fast", env=UNPURGED, services=("api", "worker")
)
def verify_expires(t: Target) -> None:
    life = float(t.setting("VERIFY_TOKEN_TTL"))
    user = t.user()
    token = t.smtp.wait(user.email, timeout=10)[0].token
    time.sleep(life + 1)
    t.step(f"verify-email {life + 1:g} s after the mail, VERIFY_TOKEN_TTL={life:g}")
    answer = t.api.post("/v1/auth/verify-email", json={"token": token})
    answer.require(400, code="token_invalid")
    # By now an unused session of this profile has ended, too.
    me = t.again(user).get("/v1/users/me").require(200).json
    t.equal(me["email_verified"], False)
